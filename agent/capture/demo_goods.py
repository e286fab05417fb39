"""Draws the goods of the drawn shop: drinks in fridges, cup noodles on the wall, snacks on the shelf.

Comes in: a picture at twice the size and a place. Goes out: the picture with goods on it.
"""

from __future__ import annotations

import random

import cv2

from agent.capture.demo_layout import Layout
from agent.capture.demo_pen import TWICE, Picture, area, block, tone
from agent.capture.demo_person import Colour

BRIGHT: tuple[Colour, ...] = (
    (64, 78, 214),
    (60, 170, 246),
    (86, 206, 250),
    (104, 176, 84),
    (196, 140, 60),
    (170, 104, 196),
    (226, 200, 120),
    (238, 238, 240),
    (84, 60, 150),
)


def draw_fridges(picture: Picture, layout: Layout) -> None:
    """Four glass doors with bottles and cans behind them."""
    left, top, right, bottom = layout.fridge
    dice = random.Random(3 + layout.goods)
    block(picture, left, top, right, bottom, (96, 104, 110))
    block(picture, left, top, right, top + 12, (236, 238, 240))
    door = (right - left) / 4
    for i in range(4):
        x = left + i * door
        block(picture, x + 4, top + 16, x + door - 4, bottom - 12, (240, 236, 226))
        for row in range(4):
            y = top + 20 + row * 33
            block(picture, x + 5, y + 29, x + door - 5, y + 32, (176, 180, 180))
            colour = dice.choice(BRIGHT)
            for n in range(5):
                if n % 2 == 0:
                    colour = dice.choice(BRIGHT)
                _bottle(picture, x + 8 + n * 13, y + 3 + row % 2 * 6, 11, 26 - row % 2 * 6, colour, can=row % 2 == 1)
        _shine(picture, x + 12, top + 18, bottom - 16)
        block(picture, x + door - 10, top + 70, x + door - 7, top + 112, (150, 156, 160))
    block(picture, left, bottom - 10, right, bottom, (70, 76, 82))


def draw_noodles(picture: Picture, layout: Layout) -> None:
    """Shelves along the wall with cup noodles and bags."""
    left, top, right, bottom = layout.noodles
    dice = random.Random(5 + layout.goods)
    block(picture, left, top, right, bottom, (198, 208, 214))
    block(picture, left + 4, top + 4, right - 4, bottom, (150, 162, 170))
    for row in range(4):
        y = top + 8 + row * 34
        block(picture, left + 2, y + 27, right - 2, y + 32, (238, 242, 244))
        x = left + 8
        while x < right - 24:
            colour = dice.choice(BRIGHT)
            for _ in range(dice.choice((2, 3))):
                if x < right - 22:
                    (_cup if row % 2 == 0 else _bag)(picture, x, y + 3, 17, 24, colour)
                    x += 19


def draw_row(picture: Picture, x: int, y: int, width: int, height: int, slot: int, dice: random.Random) -> None:
    """What stands in one place of the free-standing shelf."""
    colour = BRIGHT[slot * 5 % len(BRIGHT)]
    kind = (_bag, _box, _cup)[slot // 6 % 3]
    count = 2 if kind is _box else 3
    each = (width - 4) / count
    for n in range(count):
        kind(picture, x + 2 + n * each, y + dice.choice((2, 3, 4)), each - 2, height - 4, colour)


def _bottle(picture: Picture, x: float, y: float, w: float, h: float, colour: Colour, *, can: bool) -> None:
    if can:
        block(picture, x + 1, y, x + w - 1, y + h, colour)
        block(picture, x + 1, y, x + w - 1, y + 2, (206, 210, 212))
        block(picture, x + 2, y + 3, x + 4, y + h - 2, tone(colour, 1.3))
        return
    block(picture, x + w * 0.34, y, x + w * 0.66, y + 6, tone(colour, 0.7))
    area(
        picture,
        (
            (x + w * 0.36, y + 4),
            (x + w * 0.64, y + 4),
            (x + w - 1, y + 10),
            (x + w - 1, y + h),
            (x + 1, y + h),
            (x + 1, y + 10),
        ),
        colour,
    )
    block(picture, x + 1, y + h * 0.5, x + w - 1, y + h * 0.78, (244, 244, 246))


def _cup(picture: Picture, x: float, y: float, w: float, h: float, colour: Colour) -> None:
    top = y + h * 0.2
    area(picture, ((x, top), (x + w, top), (x + w * 0.86, y + h), (x + w * 0.14, y + h)), colour)
    block(picture, x - 0.5, top - 2, x + w + 0.5, top + 1, (240, 242, 244))
    block(picture, x + w * 0.2, y + h * 0.5, x + w * 0.8, y + h * 0.72, (246, 246, 246))


def _bag(picture: Picture, x: float, y: float, w: float, h: float, colour: Colour) -> None:
    area(picture, ((x, y), (x + w, y), (x + w - 1, y + h / 2), (x + w, y + h), (x, y + h), (x + 1, y + h / 2)), colour)
    block(picture, x, y, x + w, y + 2, tone(colour, 0.75))
    cv2.circle(
        picture,
        (round((x + w / 2) * TWICE), round((y + h * 0.58) * TWICE)),
        round(w * 0.28 * TWICE),
        (244, 246, 248),
        -1,
        cv2.LINE_AA,
    )


def _box(picture: Picture, x: float, y: float, w: float, h: float, colour: Colour) -> None:
    block(picture, x, y + 1, x + w, y + h, colour)
    block(picture, x + w - 3, y + 1, x + w, y + h, tone(colour, 0.8))
    block(picture, x + 2, y + h * 0.35, x + w - 5, y + h * 0.62, (246, 246, 248))


def _shine(picture: Picture, x: float, top: float, bottom: float) -> None:
    """A slanted reflection on the glass."""
    glass = picture.copy()
    area(glass, ((x, bottom), (x + 14, bottom), (x + 44, top), (x + 30, top)), (255, 255, 255))
    cv2.addWeighted(picture, 0.8, glass, 0.2, 0, dst=picture)
