"""Page: everything about evidence in one place, and what an incident's page says of it.

Comes in: the panel. Goes out: the hub with a card for each of its pages, and for an incident what can be done with it and what
was done already.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, Flask, current_app, render_template
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, gettext, lazy_gettext

from agent.panel import BASES, IncidentRow, Job, LegalBasis, Offered, Ongoing, Registered, RegisterRow, Sort, basis_of
from agent.values import ClipState
from web.language import local, text
from web.security import panel
from web.words import Wording

pages = Blueprint("evidence", __name__, url_prefix="/evidence")

SORTS: Mapping[Sort, Wording] = {
    Sort.USE: Wording(lazy_gettext("Used"), lazy_gettext("by the shop itself"), "off"),
    Sort.PROVISION: Wording(lazy_gettext("Handed over"), lazy_gettext("to somebody else"), "note"),
    Sort.VIEWING: Wording(lazy_gettext("Shown"), lazy_gettext("to whoever is in it"), "good"),
}

FORMS: Mapping[str, LazyString] = {
    "passphrase": lazy_gettext("Encrypted with a passphrase"),
    "recipients": lazy_gettext("Encrypted to the receiver's key"),
    "plain": lazy_gettext("Not encrypted"),
}

STEPS: Mapping[str, LazyString] = {
    "asked": lazy_gettext("Asked to show chosen people"),
    "approved": lazy_gettext("Approved it"),
    "stopped": lazy_gettext("Stopped it"),
    "wrong passphrase": lazy_gettext("Typed a wrong passphrase"),
    "opened": lazy_gettext("Opened the sealed original"),
    "failed": lazy_gettext("It could not be made"),
    "rendered": lazy_gettext("A clip was made that shows the chosen people only"),
}


@dataclass(frozen=True, slots=True)
class Card:
    """One of the hub's pages: its endpoint, drawing, name, and a sentence."""

    endpoint: str
    icon: str
    name: LazyString
    sentence: LazyString


CARDS = (
    Card(
        "exports.index", "register", lazy_gettext("Register"),
        lazy_gettext("What was handed over or shown, to whom and why."),
    ),
    Card(
        "preservation.index", "keep", lazy_gettext("Preserved incidents"),
        lazy_gettext("What is kept beyond its time, until when and why."),
    ),
    Card(
        "verify.index", "mask", lazy_gettext("Check a bag of evidence"),
        lazy_gettext("Whether it was changed, and whether this shop made it."),
    ),
    Card("keys.index", "key", lazy_gettext("Keys"), lazy_gettext("Only your key opens originals.")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an incident's page says of its evidence. original: whether the sealed original is there; history: newest first.

    work: an export that is being made, or could not be.
    """

    is_ready: bool
    original: bool
    ongoing: tuple[Ongoing, ...]
    history: tuple[RegisterRow, ...]
    offers: Mapping[str, Offered]
    work: Job | None


@pages.get("/")
def index() -> ResponseReturnValue:
    desk = panel().evidence
    return render_template(
        "evidence/index.html",
        cards=[card for card in CARDS if is_there(card.endpoint)],
        newest=desk.register(5),
        offers={offer.bag: offer for offer in desk.offers()},
        ongoing=desk.ceremonies(),
        work=desk.at_work(),
    )


def evidence_of(row: IncidentRow) -> Evidence:
    desk = panel().evidence
    return Evidence(
        is_ready=row.incident.clip is not ClipState.PENDING and bool(row.clips),
        original=desk.has_original(row.id),
        ongoing=desk.ceremonies(row.id),
        history=desk.history(row.id, 20),
        offers={offer.bag: offer for offer in desk.offers()},
        work=desk.at_work(row.id),
    )


def is_there(endpoint: str) -> bool:
    """Whether this panel has a page of that name."""
    return endpoint in current_app.view_functions


def step_name(row: RegisterRow) -> str:
    """What was done, in a few words."""
    if row.kind is Registered.EXPORTED:
        return str(gettext("A bag of evidence was made"))
    return str(STEPS.get(row.step, row.step))


def basis_name(key: str) -> str:
    """A legal ground in the person's language, or what was written."""
    known: LegalBasis | None = basis_of(key)
    if known is None:
        return key
    return f"{text(known.article)} · {text(known.name)}"


def slip_of(bag: str) -> Job | None:
    """The job whose page has the slip for whoever got a bag."""
    return panel().evidence.slip(bag)


def install(app: Flask) -> None:
    app.jinja_env.globals.update(
        evidence_of=evidence_of, has_page=is_there, step_name=step_name, basis_name=basis_name, bases=BASES, sorts=SORTS,
        forms=FORMS, slip_of=slip_of, panel_clock=lambda: f"{local(panel().utc()):%H:%M:%S}",
    )  # fmt: skip
