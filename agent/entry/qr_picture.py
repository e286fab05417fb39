"""Draws QR codes: of passes, visitors' codes, links for signing up.

Comes in: a text. Goes out: the same as modules, SVG or PNG. A pass's code stays at version 4 or below (33 modules a side), so
that a cheap camera reads it from a phone; how much damage it may take (its error correction level) is the most that fits there.
"""

from __future__ import annotations

import base64

import numpy as np
import numpy.typing as npt
import segno
from segno.encoder import DataOverflowError

from agent.errors import AnsimError

QUIET = 4  # modules of white around a code (ISO/IEC 18004)
LARGEST = 4  # version of a pass's code
LEVELS = ("Q", "M", "L")
SMALL = 3  # version at which the best level is worth more than larger modules

Modules = npt.NDArray[np.bool_]


class CodeTooLong(AnsimError):
    """A text does not fit into the code that was asked for."""


def draw_modules(text: str, *, largest: int = LARGEST) -> Modules:
    """The code with its quiet zone, (side, side) bool, True where it is black. largest: version, 1 to 40.

    Raises CodeTooLong.
    """
    return np.array([[bool(module) for module in row] for row in _code(text, largest).matrix_iter(border=QUIET)])


def draw_svg(text: str, *, largest: int = LARGEST) -> str:
    """A whole SVG document, one unit per module, without styles or scripts (a strict Content-Security-Policy takes it).

    Raises CodeTooLong.
    """
    modules = draw_modules(text, largest=largest)
    side = len(modules)
    path = "".join(f"M{x} {y}h1v1h-1z" for y, x in np.argwhere(modules))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{side}v{side}h-{side}z"/><path d="{path}"/></svg>'
    )


def draw_png(text: str, *, largest: int = LARGEST, scale: int = 8) -> bytes:
    """The same as a PNG of `scale` pixels per module. Raises CodeTooLong."""
    uri: str = _code(text, largest).png_data_uri(scale=scale, border=QUIET)
    return base64.b64decode(uri.partition(",")[2])


def _code(text: str, largest: int) -> segno.QRCode:
    """Level Q up to version 3; then the best level at `largest`, which is that of the smallest version it fits into."""
    for version, level in ((min(SMALL, largest), "Q"), *((largest, level) for level in LEVELS)):
        try:
            code = segno.make(text, error=level, micro=False)
        except DataOverflowError:
            continue
        if int(code.version) <= version:
            return code
    raise CodeTooLong(
        ko="QR 코드에 넣기에는 글이 너무 깁니다. 더 짧은 주소나 글을 써 주세요.",
        en="The text is too long for a QR code. Use a shorter address or text.",
    )
