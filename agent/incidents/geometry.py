"""Points, distances and polygons in the picture. Pure.

Comes in: normalised places (see agent.values). Goes out: yes or no, and distances in picture units.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from agent.values import Box, Point

_ON_LINE = 1e-12


def inside(point: Point, polygon: Sequence[Point]) -> bool:
    """Whether `point` lies in the polygon; its outline belongs to it, so that zones may reach the edge of the picture."""
    return inside_at(point.x, point.y, polygon)


def inside_at(x: float, y: float, polygon: Sequence[Point]) -> bool:
    """The same for a place given by its two numbers: the innermost loop of all rules, asked thousands of times a second."""
    within = False
    before = polygon[-1]
    u, v = before.x, before.y
    for corner in polygon:
        s, t = corner.x, corner.y
        if (t > y) != (v > y):
            aside = (s - u) * (y - v) - (t - v) * (x - u)  # of the edge's line: 0 on it
            if -_ON_LINE < aside < _ON_LINE:
                return True
            within ^= (aside > 0) == (t > v)
        elif (y in (t, v)) and _on_edge(x, y, before, corner):
            return True
        before, u, v = corner, s, t
    return within


def distance(a: Point, b: Point) -> float:
    """Straight distance; x and y count alike, each in shares of its own side of the picture."""
    return math.hypot(a.x - b.x, a.y - b.y)


def away(point: Point, polygon: Sequence[Point]) -> float:
    """Distance to the polygon; 0 inside it."""
    if inside(point, polygon):
        return 0.0
    return min(_to_edge(point, a, b) for a, b in zip(polygon, (*polygon[1:], polygon[0]), strict=True))


def shared_area(polygon: Sequence[Point], box: Box) -> float:
    """Area of the part of a simple polygon that lies in the box (cut edge by edge: Sutherland and Hodgman, 1974)."""
    cut = list(polygon)
    for along_x, limit, keep_above in (
        (True, box.left, True),
        (True, box.right, False),
        (False, box.top, True),
        (False, box.bottom, False),
    ):
        cut = _kept(cut, along_x=along_x, limit=limit, keep_above=keep_above)
        if len(cut) < 3:
            return 0.0
    return abs(sum(a.x * b.y - b.x * a.y for a, b in zip(cut, (*cut[1:], cut[0]), strict=True))) / 2


def _kept(corners: Sequence[Point], *, along_x: bool, limit: float, keep_above: bool) -> list[Point]:
    """The outline on one side of an upright or level line."""
    kept: list[Point] = []
    for here, there in zip(corners, (*corners[1:], corners[0]), strict=True):
        u, v = (here.x, there.x) if along_x else (here.y, there.y)
        if (u >= limit) if keep_above else (u <= limit):
            kept.append(here)
        if (u < limit < v) or (v < limit < u):
            share = (limit - u) / (v - u)
            kept.append(Point(here.x + share * (there.x - here.x), here.y + share * (there.y - here.y)))
    return kept


def _to_edge(point: Point, a: Point, b: Point) -> float:
    length2 = (b.x - a.x) ** 2 + (b.y - a.y) ** 2
    share = ((point.x - a.x) * (b.x - a.x) + (point.y - a.y) * (b.y - a.y)) / length2 if length2 > 0 else 0.0
    share = min(max(share, 0.0), 1.0)
    return math.hypot(a.x + share * (b.x - a.x) - point.x, a.y + share * (b.y - a.y) - point.y)


def _on_edge(x: float, y: float, a: Point, b: Point) -> bool:
    if not (min(a.x, b.x) <= x <= max(a.x, b.x) and min(a.y, b.y) <= y <= max(a.y, b.y)):
        return False
    return abs((b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x)) < _ON_LINE
