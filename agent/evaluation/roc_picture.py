"""A curve of hits over false alarms as a small SVG file: lines and letters, no photograph.

Comes in: points (share of normal clips that are called, share of thefts that are called), and words. Goes out: the file's text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

SIDE = 400  # pixels of the square that the curve lies in
LEFT, TOP, RIGHT, BOTTOM = 64, 40, 24, 56


@dataclass(frozen=True, slots=True)
class Mark:
    """A point on the curve that has a meaning, with a few words beside it."""

    false: float
    hits: float
    words: str


def roc_svg(points: Sequence[tuple[float, float]], title: str, marks: Sequence[Mark] = ()) -> str:
    """The curve through `points`, which go from (0, 0) to (1, 1); the diagonal is what guessing would give."""
    width, height = LEFT + SIDE + RIGHT, TOP + SIDE + BOTTOM
    path = " ".join(_at(x, y) for x, y in points)
    box = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    across = f'x="{LEFT + SIDE / 2:.0f}" y="{height - 14}"'
    up = f'transform="translate(18 {TOP + SIDE / 2:.0f}) rotate(-90)"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {box} font-family="sans-serif" font-size="12" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="{TOP - 16}" font-size="14" fill="#1f2933">{escape(title)}</text>',
        *(_tick(value) for value in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)),
        f'<polyline points="{_at(0, 0)} {_at(1, 1)}" fill="none" stroke="#9aa5b1" stroke-dasharray="4 4"/>',
        f'<polyline points="{path}" fill="none" stroke="#0b6e4f" stroke-width="2.5"/>',
        *(_mark(mark) for mark in marks),
        f'<text {across} text-anchor="middle" fill="#1f2933">normal clips called a theft (share)</text>',
        f'<text {up} text-anchor="middle" fill="#1f2933">thefts called a theft (share)</text>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _at(x: float, y: float) -> str:
    return f"{LEFT + x * SIDE:.1f},{TOP + (1 - y) * SIDE:.1f}"


def _tick(value: float) -> str:
    x, y = LEFT + value * SIDE, TOP + (1 - value) * SIDE
    return (
        f'<path d="M{x:.1f} {TOP}V{TOP + SIDE}M{LEFT} {y:.1f}H{LEFT + SIDE}" stroke="#e4e7eb" fill="none"/>'
        f'<text x="{x:.1f}" y="{TOP + SIDE + 18}" text-anchor="middle" fill="#52606d">{value:g}</text>'
        f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="#52606d">{value:g}</text>'
    )


def _mark(mark: Mark) -> str:
    x, y = LEFT + mark.false * SIDE, TOP + (1 - mark.hits) * SIDE
    side, anchor = (10, "start") if mark.false < 0.5 else (-10, "end")
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="#c2410c"/>'
        f'<text x="{x + side:.1f}" y="{y + 16:.1f}" text-anchor="{anchor}" fill="#c2410c">{escape(mark.words)}</text>'
    )
