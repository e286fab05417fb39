"""Makes a camera's time stamps trustworthy: a source clock that starts at 0 and never runs backwards, whatever the camera says.

Comes in: the stamps of packets in the order of decoding (microseconds, or None where missing). Goes out: repaired stamps, and a
`FrameGrid` that chooses the frames to look at. Pure: no clock, no I/O.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import floor
from typing import NamedTuple

SECOND = 1_000_000

# A step forward that is longer than this is a jump of the camera's clock, not a pause (files); and a live stamp that disagrees
# with the time at which packets really came by more than this is one too (network buffers explain a few seconds).
LEAP = 10 * SECOND
DISAGREES = 5 * SECOND
# With B-pictures, packets come up to this much out of the order of showing; larger steps back are a clock that was set.
REORDER = 1 * SECOND


class Placed(NamedTuple):
    """Repaired stamps of one packet in microseconds of the source clock: shown at `pts`, decoded at `dts`."""

    pts: int
    dts: int


@dataclass(slots=True)
class Timeline:
    """Holding one means: you can place packets on one source clock, across jumps, missing stamps, loops and reconnections.

    step: how long one frame lasts where nothing else tells, in microseconds.
    """

    step: int = SECOND // 25
    _offset: int = 0
    _anchored: bool = False
    _resume_at: int = 0
    _last_pts: int | None = None
    _last_dts: int | None = None
    _last_arrival: int | None = None
    _decoded: int | None = None
    _end: int = 0
    _recent: list[int] = field(default_factory=list)

    @property
    def end_s(self) -> float:
        """Where the source clock stands: the end of the last frame placed, in seconds."""
        return self._end / SECOND

    def resume(self, pause_s: float = 0.0) -> None:
        """The next packet begins a new connection or loop: it follows `pause_s` after the last, whatever its stamp."""
        self._anchored = False
        self._resume_at = self._end + max(0, round(pause_s * SECOND))
        self._last_pts = self._last_dts = self._last_arrival = None

    def place(self, pts: int | None, dts: int | None, duration: int = 0, arrival: int | None = None) -> Placed:
        """Repaired stamps for the next packet in the order of decoding.

        arrival: when it came, on any steady clock (live sources only). Guarantees: dts grows strictly; pts is never negative
        and not repeated among neighbours; jumps of the camera's clock shrink to one frame (or to the time that passed).
        """
        step = duration if 0 < duration <= SECOND else self.step
        passed = self._passed(arrival)
        if pts is None or (dts is not None and abs(pts - dts) > DISAGREES):
            pts = dts
        if not self._anchored:
            pts = self._anchor(pts)
        elif pts is None:
            pts = self._end + max(0, (passed or 0) - step) - self._offset
        elif (jump := self._jump(pts, dts, passed)) is not None:
            self._offset += max(step, passed or 0) - jump
        self._last_pts, self._last_dts, self._last_arrival = pts, dts, arrival
        return self._placed(pts + self._offset, None if dts is None else dts + self._offset, step)

    def _anchor(self, pts: int | None) -> int:
        first = pts if pts is not None else 0
        self._offset, self._anchored = self._resume_at - first, True
        return first

    def _jump(self, pts: int, dts: int | None, passed: int | None) -> int | None:
        """How far the camera's clock stepped, if that was no step that pictures make; None where all is well.

        Times of decoding are compared where both packets have one (some files give none to their first packets), else times of
        showing, which may run back a little.
        """
        if dts is not None and self._last_dts is not None:
            delta, back = dts - self._last_dts, 0
        else:
            delta, back = pts - (self._last_pts or 0), -REORDER
        if delta == 0 or delta < back:
            return delta
        wrong = delta > LEAP if passed is None else abs(delta - passed) > DISAGREES
        return delta if wrong else None

    def _passed(self, arrival: int | None) -> int | None:
        if arrival is None or self._last_arrival is None:
            return None
        return max(0, arrival - self._last_arrival)

    def _placed(self, pts: int, dts: int | None, step: int) -> Placed:
        pts = max(pts, 0)
        while pts in self._recent:
            pts += 1
        if dts is None:
            dts = self._decoded + 1 if self._decoded is not None else pts - REORDER // 2
        if self._decoded is not None:
            dts = max(dts, self._decoded + 1)
        self._recent = [*self._recent[-31:], pts]
        self._decoded = dts
        self._end = max(self._end, pts + step)
        return Placed(pts, dts)


@dataclass(slots=True)
class FrameGrid:
    """Which frames to take so that `fps` a second come out: the first in each slot of 1/fps seconds of the source clock.

    Slots lie fixed on the source clock, so there is no drift, and a second pass over the same frames takes the same ones.
    They are centred on multiples of 1/fps, so that small jitter of a camera with that very rate costs no frame.
    """

    fps: float
    _slot: int | None = None

    def takes(self, source_s: float) -> bool:
        """Whether the next frame, shown at `source_s`, is to be taken."""
        slot = floor(source_s * self.fps + 0.5)
        if self._slot is not None and slot <= self._slot:
            return False
        self._slot = slot
        return True
