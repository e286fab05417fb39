"""Pages: show chosen people of a sealed original, step by step: ground, person, approval, countdown, passphrase, clip.

Comes in: forms of signed-in people. Goes out: the ceremony's page at each of its stages, and for ten minutes the clip itself,
from memory, to this PC alone. Passphrases go from the form to the desk and nowhere else.
"""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from agent.errors import AnsimError
from agent.panel import (
    AccountRefused,
    IncidentRow,
    LegalBasis,
    Ongoing,
    Sighting,
    Stage,
    Use,
    Watchable,
    basis_of,
)
from agent.values import Text
from web.exports import LONGEST, facts
from web.files import parse, send_bytes
from web.found import find_incident
from web.guard import is_private, private
from web.reveal_forms import PROPOSALS, Asking, Opening, Proposal
from web.security import address, panel, signed_in

pages = Blueprint("reveal", __name__)


# asking


@pages.get("/incidents/<incident_id>/reveal")
def new(incident_id: str) -> ResponseReturnValue:
    """First the legal ground; with one chosen, the person and the reason."""
    row, key = find_incident(incident_id), request.args.get("basis", "")
    basis = basis_of(key)
    if basis is None or not panel().evidence.has_original(row.id):
        return render_template("reveal/ground.html", row=row, original=panel().evidence.has_original(row.id))
    proposed = PROPOSALS.get(key, Proposal())
    return _asking(row, basis, Asking(key, reason=str(proposed.reason), receiver=str(proposed.receiver)))


@pages.post("/incidents/<incident_id>/reveal")
def ask(incident_id: str) -> ResponseReturnValue:
    row, asking = find_incident(incident_id), Asking.sent(request.form)
    basis = basis_of(asking.basis)
    if basis is None or (asking.approver and asking.approver not in panel().account_names()):
        abort(400)
    try:
        token = panel().evidence.ask(asking.request_of(row.id, signed_in().name))
    except AnsimError as refusal:
        return _asking(row, basis, asking, refusal.text), HTTPStatus.UNPROCESSABLE_ENTITY
    panel().record_audit(signed_in().name, "ask_reveal", row.id, address(), asking.reason)
    return _to(token)


def _asking(row: IncidentRow, basis: LegalBasis, asking: Asking, refusal: Text | None = None) -> str:
    return render_template(
        "reveal/new.html",
        row=row,
        basis=basis,
        asking=asking,
        refusal=refusal,
        single=basis.use is Use.VIEWING,
        people=panel().evidence.people(row.id),
        others=[name for name in panel().account_names() if name != signed_in().name],
    )


# the ceremony


@pages.get("/reveal/<token>")
def show(token: str) -> ResponseReturnValue:
    return _page(token)


@pages.get("/reveal/<token>/state/<stage>")
def state(token: str, stage: str) -> ResponseReturnValue:
    """Seconds of the countdown, for a page that shows that stage; 205 once it is another one: load the page anew."""
    found = panel().evidence.ceremony(token)
    if found is None or stage != stage_of(found):
        return "", HTTPStatus.RESET_CONTENT
    return f"{found.left_s:.0f}"


@pages.post("/reveal/<token>/approve")
def approve(token: str) -> ResponseReturnValue:
    """The second person proves with their own password who they are, on whosever screen this is."""
    found = _ongoing(token)
    name, incident = found.ceremony.request.approver, found.ceremony.request.incident
    if stage_of(found) != "asked":
        return _to(token)
    try:
        account = panel().accounts.sign_in(name, request.form.get("password", "")[:LONGEST])
        panel().evidence.approve(token, account.name)
        panel().record_audit(signed_in().name, "approve_reveal", incident, address(), account.name)
    except AccountRefused as refusal:  # who sits there is known, and it need not be who was named
        panel().record_audit(signed_in().name, "approve_refused", incident, address(), name)
        return _page(token, refusal.text), HTTPStatus.TOO_MANY_REQUESTS if refusal.locked else HTTPStatus.UNPROCESSABLE_ENTITY
    except AnsimError as refusal:
        return _page(token, refusal.text), HTTPStatus.UNPROCESSABLE_ENTITY
    return _to(token)


