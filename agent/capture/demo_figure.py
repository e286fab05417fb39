"""Draws the people of the drawn shop: heads with hair and faces, clothes, arms that reach, legs that walk, what they carry.

Comes in: a picture and a `Figure`. Goes out: the picture with the person on it.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from agent.capture.demo_body import Body, body, figure_box, head_box, place
from agent.capture.demo_limbs import HEAD, HEAD_H, HEAD_W, HEIGHT, HIDE_S, HIP, SHOULDER, STILL, WIDTH, Joint, Limb, Turn
from agent.capture.demo_person import Colour, Figure

__all__ = ["HEIGHT", "WIDTH", "draw_figure", "figure_box", "head_box"]

Picture = npt.NDArray[np.uint8]

BITS = 4  # fractions of a pixel that OpenCV's drawing takes
SHOE: Colour = (52, 50, 54)
GOODS: Colour = (64, 78, 214)
BAG: Colour = (96, 70, 40)
SACK: Colour = (244, 240, 236)
SET_DOWN_S = 0.55  # before the end of putting something down it stands on the floor


def draw_figure(frame: Picture, figure: Figure, canary: Picture | None) -> None:
    """Draw the person onto `frame` (960 x 540 BGR), in place; `canary` replaces the face where one is given."""
    it = body(figure)
    pen = _Pen(frame, figure, it)
    pen.shadow()
    side = figure.facing in ("left", "right")
    _legs(pen, figure, it, side=side)
    pen.limb(it.far_arm, 0.052, _shade(figure.look.shirt, 0.78), hand=True)
    pen.turn = it.upper
    _torso(pen, figure, side=side)
    if figure.facing != "back":
        _head(pen, figure, canary)
    pen.turn = STILL
    _held(pen, figure, it.near_arm.c)
    pen.limb(it.near_arm, 0.052, _shade(figure.look.shirt, 0.9), hand=True)
    if figure.facing == "back":
        pen.turn = it.upper
        _head(pen, figure, canary)
        pen.turn = STILL
    if figure.doing == "phone":
        x, y = it.near_arm.c
        pen.block((x - 0.022, y + 0.05), (x + 0.022, y - 0.03), (60, 50, 44))


def _held(pen: _Pen, figure: Figure, hand: Joint) -> None:
    """What is in the nearer hand."""
    x, y = hand
    if figure.doing == "smash":
        pen.line((x - 0.04, y + 0.14), (x + 0.02, y - 0.06), 0.03, (70, 90, 120))
        pen.line((x - 0.075, y + 0.125), (x - 0.005, y + 0.15), 0.05, (80, 80, 84))
    elif figure.holds == "bag" and not (figure.doing == "putdown" and figure.left < SET_DOWN_S):
        pen.line((x, y), (x - 0.05, y - 0.05), 0.018, _shade(BAG, 0.6))
        pen.line((x, y), (x + 0.05, y - 0.05), 0.018, _shade(BAG, 0.6))
        pen.area(((x - 0.1, y - 0.045), (x + 0.1, y - 0.045), (x + 0.115, y - 0.16), (x - 0.115, y - 0.16)), BAG)
        pen.block((x - 0.105, y - 0.085), (x + 0.105, y - 0.1), _shade(BAG, 1.5))
    elif figure.holds == "sack":
        pen.area(((x - 0.02, y), (x + 0.02, y), (x + 0.075, y - 0.15), (x - 0.075, y - 0.15)), SACK)
        pen.block((x - 0.045, y - 0.075), (x + 0.045, y - 0.115), (120, 148, 22))
    elif figure.holds == "goods" and not (figure.doing == "hide" and figure.phase > HIDE_S * 0.7):
        pen.block((x - 0.035, y + 0.055), (x + 0.035, y - 0.035), GOODS)
        pen.block((x - 0.022, y + 0.025), (x + 0.022, y - 0.005), (246, 246, 248))


class _Pen:
    """Draws in the person's own measure: across (to the right) and up from the feet, as shares of the height."""

    def __init__(self, frame: Picture, figure: Figure, it: Body) -> None:
        self.frame = frame
        self.figure = figure
        self.body = it
        self.turn: Turn = STILL  # of what is drawn next; that of the whole body comes on top of it
        self.h = figure.height
        self.x, self.y = figure.x, figure.y
        self.flip = -1.0 if figure.facing == "left" else 1.0
        self.skin = figure.look.skin

    def at(self, p: Joint) -> tuple[int, int]:
        x, y = place(self.figure, self.body, self.turn.of(p))
        return round(x * 2**BITS), round(y * 2**BITS)

    def thick(self, share: float) -> int:
        return max(1, round(share * self.h))

    def line(self, a: Joint, b: Joint, width: float, colour: Colour) -> None:
        cv2.line(self.frame, self.at(a), self.at(b), colour, self.thick(width), cv2.LINE_AA, BITS)

    def area(self, points: tuple[Joint, ...], colour: Colour) -> None:
        corners = np.array([self.at(p) for p in points], np.int32)
        cv2.fillConvexPoly(self.frame, corners, colour, cv2.LINE_AA, BITS)

    def block(self, upper: Joint, lower: Joint, colour: Colour) -> None:
        self.area((upper, (lower[0], upper[1]), lower, (upper[0], lower[1])), colour)

    def oval(
        self,
        centre: Joint,
        across: float,
        up: float,
        colour: Colour,
        part: tuple[float, float] = (0, 360),
        tilt: float = 0,
    ) -> None:
        axes = (round(across * self.h * 2**BITS), round(up * self.h * 2**BITS))
        turned = (tilt + self.turn.degrees + self.body.whole.degrees) * self.flip
        cv2.ellipse(self.frame, self.at(centre), axes, turned, part[0], part[1], colour, -1, cv2.LINE_AA, BITS)

    def limb(self, limb: Limb, width: float, colour: Colour, *, hand: bool) -> None:
        self.line(limb.a, limb.b, width, colour)
        self.line(limb.b, limb.c, width * 0.9, colour)
        if hand:
            self.oval(limb.c, 0.028, 0.028, self.skin)

    def shadow(self) -> None:
        """A soft shadow on the floor: darkens what is there; longer under somebody who lies."""
        lying = abs(self.body.whole.b)
        half, flat = round((0.19 + 0.4 * lying) * self.h), round((0.045 + 0.02 * lying) * self.h)
        x, y = round(self.x + self.flip * 0.45 * lying * self.h), round(self.y)
        left, top = max(0, x - half), max(0, y - flat)
        patch = self.frame[top : max(0, y + flat), left : max(0, x + half)]
        if patch.size:
            mask = np.zeros(patch.shape[:2], np.uint8)
            cv2.ellipse(mask, (x - left, y - top), (half - 1, flat - 1), 0, 0, 360, 255, -1, cv2.LINE_AA)
            dark = cv2.convertScaleAbs(patch, alpha=0.82)
            cv2.copyTo(dark, mask, patch)


def _shade(colour: Colour, share: float) -> Colour:
    return round(colour[0] * share), round(colour[1] * share), round(colour[2] * share)


def _legs(pen: _Pen, figure: Figure, it: Body, *, side: bool) -> None:
    cloth = figure.look.trousers
    for sign, leg, colour in ((-1, it.far_leg, _shade(cloth, 0.8)), (1, it.near_leg, cloth)):
        pen.limb(leg, 0.082, colour, hand=False)
        across, up = leg.c
        toe = (across + 0.055, up - 0.008) if side else (across + 0.008 * sign, up - 0.012)
        pen.line(leg.c, toe, 0.05, SHOE)


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
