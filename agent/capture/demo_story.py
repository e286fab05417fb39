"""What happens in the drawn shop that a newcomer sees: visits, deeds and their repair, round after round. Pure.

Comes in: a seed and a time. Goes out: a `Moment`. One round lasts CYCLE_S seconds; each has the same deeds by other people,
and at its end the shop is as it was at its beginning.
"""

from __future__ import annotations

import random
from dataclasses import replace
from functools import lru_cache

from agent.capture.demo_layout import SLOTS
from agent.capture.demo_person import Part, Stop, looks
from agent.capture.demo_script import FALL_S, Moment, Script, Thing

__all__ = ["CYCLE_S", "FALL_S", "Moment", "moment"]

CYCLE_S = 210.0

OUT = (-70.0, 425.0)

CUSTOMER = (
    Stop(6.5, *OUT),
    Stop(9.5, 190, 430),
    Stop(12.0, 400, 446, "reach", "back"),
    Stop(15.5, 400, 446, holds="goods"),
    Stop(16.6, 490, 446, "reach", "back", "goods"),
    Stop(19.0, 490, 446, holds="goods"),
    Stop(21.6, 712, 462, "pay", "right", "goods"),
    Stop(28.0, 712, 462, holds="sack"),
    Stop(31.0, 420, 476, holds="sack"),
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
    Stop(56.5, *OUT),
    Stop(61.0, 290, 396),
    Stop(63.0, 430, 372, "look", "front"),
    Stop(64.6, 430, 372, "push", "front"),
    Stop(66.6, 430, 372, "startle", "front"),
    Stop(67.6, 430, 372),
    Stop(68.8, 262, 392),
    Stop(70.8, *OUT),
)
REPAIRER = (
    Stop(76.5, *OUT),
    Stop(80.0, 360, 470, "lift", "back"),
    Stop(82.0, 440, 470, "lift", "back"),
    Stop(83.4, 440, 470),
    Stop(87.6, *OUT),
)
COVERER = (
    Stop(83.6, *OUT),
    Stop(86.0, 230, 470),
    Stop(87.9, 470, 536, "raise", "front"),
    Stop(88.6, 500, 560, "raise", "front"),
    Stop(98.4, 500, 560, "raise", "front"),
    Stop(99.4, 470, 536),
    Stop(101.4, 240, 480),
    Stop(103.8, *OUT),
)
THIEF = (
    Stop(117.5, *OUT),
    Stop(121.5, 220, 440),
    Stop(123.4, 392, 446, "reach", "back"),
    Stop(125.8, 392, 446, "hide", "front", "goods"),
    Stop(128.0, 392, 446),
    Stop(129.2, 490, 446, "reach", "back"),
    Stop(131.6, 490, 446, "hide", "front", "goods"),
    Stop(133.8, 490, 446),
    Stop(137.2, 190, 440),
    Stop(140.0, *OUT),
)
SWEEPER = (
    Stop(143.0, *OUT),
    Stop(146.0, 240, 444),
    Stop(146.8, 322, 446, "sweep", "back", "sack"),
    Stop(151.4, 520, 446, holds="sack"),
    Stop(156.0, *OUT),
)
FORGETTER = (
    Stop(155.0, *OUT, holds="bag"),
    Stop(158.0, 250, 476, holds="bag"),
    Stop(161.4, 640, 452, holds="bag"),
    Stop(162.8, 664, 368, "putdown", "right", "bag"),
    Stop(164.6, 664, 368, "look", "back"),
    Stop(166.0, 664, 368),
    Stop(167.2, 640, 452),
    Stop(173.0, *OUT),
)
FAINTER = (
    Stop(169.0, *OUT),
    Stop(172.4, 250, 478),
    Stop(174.2, 400, 474, "look", "back"),
    Stop(176.6, 400, 474, "fall", "right"),
    Stop(177.5, 400, 474, "lie", "right"),
    Stop(193.4, 400, 474, "rise", "right"),
    Stop(195.8, 400, 474, "look", "front"),
    Stop(197.4, 400, 474),
    Stop(203.0, *OUT),
)
HELPER = (
    Stop(185.0, *OUT),
    Stop(190.0, 350, 500, "tie", "right"),
    Stop(195.8, 350, 500),
    Stop(196.8, 340, 446, "sweep", "back"),
    Stop(199.4, 500, 446),
    Stop(201.0, 664, 368, "bend", "right"),
    Stop(202.4, 664, 368, holds="bag"),
    Stop(203.2, 624, 440, holds="bag"),
    Stop(208.0, *OUT, holds="bag"),
)
CAST: tuple[tuple[str, tuple[Stop, ...]], ...] = (
    ("customer", CUSTOMER),
    ("loiterer", LOITERER),
    ("snooper", SNOOPER),
    ("pusher", PUSHER),
    ("coverer", COVERER),
    ("staff", REPAIRER),
    ("thief", THIEF),
    ("sweeper", SWEEPER),
    ("forgetter", FORGETTER),
    ("fainter", FAINTER),
    ("staff", HELPER),
)

BAG = Thing("bag", 694, 372, (96, 70, 40))
BAG_DOWN_S, BAG_TAKEN_S = 164.05, 202.15
PUSHED_S, LIFTED_S = 65.6, 82.4
COVERED = (88.0, 88.6, 97.6, 98.4)  # begins, whole, whole until, ends
DOOR = (50.0, 51.4, 54.4, 55.4)


def moment(seed: int, t: float) -> Moment:
    """The shop of `seed` at `t` seconds after the start (t >= 0)."""
    cycle, now = divmod(t, CYCLE_S)
    return _round(seed, int(cycle)).at(now)


@lru_cache(maxsize=8)
def _round(seed: int, cycle: int) -> Script:
    """One round: how everybody looks, and which goods are taken."""
    dice = random.Random(seed * 1000 + cycle)
    parts = [
        Part(who, stops, replace(look, cap=stops is COVERER, vest=who == "staff"))
        for (who, stops), look in zip(CAST, looks(dice, len(CAST)), strict=True)
    ]
    bought = ((dice.choice((7, 8)), 14.4, LIFTED_S), (dice.choice((10, 11)), 18.2, LIFTED_S))
    stolen = ((dice.choice((7, 8)), 125.0, 198.2), (dice.choice((10, 11)), 131.0, 198.6))
    swept = tuple((row * SLOTS + i, 147.6 + i * 0.7, 197.2 + i * 0.3) for row in (0, 2) for i in range(SLOTS))
    return Script(
        parts=tuple(parts),
        taken=bought + stolen + swept,
        falls=(("shelf", PUSHED_S, LIFTED_S),),
        things=((BAG, BAG_DOWN_S, BAG_TAKEN_S),),
        staff_door=(DOOR,),
        cover=(COVERED,),
    )
