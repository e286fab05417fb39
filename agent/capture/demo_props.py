"""Draws what may change in the drawn shop besides shelf and goods: the board on the floor, broken glass, things left behind.

Comes in: a picture and a place. Goes out: the picture with it. `draw_board` and `draw_glass` draw at twice the size (demo_pen).
"""

from __future__ import annotations

import math
import random

import cv2
import numpy as np

from agent.capture.demo_layout import Layout
from agent.capture.demo_pen import Picture, area, block, line, tone, write
from agent.capture.demo_person import Colour
from agent.capture.demo_script import Thing

BITS = 4


def draw_board(picture: Picture, layout: Layout, *, fallen: bool) -> None:
    """The advertising board: standing on its two legs, or flat on the floor."""
    left, top, right, bottom = layout.board
    if fallen:
        area(
            picture,
            ((left - 26, bottom + 16), (right + 22, bottom + 16), (right + 30, bottom - 12), (left - 12, bottom - 12)),
            (70, 90, 150),
        )
        area(
            picture,
            ((left - 20, bottom + 12), (right + 16, bottom + 12), (right + 23, bottom - 9), (left - 8, bottom - 9)),
            (110, 150, 226),
        )
        area(
            picture,
            ((left - 26, bottom + 16), (right + 22, bottom + 16), (right + 22, bottom + 20), (left - 26, bottom + 20)),
            (50, 60, 100),
        )
        return
    area(picture, ((left + 2, bottom), (right + 12, bottom - 6), (right + 6, bottom + 5), (left, bottom + 6)), (176, 187, 194))
    area(picture, ((right - 4, top + 4), (right + 6, bottom - 8), (right, bottom - 6), (right - 6, top)), (50, 60, 100))
    area(picture, ((left + 4, top), (right - 4, top), (right, bottom), (left, bottom)), (60, 80, 200))
    area(
        picture, ((left + 7, top + 5), (right - 7, top + 5), (right - 4, bottom - 12), (left + 4, bottom - 12)), (236, 246, 250)
    )
    write(picture, "오늘", (left + 11, top + 28), 15, (60, 80, 200), 900, mirrored=layout.mirrored)
    write(picture, "특가", (left + 11, top + 47), 15, (60, 80, 200), 900, mirrored=layout.mirrored)
    block(picture, left + 12, top + 54, right - 12, top + 57, (120, 148, 22))
    block(picture, left + 14, top + 61, right - 14, top + 64, (120, 148, 22))


def draw_glass(picture: Picture, layout: Layout) -> None:
    """Two doors of the fridge are broken: a dark hole with rays of cracks in each, splinters on the floor."""
    left, top, right, bottom = layout.fridge
    dice = random.Random(13 + layout.goods)
    door = (right - left) / 4
    for number in (1, 2):
        x, y = left + (number + 0.5) * door, top + 84.0
        outline = []
        for ray in range(14):
            turn, reach = ray * math.tau / 14 + dice.uniform(-0.1, 0.1), dice.uniform(0.55, 1.0)
            tip = (x + 33 * reach * math.cos(turn), y + 62 * reach * math.sin(turn))
            outline.append(tip if ray % 2 else (x + 13 * math.cos(turn), y + 26 * math.sin(turn)))
            line(picture, (x, y), tip, (250, 250, 248), 1.5)
        area(picture, tuple(outline), (74, 80, 84))
        area(picture, tuple((x + (a - x) * 0.7, y + (b - y) * 0.7) for a, b in outline), (40, 44, 48))
    for _ in range(46):
        x, y = dice.uniform(left + 40, right - 40), dice.uniform(bottom + 2, bottom + 26)
        splinter = dice.uniform(3, 8)
        colour: Colour = dice.choice(((252, 250, 244), (240, 232, 214), (186, 176, 160)))
        area(picture, ((x, y), (x + splinter, y - splinter * 0.5), (x + splinter * 0.6, y + splinter * 0.5)), colour)


def draw_thing(frame: Picture, thing: Thing) -> None:
    """A bag or a box on the floor of the finished picture (960 x 540)."""
    size = thing.size
    _flat(frame, thing, ((-1.1, -0.08), (1.2, -0.08), (1.3, 0.1), (-1.0, 0.14)), (168, 178, 184))
    if thing.kind == "box":
        _flat(frame, thing, ((-0.85, 0), (0.7, 0), (0.7, 0.95), (-0.85, 0.95)), thing.colour)
        _flat(frame, thing, ((0.7, 0), (1.0, 0.15), (1.0, 1.1), (0.7, 0.95)), tone(thing.colour, 0.75))
        _flat(frame, thing, ((-0.85, 0.95), (-0.55, 1.1), (1.0, 1.1), (0.7, 0.95)), tone(thing.colour, 1.2))
        return
    _flat(frame, thing, ((-1.0, 0), (1.0, 0), (0.88, 0.8), (-0.88, 0.8)), thing.colour)
    _flat(frame, thing, ((-0.95, 0.3), (0.95, 0.3), (0.92, 0.45), (-0.92, 0.45)), tone(thing.colour, 1.5))
    middle = (round(thing.x * 2**BITS), round((thing.y - 0.78 * size) * 2**BITS))
    axes = (round(0.42 * size * 2**BITS), round(0.42 * size * 2**BITS))
    cv2.ellipse(frame, middle, axes, 0, 180, 360, tone(thing.colour, 0.6), max(2, round(size * 0.12)), cv2.LINE_AA, BITS)


def _flat(frame: Picture, thing: Thing, corners: tuple[tuple[float, float], ...], colour: Colour) -> None:
    size = thing.size
    points = [((thing.x + a * size) * 2**BITS, (thing.y - b * size) * 2**BITS) for a, b in corners]
    cv2.fillConvexPoly(frame, np.array(points, np.float32).round().astype(np.int32), colour, cv2.LINE_AA, BITS)
