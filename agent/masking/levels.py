"""How a frame is hidden, cell by cell: a decision without pixels, made by planning and carried out by apply_mask."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from agent.values import FrameStamp, MaskStep

CLEAR, MOSAIC, FILL = 0, 1, 2

Levels = npt.NDArray[np.uint8]  # (rows, columns) of CLEAR, MOSAIC or FILL


@dataclass(frozen=True, slots=True)
class Mask:
    """A decision about one frame: how each cell of it is hidden. Valid for that frame only.

    levels: (rows, columns) uint8 of CLEAR, MOSAIC, FILL. block: edge of a mosaic block in cells, at least 1/6 of the widest
    mosaicked person's width. step: the closed-failure step that led to it. reveals: somebody is shown on purpose, so that the
    frame may be encoded in memory only.
    """

    stamp: FrameStamp
    levels: Levels
    block: int
    step: MaskStep
    reveals: bool = False

    def __post_init__(self) -> None:
        if self.levels.ndim != 2 or self.levels.dtype != np.uint8 or not self.levels.size or self.block < 1:
            raise ValueError("not a mask: levels must be a grid of uint8, block at least one cell")

    @property
    def share(self) -> float:
        """Share of the picture that is hidden, 0 to 1."""
        return float(np.count_nonzero(self.levels)) / self.levels.size
