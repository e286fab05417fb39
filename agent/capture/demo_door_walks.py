"""Who comes through the entrance of a drawn shop, on which codes, and what they do inside. Pure.

Comes in: dice, a layout, and how many walks. Goes out: the visits, and the truth of each `Walk`. All places are pixels of the
960 x 540 shop. Half of the walks are two people on one code, who follow one another closely or come side by side; the others
are honest (one with a code, two with two codes however close, somebody who carries much or steps back at the door), or somebody
comes alone without any code.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from agent.capture.demo_layout import SLOTS, Layout
from agent.capture.demo_person import Figure, Look, looks
from agent.capture.demo_visit import Visit

WalkKind = Literal["tailgating", "single", "two_codes", "carrier", "dither", "stranger"]
Code = tuple[float, str]  # second at which it was accepted, and the id of its pass

LINE = ((168.0, 318.0), (140.0, 530.0))  # across the entrance, a step from the mat's edge
ON_FLOOR = (420.0, 470.0)
FIRST_S = 7.5  # nobody comes before: an agent has to learn the empty shop
ALONE_S = 8.0  # so long nobody came in before somebody who comes without a code: that is nobody's follower
DOOR_Y = (398.0, 446.0)  # where one comes over the mat
HONEST: tuple[WalkKind, ...] = (*("single",) * 4, *("two_codes",) * 3, "carrier", "dither", "stranger")
APART_S = 1.6  # between somebody on the line inwards and somebody on it outwards
ABREAST = 0.15  # of those who come in twos, so many come side by side


@dataclass(frozen=True, slots=True)
class Walk:
    """One walk through the entrance, by one or two people, as it really was.

    codes: those accepted for it. crossed: when each of them stepped over the line to stay, in seconds; began: when the first of
    them did for the first time. left: when those of them who went out by the same door crossed it again.
    """

    kind: WalkKind
    codes: tuple[Code, ...]
    crossed: tuple[float, ...]
    began: float
    left: tuple[float, ...] = ()

    @property
    def tailgating(self) -> bool:
        return self.kind == "tailgating"


def write_walks(dice: random.Random, layout: Layout, count: int) -> tuple[list[Visit], tuple[Walk, ...]]:
    """`count` walks one after another, the first at FIRST_S; the visits are those of all of them."""
    kinds: list[WalkKind] = ["tailgating"] * (count - count // 2)
    kinds += [HONEST[n % len(HONEST)] for n in range(count // 2)]
    dice.shuffle(kinds)
    visits: list[Visit] = []
    walks: list[Walk] = []
    at = FIRST_S
    for kind in kinds:
        if kind == "stranger" and walks:
            at = max(at, max(walks[-1].crossed) + ALONE_S - 2.0)
        group = _group(dice, layout, kind, at)
        while _meets(group, walks):  # the doorway is one person wide: who comes in waits for whoever goes out
            at += 0.7
            group = _group(dice, layout, kind, at)
        visits += group
        walks.append(_walk(dice, kind, group, max(walks[-1].crossed) if walks else 0.0))
        at = max(walks[-1].crossed) + dice.uniform(2.5, 5.5)
    return visits, tuple(walks)


def _meets(group: list[Visit], walks: list[Walk]) -> bool:
    """Whether somebody of the group would step through the doorway together with somebody who goes the other way."""
    mine = [(_last_in(visit), _gone(visit)) for visit in group]
    passing_in = [at for at, _ in mine] + [at for walk in walks for at in walk.crossed]
    out = [at for _, at in mine if at >= 0] + [at for walk in walks for at in walk.left]
    return any(abs(one - other) < APART_S for one in passing_in for other in out)


def beyond(x: float, y: float) -> bool:
    """Whether feet at this place are inside the shop."""
    (ax, ay), (bx, by) = LINE
    return x > ax + (bx - ax) * (y - ay) / (by - ay)


def _group(dice: random.Random, layout: Layout, kind: WalkKind, at: float) -> list[Visit]:
    two = kind in ("tailgating", "two_codes")
    speed = dice.uniform(95, 140)
    y = dice.uniform(*DOOR_Y)
    behind = dice.uniform(0.35, 1.8)
    if two and dice.random() < ABREAST:
        behind, beside = dice.uniform(0.15, 0.35), dice.choice((-1, 1)) * dice.uniform(25, 38)
    else:
        beside = dice.uniform(-12, 12)
    people = looks(dice, 2)
    first = _coming(dice, layout, people[0], at, speed, y, kind)
    if not two:
        return [first]
    other = min(max(y + beside, DOOR_Y[0] - 14), DOOR_Y[1] + 14)
    second = _coming(dice, layout, people[1], at + behind, speed * dice.uniform(0.94, 1.06), other, kind)
    return [first, second]


def _coming(dice: random.Random, layout: Layout, look: Look, at: float, speed: float, y: float, kind: WalkKind) -> Visit:
    """Somebody's whole visit: in at the door, an errand, and away."""
    visit = Visit(layout, kind, look, at, speed)
    if kind == "carrier":
        visit.hold(dice.choice(("bag", "sack")))
    visit.go(-30, y)
    if kind == "dither":
        visit.go(dice.uniform(160, 190), y).do("look", dice.uniform(0.4, 1.2), "front")
        visit.go(dice.uniform(70, 110), y).do("phone", dice.uniform(0.6, 1.5), "front")
    visit.go(dice.uniform(205, 225), y + dice.uniform(-6, 10))
    dice.choice(ERRANDS)(dice, visit)
    if dice.random() < 0.4:
        visit.leave()
    else:
        visit.go(max(visit.spot[0], 640), 500).go(1040, 522)
    return visit


