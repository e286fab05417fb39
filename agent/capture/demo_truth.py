"""The truth about a moment of a drawn shop: who is where and what lies, hangs or is missing.

Comes in: a `Moment` and a `Layout`. Goes out: a `DemoTruth`. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass

from agent.capture.demo_body import figure_box, head_box, keypoints
from agent.capture.demo_layout import Layout
from agent.capture.demo_script import Moment
from agent.values import Box, Keypoint


@dataclass(frozen=True, slots=True)
class DemoTruth:
    """What is really to be seen at one moment of the drawn shop.

    people: (box, head) of each, normalised; who, doing, keypoints (COCO): of each in the same order. goods: how many were
    taken, gone: from which places. things: kind and box of what lies on the floor. shelf_down: whether the shelf lies there.
    covered: share of the lens that is covered (0 to 1).
    """

    people: tuple[tuple[Box, Box], ...]
    who: tuple[str, ...]
    doing: tuple[str, ...]
    keypoints: tuple[tuple[Keypoint, ...], ...]
    goods: int
    gone: tuple[Box, ...]
    things: tuple[tuple[str, Box], ...]
    shelf_down: bool
    covered: float


def truth_of(now: Moment, layout: Layout) -> DemoTruth:
    """What is to be seen at one moment of a shop."""
    return DemoTruth(
        people=tuple((figure_box(f), head_box(f)) for f in now.figures),
        who=tuple(f.who for f in now.figures),
        doing=tuple(f.doing for f in now.figures),
        keypoints=tuple(keypoints(f) for f in now.figures),
        goods=len(now.taken),
        gone=tuple(layout.slot_box(slot) for slot in now.taken) if now.shelf_fall == 0 else (),
        things=tuple((thing.kind, thing.box) for thing in now.things),
        shelf_down=now.shelf_fall > 0,
        covered=now.cover,
    )
