"""The part of the vault that writes the entry log.

Comes in: entries, what came of opening the door, days whose time is over. Goes out: ledger records.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import replace

from agent.entry.kept import KeptPass
from agent.entry.records import Answer, Entry, PassKind
from agent.errors import StoreError
from agent.values import Text
from agent.vault.bodies import Kind, sane
from agent.vault.day_keys import day_of
from agent.vault.device_key import DeviceKey
from agent.vault.durable import disk_full
from agent.vault.entry_bodies import entry_body
from agent.vault.notes import Notes
from agent.vault.shelf import PassShelf
from agent.vault.store import Store
from agent.vault.writer import Writer


class EntryLog(ABC):
    """Holding one that is open means: you may write lines of the entry log, from any thread."""

    _store: Store
    _notes: Notes
    _writer: Writer
    passes: PassShelf

    @property
    @abstractmethod
    def device(self) -> DeviceKey:
        """The key with which this device signs, of an open vault."""

    def record_entry(self, entry: Entry, step: int | None = None) -> None:
        """A line of the entry log, durable on return. Raises StoreError: then it was not entered, nor will be.

        step: time step of the code that was shown.
        """
        self.begin_entry(entry, step).result()

    def begin_entry(self, entry: Entry, step: int | None = None) -> Future[None]:
        """The same, for who does not want to wait for ever: cancelled before its turn came, it is not entered, nor will be.

        A visitor's pass is used up with the entry that admits it: both or neither; after a power cut between the two it is
        used up.
        """

        def put() -> None:
            if not self._notes.ready():
                raise disk_full(self._store.folder)
            body = self._sealed(entry, step)
            with self._used_up(entry):
                self._store.note(Kind.ENTRY, body)

        return self._writer.submit(put)

    def note_entry(self, entry: Entry) -> Future[bool]:
        """A line of the entry log that may wait in memory for the disk; returns at once."""
        return self._writer.submit(lambda: self._notes.put(Kind.ENTRY, self._sealed(entry, None)))

    def note_door(self, entry_id: str, *, opened: bool, how: str, error: str = "", by: str = "") -> Future[bool]:
        """What came of opening the door; by: the account that tried it. Returns at once."""
        body = {"entry": entry_id, "ok": opened, "how": sane(how), "error": sane(error), "by": sane(by)}
        return self._writer.submit(lambda: self._notes.put(Kind.DOOR, body))

    def erase_entries(self, day: str, reason: Text) -> None:
        """Nobody can tell any more whose entries those of a UTC day were; the ledger keeps that there were some."""

        def erase() -> None:
            if not self._store.settle():  # whether a hold protects them stands on the ledger, and perhaps there alone
                raise disk_full(self._store.folder)
            self._store.erase_entries(day, reason)

        self._writer.submit(erase).result()

    @contextmanager
    def _used_up(self, entry: Entry) -> Iterator[None]:
        visitor = entry.answer is Answer.ADMITTED and entry.pass_kind is PassKind.VISITOR
        kept = self.passes.find(entry.pass_id) if visitor and entry.pass_id is not None else None
        if kept is None:
            yield
            return
        self.passes.change(kept.about.id, None, "", lambda kept: _used(kept, round(entry.utc, 3)))
        try:
            yield
        except StoreError:
            with suppress(StoreError):
                self.passes.change(kept.about.id, None, "", lambda kept: _used(kept, None))
            raise

    def _sealed(self, entry: Entry, step: int | None) -> dict[str, object]:
        return entry_body(entry, step, self._store.day_keys.make(day_of(entry.utc)), self.device)


def _used(kept: KeptPass, utc: float | None) -> KeptPass:
    return replace(kept, about=replace(kept.about, used_utc=utc))
