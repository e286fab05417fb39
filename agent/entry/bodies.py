"""Follows people through regions of change that touch and part again, so that each of them stays one. Pure.

Comes in: the regions of each frame, in the order of time. Goes out: `Body`s, one for each person as far as can be told.

The tracker's ids are made for masking: where people touch it keeps all boxes and lets one of them ride. At the door it matters
how many there are. So here a region may hold several bodies, bodies are neither made nor lost where regions merge and part, and
a region that turns out to be two people's gets a second body, a twin. docs/design/entry-gate.md says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from agent.entry.body import FORESEEN_S, Body, Region, apart, usual_width
from agent.values import Box

HOLDS = 0.3  # so much of a body's expected box lies in the region that holds it
KEPT_S = 3.0  # somebody hidden is remembered so long
OUT_S = 0.3  # and who was last seen at the picture's rim only so long
REACH = 0.9  # body heights from where somebody was hidden to where they may appear
OVERLAPS, PART_OF = 0.3, 0.5  # so much of a region lay in one that touched it, or that it was part of, a moment ago
TALL = 0.55  # of the other's height at least, and two pieces of one region are two people
SLIVER = 0.025  # of the picture's width: less of somebody at its rim is waited for until there is more
DEPTH = 0.15  # of a region's height: who stands so much nearer or farther than the others is found by feet or head
PLAINLY_TWO, PLAINLY_ONE = 0.5, -1.0  # how much a region looks like two people (Region.looks)
GHOST_S = 2.0  # a shared region that is as narrow as one person for so long has one less
DOUBTED_S = 0.4  # the same where the twin in it is doubted
SETTLED_S = 1.0  # the speed of who was seen first so recently is not known yet

Held = dict[int, list[Body]]  # by region the bodies that are in it


class Bodies:
    """Holding one means: you follow the people of one camera."""

    def __init__(self) -> None:
        self._bodies: dict[int, Body] = {}
        self._ids = count(1)

    def step(self, now_s: float, regions: Sequence[Region]) -> tuple[Body, ...]:
        """The bodies seen in this frame, by id."""
        held = self._held(now_s, regions)
        for index, region in enumerate(regions):
            if not held[index]:
                self._fill(index, region, held, now_s)
        _balance(held, regions)
        for index, bodies in held.items():
            if bodies:
                self._place(bodies, regions[index], now_s)
        self._forget(now_s)
        return tuple(body for body in self._bodies.values() if body.seen_s == now_s)

    @property
    def ids(self) -> frozenset[int]:
        """Of all who are remembered, the hidden ones too."""
        return frozenset(self._bodies)

    def part(self, body: Body, now_s: float) -> Body:
        """The region of `body` is two people's: give it a second body behind the one in front, or one who had been hidden."""
        box = body.region.box
        width = min(usual_width(box), box.width)
        left = Box(box.left, box.top, box.left + width, box.bottom)
        right = Box(box.right - width, box.top, box.right, box.bottom)
        behind, front = (left, right) if body.speed[0] >= 0 else (right, left)
        body.box, body.width, body.together = front, width, 2
        body.scores.clear()
        hidden = [other for other in self._bodies.values() if other.seen_s < now_s and _reaches(other, other.box, box)]
        twin = min(hidden, key=lambda other: apart(other.box, box), default=None) or self._new(body.region, now_s, body.id)
        twin.box, twin.seen_s, twin.course = behind, now_s, None
        twin.speed, twin.region, twin.together, twin.doubted = body.speed, body.region, 2, body.region.cut
        return twin

    def _new(self, region: Region, now_s: float, twin_of: int | None = None) -> Body:
        body = Body(next(self._ids), region.box, now_s, now_s, region, usual_width(region.box), twin_of)
        self._bodies[body.id] = body
        return body

    def _held(self, now_s: float, regions: Sequence[Region]) -> Held:
        held: Held = {index: [] for index in range(len(regions))}
        for body in self._bodies.values():
            ahead = body.ahead(now_s)
            if now_s - body.seen_s > FORESEEN_S or ahead.area <= 0:
                continue
            shares = [ahead.overlap(region.box) / ahead.area for region in regions]
            best = max(range(len(regions)), key=shares.__getitem__, default=None)
            if best is not None and shares[best] >= HOLDS:
                held[best].append(body)
        return held

    def _fill(self, index: int, region: Region, held: Held, now_s: float) -> None:
        """A region without a body gets one: one who was hidden, one of those beside, or somebody new."""
        found = self._hidden(region.box, held, now_s) or _beside(region.box, held)
        if found is None:
            parent = next((b for bodies in held.values() for b in bodies if _part_of(region, b.region)), None)
            if parent is None and region.cut and region.box.width < SLIVER:
                return
            if parent is not None and region.box.height < TALL * parent.region.box.height:
                return
            found = self._new(region, now_s, None if parent is None else parent.id)
        held[index].append(found)

    def _hidden(self, box: Box, held: Held, now_s: float) -> Body | None:
        shown = {body.id for bodies in held.values() for body in bodies}
        lost = [b for b in self._bodies.values() if b.id not in shown and _reaches(b, b.ahead(now_s), box)]
        return min(lost, key=lambda b: apart(b.ahead(now_s), box), default=None)

    def _place(self, bodies: list[Body], region: Region, now_s: float) -> None:
        bodies = self._without_ghost(bodies, region, now_s)
        if len(bodies) == 1:
            bodies[0].fill(region, now_s)
            return
        boxes = {body.id: box for body, box in zip(bodies, _boxes(bodies, region, now_s), strict=True)}
        for body in bodies:
            body.share(region, bodies, boxes[body.id], now_s)
        for body in [b for b in bodies if b.gone and now_s - b.born_s > SETTLED_S]:
            del self._bodies[body.id]

    def _without_ghost(self, bodies: list[Body], region: Region, now_s: float) -> list[Body]:
        """Those who can be in the region: after long enough of being as narrow as one person it holds one less."""
        if len(bodies) < 2:
            return bodies
        narrow = region.looks is not None and region.looks < PLAINLY_ONE
        for body in bodies:
            body.narrow_s = body.narrow_s + now_s - body.seen_s if narrow else 0.0
        ghost = max(bodies, key=lambda b: (b.doubted, b.twin_of is not None, b.born_s))
        if min(body.narrow_s for body in bodies) <= (DOUBTED_S if ghost.doubted else GHOST_S):
            return bodies
        del self._bodies[ghost.id]
        rest = [body for body in bodies if body is not ghost]
        for body in rest:
            body.narrow_s = 0.0
        return rest

    def _forget(self, now_s: float) -> None:
        for body in list(self._bodies.values()):
            if now_s - body.seen_s > (OUT_S if body.region.cut else KEPT_S):
                del self._bodies[body.id]


