"""A clear picture in memory, wrapped so that it cannot be written, copied or sent by accident.

Comes in: a decoded frame as 8-bit YUV 4:2:0 planes. Goes out: a `RawFrame` that lends a read-only view (`look`), a small
picture for a detector (`look_bgr`), or, once, its buffer to masking (`take`).
Only capture, detection, masking.masked, entry.scanner, recording.evidence and pipeline may import this module.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

import cv2
import numpy as np
import numpy.typing as npt

from agent.errors import SourceUnsupported
from agent.values import FrameStamp

Plane = npt.NDArray[np.uint8]

# Each camera has a thread of its own and what is judged is small: OpenCV's own threads cost a tenth more and win nothing.
cv2.setNumThreads(1)

SMALLEST = 32  # pixels; a side shorter than this shows nobody, and H.264 encoders want 16 or more


class Planes(NamedTuple):
    """Luma (h, w) and the two chroma planes (h/2, w/2) of one picture, uint8; h and w are even."""

    y: Plane
    u: Plane
    v: Plane


class RawFrame:
    """Holding one means: you are handling a clear picture of people. Look at it, or take it to mask it; nothing else.

    Not an array: numpy, pickle and copy are refused. `take` works once; after it the frame is empty.
    """

    __slots__ = ("_planes", "full_range", "height", "stamp", "width")

    def __init__(self, stamp: FrameStamp, planes: Planes, *, full_range: bool = False) -> None:
        """planes: uint8 YUV 4:2:0 as decoded (rows may be strided views); an odd last row or column is cut off.

        full_range: luma runs 0-255 (yuvj420p) instead of 16-235. Raises SourceUnsupported below 32 x 32 pixels.
        """
        height, width = planes.y.shape
        height, width = height - height % 2, width - width % 2
        if min(height, width) < SMALLEST:
            raise SourceUnsupported(
                ko=f"영상이 {planes.y.shape[1]}x{planes.y.shape[0]} 픽셀로 너무 작습니다. 카메라 해상도를 높여 주세요.",
                en=f"The picture is only {planes.y.shape[1]} x {planes.y.shape[0]} pixels. Set a higher resolution.",
            )
        cut = Planes(planes.y[:height, :width], planes.u[: height // 2, : width // 2], planes.v[: height // 2, : width // 2])
        for plane in cut:
            plane.flags.writeable = False
        self.stamp = stamp
        self.width = width
        self.height = height
        self.full_range = full_range
        self._planes: Planes | None = cut

    def look(self) -> Planes:
        """The planes, read-only. Do not keep them beyond the call that you are in."""
        if self._planes is None:
            raise RuntimeError(f"frame {self.stamp.index} of {self.stamp.camera} was already taken")
        return self._planes

    def look_bgr(self, width: int, height: int) -> Plane:
        """A picture for a detector: (height, width, 3) uint8 BGR. Only this much of it is converted."""
        y, u, v = self.look()
        width, height = width - width % 2, height - height % 2
        small = np.empty((height * 3 // 2, width), np.uint8)
        small[:height] = _reduced(y, width, height)
        chroma = small[height:].reshape(2, height // 2, width // 2) if height % 4 == 0 else None
        u, v = _reduced(u, width // 2, height // 2), _reduced(v, width // 2, height // 2)
        if chroma is not None:
            chroma[0], chroma[1] = u, v
        else:
            small[height:].reshape(-1)[:] = np.concatenate((u.reshape(-1), v.reshape(-1)))
        return np.asarray(cv2.cvtColor(small, cv2.COLOR_YUV2BGR_I420), dtype=np.uint8)

    def take(self, width: int, height: int) -> Planes:
        """The picture's own planes at width x height (even numbers), writable, for masking; the frame is empty afterwards."""
        planes = self.look()
        self._planes = None
        half = (width // 2, height // 2)
        return Planes(_reduced(planes.y, width, height), _reduced(planes.u, *half), _reduced(planes.v, *half))

    def drop(self) -> None:
        """Forget the picture now (a frame that nobody stores)."""
        self._planes = None

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("a RawFrame is a clear picture of people: it cannot be copied, pickled or turned into an array")

    __reduce__: Callable[..., NoReturn] = _refuse
    __reduce_ex__: Callable[..., NoReturn] = _refuse
    __copy__ = _refuse
    __deepcopy__ = _refuse
    __array__ = _refuse

    def __repr__(self) -> str:
        return f"RawFrame({self.stamp.camera} #{self.stamp.index}, {self.width}x{self.height})"


def _reduced(plane: Plane, width: int, height: int) -> Plane:
    """A smaller (or larger) copy. Up to half the size, interpolation between two pixels is five times as quick as the area
    average and shows no more noise; below that the average keeps fine patterns from turning into false ones."""
    h, w = plane.shape
    if (h, w) == (height, width):
        return plane.copy()
    much_smaller = width * 2 < w or height * 2 < h
    interpolation = cv2.INTER_AREA if much_smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(plane, (width, height), interpolation=interpolation), dtype=np.uint8)
