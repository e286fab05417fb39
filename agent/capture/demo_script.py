"""A course of events in the drawn shop: whose visits there are, and what becomes of goods, furniture, doors and lens. Pure.

Comes in: parts and changes with their times. Goes out: a `Moment`, the shop at one time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from agent.capture.demo_limbs import HEIGHT, WIDTH
from agent.capture.demo_person import Colour, Figure, Part, figure
from agent.values import Box

FALL_S = 0.7  # how long a shelf or a board takes to fall

Fixture = Literal["shelf", "board", "glass"]
Swell = tuple[float, float, float, float]  # begins, whole, whole until, ends


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that was put down on the floor. x, y: the middle of its lower edge, in pixels of the 960 x 540 shop."""

    kind: Literal["bag", "box"]
    x: float
    y: float
    colour: Colour

    @property
    def size(self) -> float:
        """Its height and half its width, in pixels."""
        return (128 + (self.y - 250) * 0.46) * 0.19

    @property
    def box(self) -> Box:
        size = self.size
        return Box((self.x - size) / WIDTH, (self.y - 1.25 * size) / HEIGHT, (self.x + size) / WIDTH, (self.y + 2) / HEIGHT)


@dataclass(frozen=True, slots=True)
class Moment:
    """The shop at one moment. taken: places of goods that are gone. shelf_fall, board_fall: 0 stands, 1 lies on the floor.

    staff_door: 0 shut, 1 wide open. cover: share of the lens that is covered. smashed: the fridge's glass is broken.
    sway: how far the entrance door stands open, 0 to 1. t: seconds of this round.
    """

    t: float
    figures: tuple[Figure, ...]
    taken: tuple[int, ...] = ()
    shelf_fall: float = 0.0
    staff_door: float = 0.0
    cover: float = 0.0
    board_fall: float = 0.0
    smashed: bool = False
    things: tuple[Thing, ...] = ()
    sway: float = 0.0


@dataclass(frozen=True, slots=True)
class Script:
    """All that happens. Each change holds from one second until another: (what, from_s, until_s)."""

    parts: tuple[Part, ...]
    taken: tuple[tuple[int, float, float], ...] = ()
    falls: tuple[tuple[Fixture, float, float], ...] = ()
    things: tuple[tuple[Thing, float, float], ...] = ()
    staff_door: tuple[Swell, ...] = ()
    cover: tuple[Swell, ...] = ()
    sway: tuple[Swell, ...] = ()

    def at(self, now: float) -> Moment:
        """The shop at second `now`."""
        seen = (figure(part, now) for part in self.parts)
        return Moment(
            t=now,
            figures=tuple(f for f in seen if f is not None),
            taken=tuple(slot for slot, since, until in self.taken if since <= now < until),
            shelf_fall=self._fallen("shelf", now),
            board_fall=self._fallen("board", now),
            smashed=self._fallen("glass", now) > 0,
            staff_door=max((_swell(now, times) for times in self.staff_door), default=0.0),
            cover=max((_swell(now, times) for times in self.cover), default=0.0),
            sway=max((_swell(now, times) for times in self.sway), default=0.0),
            things=tuple(thing for thing, since, until in self.things if since <= now < until),
        )

    def _fallen(self, name: Fixture, now: float) -> float:
        times = [since for what, since, until in self.falls if what == name and since <= now < until]
        return min(1.0, (now - times[0]) / FALL_S + 0.01) if times else 0.0


def _swell(now: float, times: Swell) -> float:
    """0 before, rising, 1 in between, falling, 0 after."""
    begin, whole, until, end = times
    if not begin <= now < end:
        return 0.0
    return min(1.0, (now - begin) / (whole - begin), (end - now) / (end - until))
