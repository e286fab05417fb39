"""One visit to a drawn shop, written down step by step: come in, take something, pay or not, fall, leave.

Comes in: a layout, when somebody comes and how quick they are. Goes out: their `Part`, and what it changes in the shop.
Pure; all places are pixels of the 960 x 540 shop.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from agent.capture.demo_layout import SLOT_W, SLOTS, Layout
from agent.capture.demo_limbs import HIDE_S
from agent.capture.demo_person import Facing, Figure, Look, Part, Stop, figure
from agent.capture.demo_script import Fixture, Thing

OUT = (-70.0, 425.0)
DOOR = (185.0, 430.0)  # where one stands having come in
REACH_S, PAY_S = 2.2, 4.5
FOR_EVER = 1e6


class Visit:
    """Holding one means: you write one person's visit. `t` is the second at which it has arrived so far."""

    def __init__(self, layout: Layout, who: str, look: Look, at: float, speed: float) -> None:
        """at: when they come in at the door; speed: pixels a second."""
        self.layout = layout
        self.who = who
        self.look = look
        self.t = at
        self.speed = speed
        self.till = (712.0, 462.0)
        self.holds = ""
        self.taken: list[tuple[int, float, float]] = []
        self.things: list[tuple[Thing, float, float]] = []
        self.falls: list[tuple[Fixture, float, float]] = []
        self._stops = [Stop(at, *OUT)]

    @property
    def part(self) -> Part:
        return Part(self.who, tuple(self._stops), self.look)

    @property
    def spot(self) -> tuple[float, float]:
        return self._stops[-1].x, self._stops[-1].y

    def hold(self, what: str) -> Visit:
        """Carry `what` from now on."""
        self.holds = what
        self._stops.append(Stop(self.t, *self.spot, holds=what))
        return self

    def go(self, x: float, y: float, *, doing: str = "walk", face: Facing = "front") -> Visit:
        """Walk there in a straight line (`doing`: what is done on the way, where it can be)."""
        if doing != "walk":
            self._stops.append(Stop(self.t, *self.spot, doing, face, self.holds))
        self.t += max(0.05, math.dist(self.spot, (x, y)) / self.speed)
        self._stops.append(Stop(self.t, x, y, holds=self.holds))
        return self

    def do(self, doing: str, seconds: float, face: Facing = "front") -> Visit:
        """Stand and do something."""
        self._stops.append(Stop(self.t, *self.spot, doing, face, self.holds))
        self.t += seconds
        self._stops.append(Stop(self.t, *self.spot, "walk", face, self.holds))
        return self

    def come_in(self) -> Visit:
        return self.go(*DOOR)

    def leave(self, speed: float | None = None) -> Visit:
        """Out by the door, from wherever they are."""
        self.speed = speed or self.speed
        if self.spot[0] > 420:
            self.go(400, max(474, self.spot[1])) if self.spot[1] > self._front - 20 else self.go(250, 400)
        return self.go(*OUT)

    @property
    def _front(self) -> float:
        """Where one stands in front of the shelf."""
        return self.layout.shelf[3] + 34

    def to_slot(self, slot: int) -> Visit:
        """Go and stand in front of a place on the shelf, a little to its left."""
        return self.go(self.layout.slot(slot)[0] - 6 + SLOT_W / 2 - 22, self._front)

    def take(self, slot: int) -> Visit:
        """Take what stands there: it is in the hand afterwards."""
        self.to_slot(slot).do("bend" if slot >= 2 * SLOTS else "reach", REACH_S, "back")
        self.taken.append((slot, self.t - 0.7, FOR_EVER))
        return self.hold("goods")

    def put_back(self) -> Visit:
        """Put the last goods back where they stood."""
        slot, since, _ = self.taken.pop()
        self.to_slot(slot).do("reach", REACH_S, "back")
        self.taken.append((slot, since, self.t - 0.7))
        return self.hold("")

    def hide(self) -> Visit:
        """Put what is in the hand under the jacket."""
        return self.do("hide", HIDE_S + 0.5).hold("")

    def to_till(self) -> Visit:
        """To the till, around the shelf where one stands behind it."""
        if self.spot[1] < self._front - 20 and self.spot[0] < 600:
            self.go(230, self._front)
        return self.go(*self.till)

    def pay(self, seconds: float = PAY_S) -> Visit:
        """Pay at the till."""
        return self.to_till().do("pay", seconds, "right").hold("sack" if self.taken else self.holds)

    def put_down(self, thing: Thing, seconds: float) -> Visit:
        """Put the bag down beside oneself, right in front; it lies there from now on."""
        self.do("putdown", seconds, "right")
        self.things.append((thing, self.t - 0.55, FOR_EVER))
        return self.hold("")

    def pick_up(self, seconds: float) -> Visit:
        """Pick up again what was put down."""
        thing, since, _ = self.things.pop()
        self.do("bend", seconds, "right")
        self.things.append((thing, since, self.t - 0.25))
        return self.hold("bag")

    def first(self, holds: Callable[[Figure], bool], since: float = 0.0) -> float:
        """The first second from `since` on at which something holds of them, to a twentieth; -1 if it never does."""
        part = self.part
        for step in range(math.ceil(since * 20), math.ceil(self.t * 20)):
            now = figure(part, step / 20)
            if now is not None and holds(now):
                return step / 20
        return -1.0
