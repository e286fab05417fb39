"""Draws the shop itself, once, and lends it out as the background: fridges, shelves, till, doors; and the covered lens.

Comes in: a `Moment`. Goes out: a background of 960 x 540 pixels (BGR) with what is taken, fallen or open in it. Everything is
drawn at twice the size and reduced, so that edges are smooth; a background is then only a copy.
"""

from __future__ import annotations

import cv2
import numpy as np

from agent.capture.demo_figure import HEIGHT, WIDTH, figure_box
from agent.capture.demo_goods import draw_fridges, draw_noodles
from agent.capture.demo_pen import TWICE, Picture, area, block, line, write
from agent.capture.demo_shelf import FACE, SLOT_H, SLOT_W, draw_fallen, draw_shelf, slot_corner
from agent.capture.demo_story import Colour, Figure, Moment

__all__ = ["HEIGHT", "WIDTH", "ShopPicture"]


GREEN: Colour = (120, 148, 22)
WOOD: Colour = (138, 176, 210)

BASE_Y = 414
COUNTER_Y = 545


class ShopPicture:
    """Holding one means: the shop is drawn in each of its states; taking a background from it costs one copy."""

    def __init__(self) -> None:
        empty = _room()
        self._cleared = _reduced(empty)
        stand = empty.copy()
        draw_shelf(stand, goods=False)
        self._bare = _reduced(stand)
        draw_shelf(stand, goods=True)
        self._full = _reduced(stand)
        fallen = empty.copy()
        draw_fallen(fallen)
        self._fallen = _reduced(fallen)
        self._lens = _lens_cover()

    def background(self, now: Moment) -> Picture:
        """The shop without people at this moment, (540, 960, 3) uint8; the caller's own."""
        frame = self._state(now).copy()
        for slot in now.taken if now.shelf_fall == 0 else ():
            x, y = slot_corner(slot)
            frame[y : y + SLOT_H, x : x + SLOT_W] = self._bare[y : y + SLOT_H, x : x + SLOT_W]
        if 0 < now.shelf_fall < 1:
            self._falling(frame, now.shelf_fall)
        if now.staff_door > 0:
            _open_door(frame, now.staff_door)
        return frame

    def cover_by_furniture(self, frame: Picture, figure: Figure, now: Moment) -> None:
        """Put the furniture that stands nearer to the camera than `figure` back over it."""
        box = figure_box(figure)
        left, right = round(box.left * WIDTH) - 12, round(box.right * WIDTH) + 12
        if figure.y < BASE_Y and now.shelf_fall == 0:
            self._again(frame, now, (max(FACE[0], left), FACE[1], min(FACE[2] + 24, right), FACE[3] + 2))
        if figure.y < COUNTER_Y:
            self._again(frame, now, (max(772, left), 372, min(WIDTH, right), HEIGHT))

    def cover_lens(self, frame: Picture, now: Moment) -> None:
        """A dark cloth slides over the lens from the right; whole, it covers everything."""
        edge = round(WIDTH * (1 - now.cover))
        frame[:, edge:] = self._lens[:, edge:]

    def _state(self, now: Moment) -> Picture:
        if now.shelf_fall == 0:
            return self._full
        return self._fallen if now.shelf_fall >= 1 else self._cleared

    def _again(self, frame: Picture, now: Moment, part: tuple[int, int, int, int]) -> None:
        left, top, right, bottom = part
        if right <= left:
            return
        source = self._state(now)
        frame[top:bottom, left:right] = source[top:bottom, left:right]
        for slot in now.taken:
            x, y = slot_corner(slot)
            a, b = max(x, left), min(x + SLOT_W, right)
            if a < b and now.shelf_fall == 0:
                frame[y : y + SLOT_H, a:b] = self._bare[y : y + SLOT_H, a:b]

    def _falling(self, frame: Picture, share: float) -> None:
        """The face of the shelf tips towards the camera: its top edge comes down and near."""
        left, top, right, bottom = FACE
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


def _room() -> Picture:
    """Walls, floor and everything that never moves."""
    picture = np.full((HEIGHT * TWICE, WIDTH * TWICE, 3), (222, 232, 238), np.uint8)
    _floor(picture)
    _walls(picture)
    draw_fridges(picture, 136, 66, 440, 232)
    draw_noodles(picture, 462, 88, 716, 230)
    _staff_door(picture)
    _entrance(picture)
    _counter(picture)
    return picture


def _floor(picture: Picture) -> None:
    area(picture, ((120, 228), (960, 228), (960, 540), (0, 540), (0, 350)), (206, 216, 222))
    for i in range(-24, 40):
        line(picture, (480 + i * 46, 228), (480 + (i * 46) * 2.5, 540), (190, 201, 208))
    y, step = 228.0, 17.0
    while y < HEIGHT:
        line(picture, (0, y), (WIDTH, y), (190, 201, 208))
        y += step
        step *= 1.16
    sheen = picture.copy()
    cv2.ellipse(sheen, (560 * TWICE, 470 * TWICE), (330 * TWICE, 60 * TWICE), 0, 0, 360, (232, 238, 242), -1, cv2.LINE_AA)
    blurred = cv2.GaussianBlur(sheen, (0, 0), 40)
    floor = np.zeros(picture.shape[:2], np.uint8)
    corners = np.array([(120, 228), (960, 228), (960, 540), (0, 540), (0, 350)], np.int32) * TWICE
    cv2.fillPoly(floor, [corners], 255)
    cv2.copyTo(np.asarray(cv2.addWeighted(picture, 0.72, blurred, 0.28, 0), dtype=np.uint8), floor, picture)


