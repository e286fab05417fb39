"""The shelf on which passes lie, as the rest of the program sees it.

Comes in: passes with what belongs to them, invites, screens to pair. Goes out: the same, again after a restart and after the
index was made anew. All that changes something blocks until it is durable; it raises StoreError, and then nothing changed.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Protocol, TypeVar

from sqlite_utils import Database

from agent.entry.kept import KeptPass
from agent.errors import StoreError
from agent.vault import passes, screens
from agent.vault.bodies import Kind
from agent.vault.database import Readers, drop_log
from agent.vault.device_key import DeviceKey
from agent.vault.durable import disk_errors
from agent.vault.entry_check import COPY_PURPOSE
from agent.vault.notes import Notes
from agent.vault.rows import Screen
from agent.vault.store import Store

T = TypeVar("T")
Change = Callable[[KeptPass], KeptPass]
AT_ONCE = 25  # notes of a long list that are synced before others get their turn: people stand at the door meanwhile


class Now(Protocol):
    """Runs something in the vault's writer and gives what came of it."""

    def __call__(self, do: Callable[[], T]) -> T: ...


class PassShelf:
    """Holding one whose vault is open means: you may keep and find passes. All methods may be called from any thread."""

    def __init__(self, store: Store, notes: Notes, readers: Readers, now: Now) -> None:
        self._store = store
        self._notes = notes
        self._readers = readers
        self._now = now
        self._row_key = b""
        self._copy_key = b""

    def open(self, device: DeviceKey) -> int:
        """Called by the vault, before its writer runs; gives how many passes came back from the copy."""
        self._row_key, self._copy_key = device.derive("passes"), device.derive(COPY_PURPOSE)
        with disk_errors(self._store.folder):
            return passes.restore(self._store.db, self._store.folder, self._copy_key)

    # reading

    def all(self) -> tuple[KeptPass, ...]:
        """Newest first."""
        with self._readers.borrow() as db:
            return passes.all_kept(db, self._row_key)

    def find(self, pass_id: str) -> KeptPass | None:
        with self._readers.borrow() as db:
            return passes.find(db, self._row_key, pass_id)

    def find_number(self, number: str) -> KeptPass | None:
        with self._readers.borrow() as db:
            return passes.find_number(db, self._row_key, number)

    def invite(self, token: str) -> tuple[str, float] | None:
        """(pass id, when it ends) of an invite that is valid now; asking does not use it up."""
        with self._readers.borrow() as db:
            return passes.invite(db, _hash(token), self._utc())

    # changing

    def add(self, fresh: Sequence[KeptPass], by: str, action: str = "issued") -> None:
        """Keep new passes: all or none."""

        def do(db: Database) -> list[dict[str, Any]]:
            for kept in fresh:
                passes.put(db, self._row_key, kept)
            return [_body(action, kept, by) for kept in fresh]

        self._write(do)

    def change(self, pass_id: str, action: str | None, by: str, change: Change) -> KeptPass:
        """Put what `change` makes of a pass in its place; action None: nothing for the ledger. StoreError: no such pass."""
        made: list[KeptPass] = []

        def do(db: Database) -> list[dict[str, Any]]:
            kept = passes.find(db, self._row_key, pass_id)
            if kept is None:
                raise StoreError(ko=f"출입증({pass_id})을 찾을 수 없습니다.", en=f"There is no pass {pass_id}.")
            made.append(change(kept))
            passes.put(db, self._row_key, made[0])
            if made[0].about.revoked_utc is not None:
                passes.drop_invites(db, pass_id)
            return [] if action is None else [_body(action, made[0], by)]

        self._write(do)
        return made[0]

    def remove(self, pass_ids: Sequence[str], by: str) -> None:
        """Passes and all that belongs to them go; the ledger keeps that they were there."""

        def do(db: Database) -> list[dict[str, Any]]:
            gone = [kept for pass_id in pass_ids if (kept := passes.find(db, self._row_key, pass_id)) is not None]
            for pass_id in pass_ids:
                passes.remove(db, pass_id)
            return [_body("removed", kept, by) for kept in gone]

        self._write(do)

    def new_invites(self, pass_ids: Sequence[str], by: str, ends_utc: float) -> list[str]:
        """A one-time token for each that enrols a phone for its pass; the ones before end. Only its sha256 is kept."""
        tokens = [secrets.token_urlsafe(32) for _ in pass_ids]

        def do(db: Database) -> list[dict[str, Any]]:
            return [_invited(db, self._row_key, *each, by, ends_utc) for each in zip(pass_ids, tokens, strict=True)]

        self._write(do)
        return tokens

    def use_invite(self, token: str, change: Change) -> KeptPass | None:
        """Use an invite up and put what `change` makes of its pass, both or neither; None: not valid (any more)."""
        made: list[KeptPass] = []

        def do(db: Database) -> list[dict[str, Any]]:
            found = passes.invite(db, _hash(token), self._utc())
            kept = None if found is None else passes.find(db, self._row_key, found[0])
            if kept is None:
                return []
            made.append(change(kept))
            passes.drop_invites(db, kept.about.id)
            passes.put(db, self._row_key, made[0])
            return [_body("enrolled", made[0], "")]

        self._write(do)
        return made[0] if made else None

    # screens

    def screens(self) -> tuple[Screen, ...]:
        with self._readers.borrow() as db:
            return screens.screens(db)

    def is_paired(self, secret: str) -> bool:
        with self._readers.borrow() as db:
            return screens.is_paired(db, secret)

    def new_screen_link(self, by: str, ends_utc: float) -> str:
        """A one-time token for the link that pairs a screen; the ones before end."""
        return self._on_screens(lambda db: screens.new_link(db, by, ends_utc))

    def pair_screen(self, token: str) -> str | None:
        """The secret for the screen's cookie; None: the token is wrong, used or too old."""
        return self._on_screens(lambda db: screens.pair(db, token, self._utc()))

    def unpair_screen(self, screen_id: str) -> None:
        self._on_screens(lambda db: screens.unpair(db, screen_id))

    # inside

    def _on_screens(self, do: Callable[[Database], T]) -> T:
        def job() -> T:
            with _full_sync(self._store):
                return do(self._store.db)

        return self._now(job)

    def _write(self, do: Callable[[Database], list[dict[str, Any]]]) -> None:
        """Rows and their copy, both or neither; then the ledger says what was done.

        What stood there before is in no file of the database any more (after the next change, when somebody reads meanwhile).
        """

        def job() -> None:
            with _full_sync(self._store):
                said = self._changed(do)
                drop_log(self._store.db)
            waiting.extend(said)
            note()

        def note() -> None:
            for body in waiting[:AT_ONCE]:
                self._notes.put(Kind.ADMISSION, body)
            del waiting[:AT_ONCE]

        waiting: list[dict[str, Any]] = []
        self._now(job)
        while waiting:
            self._now(note)

    def _changed(self, do: Callable[[Database], list[dict[str, Any]]]) -> list[dict[str, Any]]:
        db = self._store.db
        copied = False
        try:
            with db.atomic():
                said = do(db)
                copied = True
                passes.write_mirror(db, self._store.folder, self._copy_key)
        except (sqlite3.Error, OSError):
            if copied:  # the rows are as they were, so the copy has to be, too
                with suppress(sqlite3.Error, OSError):
                    passes.write_mirror(db, self._store.folder, self._copy_key)
            raise
        return said

    def _utc(self) -> float:
        return round(self._store.clock.utc(), 3)


@contextmanager
def _full_sync(store: Store) -> Iterator[None]:
    """What is not on the ledger has to be on the disk when a commit returns: nothing else would give it back."""
    with disk_errors(store.folder):
        store.db.execute("pragma synchronous = full")
        try:
            yield
        finally:
            store.db.execute("pragma synchronous = normal")


def _invited(db: Database, key: bytes, pass_id: str, token: str, by: str, ends_utc: float) -> dict[str, Any]:
    kept = passes.find(db, key, pass_id)
    if kept is None:
        raise StoreError(ko=f"출입증({pass_id})을 찾을 수 없습니다.", en=f"There is no pass {pass_id}.")
    passes.put_invite(db, _hash(token), pass_id, ends_utc)
    return _body("invited", kept, by)


def _body(action: str, kept: KeptPass, by: str) -> dict[str, Any]:
    about = kept.about
    return {
        "action": action,
        "id": about.id,
        "kind": about.kind.value,
        "by": by,
        "from_utc": about.from_utc,
        "until_utc": about.until_utc,
    }


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
