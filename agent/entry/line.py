"""The line of the entrance in a camera's picture: on which side of it somebody stands. Pure.

Comes in: the line's ends, a point inside, and places. Goes out: distances in body heights, positive inside the shop.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from agent.values import Box, Point

ASPECT = 16 / 9  # of a usual picture: a share of its width is so much longer than the same share of its height
BEYOND = 0.25  # so far past its ends, as a share of its length, the line still counts: people walk at the rim of a doorway


@dataclass(frozen=True, slots=True)
class Line:
    """Holding one means: you can tell inside from outside. a, b: two different points; inside: a point on neither side's line.

    Raises ValueError where a and b are one point or the inside lies on the line (the settings are checked before).
    """

    a: Point
    b: Point
    inside: Point

    def __post_init__(self) -> None:
        if not self._length or not self._aside(self.inside):
            raise ValueError("an entrance needs two different points, and an inside beside them")

    def depth(self, at: Point, height: float) -> float:
        """How far inside `at` is, in units of `height` (of a body there, a share of the picture's); negative outside."""
        side = math.copysign(1.0, self._aside(self.inside))
        return side * self._aside(at) / self._length / max(height, 1e-6)

    def beside(self, at: Point) -> bool:
        """Whether `at` lies before or behind the line, not off its ends."""
        ux, uy = self._way(self.b)
        x, y = self._way(at)
        along = (x * ux + y * uy) / self._length**2
        return -BEYOND <= along <= 1 + BEYOND

    def of_box(self, box: Box) -> float:
        """How far inside somebody stands who fills the box, in their own heights."""
        return self.depth(box.foot, box.height)

    def span(self, box: Box) -> tuple[float, float]:
        """The same for both lower corners of a box that holds several people: the nearer to the outside first."""
        ends = sorted(self.depth(Point(x, box.foot.y), box.height) for x in (box.left, box.right))
        return ends[0], ends[1]

    @property
    def _length(self) -> float:
        return math.hypot(*self._way(self.b))

    def _way(self, to: Point) -> tuple[float, float]:
        return (to.x - self.a.x) * ASPECT, to.y - self.a.y

    def _aside(self, at: Point) -> float:
        ux, uy = self._way(self.b)
        x, y = self._way(at)
        return ux * y - uy * x