def _reaches(body: Body, expected: Box, box: Box) -> bool:
    return apart(expected, box) <= REACH * max(body.box.height, box.height)


def _part_of(region: Region, former: Region) -> bool:
    return former.box.overlap(region.box) > PART_OF * region.box.area


def _beside(box: Box, held: Held) -> Body | None:
    """One of several bodies whose region touched this one a moment ago; it leaves the others."""
    found = [
        (apart(body.box, box), body.id, index, body)
        for index, bodies in held.items()
        if len(bodies) > 1
        for body in bodies
        if body.region.box.overlap(box) > OVERLAPS * box.area
    ]
    if not found:
        return None
    _, _, index, body = min(found, key=lambda it: it[:2])
    held[index].remove(body)
    return body


def _balance(held: Held, regions: Sequence[Region]) -> None:
    """Where a region has fallen apart: one that is as wide as two takes a body from one that is as narrow as one."""
    for wide in [i for i, bodies in held.items() if len(bodies) == 1 and (regions[i].looks or 0.0) > PLAINLY_TWO]:
        spare = [
            (apart(body.box, regions[wide].box), body.id, narrow, body)
            for narrow, bodies in held.items()
            if len(bodies) > 1 and (regions[narrow].looks or 0.0) < PLAINLY_ONE
            for body in bodies
            if body.region.box.overlap(regions[wide].box) > 0
        ]
        if spare:
            _, _, narrow, body = min(spare, key=lambda it: it[:2])
            held[narrow].remove(body)
            held[wide].append(body)


def _boxes(bodies: Sequence[Body], region: Region, now_s: float) -> list[Box]:
    """Where each of several bodies in a region is: as their courses say, and the outer ones at its edges."""
    ahead = {body.id: body.foreseen(now_s) for body in bodies}
    lefts = _lefts(bodies, ahead, region)
    lowest = max(bodies, key=lambda b: ahead[b.id].bottom)
    boxes = []
    for body in bodies:
        width, height = min(body.width, region.box.width), min(ahead[body.id].height, region.box.height)
        left = min(max(lefts[body.id], region.box.left), region.box.right - width)
        bottom = region.box.bottom
        if body is not lowest:
            bottom = min(max(ahead[body.id].bottom, region.box.top + height), bottom)
        boxes.append(Box(left, bottom - height, left + width, bottom))
    return boxes


def _lefts(bodies: Sequence[Body], ahead: dict[int, Box], region: Region) -> dict[int, float]:
    """Where the left edge of each is: of the outer ones at the region's edges, of the nearest by the feet, of the farthest by
    the head.
    """
    lefts = {body.id: ahead[body.id].left for body in bodies}
    order = sorted(bodies, key=lambda b: ahead[b.id].centre.x)
    lefts[order[0].id] = region.box.left
    lefts[order[-1].id] = region.box.right - min(order[-1].width, region.box.width)
    if region.outline is not None:
        least = DEPTH * region.box.height
        feet = sorted(bodies, key=lambda b: ahead[b.id].bottom)
        if ahead[feet[-1].id].bottom - ahead[feet[-2].id].bottom > least:
            lefts[feet[-1].id] = region.outline.foot_x - feet[-1].width / 2
        tops = sorted(bodies, key=lambda b: ahead[b.id].top)
        if ahead[tops[1].id].top - ahead[tops[0].id].top > least:
            lefts[tops[0].id] = region.outline.top_x - tops[0].width / 2
    return lefts
