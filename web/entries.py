"""Pages: who came in by which pass and who was refused, a day at a time, and the same as a file to take along.

Comes in: day, pass number and what to show, in the address; for a download its purpose. Goes out: pages and CSV. Names of
holders stand on neither: the log knows pass numbers only.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, lazy_gettext

from agent.panel import Answer, CrossingKind, Entry, IncidentRow
from web.entry import desks, hide_when_off
from web.entry_words import READERS, mark_of, number_of, sentence_of, typed_number
from web.language import local, midnight, today
from web.security import address, note_view, panel, signed_in
from web.spreadsheet import cell, sheet
from web.words import Wording

pages = Blueprint("entries", __name__, url_prefix="/entries")
hide_when_off(pages)

PAGE = 100  # lines
MOST = 20_000  # entries of one day; a shop has some hundred
LONGEST_DAYS = 366  # of one download
DAY = dt.timedelta(days=1)

UNCODED = (CrossingKind.NO_CODE, CrossingKind.TAILGATING)
GROUPS: Mapping[str, LazyString] = {
    "in": lazy_gettext("Let in"),
    "refused": lazy_gettext("Refused"),
    "uncoded": lazy_gettext("Came in without a code"),
    "out": lazy_gettext("Went out"),
}


COLUMNS = (
    lazy_gettext("Time"), lazy_gettext("What happened"), lazy_gettext("Pass"), lazy_gettext("Reader"), lazy_gettext("Camera"),
    lazy_gettext("Person on camera"), lazy_gettext("SHA-256 of the code"), lazy_gettext("Entry"), lazy_gettext("Belongs to"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list: a code and the crossing that followed on it, or either alone."""

    entry: Entry
    crossing: Entry | None = None

    @property
    def ids(self) -> tuple[str, ...]:
        return (self.entry.id, self.crossing.id) if self.crossing else (self.entry.id,)

    @property
    def mark(self) -> Wording:
        return mark_of(self.entry)

    @property
    def sentence(self) -> str:
        """What happened; a code on which somebody came in is one sentence, not two."""
        return sentence_of(self.crossing or self.entry, self.entry.pass_id)

    @property
    def camera(self) -> str | None:
        return (self.crossing.camera if self.crossing else None) or self.entry.camera


