"""Draws the people of the drawn shop: heads with hair and faces, clothes, arms that reach and legs that walk.

Comes in: a picture and a `Figure`. Goes out: the picture with the person on it, and where their box and head are.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from agent.capture.demo_story import Colour, Figure
from agent.values import Box

Picture = npt.NDArray[np.uint8]

WIDTH, HEIGHT = 960, 540
BITS = 4  # fractions of a pixel that OpenCV's drawing takes
SHOE: Colour = (52, 50, 54)

# Proportions, as shares of the person's height, measured up from the soles.
HEAD = 0.895
HEAD_W, HEAD_H = 0.072, 0.094
NECK, SHOULDER, HIP = 0.80, 0.775, 0.46


class Limb(NamedTuple):
    """Two joints and an end, as (across, up) shares of the height."""

    a: tuple[float, float]
    b: tuple[float, float]
    c: tuple[float, float]


def figure_box(figure: Figure) -> Box:
    """The box around the person, normalised (may reach outside the picture)."""
    h = figure.height
    half = h * (0.17 if figure.facing in ("front", "back") else 0.15)
    return Box((figure.x - half) / WIDTH, (figure.y - h) / HEIGHT, (figure.x + half) / WIDTH, (figure.y + 0.02 * h) / HEIGHT)


def head_box(figure: Figure) -> Box:
    """The box around head and hair, normalised."""
    h = figure.height
    x, y = figure.x / WIDTH, (figure.y - HEAD * h) / HEIGHT
    return Box(x - 0.09 * h / WIDTH, y - 0.115 * h / HEIGHT, x + 0.09 * h / WIDTH, y + 0.11 * h / HEIGHT)


def draw_figure(frame: Picture, figure: Figure, canary: Picture | None) -> None:
    """Draw the person onto `frame` (960 x 540 BGR), in place; `canary` replaces the face where one is given."""
    pen = _Pen(frame, figure)
    pen.shadow()
    side = figure.facing in ("left", "right")
    far, near = _arms(figure)
    _legs(pen, figure, side=side)
    pen.limb(far, 0.052, _shade(figure.look.shirt, 0.78), hand=True)
    _torso(pen, figure, side=side)
    if figure.facing == "back":
        pen.limb(near, 0.052, _shade(figure.look.shirt, 0.9), hand=True)
        _head(pen, figure, canary)
    else:
        _head(pen, figure, canary)
        pen.limb(near, 0.052, _shade(figure.look.shirt, 0.9), hand=True)
    if figure.doing == "phone":
        pen.block((near.c[0] - 0.022, near.c[1] + 0.05), (near.c[0] + 0.022, near.c[1] - 0.03), (60, 50, 44))


HANGING = Limb((-0.108, 0.75), (-0.135, 0.6), (-0.128, 0.455))
ASTRETCH = Limb((0.105, 0.75), (0.15, 0.69), (0.2, 0.74))
# What the arms do while somebody stands, seen from the front or from behind.
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


class _Pen:
    """Draws in the person's own measure: across (to the right) and up from the feet, as shares of the height."""

    def __init__(self, frame: Picture, figure: Figure) -> None:
        self.frame = frame
        self.h = figure.height
        self.x, self.y = figure.x, figure.y
        self.flip = -1.0 if figure.facing == "left" else 1.0
        self.skin = figure.look.skin

    def at(self, p: tuple[float, float]) -> tuple[int, int]:
        return round((self.x + self.flip * p[0] * self.h) * 2**BITS), round((self.y - p[1] * self.h) * 2**BITS)

    def thick(self, share: float) -> int:
        return max(1, round(share * self.h))

    def line(self, a: tuple[float, float], b: tuple[float, float], width: float, colour: Colour) -> None:
        cv2.line(self.frame, self.at(a), self.at(b), colour, self.thick(width), cv2.LINE_AA, BITS)

    def area(self, points: tuple[tuple[float, float], ...], colour: Colour) -> None:
        corners = np.array([self.at(p) for p in points], np.int32)
        cv2.fillConvexPoly(self.frame, corners, colour, cv2.LINE_AA, BITS)

    def block(self, upper: tuple[float, float], lower: tuple[float, float], colour: Colour) -> None:
        self.area((upper, (lower[0], upper[1]), lower, (upper[0], lower[1])), colour)

    def oval(
        self,
        centre: tuple[float, float],
        across: float,
        up: float,
        colour: Colour,
        part: tuple[float, float] = (0, 360),
        tilt: float = 0,
    ) -> None:
        axes = (round(across * self.h * 2**BITS), round(up * self.h * 2**BITS))
        cv2.ellipse(self.frame, self.at(centre), axes, tilt * self.flip, part[0], part[1], colour, -1, cv2.LINE_AA, BITS)

    def limb(self, limb: Limb, width: float, colour: Colour, *, hand: bool) -> None:
        self.line(limb.a, limb.b, width, colour)
        self.line(limb.b, limb.c, width * 0.9, colour)
        if hand:
            self.oval(limb.c, 0.028, 0.028, self.skin)

    def shadow(self) -> None:
        """A soft shadow on the floor: darkens what is there."""
        half, flat = round(0.19 * self.h), round(0.045 * self.h)
        x, y = round(self.x), round(self.y)
        left, top = max(0, x - half), max(0, y - flat)
        patch = self.frame[top : max(0, y + flat), left : max(0, x + half)]
        if patch.size:
            mask = np.zeros(patch.shape[:2], np.uint8)
            cv2.ellipse(mask, (x - left, y - top), (half - 1, flat - 1), 0, 0, 360, 255, -1, cv2.LINE_AA)
            dark = cv2.convertScaleAbs(patch, alpha=0.82)
            cv2.copyTo(dark, mask, patch)


