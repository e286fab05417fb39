"""Who stands in which zone, and for how long. Pure.

Comes in: zones of the settings, boxes and paths of tracks. Goes out: yes or no. A person is where the feet are (`Box.foot`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from agent.incidents.geometry import inside, inside_at
from agent.settings import Zone
from agent.values import Box, TrackPoint

_LOOK_S = 1.0


def zones_of(zones: Iterable[Zone], kinds: Collection[str]) -> tuple[Zone, ...]:
    """The zones of one of the given kinds, in their order."""
    return tuple(zone for zone in zones if zone.kind in kinds)


def stands_in(box: Box, zone: Zone) -> bool:
    """Whether somebody with this box stands in the zone."""
    return inside(box.foot, zone.polygon)


def standing_in(zones: Iterable[Zone]) -> Callable[[Box], bool]:
    """The question whether somebody stands in any of these zones, made ready to be asked for many positions."""
    shapes = []
    for polygon in (zone.polygon for zone in zones):
        xs, ys = [p.x for p in polygon], [p.y for p in polygon]
        shapes.append((min(xs), max(xs), min(ys), max(ys), polygon))

    def within(box: Box) -> bool:
        x, y = min(max((box.left + box.right) / 2, 0.0), 1.0), min(max(box.bottom, 0.0), 1.0)
        for left, right, top, bottom, polygon in shapes:
            if left <= x <= right and top <= y <= bottom and inside_at(x, y, polygon):
                return True
        return False

    return within


def stayed(path: Sequence[TrackPoint], within: Callable[[Box], bool], now_s: float, seconds: float, gap_s: float) -> bool:
    """Whether somebody has been `within` for at least `seconds` up to now.

    path: oldest first. Only positions that were seen count. Gaps of up to gap_s, unseen or outside, do not end the stay, nor at
    its end: so a detector that blinks, or a step over the line, neither resets it nor closes what it led to. The path is looked
    at about once a second (the test of a polygon is what costs), so the gap is meant to that precision.
    """
    edge, newest = now_s, None
    for point in reversed(path):
        if edge - point.source_s > gap_s:
            return False
        if newest is not None and edge - point.source_s < _LOOK_S:
            continue
        if point.seen and within(point.box):
            edge = point.source_s
            newest = edge if newest is None else newest
            if newest - edge >= seconds:
                return True
    return False
