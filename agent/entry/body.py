"""One person in front of the gate, and the region of the picture that they fill, alone or with others. Pure.

Comes in: boxes. Goes out: `Region`, `Body`, and where somebody is a moment later.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from agent.entry.heads import Outline
from agent.entry.line import ASPECT
from agent.values import Box

EDGE = 0.012  # of the picture: what comes so near to its rim goes on beyond it
FORESEEN_S = 0.6  # somebody is expected to go on as they went for so long
TURNED_S = 0.4  # within so long a new speed is believed
USUAL_WIDTH = 0.38  # of somebody who walks past, in body heights
WIDTH_SHARE = 0.2  # of a new width in the known one
PULL = 0.15  # so much of the way the course of a body that shares a region is drawn to where the region's edges say
TIGHT_PULL = 0.03  # the same where the region is as narrow as one of them: its edges say little
ROOMY = 1.25  # of the widest body in it: from this width on a region's edges tell its bodies apart


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the picture that somebody fills. outline: None where it is not known; sure: a person detector says it is one.

    looks: how much it looks like two people (see agent.entry.heads), None where that is not known.
    """

    box: Box
    outline: Outline | None = None
    sure: bool = False
    looks: float | None = None

    @property
    def cut(self) -> bool:
        """Whether it goes on beyond the picture's left or right rim."""
        return self.box.left < EDGE or self.box.right > 1 - EDGE


@dataclass(slots=True)
class Body:
    """One person. region: what they fill now; together: how many it holds. twin_of: the body out of whose region this one came.

    speed: of the box, a second. course: where they would be had they gone on as they went before they shared a region.
    narrow_s: for so long the region that they share has been as narrow as one person. doubted: they share a region at the
    picture's rim, or were made in one, and have not been seen alone since: one of those in it may have gone out of the picture.
    scores: how much the regions that were theirs alone looked like two people, the newest last.
    """

    id: int
    box: Box
    born_s: float
    seen_s: float
    region: Region
    width: float
    twin_of: int | None = None
    together: int = 1
    speed: tuple[float, float] = (0.0, 0.0)
    course: Box | None = None
    narrow_s: float = 0.0
    doubted: bool = False
    scores: deque[float] = field(default_factory=lambda: deque(maxlen=8))

    @property
    def walks(self) -> float:
        """How fast they move, in shares of the picture's sides a second."""
        return abs(self.speed[0]) + abs(self.speed[1])

    def ahead(self, now_s: float) -> Box:
        """Where they are expected; within a shared region its edges have said where."""
        if self.together > 1:
            return self.box
        return moved(self.box, self.speed, min(now_s - self.seen_s, FORESEEN_S))

    def fill(self, region: Region, now_s: float) -> None:
        """The region is theirs alone."""
        if region.cut:
            self.width = max(self.width, usual_width(region.box))
        else:
            self.width += WIDTH_SHARE * (region.box.width - self.width)
        span = now_s - self.seen_s
        if span > 0:
            blend = min(1.0, span / TURNED_S)
            across, down = _shift(self.box, region.box) / span, (region.box.centre.y - self.box.centre.y) / span
            self.speed = (
                self.speed[0] + blend * (across - self.speed[0]),
                self.speed[1] + blend * (down - self.speed[1]),
            )
        self.together, self.doubted, self.narrow_s = 1, False, 0.0
        self.box, self.seen_s, self.region, self.course = region.box, now_s, region, None

    def foreseen(self, now_s: float) -> Box:
        """Where their course leads while they share a region."""
        return moved(self.course or self.box, self.speed, now_s - self.seen_s)

    def share(self, region: Region, others: Sequence[Body], box: Box, now_s: float) -> None:
        """They are in `box` within a region that they share with others (who are given with them)."""
        roomy = region.box.width > ROOMY * max(body.width for body in others)
        self.course = _towards(self.foreseen(now_s), box, PULL if roomy else TIGHT_PULL)
        self.together = len(others)
        self.doubted = self.doubted or region.cut
        self.scores.clear()
        self.box, self.seen_s, self.region = box, now_s, region

    @property
    def gone(self) -> bool:
        """Whether their course has led out of the picture."""
        return self.course is not None and not 0.0 < self.course.centre.x < 1.0


def usual_width(box: Box) -> float:
    """How wide one person of this height is, as a share of the picture's width."""
    return USUAL_WIDTH * box.height / ASPECT


def apart(a: Box, b: Box) -> float:
    """Distance between where two boxes stand, in picture heights."""
    return math.hypot((a.foot.x - b.foot.x) * ASPECT, a.foot.y - b.foot.y)


def moved(box: Box, speed: tuple[float, float], span_s: float) -> Box:
    dx, dy = speed[0] * span_s, speed[1] * span_s
    return Box(box.left + dx, box.top + dy, box.right + dx, box.bottom + dy)


def _shift(was: Box, now: Box) -> float:
    """How far somebody moved across; who is cut off by the picture's rim, by the edge that is in view."""
    if was.left < EDGE or now.left < EDGE:
        return now.right - was.right
    if was.right > 1 - EDGE or now.right > 1 - EDGE:
        return now.left - was.left
    return now.centre.x - was.centre.x


def _towards(a: Box, b: Box, share: float) -> Box:
    return Box(
        a.left + share * (b.left - a.left),
        a.top + share * (b.top - a.top),
        a.right + share * (b.right - a.right),
        a.bottom + share * (b.bottom - a.bottom),
    )
