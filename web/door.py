"""Page: what stands at the door and whether it works: readers, the opener, paired screens.

Comes in: forms of the signed-in owner (try the door, pair a screen, end one). Goes out: the page, and `door_state` for the
health page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, gettext, lazy_gettext, ngettext

from agent.panel import EntranceTally, Reader
from agent.values import Text
from web.entry import Handout, customers_address, desks, handout, hide_when_off, reaches_others, serves_phones
from web.entry_words import READERS
from web.security import address, panel, signed_in
from web.words import STATES

pages = Blueprint("door", __name__, url_prefix="/door")
hide_when_off(pages)

OPENERS: Mapping[str, LazyString] = {
    "none": lazy_gettext("Nothing opens the door: it stands open, or somebody presses a button."),
    "webhook": lazy_gettext("A web address is asked to open it."),
    "gpio": lazy_gettext("A pin of this computer switches the lock."),
    "serial": lazy_gettext("A relay board switches the lock."),
}


@dataclass(frozen=True, slots=True)
class ReaderState:
    """One way to show a code: its name, how it is (sentence and tone), and when it last read one (Unix time)."""

    name: str
    sentence: str
    tone: str
    last_utc: float | None


@dataclass(frozen=True, slots=True)
class DoorState:
    """How the entrance is. opener: what opens the door, in words; counts_inside: whether a camera sees who comes and goes."""

    readers: tuple[ReaderState, ...]
    opener: LazyString
    opens: bool
    tally: EntranceTally
    inside: int
    counts_inside: bool


def door_state() -> DoorState | None:
    """None while entry is off."""
    entry = panel().entry
    if entry is None:
        return None
    settings, tally = entry.settings, entry.desk.tally
    screens = len(entry.screens())
    found = []
    if settings.reader:
        found.append(_camera(settings.reader, tally))
    if settings.scanner:
        found.append(_reader(Reader.SCANNER, str(gettext("It types what it reads.")), tally))
    if settings.kiosk.enabled:
        said = (
            ngettext("%(num)d screen is paired.", "%(num)d screens are paired.", screens)
            if screens
            else gettext("No screen is paired yet.")
        )
        found.append(_reader(Reader.KIOSK, str(said), tally, "good" if screens else "off"))
    opener = settings.door.opener
    return DoorState(tuple(found), OPENERS[opener], opener != "none", tally, entry.desk.occupancy, bool(settings.gate))


@pages.get("/")
def index() -> ResponseReturnValue:
    return _page()


@pages.post("/test")
def test() -> ResponseReturnValue:
    """Open the door once; what came of it stands on the page."""
    return _page(told=desks().test_door(signed_in().name, address()))


@pages.post("/screens")
def pair() -> ResponseReturnValue:
    """The link is in this answer and nowhere else."""
    return _page(pairing=handout(f"/kiosk/pair/{desks().pair_screen(signed_in().name, address())}"))


@pages.post("/screens/end")
def unpair() -> ResponseReturnValue:
    screen = request.form.get("screen", "")
    if screen not in {known.id for known in desks().screens()}:
        abort(404)
    desks().unpair_screen(screen, signed_in().name, address())
    return redirect(url_for("door.index", _anchor="screens"), HTTPStatus.SEE_OTHER)


def _page(told: Text | None = None, pairing: Handout | None = None) -> str:
    return render_template(
        "door/index.html",
        state=door_state(),
        screens=desks().screens(),
        pairing=pairing,
        told=told,
        settings=desks().settings,
        customers=customers_address(),
        reaches=reaches_others(),
        serves_phones=serves_phones(),
    )


def _camera(camera_id: str, tally: EntranceTally) -> ReaderState:
    camera = panel().camera(camera_id)
    last = tally.readers.get(Reader.CAMERA)
    if camera is None:
        return ReaderState(camera_id, str(gettext("This camera is not set up.")), "bad", last)
    said = STATES[camera.state]
    return ReaderState(camera.name, str(said.sentence), said.tone, last)


def _reader(reader: Reader, sentence: str, tally: EntranceTally, tone: str = "good") -> ReaderState:
    return ReaderState(str(READERS[reader]), sentence, tone, tally.readers.get(reader))


@pages.app_context_processor
def _for_every_page() -> dict[str, object]:
    return {"entry_is_on": panel().entry is not None, "door_state": door_state}
