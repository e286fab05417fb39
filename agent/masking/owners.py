"""Whose place each masked cell of a frame is, so that later one person can be shown and nobody else.

Comes in: what was seen in a frame and in those around it, as for planning its mask. Goes out: `Owned`: the mask that hides
everybody, and for each cell the one track that it belongs to. Pure. Closed on failure: a cell belongs to nobody, and is never
opened, when two people claim it, when it lies within anybody else's margin, head, face or remembered place, in a privacy zone,
or when a detector was late or the empty shop not known. Who was not surely told from all others owns nothing in that frame.
Between two looks of the detector nobody knows who walks by: there, whoever is not followed through both looks takes all the
place that they could have crossed meanwhile, and who is not seen in both looks owns nothing.
"""

from __future__ import annotations

import bisect
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from agent.detection.findings import CELL_COLUMNS, Cells, Findings, box_slices
from agent.masking.levels import CLEAR, FILL, Mask
from agent.masking.plan import (
    HEAD_MARGIN,
    NEAR_S,
    SURE,
    SURELY_SAME,
    Care,
    Seen,
    coming,
    faces_near,
    grown,
    is_look,
    look_of,
    people_at,
    plan_mask,
)
from agent.values import Box, MaskStep, Person, Track

NOBODY = 0
PACE = 6.0  # widths of their own box that somebody crosses in a second at most: a box is half a metre wide, they run
Owners = npt.NDArray[np.uint32]  # (rows, columns): a track's id, or NOBODY


@dataclass(frozen=True, slots=True)
class Owned:
    """Holding one means: with `mask` nobody at all is shown in this frame, and `owners` says whose place is surely whose."""

    mask: Mask
    owners: Owners

    def shown(self, tracks: Collection[int]) -> Mask:
        """The mask that shows these tracks, as far as they are surely alone in their place, and nobody else."""
        levels = self.mask.levels.copy()
        levels[np.isin(self.owners, [track for track in tracks if track != NOBODY])] = CLEAR
        return replace(self.mask, levels=levels, reveals=True)


def plan_owned(seen: Sequence[Seen], rows: int, fixed: Cells | None, care: Care) -> list[Owned]:
    """One for each of `seen` (in the order of time), with hindsight in both directions. Arguments as for plan_clip."""
    times = [s.stamp.source_s for s in seen]
    found = []
    for now in seen:
        first = bisect.bisect_left(times, now.stamp.source_s - NEAR_S)
        last = bisect.bisect_right(times, now.stamp.source_s + max(care.look_ahead_s, NEAR_S))
        around = seen[first:last]
        mask = plan_mask(now, around, rows, fixed, care, bodies=FILL)
        owners = np.full((rows, CELL_COLUMNS), NOBODY, np.uint32)
        if mask.step is MaskStep.NORMAL:
            _claim(owners, now, around, care)
            if fixed is not None:
                owners[fixed] = NOBODY
        found.append(Owned(mask, owners))
    return found


def _claim(owners: Owners, now: Seen, around: Sequence[Seen], care: Care) -> None:
    people = tuple(people_at(now, around, care))
    for track, person in _named(people, _looks_near(now, around)).items():
        own = box_slices(len(owners), person.box)
        taken = np.zeros(owners.shape, bool)
        others = (*_others(track, person, people, now, around, care), *_passers_by(track, now, around, care))
        for box in others:
            taken[box_slices(len(owners), box)] = True
        owners[own] = np.where(taken[own], NOBODY, np.uint32(track))


def _named(people: Sequence[Person], looks: Sequence[Sequence[Track]]) -> dict[int, Person]:
    """Who is surely which track: sure hits that overlap one track far more than any other, in each look, each track once."""
    claims: dict[int, list[Person]] = {}
    for person in people:
        ids = {track.id for look in looks for track in look if track.box.iou(person.box) > SURELY_SAME}
        followed = len(looks) == 2 and all(ids & {track.id for track in look} for look in looks)
        if len(ids) == 1 and followed and person.score >= SURE:
            claims.setdefault(ids.pop(), []).append(person)
    return {track: claiming[0] for track, claiming in claims.items() if len(claiming) == 1}


def _looks_near(now: Seen, around: Sequence[Seen]) -> list[list[Track]]:
    """People's tracks as the nearest looks before and after saw them; twice those of this frame when the detector looked."""
    at = now.stamp.source_s
    looks = [seen for seen in (around if now in around else (*around, now)) if is_look(seen, now)]
    before = [seen for seen in looks if seen.stamp.source_s <= at]
    after = [seen for seen in looks if seen.stamp.source_s >= at]
    return [_followed(seen) for seen in (*before[-1:], *after[:1])]


def _followed(seen: Seen) -> list[Track]:
    return [track for track in seen.tracks if track.seen and track.by == "person"]


def _passers_by(track: int, now: Seen, around: Sequence[Seen], care: Care) -> Iterator[Box]:
    """Where anybody but `track` may be now whom the looks before and after this frame saw; with or without a track."""
    at = now.stamp.source_s
    looks = [seen for seen in around if is_look(seen, now) and seen is not now]
    near = [*[s for s in looks if s.stamp.source_s < at][-1:], *[s for s in looks if s.stamp.source_s > at][:1]]
    through = set.intersection(*({known.id for known in _followed(seen)} for seen in near)) if len(near) == 2 else set()
    for number in through - {track}:
        ways = [known.box for seen in near for known in _followed(seen) if known.id == number]
        yield grown(ways[0].union(ways[-1]), care.margin)
    for seen in near:
        reach = 0.0 if look_of(now) is not None else PACE * abs(seen.stamp.source_s - at)
        for person in seen.findings.people if isinstance(seen.findings, Findings) else ():
            of = {known.id for known in _followed(seen) if known.box.iou(person.box) > SURELY_SAME}
            if track in of or person.score < care.weak:
                continue
            yield grown(person.box, care.margin)
            if not of & through:
                yield person.box.grown(person.box.width * reach, person.box.height * reach / 4)


def _others(
    track: int, person: Person, people: Sequence[Person], now: Seen, around: Sequence[Seen], care: Care
) -> Iterator[Box]:
    """Every place in which somebody else is, was a moment ago, will be in a moment, or might be."""
    for other in people:
        if other is not person:
            yield grown(other.box, care.margin)
            if other.head is not None:
                yield grown(other.head, HEAD_MARGIN)
    for known in now.tracks:
        if known.id != track:
            yield grown(known.box, care.margin)
    here = {known.id for known in now.tracks}
    for box in coming(now, around, care):
        if track in here or box.iou(person.box) <= SURELY_SAME:  # else it is the person's own first sighting
            yield grown(box, care.margin)
    faces = list(faces_near(now, around))
    own = [face for face in faces if person.head is not None and grown(person.head, HEAD_MARGIN).contains(face.centre)]
    near = 1 if look_of(now) is not None else 2  # the looks before and after may each have seen it
    for face in faces:
        if face not in own or len(own) > near:
            yield grown(face, HEAD_MARGIN)
