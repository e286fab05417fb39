"""The entrance of a drawn shop: people come in with codes, two on one code, without any, and go out again. Nobody was filmed.

Comes in: a seed, and how many walks. Goes out: a `DoorScene`: its pictures, the line of its entrance, which codes were shown
when, and the truth of who crossed the line. Each seed is another shop with other people under another camera.
"""

from __future__ import annotations

import random
from itertools import chain

import numpy as np
import numpy.typing as npt

from agent.capture.demo_door_walks import LINE, ON_FLOOR, Walk, write_walks
from agent.capture.demo_layout import furnished
from agent.capture.demo_lens import Lens
from agent.capture.demo_limbs import HEIGHT, WIDTH
from agent.capture.demo_scene import ShopPicture
from agent.capture.demo_script import Script
from agent.capture.demo_truth import DemoTruth, truth_of
from agent.settings import Zone
from agent.values import Point

__all__ = ["DoorScene", "Walk"]

FPS = 10
AFTER_S = 6.0  # the scene goes on for so long after the last one came in


class DoorScene:
    """Holding one means: you can ask for any moment at one shop's entrance; the same seed gives the same scene every time.

    size: (width, height) of its pictures. fps: how many a second it is meant for. length_s: how long it is. walks: in the
    order of time.
    """

    def __init__(self, seed: int, walks: int = 20, size: tuple[int, int] = (640, 360)) -> None:
        """walks: how many, half of them by two people on one code."""
        dice = random.Random(f"entrance {seed}")
        self._layout = furnished(dice)
        visits, self.walks = write_walks(dice, self._layout, walks)
        self._script = Script(parts=tuple(visit.part for visit in visits))
        self.seed, self.size, self.fps = seed, size, FPS
        self.length_s = round(max(chain.from_iterable(walk.crossed for walk in self.walks)) + AFTER_S, 1)
        self._lens = Lens(dice, size, mirrored=self._layout.mirrored, dark=False)
        self._shop = ShopPicture(self._layout)

    def picture(self, t: float) -> npt.NDArray[np.uint8]:
        """The camera's picture at second `t`, (height, width, 3) uint8 BGR; the caller's own."""
        return self._lens.seen(self._shop.picture(self._script.at(t)), t)

    def truth(self, t: float) -> DemoTruth:
        """Who and what is in the picture at second `t`, normalised to it."""
        return self._lens.truth(truth_of(self._script.at(t), self._layout))

    def line(self) -> tuple[Point, Point]:
        """Both ends of the line across the entrance, as this shop's owner would draw it in this camera's picture."""
        return self._seen(*LINE[0]), self._seen(*LINE[1])

    def inside(self) -> Point:
        """A place on the shop's side of that line."""
        return self._seen(*ON_FLOOR)

    def zones(self) -> tuple[Zone, ...]:
        """The zones as this shop's owner would draw them in this camera's picture."""
        drawn = ((name, kind, self._lens.polygon(corners)) for name, kind, corners in self._layout.zones())
        return tuple(Zone(name, kind, polygon) for name, kind, polygon in drawn if len(polygon) > 2)

    def _seen(self, x: float, y: float) -> Point:
        at = self._lens.point(x / WIDTH, y / HEIGHT)
        return Point(min(max(at.x, 0.0), 1.0), min(max(at.y, 0.0), 1.0))
