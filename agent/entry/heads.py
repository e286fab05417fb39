"""Whether one region of change holds two people, judged by how wide it is where the heads are, and how tall. Pure.

Comes in: the cells that differ from the empty shop, and boxes. Goes out: a region's `Outline`, and how much it looks like two.

The empty-shop reference gives the hull of whatever touches. Below, one person is as wide as a stride, a bag or a shadow makes
them; at the top there is one head, and a second one widens just that. The weights were fitted to drawn people (logistic
regression, seeds 1-20 of agent.capture.demo_door; docs/design/entry-gate.md). Two who hide one another stay one here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile
from statistics import median

import numpy as np

from agent.detection.findings import CELL_COLUMNS, Cells
from agent.entry.line import ASPECT
from agent.values import Box

HEAD = 0.2  # of a region's height, from its top, are head and neck
RIM = 0.08  # of a region's height are its uppermost and its lowest cells
LOOKS = 5  # so many looks are judged together
LATEST = -0.2  # what the newest look must say at least: somebody else may have been in the region before
PLAIN, ENOUGH = 0.3, 3.0  # two looks are enough where each says so plainly, and all of them together this much


@dataclass(frozen=True, slots=True)
class Outline:
    """How wide a region is at the heads and at its widest, in its own heights.

    top_x, foot_x: the middle of its uppermost and lowest cells (share of the picture's width): where the head of the farthest
    and the feet of the nearest are.
    """

    head: float
    widest: float
    top_x: float = 0.0
    foot_x: float = 0.0


def outline(cells: Cells, box: Box) -> Outline | None:
    """The outline of the region that fills `box`; None where nothing of it lies in the picture."""
    rows = len(cells)
    top, bottom = max(0, round(box.top * rows)), round(box.bottom * rows)
    left, right = max(0, round(box.left * CELL_COLUMNS)), round(box.right * CELL_COLUMNS)
    part = cells[top:bottom, left:right]
    if part.size == 0 or box.height <= 0:
        return None
    heads, rim = max(1, round(HEAD * len(part))), max(1, round(RIM * len(part)))
    return Outline(
        head=_width(part[:heads], box),
        widest=_width(part, box),
        top_x=(left + _middle(part[:rim])) / CELL_COLUMNS,
        foot_x=(left + _middle(part[-rim:])) / CELL_COLUMNS,
    )


def score(outline: Outline, excess: float | None = None) -> float:
    """Above 0: rather two people than one. excess: by which share the region is taller than one person there, if known."""
    if excess is None:
        return (outline.head - 0.29) / 0.06 + (outline.widest - 0.40) / 0.12
    return 0.36 * (50 * outline.head + 25 * outline.widest + 60 * (1 + excess) - 86)


def two_people(scores: Iterable[float]) -> bool:
    """Whether a region is two people's. scores: of its outline at the last moments, the newest last."""
    newest = list(scores)[-LOOKS:]
    if len(newest) == LOOKS and median(newest) > 0 and newest[-1] > LATEST:
        return True
    plain = list(takewhile(lambda value: value > PLAIN, reversed(newest)))
    return len(plain) > 1 and sum(plain) >= ENOUGH


def _width(rows: Cells, box: Box) -> float:
    """How many columns have a cell, less the one that a rim cuts on average, in heights of the box."""
    return float(rows.any(0).sum() - 1) / CELL_COLUMNS * ASPECT / box.height


def _middle(rows: Cells) -> float:
    columns = np.flatnonzero(rows.any(0))
    return float(columns[0] + columns[-1] + 1) / 2 if columns.size else rows.shape[1] / 2