def _shade(colour: Colour, share: float) -> Colour:
    return round(colour[0] * share), round(colour[1] * share), round(colour[2] * share)


def _legs(pen: _Pen, figure: Figure, *, side: bool) -> None:
    swing = math.sin(figure.step * math.tau) if figure.step is not None else 0.0
    lift = max(0.0, math.cos(figure.step * math.tau)) * 0.04 if figure.step is not None else 0.0
    cloth = figure.look.trousers
    for sign, colour in ((-1, _shade(cloth, 0.8)), (1, cloth)):
        s, up = swing * sign, lift if sign > 0 else 0.04 * bool(figure.step is not None) - lift
        if side:
            hip, knee, foot = (0.0, HIP), (0.075 * s + 0.015, 0.245), (0.135 * s - 0.01, 0.035 + max(0.0, up))
            toe = (foot[0] + 0.055, foot[1] - 0.008)
        else:
            hip, knee = (0.042 * sign, HIP), (0.05 * sign, 0.24 + 0.01 * s)
            foot = (0.052 * sign, 0.03 + max(0.0, 0.05 * s))
            toe = (foot[0] + 0.008 * sign, foot[1] - 0.012)
        pen.limb(Limb(hip, knee, foot), 0.082, colour, hand=False)
        pen.line(foot, toe, 0.05, SHOE)


def _torso(pen: _Pen, figure: Figure, *, side: bool) -> None:
    shirt = figure.look.shirt
    if side:
        pen.area(
            ((-0.06, SHOULDER), (0.055, SHOULDER), (0.065, 0.6), (0.055, HIP - 0.02), (-0.06, HIP - 0.02), (-0.07, 0.62)), shirt
        )
        pen.oval((-0.002, SHOULDER - 0.005), 0.06, 0.035, shirt)
        pen.area(
            ((-0.06, SHOULDER), (-0.03, SHOULDER), (-0.035, HIP - 0.02), (-0.06, HIP - 0.02), (-0.07, 0.62)),
            _shade(shirt, 0.88),
        )
    else:
        pen.area(
            (
                (-0.105, SHOULDER - 0.01),
                (0.105, SHOULDER - 0.01),
                (0.09, 0.6),
                (0.092, HIP - 0.025),
                (-0.092, HIP - 0.025),
                (-0.09, 0.6),
            ),
            shirt,
        )
        pen.oval((0, SHOULDER - 0.012), 0.107, 0.036, shirt)
        pen.area(
            ((0.06, SHOULDER), (0.105, SHOULDER - 0.01), (0.09, 0.6), (0.092, HIP - 0.025), (0.055, HIP - 0.025)),
            _shade(shirt, 0.9),
        )
    if figure.look.vest:
        green = (110, 150, 40)
        half = 0.062 if side else 0.094
        pen.block((-half, SHOULDER - 0.01), (half, HIP + 0.01), green)
        pen.block((-half, 0.6), (half, 0.575), (230, 240, 240))
    elif figure.facing == "front":
        pen.area(((-0.03, SHOULDER + 0.02), (0.03, SHOULDER + 0.02), (0, SHOULDER - 0.035)), figure.look.skin)
    if figure.facing != "back":
        pen.block((-0.028, 0.82), (0.028, SHOULDER), _shade(figure.look.skin, 0.9))


def _arms(figure: Figure) -> tuple[Limb, Limb]:
    """The farther and the nearer arm."""
    side = figure.facing in ("left", "right")
    s = math.sin(figure.step * math.tau) if figure.step is not None else 0.0
    wag = math.sin(figure.t * 2.2)
    top = SHOULDER - 0.025
    if side:
        far = Limb((0.0, top), (0.05 * s, 0.61), (0.11 * s + 0.03, 0.48))
        near = Limb((-0.005, top), (-0.05 * s - 0.01, 0.61), (-0.11 * s + 0.03, 0.48))
        if figure.doing == "pay":
            near = Limb((0.0, top), (0.07, 0.62), (0.19, 0.6 + 0.015 * wag))
        return far, near
    if figure.doing in POSES:
        left, right = POSES[figure.doing]
        (across, up), beat = right.c, 0.012 * wag
        return left, right._replace(c=(across, up + beat))
    hang_l = Limb((-0.108, top), (-0.135, 0.6), (-0.128, 0.455 + 0.02 * s))
    hang_r = Limb((0.108, top), (0.135, 0.6), (0.128, 0.455 - 0.02 * s))
    return hang_l, hang_r


