"""How a drawn shop is furnished: where shelf, fridge, noodles and board stand, their colours, and the zones of its owner.

Comes in: nothing, or dice for a shop of its own. Goes out: a `Layout`. Pure; all places are pixels of the 960 x 540 shop.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from agent.capture.demo_limbs import HEIGHT, WIDTH
from agent.capture.demo_person import Colour
from agent.settings import ZoneKind
from agent.values import Box

Rect = tuple[int, int, int, int]  # left, top, right, bottom
Corners = tuple[tuple[float, float], ...]

SLOT_W, SLOT_H, SLOTS = 44, 32, 6  # of one place for goods; places in a row
ALL_SLOTS = 3 * SLOTS

FLOORS: tuple[Colour, ...] = ((206, 216, 222), (214, 214, 210), (196, 208, 220), (200, 206, 204), (186, 200, 210))
WALLS: tuple[Colour, ...] = ((222, 232, 238), (232, 232, 226), (214, 228, 240), (224, 226, 222), (206, 218, 222))
SIGNS: tuple[Colour, ...] = ((120, 148, 22), (150, 96, 40), (70, 60, 180), (60, 130, 200), (120, 70, 110))
WOODS: tuple[Colour, ...] = ((138, 176, 210), (170, 176, 178), (110, 146, 186))


@dataclass(frozen=True, slots=True)
class Layout:
    """One drawn shop. shelf_x, shelf_y: how far its shelf is moved. swapped: noodles on the left, fridges on the right.

    mirrored: the picture is going to be turned round, so words are written the other way. goods: seed of what stands where.
    """

    shelf_x: int = 0
    shelf_y: int = 0
    swapped: bool = False
    mirrored: bool = False
    floor: Colour = FLOORS[0]
    wall: Colour = WALLS[0]
    sign: Colour = SIGNS[0]
    wood: Colour = WOODS[0]
    goods: int = 0

    @property
    def shelf(self) -> Rect:
        """The face of the free-standing shelf."""
        return 300 + self.shelf_x, 292 + self.shelf_y, 580 + self.shelf_x, 412 + self.shelf_y

    @property
    def fridge(self) -> Rect:
        return (412, 66, 716, 232) if self.swapped else (136, 66, 440, 232)

    @property
    def noodles(self) -> Rect:
        return (136, 88, 390, 230) if self.swapped else (462, 88, 716, 230)

    @property
    def board(self) -> Rect:
        """The advertising board that stands on the floor."""
        return 684, 232, 732, 318

    def slot(self, number: int) -> tuple[int, int]:
        """Upper left corner of a place on the shelf; places count from 0 along the rows from the top."""
        left, top, *_ = self.shelf
        return left + 8 + number % SLOTS * SLOT_W, top + 10 + number // SLOTS * 36

    def slot_box(self, number: int) -> Box:
        """The same place as a box, normalised."""
        x, y = self.slot(number)
        return Box(x / WIDTH, y / HEIGHT, (x + SLOT_W) / WIDTH, (y + SLOT_H) / HEIGHT)

    def fixture_box(self, name: str) -> Box:
        """Where "shelf", "board" or "glass" (the fridge's) stands, normalised."""
        left, top, right, bottom = {"shelf": self.shelf, "board": self.board, "glass": self.fridge}[name]
        return Box(left / WIDTH, top / HEIGHT, right / WIDTH, bottom / HEIGHT)

    def corners(self, kind: ZoneKind) -> Corners:
        """The corners of the first zone of a kind."""
        return next(corners for _, it, corners in self.zones() if it == kind)

    def zones(self) -> tuple[tuple[str, ZoneKind, Corners], ...]:
        """Name, kind and corners of each zone, as the owner would draw them."""
        left, top, right, bottom = self.shelf
        noodles, fridge, board = self.noodles, self.fridge, self.board
        door = ((0, 340), (72, 290), (180, 350), (130, 470), (0, 500))
        return (
            ("출입문", "entrance", door),
            ("나가는 문", "exit", door),
            ("1번 진열대", "shelf", _corners((left + 4, top + 6, right - 4, bottom - 4))),
            ("2번 진열대", "shelf", _corners(noodles)),
            ("계산대", "till", ((640, 400), (775, 400), (775, 530), (640, 530))),
            ("직원 전용", "staff", ((735, 60), (900, 60), (900, 285), (735, 285))),
            ("음료 앞" if not self.swapped else "라면 앞", "loiter", ((130, 200), (450, 200), (450, 325), (130, 325))),
            ("음료 냉장고", "fixture", _corners((fridge[0], fridge[1], fridge[2], 232))),
            ("입간판", "fixture", _corners((board[0] - 8, board[1] - 4, board[2] + 8, board[3] + 10))),
        )


def within(corners: Corners, x: float, y: float) -> bool:
    """Whether a point lies inside a polygon."""
    inside = False
    for (ax, ay), (bx, by) in zip(corners, (*corners[1:], corners[0]), strict=True):
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            inside = not inside
    return inside


def _corners(rect: Rect) -> Corners:
    left, top, right, bottom = rect
    return (left, top), (right, top), (right, bottom), (left, bottom)


def furnished(dice: random.Random) -> Layout:
    """A shop of its own."""
    return Layout(
        shelf_x=dice.randint(-45, 45),
        shelf_y=dice.randint(-6, 18),
        swapped=dice.random() < 0.5,
        mirrored=dice.random() < 0.5,
        floor=dice.choice(FLOORS),
        wall=dice.choice(WALLS),
        sign=dice.choice(SIGNS),
        wood=dice.choice(WOODS),
        goods=dice.randrange(1000),
    )
