"""Pages: incidents that are kept beyond their retention time, and the form with which one is, goes on, or ends.

Comes in: forms of the signed-in person (until when, review, why, for whom). Goes out: pages; holds, each on the access log.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from agent.errors import StoreError
from agent.panel import Hold, IncidentRow, PreservationDesk, PreservationRefused, Preserved, Preserving, half_way
from agent.values import Text
from web.found import find_incident
from web.security import address, note_view, panel, signed_in

pages = Blueprint("preservation", __name__)

USUAL_DAYS = 60  # what the form proposes: about how long the police take to ask


@dataclass(frozen=True, slots=True)
class PreserveForm:
    """The fields as they were typed; until, review: days (ISO 8601)."""

    until: str
    review: str
    reason: str = ""
    agency: str = ""
    case: str = ""

    def wish(self, incident_id: str) -> Preserving:
        """Raises PreservationRefused."""
        return Preserving(incident_id, _day(self.until), self.reason, _day(self.review), self.agency, self.case)


@dataclass(frozen=True, slots=True)
class Over:
    """One that is no longer kept; row: the incident, as far as it is known."""

    hold: Hold
    row: IncidentRow | None


@pages.get("/preserved")
def index() -> ResponseReturnValue:
    desk = _desk()
    over = [Over(hold, panel().incident(hold.incident)) for hold in desk.over()]
    held = desk.held()
    return render_template(
        "preservation/index.html",
        held=held,
        waiting=sum(each.review_due for each in held),
        over=over,
        names=panel().camera_names(),
        retention_days=panel().store().retention_days,
    )


@pages.get("/incidents/<incident_id>/preserve")
def show(incident_id: str) -> ResponseReturnValue:
    row = find_incident(incident_id)
    note_view("view_incident", row.id)
    return _page(row)


@pages.post("/incidents/<incident_id>/preserve")
def preserve(incident_id: str) -> ResponseReturnValue:
    """Keep it, or go on keeping it until another day."""
    row = find_incident(incident_id)
    names = ("until", "review", "reason", "agency", "case")
    form = PreserveForm(**{name: request.form.get(name, "").strip()[:300] for name in names})
    return _done(row, "preserve", lambda by: _desk().preserve(form.wish(row.id), by), form)


@pages.post("/incidents/<incident_id>/preserve/end")
def end(incident_id: str) -> ResponseReturnValue:
    row = find_incident(incident_id)
    reason = request.form.get("reason", "")
    return _done(row, "end_preservation", lambda by: _desk().end(row.id, reason, by))


def _done(row: IncidentRow, action: str, do: Callable[[str], object], form: PreserveForm | None = None) -> ResponseReturnValue:
    """What was asked for, or the page again with what is wrong."""
    try:
        do(signed_in().name)
    except (PreservationRefused, StoreError) as refused:
        return _page(row, form, refused.text, ending=action != "preserve"), HTTPStatus.UNPROCESSABLE_ENTITY
    panel().record_audit(signed_in().name, action, row.id, address())
    return redirect(url_for("preservation.show", incident_id=row.id, done=action), HTTPStatus.SEE_OTHER)


def _page(row: IncidentRow, form: PreserveForm | None = None, refusal: Text | None = None, *, ending: bool = False) -> str:
    desk = _desk()
    kept = desk.of(row.id)
    return render_template(
        "preservation/show.html",
        row=row,
        incident=row.incident,
        camera_name=panel().camera_names().get(row.incident.camera, row.incident.camera),
        kept=kept,
        form=form or _proposed(desk, kept),
        first=desk.today + dt.timedelta(1),
        latest=desk.latest,
        usual_end=desk.goes_on(row),
        is_gone=row.erased_utc is not None and not row.clips,
        history=desk.history(row.id),
        refusal=refusal,
        ending=ending,
        done=request.args.get("done") if refusal is None else None,
        retention_days=panel().store().retention_days,
    )


def _proposed(desk: PreservationDesk, kept: Preserved | None) -> PreserveForm:
    today = desk.today
    until = min(today + dt.timedelta(USUAL_DAYS), desk.latest)
    if kept is not None:
        until = max(until, min(kept.until, desk.latest))
    days = until.isoformat(), half_way(today, until).isoformat()
    return PreserveForm(*days) if kept is None else PreserveForm(*days, kept.hold.reason, kept.hold.agency, kept.hold.case)


def _desk() -> PreservationDesk:
    return panel().preservation


def _day(typed: str) -> dt.date | None:
    """Raises PreservationRefused."""
    if not typed:
        return None
    try:
        return dt.date.fromisoformat(typed)
    except ValueError as wrong:
        raise PreservationRefused(ko="날짜를 2026-12-31처럼 적어 주세요.", en="Write days like 2026-12-31.") from wrong


@pages.app_context_processor
def _for_every_page() -> dict[str, object]:
    return {"preserved_of": _desk().of, "reviews_due": _reviews_due}


def _reviews_due() -> int:
    """How many wait for a decision; on some pages, which must be shown even when the disk refuses."""
    try:
        return sum(each.review_due for each in _desk().held())
    except StoreError:
        return 0
