"""A film of an invented shop in which everybody wears the canary: a random pattern in the place of the face.

Comes in: who walks where, what happens to the light and the camera. Goes out: an H.264 file, and the truth about each moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from agent.capture.raw import Planes
from agent.values import Box

WIDTH, HEIGHT, FPS = 480, 270, 8
CELLS, CELL = 16, 3  # the pattern has 16 x 16 cells of 3 x 3 pixels
HEAD = CELLS * CELL
TORSO = (84, 150)  # width, height of what is below the head, in pixels

Plane = np.ndarray
Way = Callable[[float], tuple[float, float] | None]  # at so many seconds: where the middle of the head is, or nowhere


def pattern(seed: int, across: int = CELLS, cell: int = CELL) -> Plane:
    """A random pattern of dark and bright cells, uint8: nothing else in the world looks like it."""
    cells = np.random.default_rng(seed).permutation(np.arange(across * across) % 2).reshape(across, across)
    return np.kron(np.where(cells, 225, 30), np.ones((cell, cell))).astype(np.uint8)


FACE = pattern(1)
SHIRT, OTHER_SHIRT = pattern(2), pattern(3)
TINT = pattern(4, 12, 2)  # the colour of the face, at the half resolution of colour


@dataclass(frozen=True, slots=True)
class Walker:
    """Somebody in the film."""

    way: Way
    shirt: Plane

    def place(self, t: float) -> tuple[int, int] | None:
        """Upper left corner of the head in whole pixels (even), or None when not in the shop."""
        at = self.way(t)
        return None if at is None else (round(at[0] / 2) * 2 - HEAD // 2, round(at[1] / 2) * 2 - HEAD // 2)


@dataclass(frozen=True, slots=True)
class Film:
    """What is to be filmed. light: the picture at t under that light; turn: by how many pixels the camera points elsewhere."""

    seconds: float
    people: tuple[Walker, ...]
    light: Callable[[float, Plane], Plane] = lambda _, y: y
    turn: Callable[[float], tuple[int, int]] = lambda _: (0, 0)

    def truth(self, t: float) -> tuple[tuple[Box, Box], ...]:
        """Everybody's whole box and head at t, normalised; the first walker first."""
        found = []
        for walker in self.people:
            place = walker.place(t)
            if place is not None:
                x, y = place
                middle = x + HEAD / 2
                whole = (middle - TORSO[0] / 2, y, middle + TORSO[0] / 2, y + HEAD + TORSO[1])
                found.append((_box(*whole), _box(x, y, x + HEAD, y + HEAD)))
        return tuple(found)

    def picture(self, t: float) -> Planes:
        """The film at t."""
        turned = self.turn(t)
        y, u, v = (np.roll(plane, (turned[1] // s, turned[0] // s), (0, 1)) for plane, s in zip(_ROOM, (1, 2, 2), strict=True))
        for walker in self.people:
            place = walker.place(t)
            if place is not None:
                _draw(Planes(y, u, v), place, walker.shirt)
        y = self.light(t, y)
        noise = np.random.default_rng(round(t * 1000)).normal(0, 1.5, y.shape)
        return Planes(np.clip(y + noise, 0, 255).astype(np.uint8), u, v)

    def write(self, path: Path) -> Path:
        """The film as a camera would send it."""
        write_video(path, (self.picture(i / FPS) for i in range(round(self.seconds * FPS))))
        return path


def write_video(path: Path, pictures: Iterable[Planes], *, crf: int = 20, size: tuple[int, int] = (WIDTH, HEIGHT)) -> None:
    """Unmasked pictures as H.264: what the program itself must never do."""
    with av.open(str(path), "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "crf": str(crf)})
        stream.width, stream.height = size
        stream.pix_fmt, stream.gop_size = "yuv420p", 2 * FPS
        for index, planes in enumerate(pictures):
            frame = av.VideoFrame(*size, "yuv420p")
            for plane, pixels in zip(frame.planes, planes, strict=True):
                np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width] = pixels
            frame.pts, frame.time_base = index, Fraction(1, FPS)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def along(*stops: tuple[float, float, float]) -> Way:
    """From stop to stop (second, x, y), swaying as people do; not in the shop before the first and after the last."""
    times, across, down = (np.array(each) for each in zip(*stops, strict=True))

    def way(t: float) -> tuple[float, float] | None:
        if not times[0] <= t < times[-1]:
            return None
        sway = 3.0 * np.sin(t * 2.9) + 1.5 * np.sin(t * 5.3)
        return float(np.interp(t, times, across) + sway), float(np.interp(t, times, down) + sway / 3)

    return way


def _room() -> Planes:
    """A shop: floor, wall, shelves with goods, a door."""
    dice = np.random.default_rng(7)
    y = np.add.outer(np.linspace(150, 110, HEIGHT), np.linspace(0, 25, WIDTH))
    y[180:] -= 35
    for top in (60, 100, 140):
        for left in range(20, WIDTH - 40, 22):
            y[top : top + 26, left : left + 18] = dice.integers(40, 215)
    y[40:200, 430:470] = 60
    u, v = (np.full((HEIGHT // 2 + HEIGHT % 2, WIDTH // 2), tone, np.float64) for tone in (122, 134))
    return Planes(cv2.GaussianBlur(y, (3, 3), 0), u, v)


def _draw(room: Planes, place: tuple[int, int], shirt: Plane) -> None:
    x, y = place
    left = x + HEAD // 2 - TORSO[0] // 2
    _put(room.y, np.full((TORSO[1], TORSO[0]), 70, np.uint8), left, y + HEAD)
    _put(room.y, shirt, x, y + HEAD + 14)
    _put(room.y, FACE, x, y)
    for plane, tone in ((room.u, 105), (room.v, 160)):
        _put(plane, np.full((TORSO[1] // 2, TORSO[0] // 2), tone, np.uint8), left // 2, (y + HEAD) // 2)
        _put(plane, TINT, x // 2, y // 2)


def _put(plane: Plane, patch: Plane, x: int, y: int) -> None:
    """`patch` onto `plane` at (x, y), as far as it lies inside."""
    height, width = plane.shape
    top, left = max(0, -y), max(0, -x)
    part = patch[top : max(top, height - y), left : max(left, width - x)]
    plane[y + top : y + top + part.shape[0], x + left : x + left + part.shape[1]] = part


def _box(left: float, top: float, right: float, bottom: float) -> Box:
    return Box(left / WIDTH, top / HEIGHT, right / WIDTH, bottom / HEIGHT)


_ROOM = _room()

EMPTY_S = 6.0  # the shop is empty for so long at the beginning: the reference needs four seconds


def visit(start_s: float = EMPTY_S, stay_s: float = 6.0, x: float = 250.0) -> Way:
    """Comes in from the left, stands a while, leaves to the left again."""
    end = start_s + 2.0 + stay_s
    return along((start_s, -60, 80), (start_s + 2, x, 78), (end, x + 20, 78), (end + 2, -60, 80))
