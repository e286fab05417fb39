"""A masked frame as a JPEG, for posters and the live view; the only writer of still pictures.

Comes in: a `MaskedFrame`. Goes out: JPEG bytes.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from agent.masking.masked import MaskedFrame

_Plane = npt.NDArray[np.uint8]

_STEPS = np.arange(256, dtype=np.float64)
# Full-range luma and chroma brought to the 16-235 and 16-240 that OpenCV's conversion expects (ITU-R BT.601).
NARROW_LUMA = np.round(16 + _STEPS * 219 / 255).astype(np.uint8)
NARROW_CHROMA = np.round(128 + (_STEPS - 128) * 224 / 255).astype(np.uint8)


def jpeg(frame: MaskedFrame, quality: int = 80, width: int | None = None) -> bytes:
    """`frame` as JPEG bytes, at most `width` pixels across (None: as it is). Raises TypeError for all but a MaskedFrame."""
    if type(frame) is not MaskedFrame:
        raise TypeError(f"only masked frames become pictures, not {type(frame).__name__}")
    if frame.reveals:
        raise TypeError("a frame that reveals somebody becomes no picture")
    across, down = _size(frame, width)
    y, u, v = (_scaled(p, across // half, down // half) for p, half in zip(frame.planes, (1, 2, 2), strict=True))
    if frame.full_range:
        y, u, v = NARROW_LUMA[y], NARROW_CHROMA[u], NARROW_CHROMA[v]
    stacked = np.concatenate([p.reshape(-1) for p in (y, u, v)]).reshape(down * 3 // 2, across)
    made, coded = cv2.imencode(".jpg", cv2.cvtColor(stacked, cv2.COLOR_YUV2BGR_I420), [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not made:
        raise RuntimeError("OpenCV made no JPEG")
    return coded.tobytes()


def _size(frame: MaskedFrame, width: int | None) -> tuple[int, int]:
    if width is None or width >= frame.width:
        return frame.width, frame.height
    scale = width / frame.width
    return max(2, round(width / 2) * 2), max(2, round(frame.height * scale / 2) * 2)


def _scaled(plane: _Plane, width: int, height: int) -> _Plane:
    if plane.shape == (height, width):
        return plane
    return np.asarray(cv2.resize(plane, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)
