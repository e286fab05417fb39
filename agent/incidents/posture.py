"""Whether somebody lies on the floor. Pure.

Comes in: a box, keypoints where they are known, and how high the person was while upright. Goes out: yes or no.

Whoever bends has the trunk level but the hips high above the feet; whoever squats or sits on the floor has the hips low but
the head well above them. Only a body that lies has all of it low, and that also holds where it lies along the camera's view.
"""

from __future__ import annotations

from collections.abc import Sequence

from agent.incidents.contact import SURE_POINT, WIDE
from agent.values import Box, Keypoint

HEAD, SHOULDERS, HIPS = (0, 1, 2, 3, 4), (5, 6), (11, 12)  # of the COCO points
LENGTH = 0.6  # in body heights: what lies across the view is at least so long; nobody carries in a bag that is
WIDEST = 0.25  # of an upright outline of one person, in its heights
LOW_HIPS, LOW_SHOULDERS, LOW_HEAD = 0.3, 0.38, 0.45  # above the lowest point of the body, in upright heights


def lies_by_points(keypoints: Sequence[Keypoint], box: Box, upright: float) -> bool | None:
    """What the body points say; None where trunk or height are not known. upright: the person's height while standing."""
    shoulders, hips = _middle(keypoints, SHOULDERS), _middle(keypoints, HIPS)
    if shoulders is None or hips is None or upright <= 0:
        return None
    head = _middle(keypoints, HEAD)
    if head is not None and box.bottom - head[1] > LOW_HEAD * upright:
        return False
    if box.bottom - hips[1] > LOW_HIPS * upright:
        return False
    level = abs(shoulders[0] - hips[0]) * WIDE > abs(shoulders[1] - hips[1])
    return level or (head is not None and box.bottom - shoulders[1] <= LOW_SHOULDERS * upright)


def lies_by_box(box: Box, upright: Box) -> bool:
    """What the outline says: wider than high, much lower than the same person was, and not merely a part of them.

    upright: the person's box while standing. A thing that somebody leaves behind may carry on the track: it is smaller.
    """
    body = upright.height * min(upright.width, WIDEST * upright.height)  # two who stand together are one wide outline
    long = box.width * WIDE >= LENGTH * upright.height
    return long and box.width * WIDE > box.height and box.height < 0.6 * upright.height and box.area >= 0.45 * body


def stands(box: Box) -> bool:
    """Whether the outline may be that of somebody upright."""
    return box.height > 0.8 * box.width * WIDE


def _middle(keypoints: Sequence[Keypoint], which: Sequence[int]) -> tuple[float, float] | None:
    found = [keypoints[n] for n in which if n < len(keypoints) and keypoints[n].score >= SURE_POINT]
    if not found:
        return None
    return sum(p.x for p in found) / len(found), sum(p.y for p in found) / len(found)
