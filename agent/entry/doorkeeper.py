"""Opens the door and says what came of it: on the ledger each time; to the owner when the lock fails and when that ends.

Comes in: ids of entries. Goes out: `Opening`s, counts for the panel.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from agent.clock import Clock
from agent.entry.door import Door, NoDoor, Opening
from agent.values import EventKind, Text
from agent.workers import Failure, shielded

log = logging.getLogger(__name__)

Note = Callable[[str, Opening, str], None]
Tell = Callable[[EventKind, Text], None]


@dataclass(frozen=True, slots=True)
class Openings:
    """Since the start. done: how often the door was opened; failed: how often it did not open; failure: why it does not now.

    done_utc, failed_utc: the last time of each (Unix time).
    """

    done: int = 0
    done_utc: float | None = None
    failed: int = 0
    failed_utc: float | None = None
    failure: Text | None = None


class Doorkeeper:
    """Holding one means: you may open the door. Safe to use from any thread; one that waits for the door keeps nobody up."""

    def __init__(self, door: Door, clock: Clock, note: Note, tell: Tell) -> None:
        """note: puts an opening on the ledger, with the entry and the account that tried it ("": nobody did)."""
        self._door = door
        self._clock = clock
        self._note = note
        self._tell = tell
        self._lock = threading.Lock()
        self._openings = Openings()

    @property
    def openings(self) -> Openings:
        with self._lock:
            return self._openings

    def open(self, entry_id: str, by: str = "") -> Opening:
        """Blocks until the door has answered (at most some seconds). Raises nothing."""
        opening = self._opened(entry_id)
        failed, now = opening.error is not None, self._clock.utc()
        with self._lock:
            before = self._openings
            self._openings = Openings(
                before.done + opening.ok,
                now if opening.ok else before.done_utc,
                before.failed + failed,
                now if failed else before.failed_utc,
                opening.error,
            )
        self._tell_of(before.failure, opening.error)
        if opening.how != NoDoor.how:
            self._note(entry_id, opening, by)
        return opening

    def look(self) -> None:
        """Tell of a lock that was lost, or came back, while nobody was at the door. Call it now and then."""
        trouble = self._door.trouble
        with self._lock:
            before = self._openings
            if before.failure is _BROKEN:
                return  # only the next opening shows whether that is over
            self._openings = replace(before, failure=trouble)
        self._tell_of(before.failure, trouble)

    def _tell_of(self, before: Text | None, now: Text | None) -> None:
        if now is not None and before is None:
            self._tell(EventKind.DOOR_FAILED, now)
        if now is None and before is not None:
            self._tell(EventKind.DOOR_BACK, _BACK)

    def _opened(self, entry_id: str) -> Opening:
        """Whatever goes wrong in an opener, somebody was let in: that is told and kept in any case."""
        opened = shielded(lambda: self._door.open(entry_id))
        if not isinstance(opened, Failure):
            return opened
        if self.openings.failure is None:
            log.error("the door's opener failed", exc_info=opened.error)
        return Opening(ok=False, how=self._door.how, error=_BROKEN)

    def try_out(self, name: str, by: str) -> Text:
        """Open the door once for `by`; gives what came of it."""
        opening = self.open(name, by)
        if opening.error is not None:
            return opening.error
        return _TOLD if opening.ok else _NO_DOOR


_TOLD = Text(ko="문을 여는 신호를 보냈습니다.", en="The door was told to open.")
_NO_DOOR = Text(
    ko="문을 여는 장치가 설정되어 있지 않습니다. 설정의 [entry.door] opener를 정해 주세요.",
    en="Nothing is set that opens the door. Choose an opener in [entry.door] of the settings.",
)
_BROKEN = Text(
    ko="출입문을 여는 장치에서 오류가 났습니다. 장치와 설정의 [entry.door]를 확인해 주세요. 자세한 것은 로그에 있습니다.",
    en="The door's opener failed. Check the device and [entry.door] in the settings; the log says more.",
)
_BACK = Text(ko="출입문이 다시 열립니다.", en="The door opens again.")
