"""Points, distances and polygons in the picture. Pure.

Comes in: normalised places (see agent.values). Goes out: yes or no, and distances in picture units.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from agent.values import Point


def inside(point: Point, polygon: Sequence[Point]) -> bool:
    """Whether `point` lies in the polygon; its outline belongs to it, so that zones may reach the edge of the picture."""
    within = False
    before = polygon[-1]
    for corner in polygon:
        if _on_edge(point, before, corner):
            return True
        if (corner.y > point.y) != (before.y > point.y):
            crossing = corner.x + (point.y - corner.y) * (before.x - corner.x) / (before.y - corner.y)
            within ^= point.x < crossing
        before = corner
    return within


def distance(a: Point, b: Point) -> float:
    """Straight distance; x and y count alike, each in shares of its own side of the picture."""
    return math.hypot(a.x - b.x, a.y - b.y)


def _on_edge(point: Point, a: Point, b: Point) -> bool:
    if not (min(a.x, b.x) <= point.x <= max(a.x, b.x) and min(a.y, b.y) <= point.y <= max(a.y, b.y)):
        return False
    return abs((b.x - a.x) * (point.y - a.y) - (b.y - a.y) * (point.x - a.x)) < 1e-12
