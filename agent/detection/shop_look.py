"""Small pictures of a view, and where two of them differ: by more than noise, a pixel's shift or the light over a wide place.

Comes in: `RawFrame`s. Goes out: `Look`s, and dots and cells that differ. Pure functions of small pictures in memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from agent.capture.raw import RawFrame
from agent.detection.findings import CELL_COLUMNS, Cells, cell_rows

Picture = npt.NDArray[np.float32]
Dots = npt.NDArray[np.bool_]

FINE = 4  # luma pixels a cell, each way; chroma has half as many
LUMA = 12.0  # grey levels, besides 4 times the noise, that a pixel must differ by
CHROMA = 9.0
WIDE = 17  # cells, odd: light that changed over so wide a place did not change because of a thing
MOST_GAIN = 0.3  # of the logarithm of luma, and levels of chroma, that may be turned back so
MOST_TINT = 8.0

_NEAR = np.ones((3, 3), np.uint8)


@dataclass(frozen=True, slots=True)
class Look:
    """A small picture: y (4 x rows, 384), u and v (2 x rows, 192), float32."""

    y: Picture
    u: Picture
    v: Picture

    def part(self, rows: slice, columns: slice) -> Look:
        """The same of a range of cells, as a copy."""
        y = self.y[times(rows, FINE), times(columns, FINE)].copy()
        half = times(rows, FINE // 2), times(columns, FINE // 2)
        return Look(y, self.u[half].copy(), self.v[half].copy())


def evened(look: Look, now: Look, free: Cells) -> Look:
    """The new look with the light turned back that changed alike over a wide place: medians over WIDE cells, within bounds.

    What is smaller than half of that place has no say in its median; a large thing keeps its outline and its texture.
    """
    y, was = _mean_cells(now.y), _mean_cells(look.y)
    gain = np.where(free, np.log((y + 8.0) / (was + 8.0)), 0.0)
    shade = _wide_median(gain, MOST_GAIN)
    du = _wide_median(np.where(free, _mean_cells(now.u) - _mean_cells(look.u), 0.0), MOST_TINT)
    dv = _wide_median(np.where(free, _mean_cells(now.v) - _mean_cells(look.v), 0.0), MOST_TINT)
    factor = cv2.resize(np.exp(-shade), (now.y.shape[1], now.y.shape[0]), interpolation=cv2.INTER_LINEAR)
    half = (now.u.shape[1], now.u.shape[0])
    evened = (now.y + np.float32(8.0)) * factor - np.float32(8.0)
    return Look(evened, now.u - cv2.resize(du, half), now.v - cv2.resize(dv, half))


def _mean_cells(fine: Picture) -> Picture:
    scale = fine.shape[1] // CELL_COLUMNS
    size = (CELL_COLUMNS, fine.shape[0] // scale)
    return np.asarray(cv2.resize(fine, size, interpolation=cv2.INTER_AREA), dtype=np.float32)


def _wide_median(values: npt.NDArray[np.floating[Any]], most: float) -> Picture:
    coded = np.clip(np.round(values * (100.0 / most)), -100, 100) + 128.0
    soft = cv2.blur(cv2.medianBlur(coded.astype(np.uint8), WIDE).astype(np.float32), (5, 5))
    return np.asarray((soft - 128.0) * (most / 100.0), dtype=np.float32)


def differing(a: Look, b: Look, noise: float) -> tuple[Dots, Cells]:
    """Where two looks of one size differ by more than noise and a pixel's shift: luma pixels, and cells.

    A pixel differs that lies outside the range of its neighbourhood in the other picture, by LUMA and the noise.
    """
    luma = _apart(a.y, b.y) > LUMA + 4.0 * noise
    chroma = np.maximum(_apart(a.u, b.u), _apart(a.v, b.v)) > CHROMA + 2.0 * noise
    cells = (count_dots(luma, FINE) >= 3) | (count_dots(chroma, FINE // 2) >= 2)
    return luma | finer(chroma, 2), cells


def outside(a: Picture, b: Picture) -> Picture:
    """By how much `b` lies outside the range of `a` around each pixel (below 0: inside): a pixel's shift is no difference."""
    gap = cv2.max(cv2.subtract(b, cv2.dilate(a, _NEAR)), cv2.subtract(cv2.erode(a, _NEAR), b))
    return np.asarray(gap, dtype=np.float32)


def _apart(a: Picture, b: Picture) -> Picture:
    return np.asarray(cv2.max(outside(a, b), outside(b, a)), dtype=np.float32)


def look_at(raw: RawFrame) -> Look:
    """The small picture of `raw`."""
    planes = raw.look()
    rows = cell_rows(raw.width, raw.height)

    def reduce(plane: npt.NDArray[np.uint8], scale: int) -> Picture:
        thinned = plane[:: max(1, plane.shape[0] // (rows * scale))]  # every k-th row: a sixth of the time at 1080 rows
        small = cv2.resize(thinned, (CELL_COLUMNS * scale, rows * scale), interpolation=cv2.INTER_AREA)
        return np.asarray(small, dtype=np.float32)

    return Look(reduce(planes.y, FINE), reduce(planes.u, FINE // 2), reduce(planes.v, FINE // 2))


def shifted(plane: Picture, dx: float, dy: float) -> Picture:
    """The plane moved to the right and down by so many of its own pixels; its rim is repeated."""
    shift, size = np.array([[1, 0, dx], [0, 1, dy]], np.float64), (plane.shape[1], plane.shape[0])
    return np.asarray(cv2.warpAffine(plane, shift, size, borderMode=cv2.BORDER_REPLICATE), dtype=np.float32)


def times(part: slice, scale: int) -> slice:
    """A range of cells as a range of pixels."""
    return slice(part.start * scale, part.stop * scale)


def finer(cells: Dots, scale: int) -> Dots:
    """Each cell as scale x scale dots."""
    return np.asarray(scaled(cells.view(np.uint8), scale), dtype=bool)


def scaled(cells: npt.NDArray[Any], scale: int) -> npt.NDArray[Any]:
    size = (cells.shape[1] * scale, cells.shape[0] * scale)
    return np.asarray(cv2.resize(cells, size, interpolation=cv2.INTER_NEAREST))


def count_dots(dots: Dots, scale: int) -> Picture:
    """How many dots of each cell are set."""
    size = (dots.shape[1] // scale, dots.shape[0] // scale)
    mean = cv2.resize(dots.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return np.asarray(mean * np.float32(scale * scale) + np.float32(0.01), dtype=np.float32)
