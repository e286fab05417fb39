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
from agent.values import Box, FrameStamp, MaskStep, Person, Track

BLIND_BLOCK = 10  # cells: pixelating a whole frame leaves about 10 x 5 blocks, a head is one or two of them
NEAR_S = 0.7  # a look of the person detector speaks for frames up to this far from it, on both sides
HEAD_MARGIN = 0.15  # of the head's box, each side
SURELY_SAME = 0.6  # the same for a person whose body is to be shown
SAME_PERSON = 0.1  # intersection over union of boxes in two looks from which they are the same person
AFTERGLOW_S = 0.5  # before its first and after its last sighting a person is masked for so long even where nothing differs
MOSTLY = 0.8  # so much of a track's box covered by a person who is masked: nobody else need be masked for it
SURE = 0.40  # a detection this confident may show less of a place than a fill
ANOTHER_VIEW = 0.9  # more than this differs from the empty shop: the reference says nothing any more
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
    bodies: int = MOSAIC,
) -> Mask:
    """The mask for the frame `now`.

    around: frames before and after it in the order of time (with or without itself). rows: cell rows of this picture.
    fixed: cells of privacy zones. subjects: track ids whose bodies an evidence clip shows, only their heads filled.
    bodies: what becomes of everybody else's body where the head is known.
    """
    levels = np.zeros((rows, CELL_COLUMNS), np.uint8)
    step = step_of(now)
    block = 2
    if step is MaskStep.BLIND:
        levels[:] = MOSAIC
        block = BLIND_BLOCK
    changed = now.findings.changed
    if changed is not None and step is not MaskStep.BLIND:
        levels[_widened(changed)] = FILL
    people = tuple(people_at(now, around, care))
    open_bodies = _open_bodies(now, around, people, subjects) if step is MaskStep.NORMAL else []
    if step is MaskStep.NORMAL and changed is not None:
        lowered = [p for p in people if p.head is not None and p.score >= SURE] if bodies == MOSAIC else []
        _lower_bodies(levels, changed, now.tracks, lowered, open_bodies)
    for person in people:
        block = max(block, math.ceil(person.box.width * CELL_COLUMNS / 6))
        if person not in open_bodies:
            _raise(levels, grown(person.box, care.margin), bodies if person.head is not None else FILL)
    for box in (*remembered(now, people), *coming(now, around, care)):
        _raise(levels, grown(box, care.margin), FILL)
    for box in (*(p.head for p in people if p.head is not None), *faces_near(now, around)):
        _raise(levels, grown(box, HEAD_MARGIN), FILL)
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
        masks.append(plan_mask(now, seen[first:last], rows, fixed, care, subjects, bodies=FILL))
    return masks


def step_of(now: Seen) -> MaskStep:
    if now.findings.changed is None or float(now.findings.changed.mean()) > ANOTHER_VIEW:
        return MaskStep.BLIND
    return MaskStep.NORMAL if isinstance(now.findings, Findings) else MaskStep.LATE


def people_at(now: Seen, around: Sequence[Seen], care: Care) -> Iterator[Person]:
    """Everybody that the person detector saw in this frame. Where it did not look: everybody in the nearest looks before and
    after, somebody who is in both with the whole way between, and with a head only if both looks saw it."""
    look = look_of(now)
    if look is not None:
        yield from _counted(look.people, care)
        return
    before, after = (_counted(people, care) for people in _nearest_looks(now, around))
    for person in before:
        other = max(after, key=lambda p: p.box.iou(person.box), default=None)
        if other is None or other.box.iou(person.box) < SAME_PERSON:
            yield replace(person, head=None)
            continue
        after.remove(other)
        head = person.head.union(other.head) if person.head is not None and other.head is not None else None
        yield Person(person.box.union(other.box), max(person.score, other.score), (), head)
    for person in after:
        yield replace(person, head=None)


def _counted(people: Sequence[Person], care: Care) -> list[Person]:
    return [person for person in people if person.score >= care.weak]


