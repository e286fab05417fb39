"""Connections to ansim.db and its tables.

Comes in: the path of the database. Goes out: the one connection that writes, a pool of connections that read, and the
migrations. The database is an index of the ledger and the files: all but the accounts can be made anew from them, so commits
need not wait for the disk (WAL, synchronous=NORMAL: a power cut may take the newest rows, never the consistency, and the ledger
gives the rows back).
"""

from __future__ import annotations

import queue
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database, Migrations

from agent.vault.durable import disk_errors

BUSY_S = 10.0
READERS = 8  # kept open for re-use; more are opened when more threads read at once

migrations = Migrations("ansim")


@migrations()
def m001_index(db: Database) -> None:
    """Rows that are projections of ledger records; `seq` is the number of the record that made the row."""
    db.execute("create table meta (key text primary key, value text not null) strict")
    db.execute(
        """create table incidents (
            id text primary key, seq integer not null, camera text not null, rule text not null, severity integer not null,
            opened_s real not null, opened_utc real not null, closed_s real, closed_utc real, zone text,
            tracks text not null, reasons text not null, clip text not null, lost text, hold_until real, erased_utc real
        ) strict"""
    )
    db.execute("create index incidents_opened on incidents (opened_utc, id)")
    db.execute("create index incidents_unfinished on incidents (clip) where clip = 'pending'")
    db.execute(
        """create table files (
            seq integer primary key, kind text not null, folder text not null, path text not null unique, camera text not null,
            incident text references incidents (id), start_utc real not null, end_utc real not null, frames integer not null,
            video text not null, sidecar text not null, poster text, bytes integer not null, recovered integer not null,
            hold_until real, state text not null default 'good', erasing text
        ) strict"""
    )
    db.execute("create index files_time on files (kind, start_utc)")
    db.execute("create index files_camera on files (camera, kind, start_utc)")
    db.execute("create index files_folder on files (folder)")
    db.execute("create index files_incident on files (incident) where incident is not null")
    db.execute("create index files_erasing on files (erasing) where erasing is not null")
    db.execute(
        "create table events (seq integer primary key, utc real not null, kind text not null, camera text, ko text not null,"
        " en text not null) strict"
    )
    db.execute(
        "create table audit (seq integer primary key, utc real not null, actor text not null, action text not null,"
        " target text not null, purpose text not null, address text not null) strict"
    )
    db.execute("create index audit_target on audit (target, seq)")


@migrations()
def m002_accounts(db: Database) -> None:
    """Accounts are not on the ledger, which others get to read: their hashes must not leave the PC with it."""
    db.execute(
        "create table accounts (name text primary key, password_hash text not null, role text not null,"
        " created_utc real not null, changed_utc real not null) strict"
    )
    db.execute("create table setup_tokens (sha256 text primary key, ends_utc real not null) strict")


@migrations()
def m003_owner(db: Database) -> None:
    """What the owner said of incidents, and the key with which a till reports sales; both are on the ledger."""
    for column in ("verdict text", "verdict_by text", "verdict_utc real", "verdict_seq integer", "unusual text"):
        db.execute(f"alter table incidents add column {column}")
    db.execute("create index incidents_rule on incidents (rule, opened_utc, id)")
    db.execute("create index incidents_judged on incidents (rule, opened_utc, id) where verdict is not null")
    db.execute("create table resets (rule text primary key, seq integer not null, utc real not null) strict")
    db.execute(
        "create table till_key (one integer primary key check (one = 1), seq integer not null, sha256 text not null,"
        " made_utc real not null, made_by text not null) strict"
    )


@migrations()
def m004_entry(db: Database) -> None:
    """Entries are projections of the ledger, still sealed: who may read the keys of days may read whose they are.

    Passes are not on the ledger, as accounts are not; what is personal or opens the door is in `private`, encrypted.
    """
    db.execute(
        "create table entries (id text primary key, seq integer not null, utc real not null, day text not null, answer text,"
        " camera text, track integer, of text, body text not null) strict"
    )
    db.execute("create index entries_time on entries (utc, id)")
    db.execute("create index entries_day on entries (day)")
    db.execute("create index entries_track on entries (camera, track, utc) where track is not null")
    db.execute("create index entries_of on entries (of) where of is not null")
    db.execute("create table entry_days_erased (day text primary key, seq integer not null) strict")
    db.execute(
        """create table passes (
            id text primary key, kind text not null, made_utc real not null, made_by text not null, from_utc real not null,
            until_utc real, hours text, revoked_utc real, used_utc real, has_pin integer not null, has_holder integer not null,
            number text unique, private blob not null
        ) strict"""
    )
    db.execute("create table invites (sha256 text primary key, pass_id text not null, ends_utc real not null) strict")
    db.execute("create table screen_links (sha256 text primary key, by text not null, ends_utc real not null) strict")
    db.execute(
        "create table screens (id text primary key, sha256 text not null unique, paired_utc real not null,"
        " by text not null) strict"
    )


