"""How often somebody may be wrong: PINs of a pass, and codes at a reader.

Comes in: tries and refusals, with the time (monotonic seconds). Goes out: for how long no more is taken.
A genuine code cannot be guessed, so it is never kept waiting: a stranger who shows nonsense closes the door to nobody.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from agent.entry.admission import PIN_LOCK_S, PIN_TRIES, READER_REFUSALS, READER_S, pause_s
from agent.entry.records import Reader


@dataclass(slots=True)
class _Tries:
    wrong: int = 0
    closed_until: float = 0.0


class Limits:
    """Holding one means: you count tries. Not thread-safe."""

    def __init__(self) -> None:
        self._pins: dict[str, _Tries] = {}  # by pass id: there are never more than passes
        self._refused = {reader: deque[float](maxlen=READER_REFUSALS) for reader in Reader}

    def try_pin(self, pass_id: str, now: float) -> bool:
        """Count a try before the slow check, so that many at once cannot slip through together; False: the PIN is locked."""
        tries = self._pins.setdefault(pass_id, _Tries())
        if tries.closed_until > now:
            return False
        tries.wrong += 1
        if tries.wrong >= PIN_TRIES:
            tries.wrong, tries.closed_until = 0, now + PIN_LOCK_S
        return True

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
