"""Draws shapes and words at twice the size, in the coordinates of the picture itself: reduced later, their edges are smooth.

Comes in: a picture of 1920 x 1080 pixels and places in 960 x 540. Goes out: the picture with the shape on it.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from agent.capture.demo_story import Colour

Picture = npt.NDArray[np.uint8]
Corner = tuple[float, float]
TWICE = 2


def area(picture: Picture, corners: tuple[Corner, ...], colour: Colour) -> None:
    """A filled polygon."""
    points = np.array([(x * TWICE, y * TWICE) for x, y in corners], np.float32).round().astype(np.int32)
    cv2.fillPoly(picture, [points], colour, cv2.LINE_AA)


def block(picture: Picture, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
    """A filled rectangle."""
    corner, other = (round(left * TWICE), round(top * TWICE)), (round(right * TWICE) - 1, round(bottom * TWICE) - 1)
    cv2.rectangle(picture, corner, other, colour, -1)


def line(picture: Picture, a: Corner, b: Corner, colour: Colour, width: float = 1) -> None:
    """A straight line, `width` pixels wide."""
    start, end = (round(a[0] * TWICE), round(a[1] * TWICE)), (round(b[0] * TWICE), round(b[1] * TWICE))
    cv2.line(picture, start, end, colour, round(width * TWICE), cv2.LINE_AA)


def write(picture: Picture, text: str, at: Corner, size: float, colour: Colour, weight: int = 700) -> None:
    """A text whose baseline begins at `at`; size: height of its letters."""
    where = (round(at[0] * TWICE), round(at[1] * TWICE))
    cv2.putText(picture, text, where, colour, cv2.FontFace("uni"), round(size * TWICE), weight)
