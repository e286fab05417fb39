"""The drawn shop as a camera: pictures that nobody was filmed for, on the same road as a real camera's.

Comes in: a seed. Goes out: a `Connection` with H.264 packets of the drawn shop, its zones, and the truth about every moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import av
import cv2
import numpy as np
import numpy.typing as npt

from agent.capture.connection import SourceInfo
from agent.capture.demo_figure import draw_figure, figure_box, head_box
from agent.capture.demo_scene import HEIGHT, WIDTH, ShopPicture
from agent.capture.demo_story import CYCLE_S, Moment, moment
from agent.capture.memory_encoder import MemoryEncoder
from agent.capture.packet import Sent, StreamFormat
from agent.settings import Zone, ZoneKind
from agent.values import Box, Point

FPS = 10
TICK = Fraction(1, 1000)

Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class DemoTruth:
    """What is really to be seen at one moment of the drawn shop.

    people: (box, head) of each, normalised. doing: what each does. goods: how many were taken. shelf_down: whether the shelf
    lies on the floor. covered: share of the lens that is covered (0 to 1).
    """

    people: tuple[tuple[Box, Box], ...]
    doing: tuple[str, ...]
    goods: int
    shelf_down: bool
    covered: float


class DemoShop:
    """Holding one means: you can ask for the picture of the drawn shop at any time; the same seed draws the same shop.

    canary: (h, w, 3) uint8, drawn in place of every face; the tests then look for it in everything that is stored.
    """

    def __init__(self, seed: int = 1, canary: Picture | None = None) -> None:
        self._seed = seed
        self._canary = canary
        self._shop = ShopPicture()

    def picture(self, t: float) -> Picture:
        """The shop `t` seconds after the start, (540, 960, 3) uint8 BGR; the caller's own array."""
        now = moment(self._seed, t)
        return self._draw(now)

    def truth(self, t: float) -> DemoTruth:
        """Who and what is in the picture at `t`."""
        now = moment(self._seed, t)
        return DemoTruth(
            people=tuple((figure_box(f), head_box(f)) for f in now.figures),
            doing=tuple(f.doing for f in now.figures),
            goods=len(now.taken),
            shelf_down=now.shelf_fall > 0,
            covered=now.cover,
        )

    def _draw(self, now: Moment) -> Picture:
        frame = self._shop.background(now)
        for figure in sorted(now.figures, key=lambda f: f.y):
            draw_figure(frame, figure, self._canary)
            self._shop.cover_by_furniture(frame, figure, now)
        if now.cover > 0:
            self._shop.cover_lens(frame, now)
        return frame


class DrawnConnection:
    """The drawn shop, drawn and compressed frame by frame as it is read."""

    audio = False

    def __init__(self, camera: str, shop: DemoShop, duration_s: float | None) -> None:
        """duration_s: end after so many seconds; None: go on for ever."""
        self._shop = shop
        self._duration_s = duration_s
        self._closed = False
        self._encoder = MemoryEncoder(WIDTH, HEIGHT, FPS, TICK)
        self.info = SourceInfo(WIDTH, HEIGHT, float(FPS), "h264", False, duration_s)
        self.format = StreamFormat(camera, "h264", None, WIDTH, HEIGHT, TICK)

    def packets(self) -> Iterator[Sent]:
        """See Connection.packets."""
        index = 0
        while not self._closed and (self._duration_s is None or index < self._duration_s * FPS):
            yield from self._encoder.encode(self._frame(index))
            index += 1

    def close(self) -> None:
        self._closed = True

    def _frame(self, index: int) -> av.VideoFrame:
        drawn = self._shop.picture(index / FPS)
        planes = np.asarray(cv2.cvtColor(drawn, cv2.COLOR_BGR2YUV_I420), dtype=np.uint8)
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts, frame.time_base = index * 1000 // FPS, TICK
        return frame


def open_demo(camera: str, seed: int, *, once: bool) -> DrawnConnection:
    """The drawn shop as a connection: one round of the story with `once`, else round after round, each a little different."""
    return DrawnConnection(camera, DemoShop(seed), CYCLE_S if once else None)


def demo_zones() -> tuple[Zone, ...]:
    """The zones of the drawn shop, as its owner would draw them."""
    drawn: tuple[tuple[str, ZoneKind, tuple[tuple[int, int], ...]], ...] = (
        ("출입문", "entrance", ((0, 340), (72, 290), (180, 350), (130, 470), (0, 500))),
        ("진열대", "shelf", ((285, 290), (620, 290), (640, 480), (270, 480))),
        ("계산대", "till", ((640, 400), (775, 400), (775, 530), (640, 530))),
        ("직원 전용", "staff", ((735, 60), (900, 60), (900, 285), (735, 285))),
        ("음료 앞", "loiter", ((130, 200), (450, 200), (450, 325), (130, 325))),
    )
    return tuple(Zone(name, kind, tuple(Point(x / WIDTH, y / HEIGHT) for x, y in corners)) for name, kind, corners in drawn)
