"""Decides what is hidden in each frame: pure, tables in and a `Mask` out.

Comes in: what was seen in a frame and in those around it (`Seen`). Goes out: one `Mask` a frame, a union of weak and strong
hits, change against the empty shop, memory of tracks and fixed privacy zones, closed on failure:
  NORMAL  all witnesses have looked            -> what they found
  LATE    a detector is late or failed         -> all that differs from the empty shop, and every remembered track, is filled
  BLIND   no valid empty-shop reference        -> the whole frame is pixelated, people found all the same are filled
(BLANK, when masking itself fails, is the pipeline's: see masked.blank_frame.)
Whatever the step, a head is filled with one colour; a body gets a mosaic only where its head is known, else it is filled too.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from agent.detection.findings import CELL_COLUMNS, Cells, Findings, Unseen, box_slices, filled_share
from agent.masking.levels import CLEAR, FILL, MOSAIC, Levels, Mask
from agent.values import Box, FrameStamp, MaskStep, Person, Point, Track

BLIND_BLOCK = 10  # cells: pixelating a whole frame leaves about 10 x 5 blocks, a head is one or two of them
NEAR_S = 0.7  # a look of the person detector speaks for frames up to this far from it, on both sides
HEAD_MARGIN = 0.15  # of the head's box, each side
SURELY_SAME = 0.6  # the same for a person whose body is to be shown
SAME_PERSON = 0.1  # intersection over union of boxes in two looks from which they are the same person
AFTERGLOW_S = 0.5  # before its first and after its last sighting a person is masked for so long even where nothing differs
EMPTY_SHARE = 0.05  # less than this differs from the empty shop: nobody stands there


@dataclass(frozen=True, slots=True)
class Seen:
    """All that is known of one frame without its pixels: what was found, and the tracks as they stood (paths left out)."""

    stamp: FrameStamp
    findings: Findings | Unseen
    tracks: tuple[Track, ...]


@dataclass(frozen=True, slots=True)
class Care:
    """How generously to mask. margin: of a person's box, each side; look_ahead_s: how long before its first sighting a person
    is masked; weak: the lowest detector score that counts."""

    margin: float = 0.05
    look_ahead_s: float = 1.5
    weak: float = 0.10


def plan_mask(
    now: Seen,
    around: Sequence[Seen],
    rows: int,
    fixed: Cells | None,
    care: Care,
    subjects: frozenset[int] = frozenset(),
) -> Mask:
    """The mask for the frame `now`.

    around: frames before and after it in the order of time (with or without itself). rows: cell rows of this picture.
    fixed: cells of privacy zones. subjects: track ids whose bodies an evidence clip shows, only their heads filled.
    """
    levels = np.zeros((rows, CELL_COLUMNS), np.uint8)
    step = _step(now)
    block = 2
    if step is MaskStep.BLIND:
        levels[:] = MOSAIC
        block = BLIND_BLOCK
    changed = now.findings.changed
    if changed is not None:
        levels[_widened(changed)] = FILL
    people = tuple(_people(now, around, care))
    open_bodies = _open_bodies(now, around, people, subjects) if step is MaskStep.NORMAL else []
    if step is MaskStep.NORMAL:
        _lower_bodies(levels, people, open_bodies)
    for person in people:
        block = max(block, math.ceil(person.box.width * CELL_COLUMNS / 6))
        if person not in open_bodies:
            known = person.head is not None and not subjects
            _raise(levels, _grown(person.box, care.margin), MOSAIC if known else FILL)
    for box in (*_remembered(now, around), *_coming(now, around, care)):
        _raise(levels, _grown(box, care.margin), FILL)
    for box in (*(p.head for p in people if p.head is not None), *_faces(now, around)):
        _raise(levels, _grown(box, HEAD_MARGIN), FILL)
    if fixed is not None:
        levels[fixed] = FILL
    return Mask(now.stamp, levels, min(block, CELL_COLUMNS // 4), step)


def plan_clip(seen: Sequence[Seen], subjects: frozenset[int], rows: int, fixed: Cells | None, care: Care) -> list[Mask]:
    """Masks for a whole clip, one for each of `seen` (in the order of time), planned with hindsight in both directions."""
    times = [s.stamp.source_s for s in seen]
    masks = []
    for now in seen:
        first = bisect.bisect_left(times, now.stamp.source_s - NEAR_S)
        last = bisect.bisect_right(times, now.stamp.source_s + max(care.look_ahead_s, NEAR_S))
        masks.append(plan_mask(now, seen[first:last], rows, fixed, care, subjects))
    return masks


def zone_cells(zones: Sequence[Sequence[Point]], rows: int) -> Cells | None:
    """Cells that any of the polygons touches (normalised corners; even-odd rule); None for no polygons."""
    if not zones:
        return None
    y, x = np.mgrid[0 : rows + 1, 0 : CELL_COLUMNS + 1]
    corners = np.zeros((rows + 1, CELL_COLUMNS + 1), bool)
    cells = np.zeros((rows, CELL_COLUMNS), bool)
    for zone in zones:
        corners |= _inside(zone, x / CELL_COLUMNS, y / rows)
        for a, b in zip(zone, (*zone[1:], zone[0]), strict=True):  # thin zones may pass between the corners of cells
            for t in np.linspace(0.0, 1.0, 4 * max(rows, CELL_COLUMNS)):
                row, column = int((a.y + (b.y - a.y) * t) * rows), int((a.x + (b.x - a.x) * t) * CELL_COLUMNS)
                cells[min(max(row, 0), rows - 1), min(max(column, 0), CELL_COLUMNS - 1)] = True
    cells |= corners[:-1, :-1] | corners[:-1, 1:] | corners[1:, :-1] | corners[1:, 1:]
    return cells


def _step(now: Seen) -> MaskStep:
    if now.findings.changed is None:
        return MaskStep.BLIND
    return MaskStep.NORMAL if isinstance(now.findings, Findings) else MaskStep.LATE


def _people(now: Seen, around: Sequence[Seen], care: Care) -> Iterator[Person]:
    """Everybody that the person detector saw in this frame. Where it did not look: everybody in the nearest looks before and
    after, somebody who is in both with the whole way between, and with a head only if both looks saw it."""
    before, after = _looks(now, around)
    left_over = [person for person in after if person.score >= care.weak]
    for person in before:
        if person.score < care.weak:
            continue
        other = max(left_over, key=lambda p: p.box.iou(person.box), default=None)
        if after is before or other is None or other.box.iou(person.box) < SAME_PERSON:
            yield person if after is before else replace(person, head=None)
            continue
        left_over.remove(other)
        head = person.head.union(other.head) if person.head is not None and other.head is not None else None
        yield Person(person.box.union(other.box), max(person.score, other.score), (), head)
    if after is not before:
        for person in left_over:
            yield replace(person, head=None)


def _looks(now: Seen, around: Sequence[Seen]) -> tuple[tuple[Person, ...], tuple[Person, ...]]:
    """People in the nearest looks at or before and at or after this frame: twice the same where this frame was looked at."""
    if isinstance(now.findings, Findings) and now.findings.looked:
        return now.findings.people, now.findings.people
    at = now.stamp.source_s
    looked = [s.findings for s in around if isinstance(s.findings, Findings) and s.findings.looked]
    before = [f.people for f in looked if at - NEAR_S <= f.stamp.source_s < at]
    after = [f.people for f in looked if at < f.stamp.source_s <= at + NEAR_S]
    return (before[-1] if before else ()), (after[0] if after else ())


def _faces(now: Seen, around: Sequence[Seen]) -> Iterator[Box]:
    """Faces seen in this frame, or in looks close to it."""
    for seen in around if now in around else (*around, now):
        near = NEAR_S if not (isinstance(now.findings, Findings) and now.findings.looked) else 0.0
        if isinstance(seen.findings, Findings) and abs(seen.stamp.source_s - now.stamp.source_s) <= near:
            yield from seen.findings.faces


def _remembered(now: Seen, around: Sequence[Seen]) -> Iterator[Box]:
    """Tracks of people that no detection supports now: hidden, or missed by the detector; not where the place is seen empty."""
    known = {track.id for look in around if _is_look(look, now) for track in look.tracks if track.head is not None}
    looked = isinstance(now.findings, Findings) and now.findings.looked
    changed = now.findings.changed
    for track in now.tracks:
        if track.by != "person":
            continue
        fresh = track.seen and (track.keypoints != () or track.head is not None)
        if fresh if looked else track.seen and track.id in known:
            continue
        lost_s = now.stamp.source_s - track.last_seen_s
        if changed is None or lost_s <= AFTERGLOW_S or filled_share(changed, track.box) > EMPTY_SHARE:
            yield track.box


def _is_look(seen: Seen, now: Seen) -> bool:
    near = abs(seen.stamp.source_s - now.stamp.source_s) <= NEAR_S
    return near and isinstance(seen.findings, Findings) and seen.findings.looked


def _coming(now: Seen, around: Sequence[Seen], care: Care) -> Iterator[Box]:
    """Where people who are noticed only within the look-ahead will first be seen; only shortly before where it is empty."""
    at = now.stamp.source_s
    changed = now.findings.changed
    here = {track.id for track in now.tracks}
    for later in around:
        ahead = later.stamp.source_s - at
        if not 0 < ahead <= care.look_ahead_s:
            continue
        for track in later.tracks:
            if track.by != "person" or track.id in here:
                continue
            here.add(track.id)
            if changed is None or ahead <= AFTERGLOW_S or filled_share(changed, track.box) > EMPTY_SHARE:
                yield track.box


def _open_bodies(now: Seen, around: Sequence[Seen], people: Sequence[Person], subjects: frozenset[int]) -> list[Person]:
    """The subjects of an incident as far as the nearest looks saw their heads too (else nothing of them is shown).

    Somebody who stands where a subject was or will be a moment away is none: each person is the one that they overlap most.
    """
    if not subjects:
        return []
    at = now.stamp.source_s
    looks = [seen for seen in (around if now in around else (*around, now)) if _is_look(seen, now)]
    before = [seen for seen in looks if seen.stamp.source_s <= at]
    after = [seen for seen in looks if seen.stamp.source_s >= at]
    tracks = [track for seen in (*before[-1:], *after[:1]) for track in seen.tracks if track.seen and track.by == "person"]
    found = []
    for person in people:
        own = max(tracks, key=lambda track: track.box.iou(person.box), default=None)
        if own is None or own.id not in subjects or own.head is None or person.head is None:
            continue
        if own.box.iou(person.box) > SURELY_SAME:
            found.append(person)
    return found


def _lower_bodies(levels: Levels, people: Sequence[Person], open_bodies: Sequence[Person]) -> None:
    """Inside the box of a person whose head is known the body need not be filled: a mosaic does, and the subject's is shown.

    Called before anybody is raised, so whoever else stands in the same place is hidden again.
    """
    for level, group in ((MOSAIC, [p for p in people if p.head is not None]), (CLEAR, open_bodies)):
        for person in group:
            levels[box_slices(len(levels), person.box)] = level


def _raise(levels: Levels, box: Box, level: int) -> None:
    part = levels[box_slices(len(levels), box)]
    np.maximum(part, level, out=part)


def _grown(box: Box, margin: float) -> Box:
    return box.grown(box.width * margin, box.height * margin)


def _widened(cells: Cells) -> Cells:
    """One more cell on each side, diagonals too."""
    tall = cells.copy()
    tall[1:] |= cells[:-1]
    tall[:-1] |= cells[1:]
    wide = tall.copy()
    wide[:, 1:] |= tall[:, :-1]
    wide[:, :-1] |= tall[:, 1:]
    return wide


def _inside(zone: Sequence[Point], x: np.ndarray, y: np.ndarray) -> np.ndarray:
    inside = np.zeros(x.shape, bool)
    for a, b in zip(zone, (*zone[1:], zone[0]), strict=True):
        if a.y == b.y:
            continue
        crosses = (a.y > y) != (b.y > y)
        inside ^= crosses & (x < (b.x - a.x) * (y - a.y) / (b.y - a.y) + a.x)
    return inside
