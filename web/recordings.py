"""Pages: the presence recordings of one camera and day as a time line, and a player that runs through them.

Comes in: camera, day, segment number. Goes out: pages and masked videos; each view is in the access log.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from agent.panel import StoredFile
from web.files import send
from web.language import local, midnight, today
from web.security import note_view, panel

pages = Blueprint("recordings", __name__, url_prefix="/recordings")

GAP_S = 15.0  # pieces closer than this belong to one visit
VISIT_LONGEST_S = 3600.0  # how far around a piece the player looks for the rest of its visit
LEAST_WIDTH = 4.0  # thousandths of a day: a short visit is seen, too
DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Visit:
    """Pieces of recording without a gap: somebody was in view from start to end (Unix time)."""

    pieces: tuple[StoredFile, ...]

    @property
    def start_utc(self) -> float:
        return self.pieces[0].start_utc

    @property
    def end_utc(self) -> float:
        return max(piece.end_utc for piece in self.pieces)

    @property
    def seconds(self) -> float:
        return self.end_utc - self.start_utc


@dataclass(frozen=True, slots=True)
class Bar:
    """A visit on the day's time line; left and width in parts of the day, 0 to 1000."""

    visit: Visit
    left: float
    width: float


def visits(pieces: Sequence[StoredFile]) -> list[Visit]:
    """Pieces of one camera, oldest first, joined where the gap is at most GAP_S."""
    found: list[list[StoredFile]] = []
    for piece in pieces:
        if found and piece.start_utc - max(p.end_utc for p in found[-1]) <= GAP_S:
            found[-1].append(piece)
        else:
            found.append([piece])
    return [Visit(tuple(group)) for group in found]


@pages.get("/")
def index() -> ResponseReturnValue:
    names = panel().camera_names()
    camera = request.args.get("camera") or next(iter(names), "")
    if names and camera not in names:
        abort(404)
    date = _date(request.args.get("day"))
    start, end = midnight(date), midnight(date + DAY)
    found = visits(panel().segments(camera, start, end)) if camera else []
    return render_template(
        "recordings/index.html",
        names=names,
        camera=camera,
        date=date,
        before=date - DAY if _is_older_kept(start) else None,
        after=date + DAY if date < today() else None,
        visits=list(reversed(found)),
        bars=[_bar(visit, start, end) for visit in found],
        hours=[(hour, (midnight_hour(date, hour) - start) / (end - start) * 1000) for hour in range(0, 25, 6)],
        seconds=sum(visit.seconds for visit in found),
    )


@pages.get("/<int:seq>")
def play(seq: int) -> ResponseReturnValue:
    piece = _piece(seq)
    note_view("view_recording", f"{piece.camera}/{piece.seq}")
    around = panel().segments(piece.camera, piece.start_utc - VISIT_LONGEST_S, piece.end_utc + VISIT_LONGEST_S)
    visit = next((v for v in visits(around) if any(p.seq == seq for p in v.pieces)), Visit((piece,)))
    return render_template(
        "recordings/play.html",
        piece=piece,
        visit=visit,
        camera_name=panel().camera_names().get(piece.camera, piece.camera),
        date=local(piece.start_utc).date(),
    )


@pages.get("/<int:seq>.mp4")
def video(seq: int) -> Response:
    piece = _piece(seq)
    note_view("play_recording", f"{piece.camera}/{piece.seq}")
    name = f"{piece.camera}-{local(piece.start_utc):%Y%m%d-%H%M%S}.mp4"
    return send(panel().video(piece), "video/mp4", piece.video.sha256, name=name)


def _piece(seq: int) -> StoredFile:
    piece = panel().stored(seq) if seq < 2**63 else None
    if piece is None or piece.incident is not None:
        abort(404)
    return piece


def _is_older_kept(utc: float) -> bool:
    """Whether anything at all is kept from before that time."""
    oldest = panel().store().totals.oldest_utc
    return oldest is not None and oldest < utc


def _date(text: str | None) -> dt.date:
    if not text:
        return today()
    try:
        date = dt.date.fromisoformat(text)
    except ValueError:
        abort(404)
    if not dt.date(2000, 1, 1) <= date <= today() + DAY:
        abort(404)
    return date


def midnight_hour(date: dt.date, hour: int) -> float:
    """Unix time of that hour on that day; 24 is the next midnight (days of 23 and 25 hours come out right)."""
    if hour == 24:
        return midnight(date + DAY)
    zone = local(0).tzinfo
    return dt.datetime.combine(date, dt.time(hour), zone).timestamp()


def _bar(visit: Visit, start: float, end: float) -> Bar:
    left = max(visit.start_utc, start)
    right = min(visit.end_utc, end)
    scale = 1000 / (end - start)
    return Bar(visit, (left - start) * scale, max((right - left) * scale, LEAST_WIDTH))