@pages.post("/reveal/<token>/stop")
def stop(token: str) -> ResponseReturnValue:
    """Anybody who is signed in may."""
    _ongoing(token)
    try:
        panel().evidence.stop(token, signed_in().name)
    except AnsimError as refusal:
        return _page(token, refusal.text), HTTPStatus.CONFLICT
    return _to(token)


@pages.post("/reveal/<token>/open")
@private
def open_original(token: str) -> ResponseReturnValue:
    """The owner's passphrase: from here on the work goes on by itself."""
    _ongoing(token)
    opening = Opening.sent(request.form)
    if opening.refusal is not None:
        return _page(token, str(opening.refusal), opening), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        panel().evidence.open(token, signed_in().name, opening.owner, opening.protection)
    except AnsimError as refusal:
        return _page(token, refusal.text, opening), HTTPStatus.UNPROCESSABLE_ENTITY
    return _to(token)


def stage_of(found: Ongoing) -> str:
    """Where a ceremony stands, as its page tells it."""
    if found.job:
        return "made"
    if found.ceremony.stage is Stage.STOPPED or found.is_over:
        return "stopped"
    if found.ceremony.stage is Stage.ASKED:
        return "asked"
    return "counting" if found.left_s > 0 else "ready"


def _page(token: str, refusal: Text | str | None = None, opening: Opening | None = None) -> str:
    found = _ongoing(token)
    asked = found.ceremony.request
    job = panel().evidence.job(found.job) if found.job else None
    return render_template(
        "reveal/show.html",
        stage=stage_of(found),
        token=token,
        found=found,
        asked=asked,
        incident_row=panel().incident(asked.incident),
        people=_chosen(found),
        refusal=refusal,
        hand_over=opening.hand_over if opening is not None else not _is_viewing(found),
        recipient=opening.recipient if opening is not None else "",
        is_private=is_private(),
        is_own=signed_in().name == asked.by,
        **(facts(job) if job is not None else {}),
    )


def _chosen(found: Ongoing) -> list[Sighting]:
    asked = found.ceremony.request
    try:
        return [one for one in panel().evidence.people(asked.incident) if one.number in asked.persons]
    except AnsimError:  # the picture is only a reminder of who was chosen; the clip may have been erased meanwhile
        return []


def _is_viewing(found: Ongoing) -> bool:
    basis = basis_of(found.ceremony.request.basis)
    return basis is not None and basis.use is Use.VIEWING


# watching


@pages.get("/reveal/<token>/watch")
@private
def watch(token: str) -> ResponseReturnValue:
    """The clip on this PC, for as long as it is remembered."""
    shown = _watchable(token)
    return render_template("reveal/watch.html", token=token, shown=shown, asked=_ongoing(token).ceremony.request)


@pages.get("/reveal/<token>/watch/<int:part>.mp4")
@private
def film(token: str, part: int) -> Response:
    """From memory; each play from the beginning is a line of the access log, and nothing leaves without one."""
    shown = _watchable(token)
    if not 1 <= part <= len(shown.clips):
        abort(404)
    clip = shown.clips[part - 1]
    person, asked = signed_in(), _ongoing(token).ceremony.request
    wanted, play = parse(request.headers.get("Range", ""), len(clip.video)), ("play_revealed", clip.name)
    if wanted is None or wanted[0] == 0 or play not in person.viewed:
        panel().record_audit(person.name, *play, address(), asked.reason)
        person.viewed[play] = panel().monotonic()
    return send_bytes(clip.video, "video/mp4", clip.sha256)


@pages.post("/reveal/<token>/forget")
def forget(token: str) -> ResponseReturnValue:
    """Watching has ended: nothing of the clip stays in memory."""
    _ongoing(token)
    panel().evidence.forget(token)
    return _to(token)


def _watchable(token: str) -> Watchable:
    """Raises 410 when it was forgotten, 403 for everybody but who had it made."""
    shown = panel().evidence.watchable(token)
    if shown is None:
        abort(410)
    if shown.by != signed_in().name:
        abort(403)
    return shown


def _ongoing(token: str) -> Ongoing:
    found = panel().evidence.ceremony(token)
    if found is None:
        abort(404)
    return found


def _to(token: str) -> Response:
    return redirect(url_for("reveal.show", token=token), HTTPStatus.SEE_OTHER)  # type: ignore[return-value]
