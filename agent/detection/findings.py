"""What the detectors found in one frame, or why they could not look.

Comes in: nothing. Goes out: `Findings | Unseen`, pure values; masking plans from them, the tracker follows them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from agent.values import Box, FrameStamp, Person

CELL_COLUMNS = 96

Cells = npt.NDArray[np.bool_]  # (rows, CELL_COLUMNS); True where something is the case in that cell of the picture


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


@dataclass(frozen=True, slots=True)
class Findings:
    """Holding one means: every detector that is in force has looked at exactly this frame.

    people: all, down to the weakest hit. faces: boxes of faces. changed: cells that differ from the empty-shop reference,
    or None while there is no valid reference. moving: cells that differ from the frame before (a few per cent are noise).
    looked: whether the person detector itself ran on this frame (with `reference` alone it never does; it is not due on every
    frame). blobs: boxes of the connected regions of `changed`, largest first.
    """

    stamp: FrameStamp
    people: tuple[Person, ...]
    faces: tuple[Box, ...]
    changed: Cells | None
    moving: Cells
    looked: bool
    blobs: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class Unseen:
    """A frame that some detector did not look at (late, failed): it must be masked as if anything could be there.

    changed, blobs: what differs from the reference if at least that is known.
    """

    stamp: FrameStamp
    reason: str
    changed: Cells | None = None
    blobs: tuple[Box, ...] = ()
