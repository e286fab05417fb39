"""Draws the free-standing shelf of the drawn shop: standing, without its goods, and fallen on its face.

Comes in: a picture at twice the size. Goes out: the picture with the shelf on it, and where its places for goods are.
"""

from __future__ import annotations

import random

import cv2
import numpy as np

from agent.capture.demo_goods import draw_row
from agent.capture.demo_layout import ALL_SLOTS, SLOT_H, SLOT_W, SLOTS, Layout
from agent.capture.demo_pen import TWICE, Picture, area, block, line
from agent.capture.demo_person import Colour


def draw_shelf(picture: Picture, layout: Layout, *, goods: bool) -> None:
    """The shelf itself, or (goods) what stands on it."""
    left, top, right, bottom = layout.shelf
    if not goods:
        area(
            picture,
            (
                (left - 10, bottom),
                (right, bottom + 4),
                (right + 34, bottom - 14),
                (right + 30, bottom - 2),
                (left, bottom + 10),
            ),
            (176, 187, 194),
        )
        area(picture, ((right, top), (right + 22, top - 14), (right + 22, bottom - 16), (right, bottom)), (150, 160, 168))
        area(picture, ((left, top), (left + 22, top - 14), (right + 22, top - 14), (right, top)), (226, 232, 236))
        block(picture, left, top, right, bottom, (188, 198, 206))
        block(picture, left + 5, top + 6, right - 5, bottom - 4, (128, 140, 150))
        for row in range(ALL_SLOTS // SLOTS):
            _, y = layout.slot(row * SLOTS)
            block(picture, left + 2, y + SLOT_H, right - 2, y + SLOT_H + 4, (236, 240, 242))
            for i in range(SLOTS):
                block(picture, left + 16 + i * SLOT_W, y + SLOT_H, left + 36 + i * SLOT_W, y + SLOT_H + 4, (96, 210, 250))
        return
    dice = random.Random(7 + layout.goods)
    for slot in range(ALL_SLOTS):
        x, y = layout.slot(slot)
        draw_row(picture, x, y, SLOT_W, SLOT_H, slot + layout.goods, dice)


def draw_fallen(picture: Picture, layout: Layout) -> None:
    """The shelf on its face, its back up, and its goods all over the floor."""
    left, _, right, bottom = layout.shelf
    area(
        picture,
        ((left - 22, bottom + 34), (right + 36, bottom + 34), (right + 20, bottom - 34), (left - 6, bottom - 34)),
        (150, 162, 170),
    )
    area(
        picture,
        ((left - 24, bottom + 34), (right + 38, bottom + 34), (right + 38, bottom + 46), (left - 24, bottom + 46)),
        (118, 130, 138),
    )
    area(
        picture,
        ((left - 2, bottom + 24), (right + 18, bottom + 24), (right + 6, bottom - 26), (left + 8, bottom - 26)),
        (166, 178, 186),
    )
    for x in (left + 80, left + 180):
        line(picture, (x, bottom - 26), (x - 4, bottom + 24), (150, 162, 170), 2)
    dice = random.Random(11 + layout.goods)
    colours: tuple[Colour, ...] = (
        (70, 90, 220),
        (70, 200, 240),
        (110, 180, 90),
        (200, 140, 70),
        (170, 110, 200),
        (240, 240, 240),
    )
    for _ in range(34):
        spot = (dice.uniform(left - 60, right + 90) * TWICE, dice.uniform(bottom + 40, bottom + 92) * TWICE)
        size, turn = dice.uniform(7, 12), dice.uniform(0, 180)
        box = cv2.boxPoints((spot, (size * 2.6, size * 3.6), turn)).round().astype(np.int32)
        shade = box + np.array([3, 5], np.int32)
        cv2.fillConvexPoly(picture, shade, (150, 160, 168), cv2.LINE_AA)
        colour = dice.choice(colours)
        cv2.fillConvexPoly(picture, box, colour, cv2.LINE_AA)
        cv2.polylines(picture, [box], True, tuple(round(c * 0.75) for c in colour), 2, cv2.LINE_AA)
