"""Draws the shop itself, once, and lends it out as the background: fridges, shelves, till, doors; and the covered lens.

Comes in: a `Moment`. Goes out: a background of 960 x 540 pixels (BGR) with what is taken, fallen or open in it. Everything is
drawn at twice the size and reduced, so that edges are smooth; a background is then only a copy.
"""

from __future__ import annotations

import cv2
import numpy as np

from agent.capture.demo_body import figure_box
from agent.capture.demo_figure import draw_figure
from agent.capture.demo_layout import SLOT_H, SLOT_W, Layout, Rect
from agent.capture.demo_limbs import HEIGHT, WIDTH
from agent.capture.demo_pen import Picture
from agent.capture.demo_person import Figure
from agent.capture.demo_props import draw_board, draw_glass, draw_thing
from agent.capture.demo_room import draw_room
from agent.capture.demo_script import Moment, Thing
from agent.capture.demo_shelf import draw_fallen, draw_shelf

__all__ = ["HEIGHT", "WIDTH", "ShopPicture"]


COUNTER_Y = 545


class ShopPicture:
    """Holding one means: the shop is drawn in each of its states; taking a picture of it costs a copy and the people."""

    def __init__(self, layout: Layout | None = None) -> None:
        self._layout = layout = layout or Layout()
        whole = draw_room(layout)
        toppled = whole.copy()
        draw_board(toppled, layout, fallen=True)
        self._toppled = _reduced(toppled)
        draw_board(whole, layout, fallen=False)
        smashed = whole.copy()
        draw_glass(smashed, layout)
        self._smashed = _reduced(smashed)
        self._cleared = _reduced(whole)
        fallen = whole.copy()
        draw_fallen(fallen, layout)
        self._fallen = _reduced(fallen)
        draw_shelf(whole, layout, goods=False)
        self._bare = _reduced(whole)
        draw_shelf(whole, layout, goods=True)
        self._full = _reduced(whole)
        self._lens = _lens_cover()
        left, top, right, bottom = layout.board
        self._board = (left - 34, top - 4, right + 34, bottom + 22)
        left, top, right, _ = layout.fridge
        self._glass = (left, top, right, 262)

    def picture(self, now: Moment, canary: Picture | None = None) -> Picture:
        """The shop and everybody in it at this moment, (540, 960, 3) uint8; the caller's own."""
        frame = self._background(now)
        nearer: list[Figure | Thing] = sorted((*now.figures, *now.things), key=lambda it: it.y)
        for it in nearer:
            if isinstance(it, Figure):
                draw_figure(frame, it, canary)
                self._cover_by_furniture(frame, it, now)
            else:
                draw_thing(frame, it)
        if now.cover > 0:
            edge = round(WIDTH * (1 - now.cover))  # a dark cloth slides over the lens from the right
            frame[:, edge:] = self._lens[:, edge:]
        return frame

    def _background(self, now: Moment) -> Picture:
        """The shop without people and things."""
        frame = self._state(now).copy()
        for slot in now.taken if now.shelf_fall == 0 else ():
            x, y = self._layout.slot(slot)
            frame[y : y + SLOT_H, x : x + SLOT_W] = self._bare[y : y + SLOT_H, x : x + SLOT_W]
        if 0 < now.shelf_fall < 1:
            self._falling(frame, now.shelf_fall)
        for (left, top, right, bottom), state, changed in (
            (self._board, self._toppled, now.board_fall > 0),
            (self._glass, self._smashed, now.smashed),
        ):
            if changed:
                frame[top:bottom, left:right] = state[top:bottom, left:right]
        if now.staff_door > 0:
            _open_door(frame, now.staff_door)
        if now.sway > 0:
            _sway_entrance(frame, now.sway)
        return frame

    def _cover_by_furniture(self, frame: Picture, figure: Figure, now: Moment) -> None:
        """Put the furniture that stands nearer to the camera than `figure` back over it."""
        box = figure_box(figure)
        left, right = round(box.left * WIDTH) - 12, round(box.right * WIDTH) + 12
        shelf, board = self._layout.shelf, self._layout.board
        if figure.y < shelf[3] + 2 and now.shelf_fall == 0:
            self._again(frame, now, (max(shelf[0], left), shelf[1], min(shelf[2] + 24, right), shelf[3] + 2))
        if figure.y < board[3] and now.board_fall == 0:
            self._again(frame, now, (max(board[0], left), board[1], min(board[2], right), board[3]))
        if figure.y < COUNTER_Y:
            self._again(frame, now, (max(772, left), 372, min(WIDTH, right), HEIGHT))

    def _state(self, now: Moment) -> Picture:
        if now.shelf_fall == 0:
            return self._full
        return self._fallen if now.shelf_fall >= 1 else self._cleared

    def _again(self, frame: Picture, now: Moment, part: Rect) -> None:
        left, top, right, bottom = part
        if right <= left:
            return
        source = self._state(now)
        frame[top:bottom, left:right] = source[top:bottom, left:right]
        for slot in now.taken:
            x, y = self._layout.slot(slot)
            a, b = max(x, left), min(x + SLOT_W, right)
            if a < b and now.shelf_fall == 0 and top <= y < bottom:
                frame[y : y + SLOT_H, a:b] = self._bare[y : y + SLOT_H, a:b]

    def _falling(self, frame: Picture, share: float) -> None:
        """The face of the shelf tips towards the camera: its top edge comes down and near."""
        left, top, right, bottom = self._layout.shelf
        rise = (1 - share) ** 1.5 * (bottom - top) + 6
        grow = 26 * share
        target = np.array(
            [
                [left - grow, bottom - rise],
                [right + grow, bottom - rise],
                [right + grow / 2, bottom + 20 * share],
                [left - grow / 2, bottom + 20 * share],
            ],
            np.float32,
        )
        face = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
        warp = cv2.getPerspectiveTransform(face, target)
        moved = cv2.warpPerspective(self._full, warp, (WIDTH, HEIGHT))
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        cv2.fillConvexPoly(mask, target.round().astype(np.int32), 255, cv2.LINE_AA)
        cv2.copyTo(moved, mask, frame)


def _reduced(picture: Picture) -> Picture:
    return np.asarray(cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _lens_cover() -> Picture:
    """Dark cloth right before the lens: almost black and even, a little lighter at one side."""
    light = np.linspace(14, 26, WIDTH, dtype=np.float32)[None, :] + np.linspace(0, 6, HEIGHT, dtype=np.float32)[:, None]
    return np.repeat(light[:, :, None], 3, axis=2).astype(np.uint8)


def _open_door(frame: Picture, share: float) -> None:
    """The staff door swings open: dark behind, its leaf seen from the side."""
    leaf = round(80 * (1 - 0.75 * share))
    frame[78:230, 762:842] = (58, 62, 66)
    frame[78:228, 762 : 762 + leaf] = (150, 136, 112)
    frame[98:122, 766 : 762 + max(4, leaf - 4)] = (60, 60, 196)


def _sway_entrance(frame: Picture, share: float) -> None:
    """The glass door stands open by a hand's breadth: what is seen through it moves."""
    moved = round(14 * share)
    frame[96:274, 28 : 66 - moved] = frame[96:274, 28 + moved : 66].copy()
    frame[110:270, 66 - moved : 66] = (150, 160, 166)
