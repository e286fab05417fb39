"""The limbs of a drawn person, upright: what arms and legs do while they walk, reach, pay, hide something or strike. Pure.

Comes in: a `Figure`. Goes out: `Limb`s, (across, up) from between the feet as shares of the standing height; "across" counts
forward for who is seen from the side.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from agent.capture.demo_person import Figure

WIDTH, HEIGHT = 960, 540  # of the shop's picture

# Proportions, as shares of the person's height, measured up from the soles.
HEAD = 0.895
HEAD_W, HEAD_H = 0.072, 0.094
SHOULDER, HIP = 0.775, 0.46
THIGH, SHIN = 0.22, 0.22

Joint = tuple[float, float]


class Limb(NamedTuple):
    """Two joints and an end."""

    a: Joint
    b: Joint
    c: Joint


class Turn(NamedTuple):
    """An affine map of the body's measure: across' = a across + b up + e, up' = c across + d up + f."""

    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 1.0
    e: float = 0.0
    f: float = 0.0

    def of(self, p: Joint) -> Joint:
        return self.a * p[0] + self.b * p[1] + self.e, self.c * p[0] + self.d * p[1] + self.f

    @property
    def degrees(self) -> float:
        """How far it turns forward."""
        return math.degrees(math.atan2(self.b, self.d))


STILL = Turn()


HANGING = Limb((-0.108, 0.75), (-0.135, 0.6), (-0.128, 0.455))
ASTRETCH = Limb((0.105, 0.75), (0.15, 0.69), (0.2, 0.74))
# What the arms do while somebody stands, seen from the front or from behind: the arm on the left and the one on the right.
POSES: dict[str, tuple[Limb, Limb]] = {
    "reach": (HANGING, ASTRETCH),
    "try": (HANGING, ASTRETCH),
    "peek": (HANGING, Limb((0.105, 0.75), (0.16, 0.64), (0.23, 0.6))),
    "phone": (Limb((-0.105, 0.75), (-0.12, 0.6), (-0.035, 0.63)), Limb((0.105, 0.75), (0.125, 0.6), (0.03, 0.65))),
    "push": (Limb((-0.105, 0.75), (-0.15, 0.62), (-0.12, 0.5)), Limb((0.105, 0.75), (0.15, 0.62), (0.12, 0.5))),
    "startle": (Limb((-0.105, 0.75), (-0.19, 0.74), (-0.15, 0.89)), Limb((0.105, 0.75), (0.19, 0.74), (0.15, 0.89))),
    "raise": (HANGING, Limb((0.105, 0.75), (0.16, 0.9), (0.1, 1.05))),
    "lift": (Limb((-0.105, 0.75), (-0.14, 0.6), (-0.1, 0.43)), Limb((0.105, 0.75), (0.14, 0.6), (0.1, 0.43))),
}
STOOPED = frozenset({"bend", "putdown", "tie"})  # the hands come down to the floor or to a low board


def settled(figure: Figure) -> float:
    """0 while somebody begins or ends what they do, 1 in between."""
    share = max(0.0, min(1.0, figure.phase / 0.5, figure.left / 0.5))
    return share * share * (3 - 2 * share)


def arms_of(figure: Figure, *, side: bool) -> tuple[Limb, Limb]:
    """The farther and the nearer arm (the left and the right one of the picture, from the front and from behind), upright."""
    s = math.sin(figure.step * math.tau) if figure.step is not None else 0.0
    beat = figure.phase * math.tau
    top = SHOULDER - 0.025
    if side:
        return _side_arms(figure, top, s, beat)
    if figure.doing in POSES:
        left, right = POSES[figure.doing]
        (across, up), wag = right.c, 0.012 * math.sin(figure.t * 2.2)
        return left, right._replace(c=(across, up + wag))
    far = Limb((-0.108, top), (-0.135, 0.6), (-0.128, 0.455 + 0.02 * s))
    near = Limb((0.108, top), (0.135, 0.6), (0.128, 0.455 - 0.02 * s))
    match figure.doing:
        case "wave":
            near = Limb((0.105, top), (0.18, 0.83), (0.19 + 0.05 * math.sin(beat * 1.5), 1.0))
        case "hide":
            share = settled(figure) if figure.phase > HIDE_S / 2 else 0.0
            far = Limb((-0.105, top), (-0.15, 0.62), (-0.06, 0.6))
            near = Limb((0.105, top), (0.16, 0.62), (0.14 - 0.13 * share, 0.64 - 0.04 * share))
        case "sweep":
            swing = 0.09 * math.sin(beat * 1.4)
            far = Limb((-0.105, top), (-0.2 + swing, 0.66), (-0.21 + 2 * swing, 0.62))
            near = Limb((0.105, top), (0.2 + swing, 0.68), (0.2 + 2 * swing, 0.66))
        case "smash":
            blow = math.sin(beat * 1.5)
            near = Limb((0.105, top), (0.18, 0.8 + 0.06 * blow), (0.17 - 0.03 * blow, 0.88 + 0.15 * blow))
        case _ if figure.holds == "goods":
            near = Limb((0.108, top), (0.145, 0.62), (0.1, 0.58))
    return far, near


