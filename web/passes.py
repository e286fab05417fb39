"""Pages: the passes that let people in; issuing, handing out, revoking one, and forgetting whose it is.

Comes in: forms of the signed-in owner. Goes out: pages; links stand on the answer to a form only. A name or phone number never
stands in an address, and each view of one is on the access log.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext
from markupsafe import Markup

from agent.panel import Holder, Pass, PassKind, PassRefused, draw_png
from agent.values import Text
from web.entries import folded
from web.entry import Handout, customers_address, desks, handout, hide_when_off, picture, reaches_others, serves_phones
from web.entry_words import standing_of, typed_number
from web.language import midnight, today
from web.pass_form import PassForm, form_of, read_form
from web.security import address, note_view, panel, signed_in

pages = Blueprint("passes", __name__, url_prefix="/passes")
hide_when_off(pages)

PAGE = 50
FOUND = 100  # passes that a search shows at most
ENTRIES = 20
DAY_S = 86_400.0
AGREED = "holder agreed"  # what the access log keeps of the owner's tick beside a name
KEPT_DAYS = 31  # how far back the entries of a pass are looked for

ON_CARDS = {  # both languages stand on a card: whoever finds it reads one of them
    "kind": Text(ko="출입 카드", en="Entry card"),
    "lost": Text(
        ko="잃어버리면 바로 가게에 알려 주세요. 그 즉시 쓸 수 없게 합니다. 주우셨다면 가게에 맡겨 주세요.",
        en="Lost? Tell the shop at once and it opens nothing any more. Found? Please leave it at the shop.",
    ),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One pass in the list, with its holder if there is one."""

    held: Pass
    holder: Holder = field(default_factory=Holder, repr=False)


@dataclass(frozen=True, slots=True)
class Paper:
    """A card as it is printed."""

    held: Pass
    picture: Markup = field(repr=False)


@pages.get("/")
def index() -> ResponseReturnValue:
    over = request.args.get("state") == "over"
    page = max(request.args.get("page", 1, int), 1)
    whole = desks().passes.passes()
    valid = [held for held in whole if not standing_of(held).is_over]
    ended = [held for held in whole if standing_of(held).is_over]
    chosen = ended if over else valid
    return render_template(
        "passes/index.html",
        rows=_rows(chosen[(page - 1) * PAGE : page * PAGE]),
        count=len(chosen),
        valid=len(valid),
        ended=len(ended),
        state="over" if over else None,
        page=page,
        further=len(chosen) > page * PAGE,
        asked="",
    )


@pages.post("/search")
def search() -> ResponseReturnValue:
    """By number, name or phone: sent as a form, so that a name does not stay in the browser's history."""
    asked = request.form.get("asked", "").strip()[:60]
    if not asked:
        return redirect(url_for("passes.index"), HTTPStatus.SEE_OTHER)
    found = [row for row in _rows(desks().passes.passes()) if _matches(row, asked)]
    return render_template(
        "passes/index.html", rows=found[:FOUND], count=len(found), asked=asked, page=1, further=False, ended=0
    )


@pages.get("/new")
def new() -> ResponseReturnValue:
    kind = request.args.get("kind", PassKind.PHONE)
    return _form(PassForm(kind=kind, first=today().isoformat()))


@pages.post("/new")
def issue() -> ResponseReturnValue:
    form = read_form(request.form)
    try:
        asked = form.ask()
        held = desks().passes.issue(
            asked.kind, signed_in().name, asked.from_utc, asked.until_utc, asked.hours, asked.holder or None, asked.pin
        )
    except PassRefused as refusal:
        return _form(form, refusal=refusal), HTTPStatus.UNPROCESSABLE_ENTITY
    _note("issue_pass", held.id, AGREED if held.has_holder else "")
    return redirect(url_for("passes.show", pass_id=held.id), HTTPStatus.SEE_OTHER)


@pages.get("/<pass_id>")
def show(pass_id: str) -> ResponseReturnValue:
    return _show(_held(pass_id))


@pages.get("/<pass_id>/change")
def change_form(pass_id: str) -> ResponseReturnValue:
    held = _held(pass_id)
    return _form(form_of(held, _holder(held)), held)


@pages.post("/<pass_id>/change")
def change(pass_id: str) -> ResponseReturnValue:
    held, form = _held(pass_id), read_form(request.form)
    try:
        asked = form.ask_anew(held)
        starts = midnight(today()) if asked.from_utc is None else asked.from_utc
        desks().passes.change(held.id, signed_in().name, starts, asked.until_utc, asked.hours, asked.holder, asked.pin)
    except PassRefused as refusal:
        return _form(form, held, refusal), HTTPStatus.UNPROCESSABLE_ENTITY
    _note("change_pass", held.id, AGREED if asked.holder else "")
    return redirect(url_for("passes.show", pass_id=held.id), HTTPStatus.SEE_OTHER)


