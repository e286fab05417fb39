"""What happens in the drawn shop: who is where, doing what, and what becomes of the shelf, the goods and the lens. Pure.

Comes in: a seed and a time. Goes out: a `Moment`. One round lasts CYCLE_S seconds; each has the same deeds by other people.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

CYCLE_S = 116.0
FALL_S = 0.7  # how long the shelf takes to fall

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
)
TROUSERS: tuple[Colour, ...] = ((92, 64, 46), (58, 56, 56), (96, 112, 128), (122, 96, 70))
HAIRS: tuple[Colour, ...] = ((28, 26, 26), (34, 40, 58), (48, 62, 92), (40, 34, 32))
SKINS: tuple[Colour, ...] = ((168, 196, 236), (158, 186, 226), (176, 206, 242))


@dataclass(frozen=True, slots=True)
class Look:
    """How somebody looks, throughout one round. size: 1 is of middle height."""

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
class Figure:
    """Somebody at one moment. x, y: the feet, in pixels of the 960 x 540 picture. step: phase of the walk, or None."""

    x: float
    y: float
    facing: Facing
    step: float | None
    doing: str
    look: Look
    t: float

    @property
    def height(self) -> float:
        """From the soles to the top of the head, in pixels: nearer to the camera is taller."""
        return (128 + (self.y - 250) * 0.46) * self.look.size


@dataclass(frozen=True, slots=True)
class Moment:
    """The shop at one moment. taken: slots of goods that are gone. shelf_fall: 0 stands, 1 lies on the floor.

    staff_door: 0 shut, 1 wide open. cover: share of the lens that is covered. t: seconds of this round.
    """

    t: float
    figures: tuple[Figure, ...]
    taken: tuple[int, ...]
    shelf_fall: float
    staff_door: float
    cover: float


@dataclass(frozen=True, slots=True)
class Stop:
    """Where somebody is at a time of the round, and what they do from then until the next stop; `face` while standing."""

    at: float
    x: float
    y: float
    doing: str = "walk"
    face: Facing = "front"


OUT = (-70.0, 425.0)

CUSTOMER = (
    Stop(6.5, *OUT),
    Stop(9.5, 190, 430),
    Stop(12.0, 400, 446, "reach", "back"),
    Stop(15.5, 400, 446),
    Stop(16.6, 490, 446, "reach", "back"),
    Stop(19.0, 490, 446),
    Stop(21.6, 712, 462, "pay", "right"),
    Stop(28.0, 712, 462),
    Stop(31.0, 420, 476),
    Stop(36.5, *OUT),
)
LOITERER = (
    Stop(10.5, *OUT),
    Stop(14.5, 175, 345),
    Stop(17.0, 262, 282, "look", "back"),
    Stop(22.0, 262, 282, "phone", "front"),
    Stop(33.0, 262, 282),
    Stop(34.2, 318, 284, "look", "back"),
    Stop(38.0, 318, 284, "phone", "front"),
    Stop(52.5, 318, 284),
    Stop(55.0, 190, 350),
    Stop(59.0, *OUT),
)
SNOOPER = (
    Stop(31.5, *OUT),
    Stop(36.0, 230, 486),
    Stop(41.5, 640, 400),
    Stop(44.5, 800, 262, "try", "back"),
    Stop(51.0, 800, 262, "peek", "back"),
    Stop(55.0, 800, 262),
    Stop(57.5, 650, 392),
    Stop(62.0, 260, 490),
    Stop(65.5, *OUT),
)
PUSHER = (
    Stop(60.0, *OUT),
    Stop(65.0, 290, 396),
    Stop(67.0, 430, 372, "look", "front"),
    Stop(69.0, 430, 372, "push", "front"),
    Stop(71.0, 430, 372, "startle", "front"),
    Stop(72.2, 430, 372),
    Stop(73.4, 262, 392),
    Stop(75.4, *OUT),
)
COVERER = (
    Stop(77.5, *OUT),
    Stop(80.6, 230, 470),
    Stop(83.0, 470, 536, "raise", "front"),
    Stop(84.6, 500, 560, "raise", "front"),
    Stop(96.0, 500, 560, "raise", "front"),
    Stop(97.0, 470, 536),
    Stop(99.2, 240, 480),
    Stop(102.0, *OUT),
)
STAFF = (
    Stop(101.5, *OUT),
    Stop(105.5, 360, 470, "lift", "back"),
    Stop(108.5, 440, 470, "lift", "back"),
    Stop(110.0, 440, 470),
    Stop(114.6, *OUT),
)
CAST: tuple[tuple[Stop, ...], ...] = (CUSTOMER, LOITERER, SNOOPER, PUSHER, COVERER, STAFF)

TAKEN_AT = (14.4, 18.2)
PUSHED_AT, LIFTED_AT = 70.0, 107.5
COVERED = (84.0, 85.0, 95.0, 96.0)  # begins, whole, whole until, ends
DOOR = (50.0, 51.4, 54.4, 55.4)


def moment(seed: int, t: float) -> Moment:
    """The shop of `seed` at `t` seconds after the start (t >= 0)."""
    cycle, now = divmod(t, CYCLE_S)
    looks, taken = _cast(seed, int(cycle))
    figures = (_figure(stops, look, now) for stops, look in zip(CAST, looks, strict=True))
    down = PUSHED_AT <= now < LIFTED_AT
    return Moment(
        t=now,
        figures=tuple(f for f in figures if f is not None),
        taken=tuple(slot for slot, at in zip(taken, TAKEN_AT, strict=True) if now >= at),
        shelf_fall=min(1.0, (now - PUSHED_AT) / FALL_S + 0.01) if down else 0.0,
        staff_door=_swell(now, DOOR),
        cover=_swell(now, COVERED),
    )


@lru_cache(maxsize=8)
def _cast(seed: int, cycle: int) -> tuple[tuple[Look, ...], tuple[int, ...]]:
    """How everybody looks in this round (no two shirts alike), and which goods are taken."""
    dice = random.Random(seed * 1000 + cycle)
    shirts = dice.sample(SHIRTS, len(CAST))
    looks = tuple(
        Look(
            shirt,
            dice.choice(TROUSERS),
            dice.choice(HAIRS),
            dice.choice(SKINS),
            long_hair=dice.random() < 0.5,
            glasses=dice.random() < 0.3,
            cap=stops is COVERER,
            size=dice.uniform(0.93, 1.07),
            vest=stops is STAFF,
        )
        for shirt, stops in zip(shirts, CAST, strict=True)
    )
    return looks, (dice.choice((7, 8)), dice.choice((10, 11)))


def _figure(stops: Sequence[Stop], look: Look, now: float) -> Figure | None:
    """Where somebody is now: walking from stop to stop, or standing where the next stop is the same place."""
    for here, there in pairwise(stops):
        if not here.at <= now < there.at:
            continue
        dx, dy = there.x - here.x, there.y - here.y
        way = math.hypot(dx, dy)
        if way < 1:
            return Figure(here.x, here.y, here.face, None, here.doing, look, now)
        share = (now - here.at) / (there.at - here.at)
        x, y = here.x + dx * share, here.y + dy * share
        across: Facing = "right" if dx > 0 else "left"
        facing: Facing = across if abs(dx) > abs(dy) * 0.7 else ("front" if dy > 0 else "back")
        doing = here.doing if here.doing == "raise" else "walk"
        return Figure(x, y, facing if doing == "walk" else here.face, way * share / 62, doing, look, now)
    return None


def _swell(now: float, times: tuple[float, float, float, float]) -> float:
    """0 before, rising, 1 in between, falling, 0 after."""
    begin, whole, until, end = times
    if not begin <= now < end:
        return 0.0
    return min(1.0, (now - begin) / (whole - begin), (end - now) / (end - until))