def _head(pen: _Pen, figure: Figure, canary: Picture | None) -> None:
    look = figure.look
    if figure.facing == "back":
        pen.oval((0, HEAD - 0.05), 0.03, 0.06, _shade(look.skin, 0.88))
        pen.oval((0, HEAD), HEAD_W, HEAD_H, look.hair)
        if look.long_hair:
            pen.block((-HEAD_W, HEAD), (HEAD_W, HEAD - 0.13), look.hair)
        pen.oval((0, HEAD + 0.045), 0.035, 0.025, _shade(look.hair, 1.7))
    else:
        _face(pen, figure, front=figure.facing == "front")
    if look.cap:
        _cap(pen, figure.facing)
    if canary is not None and figure.facing != "back":
        _put_canary(pen, figure, canary)


def _face(pen: _Pen, figure: Figure, *, front: bool) -> None:
    look = figure.look
    ahead = 0.0 if front else 0.03  # in profile the features move towards the nose
    if look.long_hair:
        for a, b in ((-HEAD_W - 0.01, -0.036), (0.036, HEAD_W + 0.01)) if front else ((-HEAD_W - 0.01, 0.0),):
            pen.block((a, HEAD + 0.02), (b, HEAD - 0.125), look.hair)
            pen.oval(((a + b) / 2, HEAD - 0.125), (b - a) / 2, 0.016, look.hair)
    pen.oval((0, HEAD + 0.012), HEAD_W + 0.01, HEAD_H + 0.006, look.hair)
    pen.oval((ahead * 0.6, HEAD - 0.012), HEAD_W - 0.004 - ahead * 0.3, HEAD_H - 0.014, look.skin)
    if front:
        for sign in (-1, 1):
            pen.oval((sign * (HEAD_W + 0.002), HEAD - 0.012), 0.012, 0.02, _shade(look.skin, 0.93))
    else:
        pen.oval((-0.018, HEAD - 0.014), 0.013, 0.02, _shade(look.skin, 0.9))
        pen.oval((0.078, HEAD - 0.018), 0.012, 0.011, look.skin)
    pen.oval((ahead * 0.2, HEAD + 0.052), HEAD_W - 0.006, 0.036, look.hair)  # the fringe
    eyes = (-0.028, 0.028) if front else (0.048,)
    for x in eyes:
        pen.oval((x, HEAD - 0.01), 0.0085, 0.011, (40, 36, 38))
        pen.line((x - 0.013, HEAD + 0.016), (x + 0.013, HEAD + 0.017), 0.008, _shade(look.hair, 1.0))
        pen.oval((x * 1.4, HEAD - 0.04), 0.014, 0.009, (150, 160, 240))  # cheeks
    if front:
        pen.line((0, HEAD - 0.018), (0.004, HEAD - 0.032), 0.007, _shade(look.skin, 0.8))
    mouth = (0.016, HEAD - 0.055) if not front else (0.0, HEAD - 0.055)
    open_mouth = figure.doing == "startle"
    pen.oval((mouth[0] + ahead, mouth[1]), 0.016, 0.014 if open_mouth else 0.006, (92, 92, 190))
    if look.glasses:
        for x in eyes:
            cv2.circle(pen.frame, pen.at((x, HEAD - 0.01)), round(0.022 * pen.h * 2**BITS), (60, 60, 60), 1, cv2.LINE_AA, BITS)


def _cap(pen: _Pen, facing: str) -> None:
    blue = (120, 70, 40)
    pen.oval((0, HEAD + 0.03), HEAD_W + 0.012, 0.085, blue, (180, 360))
    if facing == "front":
        pen.oval((0, HEAD + 0.034), HEAD_W - 0.005, 0.018, _shade(blue, 0.8))
    elif facing != "back":
        pen.oval((0.075, HEAD + 0.034), 0.05, 0.014, _shade(blue, 0.8))


def _put_canary(pen: _Pen, figure: Figure, canary: Picture) -> None:
    box = head_box(figure)
    left, top = round(box.left * WIDTH), round(box.top * HEIGHT)
    right, bottom = round(box.right * WIDTH), round(box.bottom * HEIGHT)
    if right - left < 1 or bottom - top < 1:
        return
    pattern = cv2.resize(canary, (right - left, bottom - top), interpolation=cv2.INTER_NEAREST)
    inner_l, inner_t = max(0, left), max(0, top)
    patch = pen.frame[inner_t : max(0, bottom), inner_l : max(0, right)]
    patch[:] = pattern[inner_t - top : inner_t - top + patch.shape[0], inner_l - left : inner_l - left + patch.shape[1]]