@pages.post("/<pass_id>/revoke")
def revoke(pass_id: str) -> ResponseReturnValue:
    held = _held(pass_id)
    desks().passes.revoke(held.id, signed_in().name)
    _note("revoke_pass", held.id)
    return redirect(url_for("passes.show", pass_id=held.id), HTTPStatus.SEE_OTHER)


@pages.post("/<pass_id>/left")
def left(pass_id: str) -> ResponseReturnValue:
    """The owner knows better than the cameras: the holder is not inside."""
    held = _held(pass_id)
    desks().say_left(held.id, signed_in().name, address())
    return redirect(url_for("passes.show", pass_id=held.id), HTTPStatus.SEE_OTHER)


@pages.post("/<pass_id>/forget")
def forget(pass_id: str) -> ResponseReturnValue:
    held = _held(pass_id)
    desks().passes.forget_holder(held.id, signed_in().name)
    _note("forget_holder", held.id)
    return redirect(url_for("passes.show", pass_id=held.id), HTTPStatus.SEE_OTHER)


@pages.post("/<pass_id>/invite")
def invite(pass_id: str) -> ResponseReturnValue:
    """The link is in this answer and nowhere else."""
    held = _held(pass_id)
    token = desks().passes.invite(held.id, signed_in().name)
    _note("invite", held.id)
    return _show(held, handout(f"/join/{token}"))


@pages.get("/<pass_id>/card")
def card(pass_id: str) -> ResponseReturnValue:
    held = _held(pass_id)
    back = url_for("passes.show", pass_id=held.id)
    return cards([held], back)


@pages.get("/<pass_id>/code")
def visitor(pass_id: str) -> ResponseReturnValue:
    held = _held(pass_id)
    text = desks().passes.visitor_text(held.id)
    _note("show_code", held.id)
    link = f"{customers_address()}/visit/{text}"
    return render_template("passes/visitor.html", held=held, picture=picture(text), link=link, reaches=reaches_others())


@pages.get("/<pass_id>/code.png")
def visitor_picture(pass_id: str) -> Response:
    held = _held(pass_id)
    text = desks().passes.visitor_text(held.id)
    _note("show_code", held.id)
    return Response(draw_png(text, scale=16), content_type="image/png")


def cards(found: Sequence[Pass], back: str) -> str:
    """The page that prints cards."""
    texts = [(held, desks().passes.card_text(held.id)) for held in found]
    for held, _ in texts:
        _note("print_card", held.id)
    made = [Paper(held, picture(text)) for held, text in texts]
    return render_template("passes/cards.html", cards=made, back=back, call=desks().settings.kiosk.call, said=ON_CARDS)


@pages.errorhandler(PassRefused)
def _refused(refusal: PassRefused) -> ResponseReturnValue:
    page = render_template(
        "mistake.html",
        code=409,
        heading=lazy_gettext("That is not possible"),
        sentence=refusal.text,
        home=url_for("passes.index"),
    )
    return page, HTTPStatus.CONFLICT


def _show(held: Pass, invitation: Handout | None = None) -> str:
    now = panel().utc()
    found = desks().entries(now - KEPT_DAYS * DAY_S, now + DAY_S, pass_id=held.id, limit=ENTRIES)
    return render_template(
        "passes/show.html",
        held=held,
        holder=_holder(held),
        consent=desks().passes.consent_of(held.id),
        vouched=desks().passes.vouched_by(held.id),
        number=desks().passes.number_of(held.id) if held.has_pin else None,
        invitation=invitation,
        serves_phones=serves_phones(),
        found=folded(found),
        inside=desks().desk.is_inside(held.id),
        names=panel().camera_names(),
    )


def _form(form: PassForm, held: Pass | None = None, refusal: PassRefused | None = None) -> str:
    return render_template("passes/form.html", form=form, held=held, refusal=refusal.text if refusal else None)


def _held(pass_id: str) -> Pass:
    held = desks().passes.find(typed_number(pass_id))
    if held is None:
        abort(404)
    return held


def _holder(held: Pass) -> Holder:
    """Whose pass it is; that somebody looked is on the access log."""
    if not held.has_holder:
        return Holder()
    note_view("view_holder", held.id)
    return desks().passes.holder_of(held.id)


def _rows(found: Iterable[Pass]) -> list[Row]:
    rows = [Row(held, desks().passes.holder_of(held.id) if held.has_holder else Holder()) for held in found]
    if any(row.holder for row in rows):
        note_view("view_holders", "passes")
    return rows


def _matches(row: Row, asked: str) -> bool:
    """Whether what was typed is part of the number, the name or the phone number; blanks and hyphens do not count."""
    digits = "".join(filter(str.isdigit, asked))
    return (
        typed_number(asked) in row.held.id
        or bool(row.holder.name and _plain(asked) in _plain(row.holder.name))
        or (len(digits) >= 3 and digits in "".join(filter(str.isdigit, row.holder.phone)))
    )


def _plain(name: str) -> str:
    return "".join(name.split()).casefold()


def _note(action: str, pass_id: str, purpose: str = "") -> None:
    panel().record_audit(signed_in().name, action, pass_id, address(), purpose)
