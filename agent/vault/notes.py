"""Notes that must not be lost when the disk refuses them: they wait in memory, in order, until it takes them again.

Comes in: bodies of records, and how storing files went. Goes out: ledger records, and one event when the disk stops taking
things and one when it takes them again. Not thread-safe: the vault's writer alone uses it (`trouble` may be read from
anywhere).
"""

from __future__ import annotations

import logging
import shutil
from collections import deque

from agent.errors import StoreError
from agent.values import Event, EventKind, Text
from agent.vault.bodies import Kind, event_body
from agent.vault.durable import disk_errors
from agent.vault.ledger import Body
from agent.vault.store import Store

log = logging.getLogger(__name__)

WAITING_EACH = 4000  # how many of the first and how many of the newest notes are kept; about 1 kB each
ENOUGH_BYTES = 16 << 20

Note = tuple[Kind, Body]


class Backlog:
    """What waits. When it is full, notes from the middle go: the first ones say how it began, the newest how it stands."""

    def __init__(self, each: int = WAITING_EACH) -> None:
        self._each = each
        self._first: deque[Note] = deque()
        self._newest: deque[Note] = deque()
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._first) + len(self._newest)

    def add(self, note: Note) -> None:
        if not self._newest and len(self._first) < self._each:
            self._first.append(note)
            return
        self._newest.append(note)
        if len(self._newest) > self._each:
            self._newest.popleft()
            self.dropped += 1

    def first(self) -> Note | None:
        if self._first:
            return self._first[0]
        return self._newest[0] if self._newest else None

    def done(self) -> None:
        """The first one is written."""
        (self._first or self._newest).popleft()


class Notes:
    """Holding one means: what you `put` gets onto the ledger, if need be later."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._backlog = Backlog()
        self.trouble: Text | None = None

    def put(self, kind: Kind, body: Body) -> bool:
        """True: durable. False: it waits in memory."""
        if self._drain():
            try:
                self._store.note(kind, body)
                return True
            except StoreError as failure:
                self._backlog.add((kind, body))
                self.failed(failure)
                return False
        self._backlog.add((kind, body))
        return False

    def flush(self) -> bool:
        """Try now; True when nothing waits any more and the disk has room again."""
        self._store.settle()
        if self._drain() and self.trouble is not None and self._room():
            self.went_well()
        return not len(self._backlog) and self.trouble is None

    @property
    def waiting(self) -> int:
        """How many notes wait in memory."""
        return len(self._backlog)

    def ready(self) -> bool:
        """Whether all that came before is on the ledger, so that a file that refers to it may follow."""
        return self._drain()

    def failed(self, failure: StoreError) -> None:
        """Something could not be stored: say so once."""
        if self.trouble is None:
            self.trouble = failure.text
            log.warning("the data folder refuses to store: %s", failure)
            self._event(EventKind.DISK_FULL, failure.text)

    def went_well(self) -> None:
        """A file was stored, or there is room again: say so once, when it had failed before."""
        if self.trouble is None or not self._drain():
            return
        self.trouble = None
        log.warning("the data folder stores again")
        self._store.reserve.refill()
        lost, self._backlog.dropped = self._backlog.dropped, 0
        more = (
            Text(ko="", en="")
            if not lost
            else Text(ko=f" 그동안의 기록 {lost}건은 남지 않았습니다.", en=f" {lost} notes were lost.")
        )
        self._event(
            EventKind.DISK_BACK,
            Text(ko=f"다시 정상적으로 저장하고 있습니다.{more.ko}", en=f"Storing works again.{more.en}"),
        )

    def _event(self, kind: EventKind, text: Text) -> None:
        self.put(Kind.EVENT, event_body(Event(self._store.clock.utc(), kind, text)))

    def _drain(self) -> bool:
        while (note := self._backlog.first()) is not None:
            try:
                self._store.note(*note)
            except StoreError:
                return False
            self._backlog.done()
        return True

    def _room(self) -> bool:
        """Free space worth the word: else each small note that fits would end the trouble that a video began."""
        try:
            with disk_errors(self._store.folder):
                disk = shutil.disk_usage(self._store.folder)
        except StoreError:
            return False
        return disk.free >= min(ENOUGH_BYTES, disk.total // 10)
