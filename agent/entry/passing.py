"""Who steps over the entrance's line, inwards or outwards, one by one, as far as a camera can tell. Pure.

Comes in: the regions of each frame, in the order of time. Goes out: `Passed`, one for each person.

On which side somebody is changes only once they are a step beyond the line, so that swaying on it says nothing. Two who look
like one while they pass are told apart by their outline (agent.entry.heads) or when their region falls apart afterwards.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from agent.entry.bodies import Bodies
from agent.entry.body import Body, Region
from agent.entry.heads import score, two_people
from agent.entry.line import Line
from agent.entry.stature import Stature
from agent.values import Box

STEP = 0.10  # body heights beyond the line from which somebody is on that side
NEAR = 1.3  # body heights around the line in which outlines are judged
JUDGED_S, JUDGED_OUT_S = 1.0, 0.6  # so long after passing inwards and outwards
SPLIT_S = 4.0  # who comes out of a region so long after it passed the line has passed with it
SURE_S = 0.4  # and is believed after being seen alone for so long
MET_S = 0.5  # who shared a region so shortly before passing may have passed in place of another one of it
SWAP_S, SWAP_MET_S = (
    0.5,
    1.3,
)  # over the line and back so quickly, after sharing a region so recently, are two taken for one another
WALKS = 0.03  # of the picture a second: who moves less does not teach how tall people are


@dataclass(frozen=True, slots=True)
class Passed:
    """Somebody passed the line at `at_s` (seconds of the source). box: where they were seen when that was clear.

    sure_since_s: since then they have not been so close to anybody that they could have been taken for one another.
    """

    body: int
    box: Box
    inward: bool
    at_s: float
    sure_since_s: float


@dataclass(slots=True)
class _Side:
    """Where a body is, and how it came there. outmost: the least depth since passing; met_s: when it last shared a region.

    pending: a twin that is not believed yet, for alone_s seen alone until last_s; mixed: it may be somebody else whom its twin
    had met.
    """

    inside: bool
    passed_s: float | None = None
    inward: bool = True
    outmost: float = 0.0
    met_s: float = -math.inf
    pending: bool = False
    mixed: bool = False
    alone_s: float = 0.0
    last_s: float = 0.0


class Passages:
    """Holding one means: you watch one line."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._bodies = Bodies()
        self._stature = Stature()
        self._sides: dict[int, _Side] = {}
        self._owed: list[tuple[float, bool]] = []  # (when, inward): passings that were told of the wrong one already

    def step(self, now_s: float, regions: Sequence[Region]) -> list[Passed]:
        """Everybody of whom it became known with this frame that they passed."""
        bodies = self._bodies.step(now_s, [self._looked_at(region) for region in regions])
        found: list[Passed] = []
        for body in bodies:
            if body.id not in self._sides:
                self._sides[body.id] = self._first(body, now_s)
            side = self._sides[body.id]
            if body.together > 1:
                side.met_s = now_s
            found += self._believed(body, side, now_s) if side.pending else []
            found += [] if side.pending else self._crossed(body, side, now_s)
        for body in bodies:
            if body.together == 1 and body.region.looks is not None:
                body.scores.append(body.region.looks)
            found += self._parted(body, self._sides[body.id], now_s)
            self._learn(body)
        self._sides = {number: side for number, side in self._sides.items() if number in self._bodies.ids}
        return found

    def _looked_at(self, region: Region) -> Region:
        """The region with how much it looks like two people."""
        if region.outline is None:
            return region
        near = abs(self._line.of_box(region.box)) < NEAR
        return replace(region, looks=score(region.outline, self._stature.excess(region.box) if near else None))

    def _learn(self, body: Body) -> None:
        alone = body.together == 1 and not self._sides[body.id].pending
        if alone and not body.region.cut and not body.region.sure and body.walks > WALKS:
            self._stature.learn(body.id, body.box)

    def _first(self, body: Body, now_s: float) -> _Side:
        """Where somebody new is: on the side of their feet, or where the one is whose region they came out of."""
        parent = self._sides.get(body.twin_of) if body.twin_of is not None else None
        if parent is None:
            return _Side(self._line.of_box(body.box) > STEP)
        mixed = parent.passed_s is not None and parent.met_s > parent.passed_s - MET_S
        return _Side(parent.inside, parent.passed_s, parent.inward, pending=True, mixed=mixed, last_s=now_s)

    def _believed(self, body: Body, side: _Side, now_s: float) -> list[Passed]:
        """A twin that has been seen alone for long enough passed with the other one, or is still on its way."""
        side.alone_s += now_s - side.last_s if body.together == 1 else 0.0
        side.last_s = now_s
        if side.alone_s < SURE_S:
            return []
        side.pending = False
        if side.passed_s is None or side.mixed or now_s - side.passed_s > SPLIT_S:
            return []
        if side.inward and self._line.of_box(body.box) <= -STEP:
            side.inside = False
            return []
        return [Passed(body.id, body.box, side.inward, side.passed_s, now_s)]

    def _crossed(self, body: Body, side: _Side, now_s: float) -> list[Passed]:
        depth = self._line.of_box(body.box)
        inside = depth > STEP if abs(depth) > STEP else side.inside
        if inside == side.inside:
            side.outmost = min(side.outmost, depth)
            if not inside and depth > side.outmost + STEP:
                side.passed_s = None  # who had gone out comes back, or it is somebody else by now
            return []
        side.inside, side.outmost = inside, depth
        if not self._line.beside(body.box.foot) or self._swapped(side, now_s, inside=inside):
            return []
        side.passed_s, side.inward = now_s, inside
        return [Passed(body.id, body.box, inside, now_s, max(body.born_s, side.met_s))]

    def _swapped(self, side: _Side, now_s: float, *, inside: bool) -> bool:
        """Whether two who met at the line have only been taken for one another: that one passed was told already."""
        self._owed = [(at_s, inward) for at_s, inward in self._owed if now_s - at_s <= SWAP_S]
        if now_s - side.met_s > SWAP_MET_S:
            return False
        if side.passed_s is not None and side.inward != inside and now_s - side.passed_s <= SWAP_S:
            self._owed.append((now_s, not inside))
            side.passed_s = None
            return True
        owed = next((one for one in self._owed if one[1] == inside), None)
        if owed is not None:
            self._owed.remove(owed)
        return owed is not None

    def _parted(self, body: Body, side: _Side, now_s: float) -> list[Passed]:
        """Give a second body to a region that is two people's; it passed too if the region did."""
        if not self._in_question(body, side, now_s) or not two_people(body.scores):
            return []
        twin = self._bodies.part(body, now_s)
        if twin.id in self._sides:
            return []  # somebody who had been hidden is seen again
        made = self._sides[twin.id] = _Side(side.inside, side.passed_s, side.inward)
        if side.passed_s is None:
            return []
        if side.inside and self._line.of_box(twin.box) < STEP:
            made.inside, made.passed_s = False, None
            return []
        return [Passed(twin.id, twin.box, side.inward, now_s, now_s)]

    def _in_question(self, body: Body, side: _Side, now_s: float) -> bool:
        """Whether a body may be two people who pass or have just passed."""
        if body.together > 1 or body.region.sure or side.pending or abs(self._line.of_box(body.box)) > NEAR:
            return False
        if side.passed_s is None:
            return not side.inside
        if side.inside:
            return now_s - side.passed_s <= JUDGED_S
        return now_s - side.passed_s <= JUDGED_OUT_S and not body.region.cut