HIDE_S = 1.6  # how long it takes to put something under the jacket


def _side_arms(figure: Figure, top: float, s: float, beat: float) -> tuple[Limb, Limb]:
    far = Limb((0.0, top), (0.05 * s, 0.61), (0.11 * s + 0.03, 0.48))
    near = Limb((-0.005, top), (-0.05 * s - 0.01, 0.61), (-0.11 * s + 0.03, 0.48))
    match figure.doing:
        case "pay":
            near = Limb((0.0, top), (0.07, 0.62), (0.19, 0.6 + 0.015 * math.sin(figure.t * 2.2)))
        case "strike":
            one, two = max(0.0, math.sin(beat * 1.7)), max(0.0, -math.sin(beat * 1.7))
            far = Limb((0.0, top), (0.1 + 0.04 * two, 0.68), (0.12 + 0.18 * two, 0.72 + 0.05 * two))
            near = Limb((0.0, top), (0.09 + 0.05 * one, 0.67), (0.12 + 0.19 * one, 0.7 + 0.06 * one))
        case "stagger":
            wild = 0.05 * math.sin(beat * 2.9)
            far = Limb((0.0, top), (0.11, 0.73), (0.1 + wild, 0.88))
            near = Limb((0.0, top), (0.12, 0.7 - wild), (0.13, 0.86 + 1.4 * wild))
        case "pry":
            pull = 0.03 * math.sin(beat * 1.9)
            far = Limb((0.0, top), (0.1, 0.64), (0.2 - pull, 0.6))
            near = Limb((0.0, top), (0.11, 0.62), (0.21 - pull, 0.56))
        case "fall":
            far, near = Limb((0.0, top), (0.09, 0.8), (0.17, 0.86)), Limb((0.0, top), (0.1, 0.7), (0.2, 0.72))
        case "lie":
            far, near = Limb((0.0, top), (0.1, 0.83), (0.02, 0.94)), Limb((0.0, top), (0.03, 0.62), (0.02, 0.48))
        case "wave":
            near = Limb((0.0, top), (0.09, 0.83), (0.12 + 0.05 * math.sin(beat * 1.5), 0.98))
        case _ if figure.holds == "goods":
            near = Limb((-0.005, top), (0.0, 0.62), (0.11, 0.6))
    return far, near


def legs_of(figure: Figure, upper: Turn, drop: float, *, side: bool) -> tuple[Limb, Limb]:
    """The farther and the nearer leg; who squats or falls keeps the soles where they are."""
    swing = math.sin(figure.step * math.tau) if figure.step is not None else 0.0
    lift = max(0.0, math.cos(figure.step * math.tau)) * 0.04 if figure.step is not None else 0.0
    legs = []
    for sign in (-1, 1):
        s, up = swing * sign, lift if sign > 0 else 0.04 * bool(figure.step is not None) - lift
        if drop or upper != STILL:
            foot = (0.03 * sign, 0.035) if side else (0.06 * sign, 0.03)
            hip = upper.of((0.0, HIP)) if side else (0.042 * sign, HIP - drop)
            legs.append(Limb(hip, _knee(hip, foot) if side else (0.085 * sign, (hip[1] + foot[1]) / 2 + 0.03), foot))
        elif side:
            legs.append(Limb((0.0, HIP), (0.075 * s + 0.015, 0.245), (0.135 * s - 0.01, 0.035 + max(0.0, up))))
        else:
            foot = (0.052 * sign, 0.03 + max(0.0, 0.05 * s))
            legs.append(Limb((0.042 * sign, HIP), (0.05 * sign, 0.24 + 0.01 * s), foot))
    return legs[0], legs[1]


def _knee(hip: Joint, foot: Joint) -> Joint:
    """Where the knee is, bent forward between hip and foot."""
    dx, dy = hip[0] - foot[0], hip[1] - foot[1]
    far = max(math.hypot(dx, dy), 1e-6)
    out = math.sqrt(max(0.0, (THIGH + SHIN) ** 2 / 4 - far * far / 4))
    return (hip[0] + foot[0]) / 2 + out * dy / far, (hip[1] + foot[1]) / 2 - out * dx / far


def down_to(arm: Limb, hand: Joint, *, side: bool) -> Limb:
    """The same arm with its hand down at `hand`."""
    bulge = 0.02 if side else 0.04 * (1 if hand[0] > 0 else -1)
    return Limb(arm.a, ((arm.a[0] + hand[0]) / 2 + bulge, (arm.a[1] + hand[1]) / 2), hand)
