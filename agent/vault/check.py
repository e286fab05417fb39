"""Looks whether ledger, index and files agree, and finishes what a dead process left half done.

Comes in: a data folder. Goes out: a `CheckReport`; with repair, also a folder in order and an event that says what was done.
By default sizes are compared and the newest day of the ledger is verified; deep hashes every file and verifies all days.
The check at each start is quick: it leaves out the folders of days that nothing has touched since an earlier check.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from sqlite_utils import Database

from agent.clock import Clock
from agent.errors import StoreError
from agent.values import ClipState, Event, EventKind, Text
from agent.vault import accounts, bodies, index, projection
from agent.vault.bodies import Kind
from agent.vault.checkpoint import Checkpoint
from agent.vault.durable import DiskFull, disk_errors
from agent.vault.entry_check import check_entrance
from agent.vault.foundation import (
    BEHIND,
    REBUILT,
    index_to_look_at,
    ledger_changed,
    open_sound,
    read_only,
    rebuild,
    verify_ledger,
)
from agent.vault.journal import Journal
from agent.vault.leftovers import DayFolder, day_folders
from agent.vault.lock import NAME as LOCK
from agent.vault.lock import FolderLock
from agent.vault.original_check import check_originals
from agent.vault.originals import Originals
from agent.vault.recipient_check import check_recipients
from agent.vault.report import CheckReport, ProblemKind, Problems, Progress, silent
from agent.vault.rows import IncidentRow
from agent.vault.store import DATABASE, LEDGER, Store

MARGIN_NS = 2 * 86_400 * 10**9


def check(
    folder: Path,
    clock: Clock,
    *,
    repair: bool,
    deep: bool = False,
    progress: Progress = silent,
    anchors: Sequence[Checkpoint] = (),
) -> CheckReport:
    """`ansim check`. Raises StoreError when there is no such folder, or, with repair, while an agent is running on it.

    Without repair nothing is written, and while an agent is running its unfinished business is left out.
    progress: (day folders compared, of how many). anchors: checkpoints kept elsewhere, which the ledger has to fit.
    """
    folder = folder.absolute()
    if not folder.is_dir():
        raise StoreError(ko=f"데이터 폴더가 없습니다({folder}).", en=f"There is no data folder {folder}.")
    lock = FolderLock(folder)
    if repair:
        lock.take()
        store = Store(folder, clock)
        try:
            return mend(store, deep=deep, progress=progress, anchors=anchors)
        finally:
            store.close()
            lock.give_back()
    try:
        lock.take()
        alone = True
    except StoreError:
        alone = read_only(folder)
    try:
        return _look(folder, alone=alone, deep=deep, progress=progress, anchors=anchors)
    finally:
        lock.give_back()


def mend(
    store: Store,
    *,
    deep: bool = False,
    quick: bool = False,
    progress: Progress = silent,
    anchors: Sequence[Checkpoint] = (),
) -> CheckReport:
    """Open `store` and check and repair its folder; the caller holds the folder's lock. Raises StoreError.

    quick: leave out folders in which nothing was added or removed since two days before the last check (see `_untouched`).
    On a full disk it needs the reserve, and gets it: an agent that could not start could not erase what is due either.
    """
    try:
        report = _mend(store, deep, quick, progress, anchors)
    except DiskFull:
        store.close()
        if not store.reserve.release():
            raise
        report = _mend(store, deep, quick, progress, anchors)
    store.reserve.refill()
    return report


def _mend(store: Store, deep: bool, quick: bool, progress: Progress, anchors: Sequence[Checkpoint]) -> CheckReport:
    problems = Problems(repairing=True)
    had_database = (store.folder / DATABASE).exists()
    cut = open_sound(store, problems)
    if cut:
        text = Text(
            ko=f"원장의 마지막 줄이 쓰다가 중단되어 잘라 냈습니다({cut}바이트).",
            en=f"The last line of the ledger was cut off in the middle; its {cut} bytes were removed.",
        )
        problems.found(ProblemKind.LEDGER_TORN, "ledger", text, lambda: None)
    head = store.journal.head
    if not had_database and head.seq:
        problems.found(ProblemKind.DATABASE_LOST, DATABASE, REBUILT, lambda: None)
    accounts.restore(store.db, store.folder)
    if ledger_changed(store.journal, store.db, problems) and head.seq < projection.applied(store.db).seq:
        rebuild(store)  # rows of records that the ledger no longer has would also keep new records from being applied
    if projection.applied(store.db).seq < head.seq:
        if had_database and not problems.has(ProblemKind.DATABASE_DAMAGED, ProblemKind.LEDGER_CHANGED):
            problems.found(ProblemKind.INDEX_BEHIND, DATABASE, BEHIND, lambda: None)
        store.catch_up()
    with disk_errors(store.folder):
        projection.fill_register(store.db, store.journal.records)
    verify_ledger(store.journal, problems, deep, anchors)
    died_utc = max((record.utc for record in store.journal.records(after=head.seq - 1)), default=0.0)
    _finish_erasing(store, problems)
    now_ns = (store.folder / LOCK).stat().st_mtime_ns  # the disk's own time: the lock file was written a moment ago
    since_ns = _untouched(store.db, now_ns) if quick else 0
    rels = [rel for rel in _folders(store.folder, store.db) if not _older(store.folder / rel, since_ns)]
    days = [partial(DayFolder, store.folder, rel, store.db, store, problems.found) for rel in rels]
    files, size = _compare(days, deep=deep, alone=True, progress=progress)
    sealed = check_originals(store.folder, store.db, Originals(store), problems.found, deep=deep, alone=True)
    files, size = files + sealed[0], size + sealed[1]
    check_entrance(store.folder, store.db, store, problems.found, deep=deep)
    if not quick:
        check_recipients(store.journal, problems.found)
    for row in index.unfinished(store.db):
        problems.found(*_unfinished(store.db, row), partial(_give_up, store, row, died_utc))
    report = CheckReport(tuple(problems.all), head.seq, files, size, deep)
    _say(store, report)
    with disk_errors(store.folder):
        store.db.execute("insert or replace into meta (key, value) values ('checked_ns', ?)", [str(now_ns)])
    return report


def _look(folder: Path, *, alone: bool, deep: bool, progress: Progress, anchors: Sequence[Checkpoint]) -> CheckReport:
    """The same without writing. Where the database cannot be used, an index in memory stands in for it."""
    problems = Problems(repairing=False)
    with disk_errors(folder):
        journal = Journal(folder / LEDGER)
        if alone and (torn := journal.torn()):
            text = Text(
                ko=f"원장의 마지막 줄이 완전하지 않습니다({torn}바이트).", en=f"The ledger's last line is torn ({torn} bytes)."
            )
            problems.found(ProblemKind.LEDGER_TORN, "ledger", text)
        head = journal.end()
        db = index_to_look_at(folder, journal, problems, alone)
        try:
            verify_ledger(journal, problems, deep, anchors)
            days = [partial(DayFolder, folder, rel, db, None, problems.found) for rel in _folders(folder, db)]
            files, size = _compare(days, deep=deep, alone=alone, progress=progress)
            sealed = check_originals(folder, db, None, problems.found, deep=deep, alone=alone)
            files, size = files + sealed[0], size + sealed[1]
            check_entrance(folder, db, None, problems.found, deep=deep)
            check_recipients(journal, problems.found)
            if alone:
                for stored, _ in index.erasing(db):
                    problems.found(ProblemKind.ERASE_UNFINISHED, stored.path, _ERASING)
                for row in index.unfinished(db):
                    problems.found(*_unfinished(db, row))
        finally:
            db.close()
    return CheckReport(tuple(problems.all), head.seq, files, size, deep)


# files and incidents


def _folders(folder: Path, db: Database) -> list[str]:
    with disk_errors(folder):
        return sorted(index.folders(db) | set(day_folders(folder)))


def _untouched(db: Database, now_ns: int) -> int:
    """Folders last changed before this time (ns of the disk's clock) are as the last check left them; 0: none are.

    Adding, removing and renaming change a folder's time; a file changed in its place does not, and shows in a full check only.
    """
    row = db.execute("select value from meta where key = 'checked_ns'").fetchone()
    checked_ns = 0 if row is None else int(row[0])
    return checked_ns - MARGIN_NS if checked_ns < now_ns else 0  # a clock that was set back says nothing


def _older(folder: Path, since_ns: int) -> bool:
    return folder.is_dir() and folder.stat().st_mtime_ns < since_ns


def _compare(days: Sequence[Callable[[], DayFolder]], *, deep: bool, alone: bool, progress: Progress) -> tuple[int, int]:
    """Gives how many files of how many bytes are good. alone: no agent runs, so what the index has not is a leftover."""
    files = size = 0
    for done, open_day in enumerate(days, 1):
        day = open_day()
        if alone:
            day.compare_unexpected()
        good = day.compare_expected(deep=deep)
        files, size = files + good[0], size + good[1]
        progress(done, len(days))
    return files, size


def _finish_erasing(store: Store, problems: Problems) -> None:
    for stored, recorded in index.erasing(store.db):
        finish = store.erase_recorded if recorded else store.erase_again
        problems.found(ProblemKind.ERASE_UNFINISHED, stored.path, _ERASING, partial(finish, stored))


def _unfinished(db: Database, row: IncidentRow) -> tuple[ProblemKind, str, Text]:
    return ProblemKind.INCIDENT_UNFINISHED, row.id, _why_lost(db, row)


def _give_up(store: Store, row: IncidentRow, died_utc: float) -> None:
    """The ring with the pictures died with the process; what remains is the presence recording."""
    body = {
        "id": row.id,
        "state": ClipState.LOST.value,
        "why": bodies.text_body(_why_lost(store.db, row)),
        "closed_utc": row.incident.closed_utc
        if row.incident.closed_utc is not None
        else max(row.incident.opened_utc, died_utc),
    }
    store.note(Kind.CLIP, body)


def _why_lost(db: Database, row: IncidentRow) -> Text:
    start = row.incident.opened_utc
    end = row.incident.closed_utc if row.incident.closed_utc is not None else start + 120.0
    if index.segments(db, row.incident.camera, start, max(end, start + 1.0), 1):
        return Text(
            ko="증거 영상을 만들기 전에 프로그램이 중단되었습니다. 같은 시간의 재실 녹화가 남아 있으니 그 영상을 봐 주세요.",
            en="The program stopped before the evidence clip was made. The presence recording of that time remains.",
        )
    return Text(
        ko="증거 영상을 만들기 전에 프로그램이 중단되었고, 같은 시간의 재실 녹화도 없습니다.",
        en="The program stopped before the evidence clip was made, and there is no presence recording of that time either.",
    )


def _say(store: Store, report: CheckReport) -> None:
    """One event for each kind of thing that was wrong. When the disk is full it must do without: the report says it too."""
    for kind, count, first in report.summary():
        more_ko, more_en = (f" 외 {count - 1}건", f" (and {count - 1} more like it)") if count > 1 else ("", "")
        text = Text(ko=f"{first.text.ko} ({first.where}{more_ko})", en=f"{first.text.en} ({first.where}{more_en})")
        event = Event(store.clock.utc(), EventKind.STORE_REPAIRED, text)
        try:
            store.note(Kind.EVENT, {**bodies.event_body(event), "problem": kind.value})
        except StoreError:
            return


_ERASING = Text(ko="삭제 도중 중단된 영상의 삭제를 마쳤습니다.", en="An erasing that was cut off was finished.")
