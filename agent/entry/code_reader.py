"""Reads QR codes from a luma plane: small, tilted, noisy, dim, shiny, inverted and slightly damaged ones.

Comes in: (height, width) uint8. Goes out: the texts of the codes in it. zxing-cpp looks up to four times, and the first look
that finds something counts: as it is; smoothed (noise, dim light); smoothed and cut at one grey (codes made of a picture);
sharpened and enlarged (out of focus, moved). What each look adds and costs is in docs/evaluation.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import numpy.typing as npt
import zxingcpp

Grey = npt.NDArray[np.uint8]

Codes = Sequence[zxingcpp.Barcode]

LONGEST = 1920  # pixels; larger pictures are made smaller first: no look may take longer than the next frame
SMOOTH = (5, 5)
SHARP = (7, 7)
SHARP_SIGMA, SHARP_MORE, LARGER = 1.5, 3.0, 1.5
QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
LOCAL = zxingcpp.Binarizer.LocalAverage


class CodeReader:
    """Holding one means: you can read codes. Keeps nothing of a picture; for one thread at a time."""

    name = "ansim"

    def read(self, grey: Grey) -> tuple[str, ...]:
        """The texts of the codes in a picture, in no particular order; () when there is none.

        A code within another one is a part of that one's picture and does not count.
        """
        grey = _not_too_large(grey)
        for look in LOOKS:
            found = look(grey)
            if found:
                return tuple(code.text for code in found if not any(_lies_in(code, other) for other in found))
        return ()


def _plain(grey: Grey) -> Codes:
    return _codes(grey, LOCAL, try_downscale=True)


def _smoothed(grey: Grey) -> Codes:
    return _codes(np.asarray(cv2.GaussianBlur(grey, SMOOTH, 0), np.uint8), LOCAL)


def _two_greys(grey: Grey) -> Codes:
    return _codes(np.asarray(cv2.GaussianBlur(grey, SMOOTH, 0), np.uint8), zxingcpp.Binarizer.GlobalHistogram)


def _sharpened(grey: Grey) -> Codes:
    soft = cv2.GaussianBlur(grey, SHARP, SHARP_SIGMA)
    sharp = cv2.addWeighted(grey, 1 + SHARP_MORE, soft, -SHARP_MORE, 0)
    larger = cv2.resize(sharp, None, fx=LARGER, fy=LARGER, interpolation=cv2.INTER_CUBIC)
    return _codes(np.asarray(larger, np.uint8), LOCAL)


LOOKS: tuple[Callable[[Grey], Codes], ...] = (_plain, _smoothed, _two_greys, _sharpened)


def _codes(grey: Grey, binarizer: zxingcpp.Binarizer, *, try_downscale: bool = False) -> Codes:
    """Codes whose checks all hold. Plain: bytes as text in the encoding that they say or show, control signs untouched."""
    found: Codes = zxingcpp.read_barcodes(
        grey,
        formats=QR,
        text_mode=zxingcpp.TextMode.Plain,
        binarizer=binarizer,
        try_downscale=try_downscale,
    )
    return found


def _not_too_large(grey: Grey) -> Grey:
    longest = max(grey.shape)
    if longest <= LONGEST:
        return np.ascontiguousarray(grey)
    scale = LONGEST / longest
    return np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def _lies_in(code: zxingcpp.Barcode, other: zxingcpp.Barcode) -> bool:
    if code is other:
        return False
    corners, middle = _corners(other), _corners(code).mean(axis=0)
    return cv2.pointPolygonTest(corners, (float(middle[0]), float(middle[1])), measureDist=False) > 0 and _area(code) < _area(
        other
    )


def _area(code: zxingcpp.Barcode) -> float:
    return float(cv2.contourArea(_corners(code)))


def _corners(code: zxingcpp.Barcode) -> npt.NDArray[np.float32]:
    at = code.position
    return np.array([(p.x, p.y) for p in (at.top_left, at.top_right, at.bottom_right, at.bottom_left)], np.float32)
