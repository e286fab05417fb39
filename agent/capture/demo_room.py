"""Draws the room of the drawn shop: floor, walls, doors and till; everything that never moves.

Comes in: a `Layout`. Goes out: the empty room at twice the size (demo_pen).
"""

from __future__ import annotations

import cv2
import numpy as np

from agent.capture.demo_goods import draw_fridges, draw_noodles
from agent.capture.demo_layout import Layout
from agent.capture.demo_limbs import HEIGHT, WIDTH
from agent.capture.demo_pen import TWICE, Picture, area, block, line, tone, write


def draw_room(layout: Layout) -> Picture:
    """Walls, floor and everything that never moves."""
    picture = np.full((HEIGHT * TWICE, WIDTH * TWICE, 3), layout.wall, np.uint8)
    _floor(picture, layout)
    _walls(picture, layout)
    draw_fridges(picture, layout)
    draw_noodles(picture, layout)
    _staff_door(picture, layout)
    _entrance(picture, layout)
    _counter(picture, layout)
    return picture


def _floor(picture: Picture, layout: Layout) -> None:
    area(picture, ((120, 228), (960, 228), (960, 540), (0, 540), (0, 350)), layout.floor)
    for i in range(-24, 40):
        line(picture, (480 + i * 46, 228), (480 + (i * 46) * 2.5, 540), tone(layout.floor, 0.925))
    y, step = 228.0, 17.0
    while y < HEIGHT:
        line(picture, (0, y), (WIDTH, y), tone(layout.floor, 0.925))
        y += step
        step *= 1.16
    sheen = picture.copy()
    cv2.ellipse(sheen, (560 * TWICE, 470 * TWICE), (330 * TWICE, 60 * TWICE), 0, 0, 360, (232, 238, 242), -1, cv2.LINE_AA)
    small = cv2.resize(sheen, (WIDTH * TWICE // 8, HEIGHT * TWICE // 8), interpolation=cv2.INTER_AREA)
    blurred = cv2.resize(cv2.GaussianBlur(small, (0, 0), 5), (WIDTH * TWICE, HEIGHT * TWICE))
    floor = np.zeros(picture.shape[:2], np.uint8)
    corners = np.array([(120, 228), (960, 228), (960, 540), (0, 540), (0, 350)], np.int32) * TWICE
    cv2.fillPoly(floor, [corners], 255)
    cv2.copyTo(np.asarray(cv2.addWeighted(picture, 0.72, blurred, 0.28, 0), dtype=np.uint8), floor, picture)


def _walls(picture: Picture, layout: Layout) -> None:
    area(picture, ((0, 0), (120, 0), (120, 228), (0, 350)), tone(layout.wall, 0.935))
    area(picture, ((0, 338), (120, 220), (120, 230), (0, 352)), (168, 178, 184))
    block(picture, 120, 222, WIDTH, 230, (172, 182, 188))
    block(picture, 120, 0, WIDTH, 44, layout.sign)
    block(picture, 120, 44, WIDTH, 49, (60, 190, 240))
    area(picture, ((0, 0), (120, 0), (120, 44), (0, 34)), tone(layout.sign, 0.865))
    write(picture, "안심편의점", (372, 34), 27, (255, 255, 255), 900, mirrored=layout.mirrored)
    write(picture, "24시", (560, 33), 20, (170, 236, 255), 800, mirrored=layout.mirrored)
    for x in (200, 700):
        block(picture, x, 10, x + 110, 15, tone(layout.sign, 1.6))
        block(picture, x, 22, x + 110, 25, tone(layout.sign, 1.6))


def _staff_door(picture: Picture, layout: Layout) -> None:
    block(picture, 756, 72, 848, 230, (132, 142, 150))
    block(picture, 762, 78, 842, 230, (176, 160, 132))
    block(picture, 772, 90, 832, 140, (186, 171, 144))
    block(picture, 772, 160, 832, 216, (186, 171, 144))
    cv2.circle(picture, (832 * TWICE, 156 * TWICE), 5 * TWICE, (80, 190, 226), -1, cv2.LINE_AA)
    block(picture, 768, 98, 836, 122, (60, 60, 196))
    write(picture, "직원 전용", (774, 116), 14, (255, 255, 255), 800, mirrored=layout.mirrored)
    block(picture, 884, 84, 936, 150, (250, 250, 250))
    block(picture, 888, 88, 932, 112, (90, 170, 250))
    write(picture, "1+1", (893, 108), 17, (255, 255, 255), 900, mirrored=layout.mirrored)
    write(picture, "행사", (895, 136), 17, (60, 60, 200), 800, mirrored=layout.mirrored)


def _entrance(picture: Picture, layout: Layout) -> None:
    """The glass door in the left wall, and the mat before it."""
    area(picture, ((0, 76), (72, 88), (72, 278), (0, 350)), (120, 132, 138))
    area(picture, ((0, 86), (22, 90), (22, 317), (0, 339)), (232, 216, 186))
    area(picture, ((28, 91), (66, 97), (66, 274), (28, 312)), (238, 224, 198))
    area(picture, ((34, 130), (46, 132), (38, 296), (34, 298)), (246, 238, 222))
    line(picture, (17, 196), (17, 236), (96, 104, 110), 3)
    line(picture, (34, 192), (34, 230), (96, 104, 110), 3)
    area(picture, ((0, 136), (22, 138), (22, 158), (0, 159)), layout.sign)
    area(picture, ((28, 139), (66, 142), (66, 158), (28, 159)), layout.sign)
    area(picture, ((0, 366), (62, 304), (176, 352), (112, 452), (0, 462)), (104, 112, 96))
    area(picture, ((0, 376), (62, 314), (162, 356), (104, 443), (0, 452)), (126, 137, 116))
    for i in range(1, 6):
        line(picture, (0 + i * 17, 374 - i * 11), (-20 + i * 23, 451 - i), (116, 126, 107))
    area(picture, ((84, 120), (112, 126), (112, 178), (84, 186)), (250, 250, 250))
    area(picture, ((87, 126), (109, 131), (109, 150), (87, 152)), (96, 170, 250))


def _counter(picture: Picture, layout: Layout) -> None:
    """The till: a counter that runs out of the picture at the lower right."""
    area(picture, ((764, 540), (780, 420), (960, 396), (960, 540)), (150, 166, 178))
    area(picture, ((764, 540), (780, 420), (806, 417), (800, 540)), (128, 146, 160))
    area(picture, ((770, 428), (776, 404), (960, 372), (960, 402)), layout.wood)
    area(picture, ((770, 428), (960, 402), (960, 412), (771, 438)), tone(layout.wood, 0.8))
    area(picture, ((800, 478), (960, 462), (960, 492), (800, 506)), layout.sign)
    write(picture, "계산대", (852, 490), 18, (255, 255, 255), 800, mirrored=layout.mirrored)
    area(picture, ((812, 410), (812, 352), (880, 344), (884, 400)), (70, 70, 72))
    area(picture, ((818, 400), (818, 358), (874, 351), (877, 392)), (214, 196, 120))
    area(picture, ((838, 414), (836, 402), (864, 398), (868, 409)), (84, 84, 86))
    area(picture, ((902, 396), (902, 374), (934, 370), (934, 392)), (226, 228, 230))
    area(picture, ((790, 414), (792, 404), (806, 402), (806, 412)), (60, 60, 64))
