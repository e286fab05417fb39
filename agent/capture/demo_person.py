"""The people of the drawn shop as plain facts: how they look, which way they go, and what they do at any moment. Pure.

Comes in: a `Part`, the stops of somebody's visit. Goes out: a `Figure`, that person at one time. All places are pixels of the
960 x 540 shop.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

Facing = Literal["front", "back", "left", "right"]
Colour = tuple[int, int, int]  # blue, green, red

SHIRTS: tuple[Colour, ...] = (
    (168, 110, 62),
    (84, 84, 196),
    (92, 160, 84),
    (70, 160, 226),
    (150, 92, 140),
    (196, 178, 92),
    (108, 108, 108),
    (206, 206, 214),
    (60, 120, 200),
    (130, 150, 30),
    (120, 70, 80),
    (176, 140, 214),
)
TROUSERS: tuple[Colour, ...] = ((92, 64, 46), (58, 56, 56), (96, 112, 128), (122, 96, 70))
HAIRS: tuple[Colour, ...] = ((28, 26, 26), (34, 40, 58), (48, 62, 92), (40, 34, 32))
SKINS: tuple[Colour, ...] = ((168, 196, 236), (158, 186, 226), (176, 206, 242))

STRIDE = 62.0  # pixels of a pair of steps

# What is done on the way from one stop to the next instead of plain walking.
_ALONG = frozenset({"raise", "sweep"})


@dataclass(frozen=True, slots=True)
class Look:
    """How somebody looks, throughout one visit. size: 1 is of middle height."""

    shirt: Colour
    trousers: Colour
    hair: Colour
    skin: Colour
    long_hair: bool
    glasses: bool
    cap: bool
    size: float
    vest: bool = False


@dataclass(frozen=True, slots=True)
class Stop:
    """Where somebody is at a time, and what they do from then until the next stop; `face` while standing.

    holds: what they carry from here on: "" nothing, "goods" in the hand, "bag" their own, "sack" what they paid for.
    """

    at: float
    x: float
    y: float
    doing: str = "walk"
    face: Facing = "front"
    holds: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One person's visit. who: what kind of person it is, such as "customer" or "thief"."""

    who: str
    stops: tuple[Stop, ...]
    look: Look


@dataclass(frozen=True, slots=True)
class Figure:
    """Somebody at one moment. x, y: the feet. step: phase of the walk, or None.

    phase, left: seconds since `doing` began, and until something else is done.
    """

    x: float
    y: float
    facing: Facing
    step: float | None
    doing: str
    look: Look
    t: float
    phase: float = 0.0
    left: float = math.inf
    holds: str = ""
    who: str = ""

    @property
    def height(self) -> float:
        """From the soles to the top of the head when standing, in pixels: nearer to the camera is taller."""
        return (128 + (self.y - 250) * 0.46) * self.look.size


def figure(part: Part, now: float) -> Figure | None:
    """The person of `part` at second `now`: walking from stop to stop, or standing where the next stop is the same place."""
    stops = part.stops
    if not stops[0].at <= now < stops[-1].at:
        return None
    here, there = next((a, b) for a, b in pairwise(stops) if a.at <= now < b.at)
    dx, dy = there.x - here.x, there.y - here.y
    way, past, left = math.hypot(dx, dy), now - here.at, there.at - now
    if way < 1:
        return Figure(here.x, here.y, here.face, None, here.doing, part.look, now, past, left, here.holds, part.who)
    share = past / (there.at - here.at)
    across: Facing = "right" if dx > 0 else "left"
    facing: Facing = across if abs(dx) > abs(dy) * 0.7 else ("front" if dy > 0 else "back")
    doing = here.doing if here.doing in _ALONG else "walk"
    step = way * share / STRIDE
    x, y = here.x + dx * share, here.y + dy * share
    return Figure(x, y, here.face if doing != "walk" else facing, step, doing, part.look, now, past, left, here.holds, part.who)


def looks(dice: random.Random, count: int) -> list[Look]:
    """How `count` people look; no two shirts alike (at most as many people as there are shirts)."""
    return [
        Look(
            shirt,
            dice.choice(TROUSERS),
            dice.choice(HAIRS),
            dice.choice(SKINS),
            long_hair=dice.random() < 0.5,
            glasses=dice.random() < 0.3,
            cap=False,
            size=dice.uniform(0.93, 1.07),
        )
        for shirt in dice.sample(SHIRTS, count)
    ]
