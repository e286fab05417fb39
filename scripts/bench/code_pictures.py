"""Draws what a camera at the entrance sees of a code: a cluttered 720p picture, and the troubles of cheap cameras.

Comes in: a kind of trouble and a number. Goes out: the picture's luma and the text that is in it, the same each time.
"""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import cv2
import numpy as np
import numpy.typing as npt

from agent.entry.qr_picture import draw_modules

WIDTH, HEIGHT = 1280, 720
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
TEXT = 38  # characters, as a phone's pass has: version 3, level Q
FINE = 3  # drawn so many times larger, then reduced as a lens does
CELL = 12  # pixels of a module before it is laid into the picture

Grey = npt.NDArray[np.uint8]
Light = npt.NDArray[np.float32]
Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class Look:
    """What is between a code and its reader.

    module: pixels; tilt: degrees out of the picture's plane; spots: on the code, each 5 % of its side in radius; blur: its
    deviation in pixels; motion: pixels that the hand moves in a frame; noise: deviation in grey levels; light: share of
    full light; glare: brightness of a lamp's reflection on the code, 1 is blinding; jpeg: quality of the camera's compression.
    """

    module: float = 4.0
    tilt: float = 0.0
    inverted: bool = False
    spots: int = 0
    blur: float = 0.0
    motion: int = 0
    noise: float = 4.0
    light: float = 1.0
    glare: float = 0.0
    grid: bool = False
    jpeg: int = 0


KINDS: dict[str, Look] = {
    "plain": Look(module=5),
    "small, 2.5 px a module": Look(module=2.5),
    "small, 2 px": Look(module=2),
    "small, 1.6 px": Look(module=1.6, noise=2),
    "large, 14 px": Look(module=14, noise=15),
    "tilted by 45 degrees": Look(tilt=45),
    "tilted by 60 degrees": Look(tilt=60),
    "out of focus, small": Look(module=2.6, blur=1.3),
    "moved by 7 px": Look(motion=7, noise=3),
    "noisy": Look(noise=40),
    "very noisy": Look(noise=70),
    "dim": Look(light=0.12, noise=6),
    "glare": Look(module=5, glare=0.8),
    "blinding glare": Look(module=5, glare=1.3),
    "inverted": Look(inverted=True),
    "inverted, dim, noisy": Look(inverted=True, light=0.3, noise=12),
    "5 spots on it": Look(module=5, spots=5),
    "9 spots on it": Look(module=5, spots=9),
    "screen grid": Look(grid=True, noise=6),
    "compressed hard": Look(module=3, jpeg=15),
}


def draw(kind: str, number: int) -> tuple[Grey, str]:
    """A picture of that kind, (720, 1280) uint8, and its text."""
    look, rng = KINDS[kind], np.random.default_rng([number, crc32(kind.encode())])
    text = "".join(rng.choice(list(ALPHABET), TEXT))
    light, corners = _laid(_code(text, look, rng), _clutter(rng), look, rng)
    for change in (_moved, _softened, _lit):
        light = change(light, corners, look, rng)
    grey = np.clip(light + rng.normal(0, look.noise, light.shape), 0, 255).astype(np.uint8)
    if look.jpeg:
        grey = np.asarray(cv2.imdecode(cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, look.jpeg])[1], 0), np.uint8)
    return grey, text


def _code(text: str, look: Look, rng: Rng) -> Light:
    """The code face on, with whatever lies on it."""
    black = draw_modules(text)
    code = np.where(black ^ look.inverted, 20, 235).astype(np.float32)
    code = np.asarray(cv2.resize(code, None, fx=CELL, fy=CELL, interpolation=cv2.INTER_NEAREST), np.float32)
    for _ in range(look.spots):
        x, y = (int(at) for at in rng.integers(0, len(code), 2))
        cv2.circle(code, (x, y), round(len(code) * 0.05), float(rng.integers(0, 255)), -1)
    return code


def _clutter(rng: Rng) -> Light:
    """A shop's entrance as far as a reader is concerned: soft shades and hard edges."""
    soft = cv2.resize(rng.integers(30, 200, (12, 20)).astype(np.uint8), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    picture = np.asarray(soft, np.float32)
    for _ in range(12):
        x, y, w, h = (int(value) for value in rng.integers(20, (WIDTH, HEIGHT, 300, 300)))
        cv2.rectangle(picture, (x, y), (x + w, y + h), float(rng.integers(10, 240)), -1)
    return picture


def _laid(code: Light, onto: Light, look: Look, rng: Rng) -> tuple[Light, Light]:
    """The code in the picture, turned and tilted at random; and its corners there."""
    side = look.module * len(code) / CELL
    turn, tilt = rng.uniform(0, 2 * np.pi), np.deg2rad(look.tilt)
    square = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]]) * side
    square = square @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    away = side * 3
    scale = away / (away + square[:, 0] * np.sin(tilt))
    corners = np.stack([square[:, 0] * np.cos(tilt), square[:, 1]], 1) * scale[:, None]
    room = min(side * 0.75, HEIGHT / 2)
    corners = (corners + rng.uniform((room, room), (WIDTH - room, HEIGHT - room))).astype(np.float32)
    size = (WIDTH * FINE, HEIGHT * FINE)
    face = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32) * len(code)
    way = cv2.getPerspectiveTransform(face, corners * FINE)
    there = cv2.warpPerspective(np.ones_like(code), way, size) > 0.5
    fine = np.where(there, cv2.warpPerspective(code, way, size), cv2.resize(onto, size))
    return np.asarray(cv2.resize(fine, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), np.float32), corners


def _moved(light: Light, _corners: Light, look: Look, rng: Rng) -> Light:
    if not look.motion:
        return light
    path, middle, turn = np.zeros((look.motion, look.motion), np.float32), (look.motion - 1) / 2, rng.uniform(0, np.pi)
    dx, dy = np.cos(turn) * middle, np.sin(turn) * middle
    cv2.line(path, (round(middle - dx), round(middle - dy)), (round(middle + dx), round(middle + dy)), 1.0)
    return np.asarray(cv2.filter2D(light, -1, path / path.sum()), np.float32)


def _softened(light: Light, _corners: Light, look: Look, _rng: Rng) -> Light:
    return np.asarray(cv2.GaussianBlur(light, (0, 0), look.blur), np.float32) if look.blur else light


def _lit(light: Light, corners: Light, look: Look, rng: Rng) -> Light:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    if look.grid:  # a screen's own pixels against the camera's
        light = light * (0.8 + 0.2 * np.sin(x * 1.9) * np.sin(y * 1.7))
    if look.glare:
        side = float(np.linalg.norm(corners[1] - corners[0]))
        middle = corners.mean(axis=0) + rng.uniform(-0.35, 0.35, 2) * side
        away = (x - middle[0]) ** 2 + (y - middle[1]) ** 2
        light = light + 260 * look.glare * np.exp(-away / (2 * (side * 0.22) ** 2))
    return (light * look.light + 12 * (1 - look.light)).astype(np.float32)
