"""Pages: what happened, newest first, and one incident with its masked clip.

Comes in: incident ids and filters in the address. Goes out: pages, posters and clips, each view of one in the access log;
and what the person says of an incident, real or a false alarm, is kept.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from itertools import groupby

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from agent.panel import IncidentRow, StoredFile
from agent.values import ClipState, MaskStep, Verdict
from web.entries import Line, folded
from web.files import send
from web.found import find_incident
from web.language import local, midnight, today
from web.security import address, note_view, panel, signed_in

pages = Blueprint("incidents", __name__)

PAGE = 24
AROUND_S = 60.0  # how far around an incident the presence recording is offered
COUNTED = 500  # the most incidents of today that are counted one by one, and of RANKED_S that are put in order
RANKED_S = 7 * 86_400.0  # as far back as "most unusual first" looks


@dataclass(frozen=True, slots=True)
class Filter:
    """What the list is narrowed to; empty: everything. unusual: the most unusual of the last week first, not the newest."""

    camera: str | None
    rule: str | None
    unusual: bool = False

    @property
    def is_set(self) -> bool:
        return bool(self.camera or self.rule or self.unusual)

    def address(self, before: str | None = None) -> str:
        return url_for("incidents.index", camera=self.camera, rule=self.rule, before=before)


@pages.get("/")
def index() -> ResponseReturnValue:
    chosen = Filter(
        request.args.get("camera") or None, request.args.get("rule") or None, request.args.get("order") == "unusual"
    )
    if chosen.unusual:
        rows = _ranked(chosen)
        return _listed(chosen, [(None, rows)] if rows else [])
    before = request.args.get("before") or None
    found = panel().incidents(PAGE + 1, before, chosen.camera, chosen.rule)
    days = [(day, list(group)) for day, group in groupby(found[:PAGE], key=lambda row: local(row.incident.opened_utc).date())]
    start = midnight(today())
    recent = panel().incidents(COUNTED) if before is None and not chosen.is_set else ()
    return _listed(
        chosen,
        days,
        first_page=before is None,
        lead=next((row.id for row in found if row.clips), None) if before is None else None,
        count_today=sum(row.incident.opened_utc >= start for row in recent),
        older=chosen.address(found[PAGE - 1].id) if len(found) > PAGE else None,
    )


def _ranked(chosen: Filter) -> list[IncidentRow]:
    """The last week's incidents, those of the most unusual visits first; of which nothing is known yet, last."""
    since = midnight(today()) - RANKED_S
    week = [row for row in panel().incidents(COUNTED, None, chosen.camera, chosen.rule) if row.incident.opened_utc >= since]
    return sorted(week, key=lambda row: row.unusual.score if row.unusual else 0.0, reverse=True)[:PAGE]


def _listed(
    chosen: Filter,
    days: Sequence[tuple[dt.date | None, Sequence[IncidentRow]]],
    *,
    first_page: bool = True,
    lead: str | None = None,
    count_today: int = 0,
    older: str | None = None,
) -> str:
    """days: a heading each; None: not in the order of time. lead: the id of the one that is shown large."""
    return render_template(
        "incidents/index.html",
        days=days,
        chosen=chosen,
        first_page=first_page,
        lead=lead,
        count_today=count_today,
        older=older,
        names=panel().camera_names(),
    )


@pages.get("/incidents/<incident_id>")
def show(incident_id: str) -> ResponseReturnValue:
    row = find_incident(incident_id)
    note_view("view_incident", row.id)
    newer, older = panel().neighbours(row.id)
    return render_template("incidents/show.html", newer=newer, older=older, **_facts(row))


@pages.get("/incidents/<incident_id>/clip")
def clip(incident_id: str) -> ResponseReturnValue:
    """The part of the page that shows the clip or its state; asked for again while the clip is being made."""
    row = find_incident(incident_id)
    if row.incident.clip is ClipState.PENDING:
        return "", 204
    return render_template("incidents/_clip.html", **_facts(row))


@pages.post("/incidents/<incident_id>/verdict")
def judge(incident_id: str) -> ResponseReturnValue:
    """Real, false alarm, or (empty) neither: what was said is taken back."""
    row = find_incident(incident_id)
    said = request.form.get("verdict")
    if said not in ("", *Verdict):
        abort(400)
    panel().judge(row.id, Verdict(said) if said else None, signed_in().name, address())
    if request.headers.get("X-Part"):
        return render_template("incidents/_verdict.html", row=find_incident(incident_id))
    return redirect(url_for("incidents.show", incident_id=row.id, _anchor="verdict"), HTTPStatus.SEE_OTHER)


@pages.get("/incidents/<incident_id>/poster.jpg")
def poster(incident_id: str) -> Response:
    stored = _clip(find_incident(incident_id), 1)
    if stored.poster is None:
        abort(404)
    return send(panel().poster(stored), "image/jpeg", stored.poster.sha256)


@pages.get("/incidents/<incident_id>/<int:part>.mp4")
def video(incident_id: str, part: int) -> Response:
    row = find_incident(incident_id)
    stored = _clip(row, part)
    note_view("play_clip", f"{row.id}/{part}")
    return send(panel().video(stored), "video/mp4", stored.video.sha256, name=f"{row.id}-{part}.mp4")


def _clip(row: IncidentRow, part: int) -> StoredFile:
    if not 1 <= part <= len(row.clips):
        abort(410 if row.erased_utc is not None else 404)
    return row.clips[part - 1]


def _facts(row: IncidentRow) -> dict[str, object]:
    incident = row.incident
    lasted = incident.closed_utc - incident.opened_utc if incident.closed_utc is not None else None
    end = incident.closed_utc or incident.opened_utc
    names = panel().camera_names()
    around = panel().segments(incident.camera, incident.opened_utc - AROUND_S, end + AROUND_S)
    return {
        "row": row,
        "incident": incident,
        "lasted": lasted,
        "camera_name": names.get(incident.camera, incident.camera),
        "names": names,
        "steps_used": _steps(row),
        "recording": _nearest(around, incident.opened_utc),
        "is_ready": incident.clip is ClipState.READY and bool(row.clips),
        "is_pending": incident.clip is ClipState.PENDING,
        "entries": _entries(row),
    }


def _entries(row: IncidentRow) -> list[Line]:
    """How the people in it came in and went out, as far as the camera at the entrance followed them; names stand elsewhere."""
    entry = panel().entry
    return folded(entry.entries_of(row)) if entry is not None else []


def _steps(row: IncidentRow) -> list[tuple[MaskStep, float]]:
    """Mask steps of the clip with their share of its frames, the commonest first."""
    counts: Mapping[MaskStep, int] = {}
    for stored in row.clips:
        more = panel().steps_of(stored)
        counts = {step: counts.get(step, 0) + more.get(step, 0) for step in {*counts, *more}}
    whole = sum(counts.values())
    return sorted(((step, count / whole) for step, count in counts.items()), key=lambda pair: -pair[1])


def _nearest(segments: tuple[StoredFile, ...], utc: float) -> StoredFile | None:
    """The recording in which `utc` lies, else the one closest to it."""
    return min(segments, key=lambda s: max(s.start_utc - utc, utc - s.end_utc, 0.0), default=None)
