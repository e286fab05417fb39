"""Follows people through one camera's frames and remembers where they were: pure, no pixels, no clock.

Comes in: `Findings | Unseen`, frame by frame. Goes out: the current `Track`s, also those that are hidden at the moment.

Two-pass association as in ByteTrack (Zhang et al., ECCV 2022): sure detections choose first, weak ones may only continue
a track that exists. Where no detection continues it, a track is carried by the region of change that it stands in, or else
predicted with its last velocity. One that is lost is kept until its place is seen to be empty, for masking.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from agent.detection.findings import Cells, Findings, Unseen, filled_share
from agent.values import Box, Keypoint, Person, Track, TrackPoint

SURE = 0.40  # a detection this confident may begin a track
SAME_PLACE = 0.25  # intersection over union from which a detection can continue a track
SAME_REGION = 0.4  # the same for a region of change
SMALL = 0.002  # share of the picture below which a region of change is goods or noise, not worth a track
PATH_STEP_S = 0.25
PATH_S = 600.0
UNCONFIRMED_S = 10.0  # a person whom the detector has looked for and not seen for so long is a region of change again
LONGEST_MEMORY_S = 30.0  # a lost track whose place cannot be seen to be empty is given up after this long


@dataclass(slots=True)
class _Follow:
    """One track while it is followed."""

    id: int
    box: Box
    score: float
    by: str
    first_s: float
    last_seen_s: float
    now_s: float
    seen: bool = True
    head: Box | None = None
    keypoints: tuple[Keypoint, ...] = ()
    confirmed_s: float = -math.inf  # when the person detector last saw somebody here
    speed: tuple[float, float] = (0.0, 0.0)  # of the box's centre, per second
    path: list[TrackPoint] = field(default_factory=list)

    def ahead(self, source_s: float) -> Box:
        """Where it should be at `source_s`; the velocity fades within a second, since people stop."""
        span = min(max(source_s - self.last_seen_s, 0.0), 1.0)
        dx, dy = self.speed[0] * span, self.speed[1] * span
        return Box(self.box.left + dx, self.box.top + dy, self.box.right + dx, self.box.bottom + dy)

    def sight(self, source_s: float, box: Box, score: float) -> None:
        span = source_s - self.last_seen_s
        if span > 0:
            was, now, blend = self.box.centre, box.centre, min(1.0, span / 0.5)
            self.speed = (
                self.speed[0] + blend * ((now.x - was.x) / span - self.speed[0]),
                self.speed[1] + blend * ((now.y - was.y) / span - self.speed[1]),
            )
        self.box, self.score, self.seen, self.last_seen_s = box, score, True, source_s


class Tracker:
    """Holding one means: you follow the people of one camera. Ids start at 1 and are this camera's own."""

    def __init__(self, camera: str, memory_s: float = 2.0, sure: float = SURE) -> None:
        """memory_s: how long a lost person is remembered in any case. sure: score from which a detection may begin a track."""
        self._camera = camera
        self._memory_s = memory_s
        self._sure = sure
        self._follows: list[_Follow] = []
        self._next_id = 1

    def step(self, seen: Findings | Unseen) -> tuple[Track, ...]:
        """Move on to the frame that `seen` is about and give all tracks as they are there, by id."""
        now_s = seen.stamp.source_s
        for follow in self._follows:
            follow.seen = False
            follow.now_s = now_s
        if isinstance(seen, Findings) and seen.looked:
            self._people(seen.people, now_s)
        self._carry(seen.blobs, now_s)
        self._forget(seen, now_s)
        for follow in self._follows:
            self._note(follow, now_s)
        return tuple(self._track(follow, now_s) for follow in sorted(self._follows, key=lambda f: f.id))

    def _people(self, people: Sequence[Person], now_s: float) -> None:
        sure = [p for p in people if p.score >= self._sure]
        weak = [p for p in people if p.score < self._sure]
        free = list(self._follows)
        left_over = self._match(sure, free, now_s)
        self._match(weak, free, now_s)
        for person in left_over:
            follow = self._begin(person.box, person.score, "person", now_s)
            follow.head, follow.keypoints, follow.confirmed_s = person.head, person.keypoints, now_s
        for follow in self._follows:  # a thing that stands where somebody was is nobody
            if follow.by == "person" and now_s - follow.confirmed_s > UNCONFIRMED_S:
                follow.by = "change"

    def _match(self, people: Sequence[Person], free: list[_Follow], now_s: float) -> list[Person]:
        """Best pairs first; what is matched leaves `free`. Gives the people that no track claims."""
        pairs = sorted(
            ((_likeness(f.ahead(now_s), p.box, f.by), i, j) for i, f in enumerate(free) for j, p in enumerate(people)),
            key=lambda pair: (-pair[0], pair[1], pair[2]),
        )
        used: set[int] = set()
        claimed: set[int] = set()
        for likeness, i, j in pairs:
            if likeness < SAME_PLACE:
                break
            if i in used or j in claimed:
                continue
            used.add(i)
            claimed.add(j)
            follow, person = free[i], people[j]
            follow.sight(now_s, person.box, person.score)
            follow.by, follow.head, follow.keypoints = "person", person.head, person.keypoints
            follow.confirmed_s = now_s
        free[:] = [f for i, f in enumerate(free) if i not in used]
        return [p for j, p in enumerate(people) if j not in claimed]

    def _carry(self, blobs: Iterable[Box], now_s: float) -> None:
        """Regions of change carry the tracks that fill them, hold those that share one, and begin one where nobody stands."""
        regions = [blob for blob in blobs if blob.area >= SMALL]
        lost = [f for f in self._follows if not f.seen]
        pairs = sorted(
            ((f.ahead(now_s).iou(blob), i, j) for i, f in enumerate(lost) for j, blob in enumerate(regions)),
            key=lambda pair: (-pair[0], pair[1], pair[2]),
        )
        carried: set[int] = set()
        taken: set[int] = set()
        for likeness, i, j in pairs:
            if likeness >= SAME_REGION and i not in carried and j not in taken:
                carried.add(i)
                taken.add(j)
                self._ride(lost[i], regions[j], now_s)
        for follow in lost:  # several people in one region: each goes on as expected until the region falls apart again
            ahead = follow.ahead(now_s)
            if not follow.seen and any(_covered(ahead, blob) > 0.5 for blob in regions):
                follow.seen, follow.last_seen_s, follow.box = True, now_s, ahead
                follow.head, follow.keypoints = None, ()  # an older look's head is not here any more
                follow.speed = (follow.speed[0] * 0.95, follow.speed[1] * 0.95)
        for j, blob in enumerate(regions):
            if j not in taken and not any(self._explains(f, blob) for f in self._follows):
                self._begin(blob, 0.0, "change", now_s)

    @staticmethod
    def _explains(follow: _Follow, blob: Box) -> bool:
        """Whether a region of change needs nobody else but this track: it is part of the region, or the region part of it."""
        return _covered(follow.box, blob) > 0.3 or _covered(blob, follow.box.grown(0.03, 0.03)) > 0.6

    @staticmethod
    def _ride(follow: _Follow, blob: Box, now_s: float) -> None:
        if follow.by == "person":  # keeps the person's size: the region holds the shadow too
            ahead = follow.ahead(now_s)
            dx = blob.centre.x - ahead.centre.x
            blob = Box(ahead.left + dx, ahead.top, ahead.right + dx, ahead.bottom)
        follow.sight(now_s, blob, follow.score)
        follow.head, follow.keypoints = None, ()

    def _begin(self, box: Box, score: float, by: str, now_s: float) -> _Follow:
        follow = _Follow(self._next_id, box, score, by, now_s, now_s, now_s)
        self._next_id += 1
        self._follows.append(follow)
        return follow

    def _forget(self, seen: Findings | Unseen, now_s: float) -> None:
        self._follows = [f for f in self._follows if f.seen or self._remembered(f, seen.changed, now_s)]

    def _remembered(self, follow: _Follow, changed: Cells | None, now_s: float) -> bool:
        age = now_s - follow.last_seen_s
        if follow.by == "change":  # what differs is masked anyway; this is only for its id
            return age <= self._memory_s
        if age <= self._memory_s:
            return True
        unsure = changed is None or filled_share(changed, follow.ahead(now_s)) > 0.05
        return unsure and age <= LONGEST_MEMORY_S

    def _note(self, follow: _Follow, now_s: float) -> None:
        box = follow.box if follow.seen else follow.ahead(now_s)
        if not follow.path or now_s - follow.path[-1].source_s >= PATH_STEP_S:
            follow.path.append(TrackPoint(now_s, box, follow.seen))
            while follow.path and now_s - follow.path[0].source_s > PATH_S:
                follow.path.pop(0)

    def _track(self, follow: _Follow, now_s: float) -> Track:
        box = follow.box if follow.seen else follow.ahead(now_s)
        fresh = follow.seen and follow.last_seen_s == now_s
        return Track(
            id=follow.id,
            camera=self._camera,
            box=box,
            seen=follow.seen,
            score=follow.score,
            by=follow.by,
            first_s=follow.first_s,
            last_seen_s=follow.last_seen_s,
            head=follow.head if fresh else None,
            keypoints=follow.keypoints if fresh else (),
            path=(*follow.path[:-1], replace(follow.path[-1], source_s=now_s, box=box, seen=follow.seen)),
        )


def _likeness(ahead: Box, found: Box, by: str) -> float:
    """How well a detection continues a track: intersection over union; for a region of change also how much of it is shared."""
    overlap = ahead.iou(found)
    return max(overlap, 0.6 * _covered(found, ahead)) if by == "change" else overlap


def _covered(box: Box, by: Box) -> float:
    """Share of `box` that lies under `by`."""
    return box.overlap(by) / box.area if box.area > 0 else 0.0