@dataclass(frozen=True, slots=True)
class Filter:
    """What the list is narrowed to; show: a group, an answer, or everything."""

    pass_id: str | None = None
    show: str = ""

    @property
    def is_set(self) -> bool:
        return bool(self.pass_id or self.show)

    def takes(self, entry: Entry) -> bool:
        """Whether an entry is to be seen."""
        if self.show == "in":
            return entry.answer is Answer.ADMITTED or entry.crossing is CrossingKind.VERIFIED
        if self.show == "refused":
            return entry.answer not in (None, Answer.ADMITTED)
        if self.show == "uncoded":
            return entry.crossing in UNCODED
        if self.show == "out":
            return entry.crossing is CrossingKind.EXIT
        return not self.show or entry.answer == self.show

    def address(self, date: dt.date, page: int = 1) -> str:
        wanted: dict[str, Any] = {"pass": self.pass_id, "show": self.show or None, "page": page if page > 1 else None}
        return url_for("entries.index", day=date.isoformat(), **wanted)


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums of a day."""

    accepted: int
    refused: int
    uncoded: int


@dataclass(frozen=True, slots=True)
class Taken:
    """The download form as it was filled in. first, last: days (ISO 8601)."""

    first: str
    last: str
    purpose: str = ""


@pages.get("/")
def index() -> ResponseReturnValue:
    return _page(_date(request.args.get("day")), _filter())


@pages.post("/csv")
def download() -> ResponseReturnValue:
    """The log of some days as a file; who took it, and for what, is on the access log before it leaves."""
    taken = Taken(*(request.form.get(name, "").strip()[:200] for name in ("from", "to", "purpose")))
    first, last = _date(taken.first), _date(taken.last)
    if len(taken.purpose) < 2:
        return _page(last, Filter(), taken, lazy_gettext("Please say what the file is for.")), HTTPStatus.UNPROCESSABLE_ENTITY
    if not dt.timedelta() <= last - first <= dt.timedelta(days=LONGEST_DAYS):
        wrong = lazy_gettext("Please choose a first and a last day, at most a year apart.")
        return _page(today(), Filter(), taken, wrong), HTTPStatus.UNPROCESSABLE_ENTITY
    panel().record_audit(signed_in().name, "export_entries", f"{first}/{last}", address(), taken.purpose)
    body = _written(_entries_by_day(first, last))
    name = f"ansim-entries-{first}-{last}.csv"
    return Response(
        body, content_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@pages.get("/<entry_id>")
def show(entry_id: str) -> ResponseReturnValue:
    """The day of an entry, at its line: a stable address for other pages."""
    entry = desks().entry(entry_id)
    if entry is None:
        abort(404)
    date = local(entry.utc).date()
    lines = folded(desks().entries(midnight(date), midnight(date + DAY), limit=MOST))
    at, line = next((at, line) for at, line in enumerate(lines) if entry.id in line.ids)
    return redirect(f"{Filter().address(date, at // PAGE + 1)}#{line.entry.id}")


def _page(date: dt.date, chosen: Filter, taken: Taken | None = None, refusal: LazyString | None = None) -> str:
    note_view("view_entries", date.isoformat())
    page = max(request.args.get("page", 1, int), 1)
    whole = desks().entries(midnight(date), midnight(date + DAY), limit=MOST)
    wanted = [entry for entry in whole if chosen.pass_id in (None, entry.pass_id) and chosen.takes(entry)]
    found = folded(wanted)
    shown = found[(page - 1) * PAGE : page * PAGE]
    day = date.isoformat()
    return render_template(
        "entries/index.html",
        date=date,
        is_today=date == today(),
        before=date - DAY,
        after=date + DAY if date < today() else None,
        chosen=chosen,
        groups=GROUPS.items(),
        found=shown,
        links=_links(shown),
        names=panel().camera_names(),
        tally=_tally(whole),
        counts_inside=bool(desks().settings.gate),
        inside=desks().desk.occupancy,
        first_page=page == 1,
        older=chosen.address(date, page + 1) if len(found) > page * PAGE else None,
        taken=taken or Taken(day, day),
        refusal=refusal,
    )


def folded(entries: Sequence[Entry]) -> list[Line]:
    """Each code together with the first crossing on it; whoever followed somebody in keeps a line of their own."""
    ids = {entry.id for entry in entries}
    came = {entry.of: entry for entry in entries if entry.crossing is CrossingKind.VERIFIED and entry.of in ids}
    folded = {entry.id for entry in came.values()}
    return [Line(entry, came.get(entry.id)) for entry in entries if entry.id not in folded]


def _links(lines: Iterable[Line]) -> dict[str, list[IncidentRow]]:
    """Incidents of the people in these lines, by the id of the line's entry."""
    found: dict[str, list[IncidentRow]] = {}
    for line in lines:
        crossing = line.crossing or line.entry
        if crossing.crossing is not None:
            rows = desks().incidents_of(crossing)
            if rows:
                found[line.entry.id] = list(rows)
    return found


def _tally(entries: Iterable[Entry]) -> Tally:
    whole = list(entries)
    return Tally(
        sum(entry.answer is Answer.ADMITTED for entry in whole),
        sum(entry.answer not in (None, Answer.ADMITTED, Answer.NEEDS_PIN) for entry in whole),
        sum(entry.crossing in UNCODED for entry in whole),
    )


def _entries_by_day(first: dt.date, last: dt.date) -> Iterable[Entry]:
    """Oldest first, a day at a time."""
    date = first
    while date <= last:
        yield from reversed(desks().entries(midnight(date), midnight(date + DAY), limit=MOST))
        date += DAY


def _written(entries: Iterable[Entry]) -> str:
    names = panel().camera_names()
    return sheet(COLUMNS, (_row(entry, names) for entry in entries))


def _row(entry: Entry, names: Mapping[str, str]) -> list[str]:
    return [
        local(entry.utc).isoformat(sep=" ", timespec="milliseconds"),
        sentence_of(entry),
        number_of(entry.pass_id) if entry.pass_id else "",
        str(READERS[entry.reader]) if entry.reader else "",
        cell(names.get(entry.camera, entry.camera) if entry.camera else ""),
        str(entry.track) if entry.track is not None else "",
        entry.token_sha256 or "",
        entry.id,
        entry.of or "",
    ]


def _filter() -> Filter:
    typed = typed_number(request.args.get("pass", ""))[:20] or None
    show = request.args.get("show", "")
    if show and show not in GROUPS and show not in tuple(Answer):
        abort(404)
    return Filter(typed, show)


def _date(text: str | None) -> dt.date:
    if not text:
        return today()
    try:
        date = dt.date.fromisoformat(text)
    except ValueError:
        abort(404)
    if not dt.date(2020, 1, 1) <= date <= today() + DAY:
        abort(404)
    return date