def look_of(seen: Seen) -> Findings | None:
    """What the person detector found in this very frame, if it looked."""
    findings = seen.findings
    return findings if isinstance(findings, Findings) and findings.looked else None


def _nearest_looks(now: Seen, around: Sequence[Seen]) -> tuple[tuple[Person, ...], tuple[Person, ...]]:
    """People in the nearest looks before and after this frame, as far as these are near enough to speak for it."""
    at = now.stamp.source_s
    looked = [look for look in map(look_of, around) if look is not None]
    before = [f.people for f in looked if at - NEAR_S <= f.stamp.source_s < at]
    after = [f.people for f in looked if at < f.stamp.source_s <= at + NEAR_S]
    return (before[-1] if before else ()), (after[0] if after else ())


def faces_near(now: Seen, around: Sequence[Seen]) -> Iterator[Box]:
    """Faces seen in this frame, or in looks close to it."""
    near = NEAR_S if look_of(now) is None else 0.0
    for seen in around if now in around else (*around, now):
        if isinstance(seen.findings, Findings) and abs(seen.stamp.source_s - now.stamp.source_s) <= near:
            yield from seen.findings.faces


def remembered(now: Seen, people: Sequence[Person]) -> Iterator[Box]:
    """Tracks of people that no detection supports now: hidden, or missed by the detector; not where the place is seen empty."""
    looked = look_of(now) is not None
    changed = now.findings.changed
    for track in now.tracks:
        if track.by != "person":
            continue
        fresh = track.seen and (track.keypoints != () or track.head is not None)
        hidden_already = any(track.box.overlap(person.box) >= MOSTLY * track.box.area for person in people)
        if fresh if looked else track.seen and hidden_already:
            continue
        lost_s = now.stamp.source_s - track.last_seen_s
        if changed is None or lost_s <= AFTERGLOW_S or filled_share(changed, track.box) > EMPTY_SHARE:
            yield track.box


def is_look(seen: Seen, now: Seen) -> bool:
    return abs(seen.stamp.source_s - now.stamp.source_s) <= NEAR_S and look_of(seen) is not None


def coming(now: Seen, around: Sequence[Seen], care: Care) -> Iterator[Box]:
    """Where people who are noticed only within the look-ahead will first be seen; only shortly before where it is empty."""
    at = now.stamp.source_s
    changed = now.findings.changed
    here = {track.id for track in now.tracks if track.by == "person"}
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
    looks = [seen for seen in (around if now in around else (*around, now)) if is_look(seen, now)]
    before = [seen for seen in looks if seen.stamp.source_s <= at]
    after = [seen for seen in looks if seen.stamp.source_s >= at]
    tracks = [track for seen in (*before[-1:], *after[:1]) for track in seen.tracks if track.seen and track.by == "person"]
    found = []
    for person in people:
        own = max(tracks, key=lambda track: track.box.iou(person.box), default=None)
        if own is None or own.id not in subjects or own.head is None or person.head is None:
            continue
        if own.box.iou(person.box) > SURELY_SAME and person.score >= SURE:
            found.append(person)
    return found


def _lower_bodies(
    levels: Levels, changed: Cells, tracks: Sequence[Track], known: Sequence[Person], open_bodies: Sequence[Person]
) -> None:
    """Inside the box of a person whose head is known the body need not be filled: a mosaic does, and the subject's is shown.

    Called before anybody is raised, so whoever else is seen in the same place is hidden again. Change that belongs to a track
    of its own stays filled: a box may hold somebody whom only the reference sees.
    """
    for level, group in ((MOSAIC, known), (CLEAR, open_bodies)):
        for person in group:
            levels[box_slices(len(levels), person.box)] = level
    lowered = (*known, *open_bodies)
    for track in tracks:
        if lowered and all(track.box.iou(person.box) <= SURELY_SAME for person in lowered):
            place = box_slices(len(levels), track.box)
            levels[place][changed[place]] = FILL


def _raise(levels: Levels, box: Box, level: int) -> None:
    part = levels[box_slices(len(levels), box)]
    np.maximum(part, level, out=part)


def grown(box: Box, margin: float) -> Box:
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