def _walls(picture: Picture) -> None:
    area(picture, ((0, 0), (120, 0), (120, 228), (0, 350)), (205, 217, 224))
    area(picture, ((0, 338), (120, 220), (120, 230), (0, 352)), (168, 178, 184))
    block(picture, 120, 222, WIDTH, 230, (172, 182, 188))
    block(picture, 120, 0, WIDTH, 44, GREEN)
    block(picture, 120, 44, WIDTH, 49, (60, 190, 240))
    area(picture, ((0, 0), (120, 0), (120, 44), (0, 34)), (104, 128, 18))
    write(picture, "안심편의점", (372, 34), 27, (255, 255, 255), 900)
    write(picture, "24시", (560, 33), 20, (170, 236, 255), 800)
    for x in (200, 700):
        block(picture, x, 10, x + 110, 15, (206, 222, 120))
        block(picture, x, 22, x + 110, 25, (206, 222, 120))


def _staff_door(picture: Picture) -> None:
    block(picture, 756, 72, 848, 230, (132, 142, 150))
    block(picture, 762, 78, 842, 230, (176, 160, 132))
    block(picture, 772, 90, 832, 140, (186, 171, 144))
    block(picture, 772, 160, 832, 216, (186, 171, 144))
    cv2.circle(picture, (832 * TWICE, 156 * TWICE), 5 * TWICE, (80, 190, 226), -1, cv2.LINE_AA)
    block(picture, 768, 98, 836, 122, (60, 60, 196))
    write(picture, "직원 전용", (774, 116), 14, (255, 255, 255), 800)
    block(picture, 884, 84, 936, 150, (250, 250, 250))
    block(picture, 888, 88, 932, 112, (90, 170, 250))
    write(picture, "1+1", (893, 108), 17, (255, 255, 255), 900)
    write(picture, "행사", (895, 136), 17, (60, 60, 200), 800)


def _open_door(frame: Picture, share: float) -> None:
    """The staff door swings open: dark behind, its leaf seen from the side."""
    leaf = round(80 * (1 - 0.75 * share))
    frame[78:230, 762:842] = (58, 62, 66)
    frame[78:228, 762 : 762 + leaf] = (150, 136, 112)
    frame[98:122, 766 : 762 + max(4, leaf - 4)] = (60, 60, 196)


def _entrance(picture: Picture) -> None:
    """The glass door in the left wall, and the mat before it."""
    area(picture, ((0, 76), (72, 88), (72, 278), (0, 350)), (120, 132, 138))
    area(picture, ((0, 86), (22, 90), (22, 317), (0, 339)), (232, 216, 186))
    area(picture, ((28, 91), (66, 97), (66, 274), (28, 312)), (238, 224, 198))
    area(picture, ((34, 130), (46, 132), (38, 296), (34, 298)), (246, 238, 222))
    line(picture, (17, 196), (17, 236), (96, 104, 110), 3)
    line(picture, (34, 192), (34, 230), (96, 104, 110), 3)
    area(picture, ((0, 136), (22, 138), (22, 158), (0, 159)), GREEN)
    area(picture, ((28, 139), (66, 142), (66, 158), (28, 159)), GREEN)
    area(picture, ((0, 366), (62, 304), (176, 352), (112, 452), (0, 462)), (104, 112, 96))
    area(picture, ((0, 376), (62, 314), (162, 356), (104, 443), (0, 452)), (126, 137, 116))
    for i in range(1, 6):
        line(picture, (0 + i * 17, 374 - i * 11), (-20 + i * 23, 451 - i), (116, 126, 107))
    area(picture, ((84, 120), (112, 126), (112, 178), (84, 186)), (250, 250, 250))
    area(picture, ((87, 126), (109, 131), (109, 150), (87, 152)), (96, 170, 250))


def _counter(picture: Picture) -> None:
    """The till: a counter that runs out of the picture at the lower right."""
    area(picture, ((764, 540), (780, 420), (960, 396), (960, 540)), (150, 166, 178))
    area(picture, ((764, 540), (780, 420), (806, 417), (800, 540)), (128, 146, 160))
    area(picture, ((770, 428), (776, 404), (960, 372), (960, 402)), WOOD)
    area(picture, ((770, 428), (960, 402), (960, 412), (771, 438)), (108, 140, 172))
    area(picture, ((800, 478), (960, 462), (960, 492), (800, 506)), GREEN)
    write(picture, "계산대", (852, 490), 18, (255, 255, 255), 800)
    area(picture, ((812, 410), (812, 352), (880, 344), (884, 400)), (70, 70, 72))
    area(picture, ((818, 400), (818, 358), (874, 351), (877, 392)), (214, 196, 120))
    area(picture, ((838, 414), (836, 402), (864, 398), (868, 409)), (84, 84, 86))
    area(picture, ((902, 396), (902, 374), (934, 370), (934, 392)), (226, 228, 230))
    area(picture, ((790, 414), (792, 404), (806, 402), (806, 412)), (60, 60, 64))


def _lens_cover() -> Picture:
    """Dark cloth right before the lens: almost black and even, a little lighter at one side."""
    light = np.linspace(14, 26, WIDTH, dtype=np.float32)[None, :] + np.linspace(0, 6, HEIGHT, dtype=np.float32)[:, None]
    return np.repeat(light[:, :, None], 3, axis=2).astype(np.uint8)
