"""Ledger and database, and whether they can be built on.

Comes in: a store, or a journal and a folder to look at. Goes out: an open store or index that is sound, and problems.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from sqlite_utils import Database

from agent.errors import StoreError
from agent.values import Text
from agent.vault import accounts, layout, projection
from agent.vault.checkpoint import Checkpoint
from agent.vault.database import migrations, open_reader, sound
from agent.vault.day_keys import KEYS
from agent.vault.device_key import FILE, open_device_key
from agent.vault.durable import disk_errors
from agent.vault.journal import Journal
from agent.vault.ledger import verify_chain
from agent.vault.report import ProblemKind, Problems
from agent.vault.store import DATABASE, Store
from agent.vault.witness import doubts_of

DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})
REBUILT = Text(
    ko="색인 데이터베이스가 없어 원장에서 다시 만들었습니다.",
    en="The index database was gone and was made anew from the ledger.",
)
BEHIND = Text(
    ko="색인이 원장보다 뒤처져 있어 나머지를 채웠습니다.", en="The index was behind the ledger; the rest was filled in."
)


def open_sound(store: Store, problems: Problems) -> int:
    """Open the store; a damaged database is set aside for a new one. Gives the bytes of a torn ledger line."""
    cut = 0
    for second in (False, True):
        damage = "quick_check"
        with disk_errors(store.folder):
            try:
                cut = max(cut, store.open())
                if sound(store.db, deep=False):
                    return cut
            except sqlite3.DatabaseError as failure:
                if failure.sqlite_errorcode & 0xFF not in DAMAGED or second:
                    raise
                damage = str(failure)
        store.close()
        text = Text(
            ko=f"색인 데이터베이스가 손상되어({damage}) 원장에서 다시 만들었습니다. 저장된 영상은 그대로입니다.",
            en=f"The index database was damaged ({damage}) and was made anew from the ledger; no recording is lost by this.",
        )
        problems.found(ProblemKind.DATABASE_DAMAGED, DATABASE, text, lambda: _set_aside(store))
    raise StoreError(
        ko="색인 데이터베이스를 새로 만들 수 없습니다. 디스크를 점검해 주세요.",
        en="A new index database is damaged as soon as it is made. Have the disk checked.",
    )


def _set_aside(store: Store) -> None:
    """Keep the damaged database (one: the newest) beside the new one, in case somebody wants to look into it."""
    with disk_errors(store.folder):
        for older in store.folder.glob(f"{DATABASE}.damaged-*"):
            older.unlink()
        aside = store.folder / f"{DATABASE}.damaged-{layout.stamp(store.clock.utc())}"
        (store.folder / DATABASE).rename(aside)
        for suffix in ("-wal", "-shm"):
            (store.folder / (DATABASE + suffix)).unlink(missing_ok=True)


def rebuild(store: Store) -> None:
    store.close()
    _set_aside(store)
    with disk_errors(store.folder):
        store.open()
    accounts.restore(store.db, store.folder)


def ledger_changed(journal: Journal, db: Database, problems: Problems) -> bool:
    """Whether the ledger still has the record at which the index stands.

    It shows also what the chain cannot: a changed last line.
    """
    mark = projection.applied(db)
    if not mark.seq:
        return False
    found = next(journal.records(after=mark.seq - 1), None)
    if found is not None and found.head == mark:
        return False
    text = Text(
        ko=f"원장의 {mark.seq}번 기록이 바뀌었거나 사라졌습니다(기억하고 있던 sha256: {mark.sha256}).",
        en=f"Record {mark.seq} of the ledger was changed or is gone (its sha256 was {mark.sha256}).",
    )
    problems.found(ProblemKind.LEDGER_CHANGED, f"ledger #{mark.seq}", text)
    return True


def verify_ledger(journal: Journal, problems: Problems, deep: bool, anchors: Sequence[Checkpoint] = ()) -> None:
    """deep: the whole chain, and the checkpoints on it; with anchors, these too, in any case."""
    files = journal.files()
    rest = files if deep else files[-1:]
    bad = verify_chain(journal.lines(rest), journal.end(files[: len(files) - len(rest)]))
    if bad is not None:
        text = Text(
            ko=f"원장의 {bad}번 기록에서 사슬이 끊겼습니다. 그 줄이나 바로 앞 줄이 바뀌었거나 삭제되었습니다.",
            en=f"The chain of the ledger breaks at record {bad}: that line, or the one before it, was changed or removed.",
        )
        problems.found(ProblemKind.LEDGER_BROKEN, f"ledger #{bad}", text)
    if deep or anchors:
        for doubt in doubts_of(journal.lines(), anchors, _device_public(journal.folder.parent)):
            problems.found(ProblemKind.LEDGER_REWRITTEN, f"ledger #{doubt.first}-{doubt.last}", doubt.text)


def _device_public(folder: Path) -> bytes | None:
    """The device's public key, if it has one; a check must not make one."""
    keys = folder / KEYS
    try:
        return open_device_key(keys).public if (keys / FILE).exists() else None
    except StoreError:  # damaged: reported elsewhere
        return None


def read_only(folder: Path) -> bool:
    """Whether the disk is mounted read-only: then nobody writes there."""
    return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)


def index_to_look_at(folder: Path, journal: Journal, problems: Problems, alone: bool) -> Database:
    path = folder / DATABASE
    kind: ProblemKind | None = ProblemKind.DATABASE_LOST
    if path.exists():
        kind = ProblemKind.DATABASE_DAMAGED
        try:
            db = open_reader(path, frozen=read_only(folder))
            if sound(db, deep=False):
                ledger_changed(journal, db, problems)
                of_today = not migrations.pending(db)  # else the next start brings it up to date; that is no problem
                lags = alone and projection.applied(db).seq < journal.end().seq
                if of_today and not lags:
                    return db
                kind = ProblemKind.INDEX_BEHIND if lags else None
            db.close()
        except sqlite3.DatabaseError:
            kind = ProblemKind.DATABASE_DAMAGED
    if kind is not None and journal.end().seq:
        problems.found(kind, DATABASE, BEHIND if kind is ProblemKind.INDEX_BEHIND else REBUILT)
    db = Database(memory=True, execute_plugins=False)
    migrations.apply(db)
    projection.catch_up(db, journal.records())
    return db
