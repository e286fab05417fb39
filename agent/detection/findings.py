"""What the detectors found in one frame, or why they could not look.

Comes in: nothing. Goes out: `Findings | Unseen`, pure values; masking plans from them, the tracker follows them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from agent.values import Bag, Box, FrameStamp, Person, Point

CELL_COLUMNS = 96

Cells = npt.NDArray[np.bool_]  # (rows, CELL_COLUMNS); True where something is the case in that cell of the picture


Grid = npt.NDArray[np.float64]


def cell_rows(width: int, height: int) -> int:
    """How many rows of about square cells a picture of width x height pixels has, with CELL_COLUMNS columns (at least 8)."""
    return max(8, round(CELL_COLUMNS * height / width))


def box_slices(rows: int, box: Box) -> tuple[slice, slice]:
    """Rows and columns of the cells that `box` touches (empty for a box outside the picture)."""
    inside = box.clipped()
    return (
        slice(math.floor(inside.top * rows), math.ceil(inside.bottom * rows)),
        slice(math.floor(inside.left * CELL_COLUMNS), math.ceil(inside.right * CELL_COLUMNS)),
    )


def box_cells(boxes: Iterable[Box], rows: int) -> Cells:
    """Cells (rows, CELL_COLUMNS) that any of the boxes touches."""
    cells = np.zeros((rows, CELL_COLUMNS), bool)
    for box in boxes:
        cells[box_slices(rows, box)] = True
    return cells


def filled_share(cells: Cells, box: Box) -> float:
    """Share of the cells that `box` touches that are True (0 to 1; 0 for a box outside the picture)."""
    part = cells[box_slices(len(cells), box)]
    return float(part.mean()) if part.size else 0.0


def zone_cells(zones: Sequence[Sequence[Point]], rows: int) -> Cells | None:
    """Cells that any of the polygons touches (normalised corners; even-odd rule); None for no polygons."""
    if not zones:
        return None
    y, x = np.mgrid[0 : rows + 1, 0 : CELL_COLUMNS + 1]
    corners = np.zeros((rows + 1, CELL_COLUMNS + 1), bool)
    cells = np.zeros((rows, CELL_COLUMNS), bool)
    for zone in zones:
        corners |= _inside(zone, x / CELL_COLUMNS, y / rows)
        for a, b in zip(zone, (*zone[1:], zone[0]), strict=True):  # thin zones may pass between the corners of cells
            for t in np.linspace(0.0, 1.0, 4 * max(rows, CELL_COLUMNS)):
                row, column = int((a.y + (b.y - a.y) * t) * rows), int((a.x + (b.x - a.x) * t) * CELL_COLUMNS)
                cells[min(max(row, 0), rows - 1), min(max(column, 0), CELL_COLUMNS - 1)] = True
    cells |= corners[:-1, :-1] | corners[:-1, 1:] | corners[1:, :-1] | corners[1:, 1:]
    return cells


@dataclass(frozen=True, slots=True)
class Findings:
    """Holding one means: every detector that is in force has looked at exactly this frame.

    people: all, down to the weakest hit. faces: boxes of faces. changed: cells that differ from the empty-shop reference,
    or None while there is no valid reference. moving: cells that differ from the frame before (a few per cent are noise).
    looked: whether the person detector itself ran on this frame (with `reference` alone it never does; it is not due on every
    frame). blobs: boxes of the connected regions of `changed`, largest first. bags: what people carry; None: nobody looked for
    any in this frame.
    """

    stamp: FrameStamp
    people: tuple[Person, ...]
    faces: tuple[Box, ...]
    changed: Cells | None
    moving: Cells
    looked: bool
    blobs: tuple[Box, ...] = ()
    bags: tuple[Bag, ...] | None = None


@dataclass(frozen=True, slots=True)
class Unseen:
    """A frame that some detector did not look at (late, failed): it must be masked as if anything could be there.

    changed, blobs: what differs from the reference if at least that is known.
    """

    stamp: FrameStamp
    reason: str
    changed: Cells | None = None
    blobs: tuple[Box, ...] = ()


def _inside(zone: Sequence[Point], x: Grid, y: Grid) -> Cells:
    inside = np.zeros(x.shape, bool)
    for a, b in zip(zone, (*zone[1:], zone[0]), strict=True):
        if a.y == b.y:
            continue
        crosses = (a.y > y) != (b.y > y)
        inside ^= crosses & (x < (b.x - a.x) * (y - a.y) / (b.y - a.y) + a.x)
    return np.asarray(inside, dtype=bool)
