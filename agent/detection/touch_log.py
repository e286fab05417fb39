"""Who was within reach of which place, and when: boxes of the tracks, a few times a second, for ten minutes. Pure.

Comes in: the tracks of each sample. Goes out: for a place and a span of time, the ids of those who could have touched it.
"""

from __future__ import annotations

import itertools
from collections import Counter, deque
from collections.abc import Iterable
from typing import NamedTuple

from agent.values import Box, Track

REACH = 0.45  # of a person's height: an arm's length
LONGEST_REACH = 0.25  # of the picture's height; a box of the whole view does not reach everywhere
SELF = 0.04  # around a place, both ways
KEPT_S = 600.0
MOST_KEPT = 12_000  # about five people for ten minutes


class _Touch(NamedTuple):
    source_s: float
    track: int
    box: Box
    person: bool


class TouchLog:
    """Holding one means: you can ask who was near a place."""

    def __init__(self) -> None:
        self._touches: deque[_Touch] = deque(maxlen=MOST_KEPT)

    def note(self, now_s: float, tracks: Iterable[Track]) -> None:
        """Where these people are at `now_s`. A time before the last one means that the source began anew."""
        if self._touches and now_s < self._touches[-1].source_s:
            self._touches.clear()
        self._touches.extend(_Touch(now_s, track.id, track.box, track.by == "person") for track in tracks)
        while self._touches and now_s - self._touches[0].source_s > KEPT_S:
            self._touches.popleft()

    def near(self, place: Box, from_s: float, to_s: float, aspect: float, *, laid: bool = False) -> tuple[int, ...]:
        """Tracks within an arm's length of `place` in that time, those first that were there longest.

        A region of change that never was anywhere else is the place itself (a screen, a door), and nobody. laid: something was
        put down there; where the outline of some was over the place, those who were only within reach had no part in it.
        aspect: width by height of the picture in pixels (boxes are normalised by each).
        """
        counts: Counter[int] = Counter()
        over: set[int] = set()
        somebody: set[int] = set()
        itself = place.grown(SELF, SELF)
        for touch in reversed(self._touches):
            if touch.source_s < from_s - 0.5:
                break
            reach = min(REACH * touch.box.height, LONGEST_REACH)
            if touch.source_s <= to_s and touch.box.grown(reach / aspect, reach).overlap(place) > 0:
                counts[touch.track] += 1 + (touch.box.overlap(place) > 0)
                shared = touch.box.overlap(itself)
                if shared > 0:
                    over.add(touch.track)
                if touch.person or shared < 0.9 * touch.box.area:
                    somebody.add(touch.track)
        if laid and over & somebody:
            somebody &= over
        return tuple(sorted(somebody, key=lambda track: (-counts[track], track)))

    def tallest(self, from_s: float) -> float:
        """How high the highest outline of somebody has been since then, as a share of the picture; 0 if nobody was there."""
        since = itertools.takewhile(lambda touch: touch.source_s >= from_s, reversed(self._touches))
        return max((touch.box.height for touch in since), default=0.0)
