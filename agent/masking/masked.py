"""Turns a clear frame into a masked one; the only place in the program where that can happen.

Comes in: a `RawFrame` and the `Mask` planned for exactly that frame. Goes out: a `MaskedFrame`, the only kind of picture that
encoders, JPEG and the live view accept. Works in place on the frame's own YUV planes, so no clear copy stays behind.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import Any, NoReturn, final

import cv2
import numpy as np
import numpy.typing as npt

from agent.capture.raw import Plane, Planes, RawFrame
from agent.errors import StaleMask
from agent.masking.levels import CLEAR, FILL, MOSAIC, Levels, Mask
from agent.values import FrameStamp, MaskStep

# The fill colour in Y, U, V (a calm teal): far from skin, hair and shelves in at least one channel, so that a masked head is
# seen to be masked, and constant, so that nothing of what lies under it can come through.
FILL_YUV = (128, 150, 84)

_Indices = npt.NDArray[np.intp]

__all__ = ["CLEAR", "FILL", "MOSAIC", "Levels", "Mask", "MaskedFrame", "apply_mask", "blank_frame", "stored_size"]

_MAKING = object()


@final
class MaskedFrame:
    """Holding one means: every person in this picture is masked, so it may be stored and shown.

    planes: read-only Y, U, V; share: masked share of the picture (0 to 1); full_range as in RawFrame. reveals: somebody is
    shown on purpose, after a reveal ceremony: all that writes or shows pictures refuses such a frame, but for a MemoryVideo.
    """

    __slots__ = ("full_range", "height", "planes", "reveals", "share", "stamp", "step", "width")

    full_range: bool
    height: int
    planes: Planes
    reveals: bool
    share: float
    stamp: FrameStamp
    step: MaskStep
    width: int

    def __init__(
        self,
        making: object,
        stamp: FrameStamp,
        planes: Planes,
        step: MaskStep,
        share: float,
        full_range: bool,
        *,
        reveals: bool = False,
    ) -> None:
        if making is not _MAKING:
            raise TypeError("only apply_mask and blank_frame make a MaskedFrame")
        for plane in planes:
            plane.flags.writeable = False
        height, width = planes.y.shape
        facts = (full_range, height, planes, reveals, share, stamp, step, width)
        for name, fact in zip(self.__slots__, facts, strict=True):
            object.__setattr__(self, name, fact)

    def __setattr__(self, name: str, value: object) -> NoReturn:  # other planes must not slip into a frame that was masked
        raise AttributeError(f"a MaskedFrame never changes (tried to set {name})")

    def __init_subclass__(cls, **kwargs: Any) -> None:
        raise TypeError("MaskedFrame is final")


def stored_size(width: int, height: int, limit: int) -> tuple[int, int]:
    """The even size (width, height) at which a picture is kept: at most `limit` pixels high, never enlarged, same aspect."""
    scale = min(1.0, limit / height)
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


def apply_mask(raw: RawFrame, mask: Mask, size: tuple[int, int]) -> MaskedFrame:
    """Mask `raw` and scale it to `size` (width, height; even). The raw frame is empty afterwards, whatever happens.

    Scaling blends neighbouring pixels, so a level holds for each stored pixel that any source pixel under it went into, in luma
    and in chroma: nothing of what lies under FILL reaches the result. Fills come first, so that no mosaic averages over a head.
    Raises StaleMask when the mask was planned for another frame.
    """
    if mask.stamp != raw.stamp:
        raw.drop()
        raise StaleMask(
            ko="마스크와 화면의 순서가 어긋나 저장하지 않았습니다.",
            en=f"A mask for frame {mask.stamp.index} was offered for frame {raw.stamp.index}; nothing was stored.",
        )
    source = (raw.width, raw.height)
    planes = raw.take(*size)
    rows, columns = mask.levels.shape
    blocks = (max(1, columns // mask.block), max(1, rows // mask.block))  # rounded down: a block is never smaller than asked
    if mask.levels.any():
        luma = _spread(mask.levels, source, size)
        chroma = _spread(mask.levels, (source[0] // 2, source[1] // 2), (size[0] // 2, size[1] // 2))
        for plane, level, colour, unit in zip(planes, (luma, chroma, chroma), FILL_YUV, (2, 1, 1), strict=True):
            np.copyto(plane, np.uint8(colour), where=level >= FILL)
            _pixelate(plane, level == MOSAIC, blocks, unit)
    return MaskedFrame(_MAKING, raw.stamp, planes, mask.step, mask.share, raw.full_range, reveals=mask.reveals)


def blank_frame(stamp: FrameStamp, size: tuple[int, int], *, full_range: bool = False) -> MaskedFrame:
    """A frame of nothing but the fill colour, for when masking itself failed: recording goes on, and shows nobody."""
    width, height = size
    planes = Planes(*(np.full((height // s, width // s), c, np.uint8) for c, s in zip(FILL_YUV, (1, 2, 2), strict=True)))
    return MaskedFrame(_MAKING, stamp, planes, MaskStep.BLANK, 1.0, full_range)


def _spread(levels: Levels, source: tuple[int, int], stored: tuple[int, int]) -> Levels:
    """The level of each stored pixel: the highest of all cells that its source pixels lie in. Sizes as (width, height)."""
    # Whichever way RawFrame scales, area or bilinear: no stored pixel reads further than this beyond the ones that it covers.
    spill = 0 if stored == source else 2
    across = _highest(levels, 1, *_reach(levels.shape[1], source[0], stored[0], spill))
    return _highest(across, 0, *_reach(levels.shape[0], source[1], stored[1], spill))


def _highest(levels: Levels, axis: int, first: _Indices, last: _Indices) -> Levels:
    spread = levels.take(first, axis)
    lines, cells = (spread, levels) if axis == 0 else (spread.T, levels.T)
    for step in range(1, int((last - first).max()) + 1):
        wide = np.flatnonzero(last - first >= step)
        lines[wide] = np.maximum(lines[wide], cells[first[wide] + step])
    return spread


@lru_cache(maxsize=64)
def _reach(cells: int, source: int, stored: int, spill: int) -> tuple[_Indices, _Indices]:
    """For each of `stored` pixels the first and last cell that it takes anything from; in whole numbers: no edge is missed."""
    pixel = np.arange(stored)
    first = np.maximum(pixel * source // stored - spill, 0)
    last = np.minimum(((pixel + 1) * source - 1) // stored + spill, source - 1)
    return first * cells // source, ((last + 1) * cells - 1) // source


def _pixelate(plane: Plane, where: npt.NDArray[np.bool_], blocks: tuple[int, int], unit: int) -> None:
    """Put the mean of its block in the place of each pixel of `where`. blocks: how many across, down; unit: step of edges.

    The grid is fixed to the picture and the same in luma and chroma: shifting with the person, it would tell more.
    """
    across, down = (_edges(size // unit, count) * unit for size, count in zip(reversed(plane.shape), blocks, strict=True))
    widths = np.diff(across)
    for top, bottom in pairwise(down):
        hidden = where[top:bottom]
        if hidden.any():
            sums = np.add.reduceat(cv2.reduce(plane[top:bottom], 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[0], across[:-1])
            means = (sums // (widths * (bottom - top))).astype(np.uint8)
            np.copyto(plane[top:bottom], means.repeat(widths), where=hidden)


def _edges(size: int, count: int) -> _Indices:
    return np.arange(min(count, size) + 1) * size // min(count, size)
