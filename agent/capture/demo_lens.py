"""The camera through which a drawn shop is seen: where it looks, how light it is, and the noise of its sensor and codec.

Comes in: a picture of 960 x 540 pixels, boxes and points of it. Goes out: the picture as that camera would give it, and
the same boxes and points in its own measure.
"""

from __future__ import annotations

import math
import random
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from agent.capture.demo_layout import Corners
from agent.capture.demo_limbs import HEIGHT, WIDTH
from agent.capture.demo_truth import DemoTruth
from agent.values import Box, Keypoint, Point

Picture = npt.NDArray[np.uint8]

DIM = 0.86  # how light it is while the lamp flickers
OTHER_SIDE = (0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15)  # of the COCO points
SPARE = 48  # pixels by which the stored noise is larger than a picture, so that each frame gets another part of it


class Grain:
    """Noise of a sensor and a codec, another one in each picture: no camera gives the same picture twice."""

    def __init__(self, seed: int, size: tuple[int, int], sensor: float, blocks: float = 0.0) -> None:
        """sensor, blocks: deviation in grey levels of each pixel and of each 8 x 8 pixels."""
        rng = np.random.default_rng(seed)
        width, height = size[0] + SPARE, size[1] + SPARE
        noise = rng.normal(0.0, sensor, (height, width, 1)).astype(np.float32)
        if blocks:
            coarse = rng.normal(0.0, blocks, (-(-height // 8), -(-width // 8), 1)).astype(np.float32)
            noise += np.repeat(np.repeat(coarse, 8, axis=0), 8, axis=1)[:height, :width]
        self._size, self._salt = size, seed
        self._noise = np.repeat(np.asarray(np.clip(np.rint(noise + 128.0), 0, 255), dtype=np.uint8), 3, axis=2)

    def tint(self, blue: int, red: int) -> Grain:
        """Light of another colour: so many grey levels more of blue and red."""
        self._noise = np.asarray(cv2.add(self._noise, np.array([blue, 0, red, 0], np.float64)), dtype=np.uint8)
        return self

    def on(self, picture: Picture, t: float, gain: float = 1.0) -> Picture:
        """The picture as the sensor gives it at second `t`; gain: how light it is."""
        number = round(t * 1000) * 2654435761 + self._salt
        x, y = number % SPARE, number // SPARE % SPARE
        noise = self._noise[y : y + self._size[1], x : x + self._size[0]]
        return np.asarray(cv2.addWeighted(picture, gain, noise, 1.0, -128.0), dtype=np.uint8)


class Lens:
    """Holding one means: one camera's view of the shop, the same for the whole scene. size: (width, height) of its pictures."""

    def __init__(self, dice: random.Random, size: tuple[int, int], *, mirrored: bool, dark: bool) -> None:
        self.size = size
        self._mirrored = mirrored
        self._flickers: tuple[tuple[float, float], ...] = ()
        self._matrix = _aim(dice, size, mirrored=mirrored)
        self._gain = dice.uniform(0.45, 0.6) if dark else dice.uniform(0.8, 1.06)
        self._drift, self._period, self._phase = dice.uniform(0.01, 0.06), dice.uniform(25, 80), dice.uniform(0, math.tau)
        sensor = dice.uniform(2.0, 3.6) if dark else dice.uniform(0.8, 2.6)
        self._grain = Grain(dice.randrange(1 << 30), size, sensor, dice.uniform(0.3, 0.9))
        self._grain.tint(dice.randint(-6, 6), dice.randint(-6, 6))

    def flicker(self, times: tuple[tuple[float, float], ...]) -> None:
        """The lamp goes dim at these seconds, for so long each."""
        self._flickers = times

    def seen(self, picture: Picture, t: float) -> Picture:
        """The picture at second `t`, (height, width, 3) uint8."""
        width, height = self.size
        warped = cv2.warpAffine(picture, self._matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        view = np.asarray(warped, dtype=np.uint8)
        gain = self._gain * (1 + self._drift * math.sin(math.tau * t / self._period + self._phase))
        if any(since <= t < since + lasts for since, lasts in self._flickers):
            gain *= DIM
        return self._grain.on(view, t, gain)

    def point(self, x: float, y: float) -> Point:
        """A place of the shop's picture (normalised) in this camera's picture (normalised)."""
        m, (width, height) = self._matrix, self.size
        px, py = x * WIDTH, y * HEIGHT
        return Point(
            float(m[0, 0] * px + m[0, 1] * py + m[0, 2]) / width, float(m[1, 0] * px + m[1, 1] * py + m[1, 2]) / height
        )

    def box(self, box: Box) -> Box:
        """A box likewise: the smallest around its four corners."""
        corners = [self.point(x, y) for x in (box.left, box.right) for y in (box.top, box.bottom)]
        across, down = [p.x for p in corners], [p.y for p in corners]
        return Box(min(across), min(down), max(across), max(down))

    def truth(self, truth: DemoTruth) -> DemoTruth:
        """What is to be seen, in this camera's measure."""
        return replace(
            truth,
            people=tuple((self.box(body), self.box(head)) for body, head in truth.people),
            keypoints=tuple(self._keypoints(points) for points in truth.keypoints),
            gone=tuple(self.box(box) for box in truth.gone),
            things=tuple((kind, self.box(box)) for kind, box in truth.things),
        )

    def polygon(self, corners: Corners) -> tuple[Point, ...]:
        """A convex polygon of the shop (pixels) as far as it lies in this camera's picture; empty where none of it does."""
        points = [self.point(x / WIDTH, y / HEIGHT) for x, y in corners]
        for axis, limit, sign in ((0, 0.0, 1), (0, 1.0, -1), (1, 0.0, 1), (1, 1.0, -1)):
            points = _cut(points, axis, limit, sign)
        return tuple(points)

    def _keypoints(self, points: tuple[Keypoint, ...]) -> tuple[Keypoint, ...]:
        """In a mirrored picture somebody's left looks like a right."""
        spots = [(self.point(p.x, p.y), p.score) for p in points]
        moved = tuple(Keypoint(at.x, at.y, score) for at, score in spots)
        return tuple(moved[n] for n in OTHER_SIDE) if self._mirrored else moved


def _aim(dice: random.Random, size: tuple[int, int], *, mirrored: bool) -> npt.NDArray[np.float64]:
    """From the shop's pixels to the camera's: a little nearer, turned by a degree or so, perhaps mirrored."""
    turn = math.radians(dice.uniform(-1.3, 1.3))
    near = 1.0 + abs(math.sin(turn)) * 1.2 + dice.uniform(0.0, 0.05)
    sx, sy = size[0] / WIDTH * near, size[1] / HEIGHT * near
    flip = -1.0 if mirrored else 1.0
    cos, sin = math.cos(turn), math.sin(turn)
    matrix: npt.NDArray[np.float64] = np.array([[flip * sx * cos, -sx * sin, 0.0], [flip * sy * sin, sy * cos, 0.0]])
    middle = (size[0] * (0.5 + dice.uniform(-0.01, 0.01)), size[1] * (0.5 + dice.uniform(-0.01, 0.01)))
    matrix[:, 2] = np.array(middle) - matrix[:, :2] @ np.array([WIDTH / 2, HEIGHT / 2])
    return np.asarray(matrix, dtype=np.float64)


def _cut(points: list[Point], axis: int, limit: float, sign: int) -> list[Point]:
    """The part of a polygon on one side of a line along an axis (Sutherland and Hodgman)."""
    kept: list[Point] = []
    for a, b in zip(points, (*points[1:], *points[:1]), strict=True):
        da, db = sign * ((a.x, a.y)[axis] - limit), sign * ((b.x, b.y)[axis] - limit)
        if da >= 0:
            kept.append(a)
        if (da > 0) != (db > 0) and da != db and da * db < 0:
            share = da / (da - db)
            x, y = a.x + share * (b.x - a.x), a.y + share * (b.y - a.y)
            kept.append(Point(limit, y) if axis == 0 else Point(x, limit))
    return kept
