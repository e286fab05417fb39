"""Who can be seen in an incident's clips, and the moment at which each is best told from the others.

Comes in: the sidecars of its clips. Goes out: `Sighting`s, for choosing people by picture. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.values import Box, Sidecar, TrackPoint

EDGE = 0.01  # of the picture; who is nearer to its edge is cut off by it
NEAR_S = 0.3  # others' places within this time count as being there, too


@dataclass(frozen=True, slots=True)
class Sighting:
    """One followed person. number: as in the sidecars and on the ledger. seconds: how long they are followed in all.

    part: 1, 2, ... of the clips; at_s: seconds from its beginning, where they are seen best; box: their place there.
    first_utc, last_utc: Unix time of the first and last picture of them.
    """

    number: int
    part: int
    at_s: float
    box: Box
    first_utc: float
    last_utc: float

    @property
    def seconds(self) -> float:
        return self.last_utc - self.first_utc


def sightings(sidecars: Sequence[Sidecar]) -> tuple[Sighting, ...]:
    """Everybody, whoever was there longest first. sidecars: of an incident's clips in the order of time."""
    best: dict[int, tuple[float, Sighting]] = {}
    for part, sidecar in enumerate(sidecars, 1):
        for number in sidecar.tracks:
            rated = _best(sidecar, part, number)
            if rated is None:
                continue
            known = best.get(number)
            best[number] = rated if known is None else _joined(known, rated)
    return tuple(sorted((one for _, one in best.values()), key=lambda one: (-one.seconds, one.number)))


def _best(sidecar: Sidecar, part: int, number: int) -> tuple[float, Sighting] | None:
    """The best moment of a person in one clip, with how good it is; None where the clip has no picture of them."""
    path = [point for point in sidecar.tracks[number] if point.seen] or list(sidecar.tracks[number])
    if not path or not sidecar.frames:
        return None
    others = [point for track, points in sidecar.tracks.items() if track != number for point in points]
    worth, point = max(((_worth(point, others), point) for point in path), key=lambda pair: pair[0])
    start = sidecar.frames[0]
    offset = start.utc - start.source_s
    at_s = max(0.0, point.source_s - start.source_s)
    first, last = path[0].source_s + offset, path[-1].source_s + offset
    return worth, Sighting(number, part, at_s, point.box.clipped(), first, last)


def _worth(point: TrackPoint, others: Sequence[TrackPoint]) -> float:
    """Large, whole, and with nobody before or behind them."""
    box = point.box
    whole = min(box.left, box.top, 1 - box.right, 1 - box.bottom) > EDGE
    near = [other.box for other in others if abs(other.source_s - point.source_s) <= NEAR_S]
    alone = 1.0 - max((box.iou(other) for other in near), default=0.0)
    return box.area * alone * (1.0 if whole else 0.5)


def _joined(one: tuple[float, Sighting], other: tuple[float, Sighting]) -> tuple[float, Sighting]:
    """The better moment of two clips, with the time from the first to the last picture of both."""
    worth, best = max(one, other, key=lambda rated: rated[0])
    first = min(one[1].first_utc, other[1].first_utc)
    last = max(one[1].last_utc, other[1].last_utc)
    return worth, Sighting(best.number, best.part, best.at_s, best.box, first, last)
