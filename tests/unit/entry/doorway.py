"""People who walk before a camera at an entrance, as the empty-shop reference would see them: regions of change, no pictures.

The line lies upright in the middle of the picture's left half (LINE); the shop is to its right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from agent.detection.detectors import blob_boxes
from agent.detection.findings import CELL_COLUMNS, Cells, Findings
from agent.detection.tracker import Tracker
from agent.entry.gate import Gate
from agent.entry.records import Crossing, CrossingKind, Scan
from agent.entry_settings import EntrySettings
from agent.values import Box, FrameStamp, Person, Point

FPS = 8
ROWS = 54
ASPECT = 16 / 9
BODY = ((0.07, 0.0, 0.2), (0.12, 0.2, 0.55), (0.18, 0.55, 1.0))  # half its width, from, to: shares of the height, from the top
UTC = 1_795_270_000.0
X = 0.3  # of the line
SETTINGS = EntrySettings(
    enabled=True, gate="hall", line=(Point(X, 0.6), Point(X, 1.0)), inside=Point(0.7, 0.9), wait_s=12.0, tail_s=5.0
)


@dataclass(frozen=True)
class Walker:
    """Follows `way`, points of (second, x of the feet), straight between them, and is nowhere before and after."""

    way: Sequence[tuple[float, float]]
    foot: float = 0.9
    height: float = 0.45

    def box(self, at_s: float) -> Box | None:
        if not self.way[0][0] <= at_s <= self.way[-1][0]:
            return None
        x = float(np.interp(at_s, [t for t, _ in self.way], [x for _, x in self.way]))
        half = 0.18 * self.height / ASPECT
        return Box(x - half, self.foot - self.height, x + half, self.foot)


def walker(begin: float, start: float = -0.05, end: float = 1.05, speed: float = 0.12, **more: float) -> Walker:
    """Somebody who walks straight from x `start` to x `end`; speed: picture widths a second."""
    return Walker([(begin, start), (begin + abs(end - start) / speed, end)], **more)


def cells(boxes: Sequence[Box]) -> Cells:
    """What differs where these people are: head, trunk and stride of each, what touches filled to its hull."""
    fine = np.zeros((ROWS * 8, CELL_COLUMNS * 8), np.uint8)
    for box in boxes:
        for half, above, below in BODY:
            across, middle = half * box.height / ASPECT, box.centre.x
            _paint(fine, Box(middle - across, box.top + above * box.height, middle + across, box.top + below * box.height))
    rough = cv2.resize(fine, (CELL_COLUMNS, ROWS), interpolation=cv2.INTER_AREA)
    touched = cv2.morphologyEx((rough > 40).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    count, labels = cv2.connectedComponents(touched, connectivity=8)
    hulls = np.zeros_like(touched)
    for label in range(1, count):
        outlines, _ = cv2.findContours((labels == label).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        for outline in outlines:
            cv2.fillConvexPoly(hulls, cv2.convexHull(outline), 1)
    return hulls > 0


def _paint(fine: np.ndarray, box: Box) -> None:
    height, width = fine.shape
    part = box.clipped()
    fine[round(part.top * height) : round(part.bottom * height), round(part.left * width) : round(part.right * width)] = 255


def findings(at_s: float, boxes: Sequence[Box], *, detector: bool = False) -> Findings:
    """detector: a person detector saw each of them, too."""
    changed = cells(boxes)
    people = tuple(Person(box.clipped(), 0.9) for box in boxes if 0 < box.centre.x < 1) if detector else ()
    return Findings(stamp(at_s), people, (), changed, np.zeros_like(changed), detector, blob_boxes(changed))


def stamp(at_s: float) -> FrameStamp:
    return FrameStamp("hall", round(at_s * FPS), at_s, UTC + at_s)


def scan(number: int, at_s: float) -> Scan:
    return Scan(f"entry-{number}", f"PASS000{number}", UTC + at_s)


def watch(
    walkers: Sequence[Walker],
    scans: Sequence[Scan] = (),
    settings: EntrySettings = SETTINGS,
    *,
    detector: bool = False,
    taught: bool = False,
) -> list[Crossing]:
    """All crossings while these people walk. taught: others walked by before, so that it is known how tall people are."""
    gate, tracker, found = Gate(settings), Tracker("hall"), list[Crossing]()
    start = -LESSON_S * len(TEACHERS) if taught else 0.0
    lessons = enumerate(TEACHERS) if taught else ()
    before = [walker(start + LESSON_S * number, foot=foot, speed=0.3) for number, foot in lessons]
    everybody = [*before, *walkers]
    end = max(one.way[-1][0] for one in everybody) + 3.0
    for number in range(round((end - start) * FPS) + 1):
        at_s = start + number / FPS
        boxes = [box for one in everybody if (box := one.box(at_s)) is not None]
        seen = findings(at_s, boxes, detector=detector)
        heard = [one for one in scans if one.utc <= UTC + at_s]
        crossings = gate.step(seen.stamp, tracker.step(seen), seen, heard)
        found += [one for one in crossings if one.utc >= UTC]
    return found


LESSON_S = 6.0
TEACHERS = tuple(0.80 + 0.015 * n for n in range(12))  # where their feet are, one after another


def kinds(crossings: Sequence[Crossing]) -> list[CrossingKind]:
    return [one.kind for one in crossings]
