"""One person's finished way through the shop, and what is measured of it. Pure.

Comes in: where somebody was, second by second, on one camera. Goes out: a few numbers; nothing else is kept of the way.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

COLUMNS, ROWS = 12, 8  # cells that the picture is parted into
CELLS = COLUMNS * ROWS
HEIGHT = 9 / 16  # of a usual picture, in its widths: a step down is shorter than the same share across
STEP_S = 1.0  # a body sways and a box trembles; what happens from second to second is going
STOP_S, STOP_REACH = 5.0, 0.04  # standing so long within so many picture widths is a stop
LONGEST_S = 24 * 3600.0
_FURTHEST_S = 1e12  # no clock shows more; beyond it the difference of two times may be no number

Spot = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Passage:
    """From coming in to leaving. path: (source_s, x, y) of the feet, normalised; it rises in source_s.

    Points that are not finite, or that come from a clock running backwards, are passed over. Raises ValueError for a time
    without zone.
    """

    camera: str
    begin_utc: datetime
    end_utc: datetime
    path: tuple[Spot, ...] = ()

    def __post_init__(self) -> None:
        if self.begin_utc.tzinfo is None or self.end_utc.tzinfo is None:
            raise ValueError("a passage needs times with a zone")

    @property
    def hour(self) -> int:
        """Hour of the week in UTC, 0 (Monday midnight) to 167."""
        begin = self.begin_utc.astimezone(UTC)
        return begin.weekday() * 24 + begin.hour


@dataclass(frozen=True, slots=True)
class Measured:
    """dwell_s; length of the way and speed (per second, the fastest tenth of the walking begins there) in picture widths;
    stops; cells: share of the time in each cell visited, by number.
    """

    dwell_s: float
    length: float
    speed: float
    stops: int
    cells: dict[int, float]


def measured(passage: Passage) -> Measured:
    """What is measured. Seconds are those of the source where a path is known: the wall clock may be set in between."""
    path = _steps(passage.path)
    if len(path) < 2:
        wall = (passage.end_utc - passage.begin_utc).total_seconds()
        return Measured(min(max(wall, 0.0), LONGEST_S), 0.0, 0.0, 0, {_cell(spot): 1.0 for spot in path})
    dwell = path[-1][0] - path[0][0]
    gone = [(_apart(a, b), b[0] - a[0]) for a, b in pairwise(path)]
    speeds = sorted(way / lasted for way, lasted in gone)
    cells: dict[int, float] = {}
    for spot, (_, lasted) in zip(path, gone, strict=False):
        cells[_cell(spot)] = cells.get(_cell(spot), 0.0) + lasted / dwell
    return Measured(
        dwell_s=min(dwell, LONGEST_S),
        length=sum(way for way, _ in gone),
        speed=speeds[len(speeds) * 9 // 10],
        stops=_stops(path),
        cells=cells,
    )


def _steps(path: Sequence[Spot]) -> list[Spot]:
    """About one finite spot a second, times rising, inside the picture; the last one stays."""
    kept: list[Spot] = []
    last: Spot | None = None
    for spot in path:
        if not all(map(math.isfinite, spot)) or abs(spot[0]) > _FURTHEST_S or (last is not None and spot[0] <= last[0]):
            continue
        last = (spot[0], min(max(spot[1], 0.0), 1.0), min(max(spot[2], 0.0), 1.0))
        if not kept or last[0] - kept[-1][0] >= STEP_S:
            kept.append(last)
    if last is not None and kept and last[0] > kept[-1][0] and len(kept) == 1:
        kept.append(last)
    return kept


def _stops(path: Sequence[Spot]) -> int:
    found, begin, counted = 0, path[0], False
    for spot in path[1:]:
        if _apart(begin, spot) > STOP_REACH:
            begin, counted = spot, False
        elif not counted and spot[0] - begin[0] >= STOP_S:
            found, counted = found + 1, True
    return found


def _apart(one: Spot, other: Spot) -> float:
    return math.hypot(other[1] - one[1], (other[2] - one[2]) * HEIGHT)


def _cell(spot: Spot) -> int:
    return min(int(spot[2] * ROWS), ROWS - 1) * COLUMNS + min(int(spot[1] * COLUMNS), COLUMNS - 1)
