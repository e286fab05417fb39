"""Reads QR codes from a luma plane: small, tilted, noisy, dim, shiny, inverted and slightly damaged ones.

Comes in: (height, width) uint8. Goes out: the texts of the codes in it. zxing-cpp looks up to four times: as it is; smoothed
(noise, dim light); smoothed and cut at one grey (codes made of a picture); sharpened and enlarged (out of focus, moved). What
each look adds and costs is in docs/evaluation.md. The first look that finds a code of our own ends the search; somebody else's
does not, or a clean payment sticker in the picture would hide a pass that is hard to read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import zxingcpp

from agent.entry.token import read_token

Grey = npt.NDArray[np.uint8]

LONGEST = 1920  # pixels; larger pictures are made smaller first: no look may take longer than the next frame
SMOOTH = (5, 5)
SHARP = (7, 7)
SHARP_SIGMA, SHARP_MORE, LARGER = 1.5, 3.0, 1.5
QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
LOCAL = zxingcpp.Binarizer.LocalAverage


@dataclass(frozen=True, slots=True)
class Code:
    """A code in a picture. corners: (4, 2) float32, x and y in pixels of that picture, in the order around it."""

    text: str
    corners: npt.NDArray[np.float32]


def is_ours(text: str) -> bool:
    """Whether a text has the form of a pass's code (agent.entry.token), genuine or not."""
    return read_token(text) is not None


class CodeReader:
    """Holding one means: you can read codes. Keeps nothing of a picture; for one thread at a time."""

    name = "ansim"

    def read(self, grey: Grey, enough: Callable[[str], bool] = is_ours) -> tuple[str, ...]:
        """The texts of the codes in a picture, each once, in no particular order; () when there is none.

        enough: whether a code with this text ends the search; the codes that were found until then are given all the same.
        A code within another one is a part of that one's picture and does not count.
        """
        grey = _not_too_large(grey)
        found: list[Code] = []
        texts: tuple[str, ...] = ()
        for look in LOOKS:
            known = {code.text for code in found}
            found += [code for code in look(grey) if code.text not in known]
            texts = tuple({code.text: None for code in found if not any(_lies_in(code, other) for other in found)})
            if any(enough(text) for text in texts):
                break
        return texts


def _plain(grey: Grey) -> list[Code]:
    return _codes(grey, LOCAL, try_downscale=True)


def _smoothed(grey: Grey) -> list[Code]:
    return _codes(np.asarray(cv2.GaussianBlur(grey, SMOOTH, 0), np.uint8), LOCAL)


def _two_greys(grey: Grey) -> list[Code]:
    return _codes(np.asarray(cv2.GaussianBlur(grey, SMOOTH, 0), np.uint8), zxingcpp.Binarizer.GlobalHistogram)


def _sharpened(grey: Grey) -> list[Code]:
    soft = cv2.GaussianBlur(grey, SHARP, SHARP_SIGMA)
    sharp = cv2.addWeighted(grey, 1 + SHARP_MORE, soft, -SHARP_MORE, 0)
    larger = cv2.resize(sharp, None, fx=LARGER, fy=LARGER, interpolation=cv2.INTER_CUBIC)
    return [Code(code.text, code.corners / LARGER) for code in _codes(np.asarray(larger, np.uint8), LOCAL)]


LOOKS: tuple[Callable[[Grey], list[Code]], ...] = (_plain, _smoothed, _two_greys, _sharpened)


def _codes(grey: Grey, binarizer: zxingcpp.Binarizer, *, try_downscale: bool = False) -> list[Code]:
    """Codes whose checks all hold. Plain: bytes as text in the encoding that they say or show, control signs untouched."""
    found = zxingcpp.read_barcodes(
        grey,
        formats=QR,
        text_mode=zxingcpp.TextMode.Plain,
        binarizer=binarizer,
        try_downscale=try_downscale,
    )
    return [Code(code.text, _corners(code)) for code in found]


def _not_too_large(grey: Grey) -> Grey:
    longest = max(grey.shape)
    if longest <= LONGEST:
        return np.ascontiguousarray(grey)
    scale = LONGEST / longest
    return np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def _lies_in(code: Code, other: Code) -> bool:
    x, y = code.corners.mean(axis=0)
    within = cv2.pointPolygonTest(other.corners, (float(x), float(y)), measureDist=False) > 0
    return within and cv2.contourArea(code.corners) < cv2.contourArea(other.corners)


def _corners(code: zxingcpp.Barcode) -> npt.NDArray[np.float32]:
    at = code.position
    return np.array([(p.x, p.y) for p in (at.top_left, at.top_right, at.bottom_right, at.bottom_left)], np.float32)
