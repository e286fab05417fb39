"""How strongly each person moves: the body's own way through the picture taken out, as a number from 0 to 1.

Only who goes somewhere has a way: of somebody whose feet stay where they are, wrenching with the whole body counts.

Comes in: the reduced luma of each frame (as the reference sees it), and the tracks. Goes out: per track the strength over the
last second. Standing is about 0, walking and working hands are low, hitting and thrashing high; what that means on real
recordings is measured by scripts/bench/activity.py. Needs no model; with a pose model the speed of hands and feet counts too.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from agent.detection.findings import CELL_COLUMNS
from agent.detection.shop_look import Picture, outside
from agent.values import Box, Keypoint, Track

SPAN_S = 0.12  # what lies about so far apart is compared, whatever the frames per second
LONGEST_SPAN_S = 0.5  # after a longer gap nothing is known of the movement in between
STEP_S = 0.19  # so often at most; a second has enough of such moments
OVER_S = 1.0
NEW_S = 1.0  # somebody who has just come into the picture is not whole yet, and grows in it
SHORT_S = 0.6  # a strength that was measured for less than this counts less
STRONG = 40.0  # grey levels: a pixel that differs by so much counts fully
NOISE = 8.0
HALF = 0.065  # share of the body in movement that is called a strength of one half
SMALLEST = 6  # pixels of the reduced picture: a smaller body shows no movement of its own
FEWEST = 150
IN_PICTURE = 0.6  # share of a box that must be in the picture; of somebody who leaves it, the rest is a sliver full of movement
NEARER, COVERED = 2.0, 0.4  # somebody whose box is larger by this factor and covers this share of another's stands before it
STAYS_S, STAYS = 1.0, 0.25  # feet that moved less than so many body heights in so long stay where they are
SURE = 0.4
LIMBS = (9, 10, 15, 16)  # wrists and ankles in COCO's order
TRUNK = (5, 6, 11, 12)
CALM_SPEED, WILD_SPEED = 1.0, 4.0  # of hands and feet against the trunk, in body heights a second


@dataclass(slots=True)
class _Body:
    """What is known of one track: strengths of the last second, and its newest pose."""

    strengths: deque[tuple[float, float]] = field(default_factory=deque)
    pose_s: float = -math.inf
    pose: tuple[Keypoint, ...] = ()
    limbs: tuple[float, float] = (-math.inf, 0.0)  # when, and how wild hands and feet were then


class ActivityWatch:
    """Holding one means: you know how strongly each person of one camera moves."""

    def __init__(self) -> None:
        self._past: deque[tuple[float, Picture]] = deque()
        self._bodies: dict[int, _Body] = {}
        self._measured_s = -math.inf

    def step(self, luma: Picture, source_s: float, tracks: Sequence[Track]) -> Mapping[int, float]:
        """Strength by track id, 0 to 1, over the last second. luma: (2 x rows, 192) float32, of the frame at `source_s`."""
        before = self._before(luma, source_s)
        self._bodies = {track.id: self._bodies.get(track.id, _Body()) for track in tracks}
        due = not 0 <= source_s - self._measured_s < STEP_S
        self._measured_s = source_s if due else self._measured_s
        for track in tracks:
            body = self._bodies[track.id]
            limbs = self._limbs(body, track, source_s, luma.shape[0] / luma.shape[1])  # a pose is not there on each frame
            if not due:
                continue
            if not (track.seen and source_s - track.first_s >= NEW_S and _in_view(track, tracks)):
                body.strengths.clear()  # what was measured at the rim of the view, or through somebody else, says little
            elif before is not None:
                span, picture = before
                goes = not _feet_stay(track, source_s, luma.shape[0] / luma.shape[1])
                strength = _strength(_moving_share(picture, luma, track.box, goes=goes) * SPAN_S / max(span, SPAN_S / 2))
                body.strengths.append((source_s, strength + 0.5 * max(0.0, limbs - strength)))
            while body.strengths and not 0 <= source_s - body.strengths[0][0] <= OVER_S:
                body.strengths.popleft()
        return {key: _over_time(body.strengths) for key, body in self._bodies.items()}

    def _before(self, luma: Picture, source_s: float) -> tuple[float, Picture] | None:
        """The picture that is nearest to SPAN_S older than this one, and how much older it is; None after a gap."""
        past = self._past
        if past and (past[-1][1].shape != luma.shape or not 0 < source_s - past[-1][0] <= LONGEST_SPAN_S):
            past.clear()
            self._bodies.clear()
        while len(past) > 1 and source_s - past[1][0] >= SPAN_S - 0.02:
            past.popleft()
        found = (source_s - past[0][0], past[0][1]) if past else None
        past.append((source_s, luma))
        return found

    @staticmethod
    def _limbs(body: _Body, track: Track, source_s: float, aspect: float) -> float:
        """How wild hands and feet are (0 to 1), from the last two poses; it fades with their age. aspect: height by width."""
        if track.keypoints:
            span = source_s - body.pose_s
            if 0 < span <= LONGEST_SPAN_S and body.pose:
                speed = _limb_speed(body.pose, track.keypoints, track.box.height, aspect) / span
                body.limbs = (source_s, min(max((speed - CALM_SPEED) / (WILD_SPEED - CALM_SPEED), 0.0), 1.0))
            body.pose_s, body.pose = source_s, track.keypoints
        at, wild = body.limbs
        return wild if source_s - at <= LONGEST_SPAN_S else 0.0


def _over_time(strengths: Sequence[tuple[float, float]]) -> float:
    """The mean; less where it rests on a moment only."""
    if not strengths:
        return 0.0
    return _mean(value for _, value in strengths) * min(1.0, (strengths[-1][0] - strengths[0][0]) / SHORT_S)


def _in_view(track: Track, tracks: Sequence[Track]) -> bool:
    """Whether what moves in its box is this body's: it is mostly in the picture, and nobody much nearer stands before it."""
    box = track.box
    if box.clipped().area < IN_PICTURE * box.area:
        return False
    return not any(
        other.id != track.id
        and other.by == "person"
        and other.box.area > NEARER * box.area
        and other.box.overlap(box) > COVERED * box.area
        for other in tracks
    )


