"""Time as a thing that is handed in, so that thinking can be tested and a recording can have its own time.

Comes in: nothing. Goes out: `Clock` (protocol), `SystemClock`, and `ManualClock` for tests and replays.
"""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Holding one means: you may ask what time it is, and nothing else."""

    def utc(self) -> float:
        """Seconds since 1970-01-01T00:00:00Z; may jump when the PC's clock is set."""
        ...

    def monotonic(self) -> float:
        """Seconds since some start; never runs backwards; for pauses and ages."""
        ...


class SystemClock:
    """The PC's own clock."""

    def utc(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()


class ManualClock:
    """A clock that stands until it is moved; both readings move together."""

    def __init__(self, utc: float = 1_790_000_000.0) -> None:
        self._utc = utc
        self._monotonic = 0.0

    def utc(self) -> float:
        return self._utc

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        self._utc += seconds
        self._monotonic += seconds
