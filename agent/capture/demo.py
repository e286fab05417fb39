"""The drawn shop as a camera: pictures that nobody was filmed for, on the same road as a real camera's.

Comes in: a seed. Goes out: a `Connection` with H.264 packets of the drawn shop, its zones, and the truth about every moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Protocol

import av
import cv2
import numpy as np
import numpy.typing as npt

from agent.capture.connection import SourceInfo
from agent.capture.demo_drama import DrawnScene
from agent.capture.demo_layout import Layout
from agent.capture.demo_lens import Grain
from agent.capture.demo_scene import HEIGHT, WIDTH, ShopPicture
from agent.capture.demo_story import CYCLE_S, moment
from agent.capture.demo_truth import DemoTruth, truth_of
from agent.capture.memory_encoder import MemoryEncoder
from agent.capture.packet import Sent, StreamFormat
from agent.settings import Zone
from agent.values import Point

FPS = 10
TICK = Fraction(1, 1000)
NOISE = 1.0  # grey levels: hardly seen, yet no two pictures are the same

Picture = npt.NDArray[np.uint8]


class DemoShop:
    """Holding one means: you can ask for the picture of the drawn shop at any time; the same seed draws the same shop.

    canary: (h, w, 3) uint8, drawn in place of every face; the tests then look for it in everything that is stored.
    """

    fps = FPS
    size = (WIDTH, HEIGHT)

    def __init__(self, seed: int = 1, canary: Picture | None = None) -> None:
        self._seed = seed
        self._canary = canary
        self._layout = Layout()
        self._shop = ShopPicture(self._layout)
        self._grain = Grain(seed, self.size, NOISE)

    def picture(self, t: float) -> Picture:
        """The shop `t` seconds after the start, (540, 960, 3) uint8 BGR; the caller's own array."""
        return self._grain.on(self._shop.picture(moment(self._seed, t), self._canary), t)

    def truth(self, t: float) -> DemoTruth:
        """Who and what is in the picture at `t`."""
        return truth_of(moment(self._seed, t), self._layout)


class Drawn(Protocol):
    """Something that is drawn picture by picture. size: (width, height); fps: how many pictures a second."""

    @property
    def size(self) -> tuple[int, int]: ...

    @property
    def fps(self) -> int: ...

    def picture(self, t: float) -> Picture: ...


class DrawnConnection:
    """Something drawn, drawn and compressed frame by frame as it is read."""

    audio = False

    def __init__(self, camera: str, drawn: Drawn, duration_s: float | None) -> None:
        """duration_s: end after so many seconds; None: go on for ever."""
        self._drawn = drawn
        self._duration_s = duration_s
        self._closed = False
        width, height = drawn.size
        self._encoder = MemoryEncoder(width, height, drawn.fps, TICK)
        self.info = SourceInfo(width, height, float(drawn.fps), "h264", False, duration_s)
        self.format = StreamFormat(camera, "h264", None, width, height, TICK)

    def packets(self) -> Iterator[Sent]:
        """See Connection.packets."""
        index = 0
        while not self._closed and (self._duration_s is None or index < self._duration_s * self._drawn.fps):
            yield from self._encoder.encode(self._frame(index))
            index += 1

    def close(self) -> None:
        self._closed = True

    def _frame(self, index: int) -> av.VideoFrame:
        drawn = self._drawn.picture(index / self._drawn.fps)
        planes = np.asarray(cv2.cvtColor(drawn, cv2.COLOR_BGR2YUV_I420), dtype=np.uint8)
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts, frame.time_base = index * 1000 // self._drawn.fps, TICK
        return frame


def open_demo(camera: str, seed: int, item: str | None = None, *, once: bool) -> DrawnConnection:
    """The drawn shop as a connection: one round of the story with `once`, else round after round, each a little different.

    item: one of demo_drama.ITEMS; then it is that scene of that seed, from its beginning to its end.
    """
    if item is not None:
        scene = DrawnScene(item, seed)
        return DrawnConnection(camera, scene, scene.length_s)
    return DrawnConnection(camera, DemoShop(seed), CYCLE_S if once else None)


def demo_zones(seed: int = 1, item: str | None = None) -> tuple[Zone, ...]:
    """The zones of the drawn shop, or of one of its scenes, as its owner would draw them."""
    if item is not None:
        return DrawnScene(item, seed).zones()
    return tuple(
        Zone(name, kind, tuple(Point(x / WIDTH, y / HEIGHT) for x, y in corners)) for name, kind, corners in Layout().zones()
    )