@migrations()
def m005_sealed(db: Database) -> None:
    """Sealed originals; the files themselves are encrypted, and only the owner's key opens them."""
    db.execute(
        """create table sealed (
            seq integer primary key, path text not null unique, incident text not null, bytes integer not null,
            sha256 text not null, key_sha256 text not null, from_utc real not null, to_utc real not null,
            recipients text not null, state text not null default 'good', erasing text
        ) strict"""
    )
    db.execute("create index sealed_incident on sealed (incident)")
    db.execute("create index sealed_time on sealed (to_utc)")
    db.execute("create index sealed_erasing on sealed (erasing) where erasing is not null")


@migrations()
def m006_holds(db: Database) -> None:
    """Every word on keeping an incident longer, and the dates of which the owner was told."""
    db.execute(
        """create table holds (
            seq integer primary key, utc real not null, incident text not null, until_utc real, review_utc real,
            reason text not null, agency text not null, case_number text not null, held_by text not null
        ) strict"""
    )
    db.execute("create index holds_incident on holds (incident, seq)")
    db.execute(
        "create table reminders (incident text not null, what text not null, date real not null, seq integer not null,"
        " primary key (incident, what, date)) strict"
    )


@migrations()
def m007_register(db: Database) -> None:
    """What was handed over or shown, and each step on the way there: the register of the guideline on personal video.

    Ledgers had such records before this table was there; the mark says that none of them is missing here.
    """
    db.execute(
        "create table register (seq integer primary key, utc real not null, kind text not null, incident text not null,"
        " body text not null) strict"
    )
    db.execute("create index register_incident on register (incident, seq)")
    db.execute("create index register_kind on register (kind, seq)")
    if db.execute("select 1 from meta where key = 'seq'").fetchone() is None:  # it is filled from the first record on
        db.execute("insert into meta values ('register', 'whole')")


@migrations()
def m008_anchors(db: Database) -> None:
    """Anchors that left the machine."""
    db.execute(
        "create table anchors (seq integer primary key, utc real not null, size integer not null, root text not null,"
        " reached text not null, missed text not null) strict"
    )
    db.execute("create index events_kind on events (kind, seq)")


def open_writer(path: Path) -> Database:
    """The connection that writes, with all migrations applied. Raises StoreError; sqlite3.DatabaseError when it is damaged."""
    with disk_errors(path.parent):
        path.touch(mode=0o600)  # before SQLite makes it: -wal and -shm take its mode
    conn = sqlite3.connect(path, timeout=BUSY_S, check_same_thread=False)
    db = Database(conn, execute_plugins=False)
    try:
        db.execute("pragma foreign_keys = on")
        db.enable_wal()
        db.execute("pragma synchronous = normal")
        db.execute("pragma secure_delete = on")  # what is deleted is overwritten: forgotten people are in no free page
        db.execute("pragma wal_autocheckpoint = 250")  # 1 MB: the reserve for a full disk must outlast it
        migrations.apply(db)
    except sqlite3.Error:
        db.close()
        raise
    return db


def drop_log(db: Database) -> bool:
    """Empty the write-ahead log, where old rows stand on. False: somebody is reading just now; try again later."""
    db.execute("pragma busy_timeout = 200")
    try:
        busy = db.execute("pragma wal_checkpoint(truncate)").fetchone()[0]
    except sqlite3.Error:  # what was committed before is none the worse for it
        return False
    finally:
        db.execute(f"pragma busy_timeout = {round(BUSY_S * 1000)}")
    return not busy


def open_reader(path: Path, *, frozen: bool = False) -> Database:
    """A connection that cannot write. Raises sqlite3.Error when there is no database or it is damaged.

    frozen: on a disk that is read-only, where SQLite cannot make the -shm file that it needs otherwise.
    """
    how = "mode=ro&immutable=1" if frozen else "mode=ro"
    conn = sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, timeout=BUSY_S, check_same_thread=False)
    try:
        conn.execute("pragma query_only = on")
        return Database(conn, recursive_triggers=False, execute_plugins=False)
    except sqlite3.Error:
        conn.close()
        raise


def sound(db: Database, *, deep: bool) -> bool:
    """SQLite's own check of the file; deep also compares every index with its table."""
    try:
        row = db.execute("pragma integrity_check(1)" if deep else "pragma quick_check(1)").fetchone()
    except sqlite3.DatabaseError:
        return False
    return row is not None and row[0] == "ok"


class Readers:
    """Holding one means: you may read the index from any thread, each time with a connection of your own for that time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._closed = False
        self._idle: queue.SimpleQueue[Database] = queue.SimpleQueue()

    @contextmanager
    def borrow(self) -> Iterator[Database]:
        """A connection inside one read transaction, so that several queries see the same state. Raises StoreError."""
        with disk_errors(self._path.parent):
            db = self._take()
            try:
                with db.atomic():
                    yield db
            finally:
                self._give(db)

    def close(self) -> None:
        """Close the idle connections now, and those that are lent out when they come back."""
        self._closed = True
        while not self._idle.empty():
            self._idle.get_nowait().close()

    def _take(self) -> Database:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            return open_reader(self._path)

    def _give(self, db: Database) -> None:
        if not self._closed and self._idle.qsize() < READERS:
            self._idle.put(db)
        else:
            db.close()
