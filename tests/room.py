"""A drawn room for tests of detection: textured walls, camera noise, and people of flat colour that sway, walk and stand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agent.capture.raw import Planes, RawFrame
from agent.values import Box, FrameStamp

WIDTH, HEIGHT = 384, 216
FPS = 8.0


@dataclass(frozen=True)
class Figure:
    """Somebody at `box`, of one luma and chroma; sway: how far (pixels) the body moves to and fro."""

    box: Box
    luma: int = 35
    chroma: tuple[int, int] = (128, 128)
    sway: float = 1.5


class Room:
    """Frames of one camera. light: factor on all luma. noise: deviation of the sensor in grey levels."""

    def __init__(self, seed: int = 1, *, noise: float = 1.5, size: tuple[int, int] = (WIDTH, HEIGHT)) -> None:
        rng = np.random.default_rng(seed)
        width, height = size
        coarse = rng.integers(60, 190, (height // 36 + 1, width // 36 + 1))
        self.wall = np.kron(coarse, np.ones((36, 36)))[:height, :width].astype(np.float32)
        self.rng = rng
        self.noise = noise
        self.index = 0
        self.light = 1.0
        self.shift = 0
        self.things: list[tuple[Box, int]] = []

    def frame(self, *people: Figure, at_s: float | None = None) -> RawFrame:
        source_s = self.index / FPS if at_s is None else at_s
        stamp = FrameStamp("camera", self.index, source_s, 1_790_000_000.0 + source_s)
        y = np.roll(self.wall, self.shift, axis=1).copy()
        for box, luma in self.things:
            y[_part(box, y.shape)] = luma
        height, width = y.shape
        u, v = np.full((height // 2, width // 2), 120, np.uint8), np.full((height // 2, width // 2), 136, np.uint8)
        for figure in people:
            step = figure.sway * np.sin(self.index / FPS * 3.0) / width
            box = Box(figure.box.left + step, figure.box.top, figure.box.right + step, figure.box.bottom)
            y[_part(box, y.shape)] = figure.luma
            u[_part(box, u.shape)], v[_part(box, v.shape)] = figure.chroma
        y = y * self.light + self.rng.normal(0, self.noise, y.shape)
        self.index += 1
        return RawFrame(stamp, Planes(np.clip(y, 0, 255).astype(np.uint8), u, v))


def _part(box: Box, shape: tuple[int, ...]) -> tuple[slice, slice]:
    height, width = shape
    inside = box.clipped()
    return (
        slice(round(inside.top * height), round(inside.bottom * height)),
        slice(round(inside.left * width), round(inside.right * width)),
    )
