"""How often somebody may be wrong: PINs of a pass, and codes at a reader.

Comes in: tries and refusals, with the time (monotonic seconds). Goes out: for how long no more is taken.
A genuine code cannot be guessed, so it is never kept waiting: a stranger who shows nonsense closes the door to nobody.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from agent.entry.admission import PIN_LOCKS_S, PIN_TRIES, READER_REFUSALS, READER_S, pause_s
from agent.entry.records import Answer, Entry, PassKind, Reader

TOLD_LOCK = 2  # from this lock of a PIN on the owner hears of it: once may be a customer who forgot theirs
_PIN_FITTED = (Answer.ADMITTED, Answer.INSIDE)


@dataclass(slots=True)
class _Tries:
    wrong: int = 0
    locks: int = 0
    closed_until: float = float("-inf")
    pin_hash: str | None = None


class Limits:
    """Holding one means: you count tries. Not thread-safe."""

    def __init__(self) -> None:
        self._pins: dict[str, _Tries] = {}  # by pass id: there are never more than passes
        self._refused = {reader: deque[float](maxlen=READER_REFUSALS) for reader in Reader}

    def try_pin(self, pass_id: str, now: float, pin_hash: str | None = None) -> int | None:
        """Count a try before the slow check, so that many at once cannot slip through together. None: the PIN is locked.

        Gives the how-manieth lock in a row it makes unless it is right (0: none); each is longer. pin_hash: of the PIN; a new
        one is tried afresh.
        """
        tries = self._pins.get(pass_id)
        if tries is None or (None not in (pin_hash, tries.pin_hash) and pin_hash != tries.pin_hash):
            tries = self._pins[pass_id] = _Tries()
        tries.pin_hash = pin_hash or tries.pin_hash
        if tries.closed_until > now:
            return None
        tries.wrong += 1
        if tries.wrong < PIN_TRIES:
            return 0
        tries.wrong, tries.closed_until = 0, now + PIN_LOCKS_S[min(tries.locks, len(PIN_LOCKS_S) - 1)]
        tries.locks += 1
        return tries.locks

    def replay(self, entry: Entry, at: float) -> None:
        """A line of the log of an earlier run (at: when, monotonic seconds): a restart unlocks no PIN."""
        if entry.pass_id is None or entry.answer is None:
            return
        if entry.answer is Answer.WRONG_PIN:
            self.try_pin(entry.pass_id, at)
        elif entry.answer in _PIN_FITTED and (entry.token_sha256 is None or entry.pass_kind is PassKind.CARD):
            self.pin_was_right(entry.pass_id)

    def pin_was_right(self, pass_id: str) -> None:
        self._pins.pop(pass_id, None)

    def pin_closed_s(self, pass_id: str, now: float) -> float:
        """For how many seconds the PIN of a pass is locked (0: it is not)."""
        return max(0.0, self._pins.get(pass_id, _Tries()).closed_until - now)

    def refused(self, reader: Reader, now: float) -> None:
        """A code was not genuine, or a PIN wrong."""
        self._refused[reader].append(now)

    def paused_s(self, reader: Reader, now: float) -> float:
        """For how many seconds the reader takes nothing that could be a guess."""
        return pause_s(self._refused[reader], now, READER_REFUSALS, READER_S)
