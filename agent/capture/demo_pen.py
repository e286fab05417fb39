"""Draws shapes and words at twice the size, in the coordinates of the picture itself: reduced later, their edges are smooth.

Comes in: a picture of 1920 x 1080 pixels and places in 960 x 540. Goes out: the picture with the shape on it.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from agent.capture.demo_person import Colour

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


def tone(colour: Colour, share: float) -> Colour:
    """The same colour, darker (below 1) or lighter."""
    return tuple(min(255, round(c * share)) for c in colour)  # type: ignore[return-value]


def line(picture: Picture, a: Corner, b: Corner, colour: Colour, width: float = 1) -> None:
    """A straight line, `width` pixels wide."""
    start, end = (round(a[0] * TWICE), round(a[1] * TWICE)), (round(b[0] * TWICE), round(b[1] * TWICE))
    cv2.line(picture, start, end, colour, round(width * TWICE), cv2.LINE_AA)


def write(
    picture: Picture, text: str, at: Corner, size: float, colour: Colour, weight: int = 700, *, mirrored: bool = False
) -> None:
    """A text whose baseline begins at `at`; size: height of its letters. mirrored: to be read once the picture is turned."""
    where = (round(at[0] * TWICE), round(at[1] * TWICE))
    face, height = cv2.FontFace("uni"), round(size * TWICE)
    if not mirrored:
        cv2.putText(picture, text, where, colour, face, height, weight)
        return
    left, top, wide, high = cv2.getTextSize((picture.shape[1], picture.shape[0]), text, where, face, height, weight)
    part = picture[max(0, top - 4) : top + high + 4, max(0, left) : left + wide]
    turned = np.ascontiguousarray(part[:, ::-1])
    cv2.putText(turned, text, (0, where[1] - max(0, top - 4)), colour, face, height, weight)
    part[:] = turned[:, ::-1]