def _to_shelf(dice: random.Random, visit: Visit) -> None:
    visit.to_slot(dice.randrange(SLOTS)).do("look", dice.uniform(2, 6), "back")


def _to_drinks(dice: random.Random, visit: Visit) -> None:
    visit.go(185, 345).go(dice.uniform(190, 250), 270).do("look", dice.uniform(2, 6), "back").go(195, 350).go(235, 440)


def _to_till(dice: random.Random, visit: Visit) -> None:
    visit.go(dice.uniform(400, 560), 500).do("phone", dice.uniform(1, 4))


ERRANDS: tuple[Callable[[random.Random, Visit], None], ...] = (_to_shelf, _to_drinks, _to_till)


def _walk(dice: random.Random, kind: WalkKind, group: list[Visit], before_s: float) -> Walk:
    """before_s: when those before were through: codes are shown after that."""
    crossed = tuple(_last_in(visit) for visit in group)
    left = tuple(at for visit in group if (at := _gone(visit)) >= 0)
    codes = {"stranger": 0, "two_codes": 2}.get(kind, 1)
    first = group[0].first(lambda _: True)
    shown = sorted(max(before_s + 0.3, first - dice.uniform(0.3, 2.5)) for _ in range(codes))
    began = min(visit.first(_in) for visit in group)
    return Walk(kind, tuple((round(at, 2), _pass(dice)) for at in shown), crossed, began, left)


def _last_in(visit: Visit) -> float:
    """When they stepped over the line to stay; who dithers does so twice."""
    at = visit.first(_in)
    if visit.who == "dither":
        at = visit.first(_in, visit.first(_out, at))
    return at


def _gone(visit: Visit) -> float:
    """When they went out again over the line; -1: they did not."""
    return visit.first(_out, _last_in(visit) + 0.5)


def _in(figure: Figure) -> bool:
    return beyond(figure.x, figure.y)


def _out(figure: Figure) -> bool:
    return not beyond(figure.x, figure.y)


def _pass(dice: random.Random) -> str:
    return "".join(dice.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for _ in range(8))