def _feet_stay(track: Track, now_s: float, aspect: float) -> bool:
    """Whether the feet are known to have kept to their place of late. aspect: height by width of the picture."""
    late = [point for point in track.path if now_s - point.source_s <= STAYS_S]
    if not late or now_s - late[0].source_s < 0.7 * STAYS_S:
        return False
    feet = [track.box.foot, *(point.box.foot for point in late)]
    xs, ys = [foot.x / aspect for foot in feet], [foot.y for foot in feet]
    return math.hypot(max(xs) - min(xs), max(ys) - min(ys)) < STAYS * track.box.height


def _moving_share(before: Picture, now: Picture, box: Box, *, goes: bool) -> float:
    """Share of the body's pixels that did not stand still, by how much they differ; of who goes, without what went along."""
    rows, columns = _pixels(box, now.shape)
    tall, wide = rows.stop - rows.start, columns.stop - columns.start
    if min(tall, wide) < SMALLEST or tall * wide < FEWEST:
        return 0.0
    here = now[rows, columns]
    reach = max(2, min(tall, wide) // 4)
    margin = cv2.copyMakeBorder(before, reach, reach, reach, reach, cv2.BORDER_REPLICATE)
    around = margin[rows.start : rows.stop + 2 * reach, columns.start : columns.stop + 2 * reach]
    stood = around[reach : reach + tall, reach : reach + wide]
    light = np.float32(np.median((now[::6, ::6] + 8.0) / (before[::6, ::6] + 8.0)))
    gap = outside(stood * light, here)
    loose = gap > NOISE
    if loose.mean() < 0.02 or not goes:
        return float(np.minimum(np.where(loose, gap, 0.0) / STRONG, 1.0).mean())
    fit = cv2.matchTemplate(around, here, cv2.TM_SQDIFF, mask=loose.astype(np.float32))
    _, _, (left, top), _ = cv2.minMaxLoc(fit)
    went = around[top : top + tall, left : left + wide] * light
    gap = np.minimum(gap, outside(went, here))
    return float(np.minimum(np.where(gap > NOISE, gap, 0.0) / STRONG, 1.0).mean())


def _strength(share: float) -> float:
    return 1.0 - math.pow(0.5, share / HALF)


def _pixels(box: Box, shape: tuple[int, ...]) -> tuple[slice, slice]:
    height, width = shape[0], 2 * CELL_COLUMNS
    inside = box.clipped()
    return (
        slice(math.floor(inside.top * height), math.ceil(inside.bottom * height)),
        slice(math.floor(inside.left * width), math.ceil(inside.right * width)),
    )


def _limb_speed(was: Sequence[Keypoint], now: Sequence[Keypoint], tall: float, aspect: float) -> float:
    """The way of hands and feet against the trunk, in body heights: the second longest, since one may be a wrong point."""
    trunk = [i for i in TRUNK if min(was[i].score, now[i].score) >= SURE]
    if len(trunk) < 2 or tall <= 0:
        return 0.0
    dx = _mean(now[i].x - was[i].x for i in trunk)
    dy = _mean(now[i].y - was[i].y for i in trunk)
    ways = sorted(
        (
            math.hypot((now[i].x - was[i].x - dx) / aspect, now[i].y - was[i].y - dy) / tall
            for i in LIMBS
            if min(was[i].score, now[i].score) >= SURE
        ),
        reverse=True,
    )
    return ways[min(1, len(ways) - 1)] if ways else 0.0


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found) if found else 0.0
