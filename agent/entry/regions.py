"""The regions of a frame that people fill. Pure.

Comes in: tracks, and what the detectors found. Goes out: `Region`s: a person detector's where it saw somebody, and what else
differs from the empty shop.
"""

from __future__ import annotations

from collections.abc import Sequence

from agent.detection.findings import Findings, Unseen
from agent.entry.body import Region
from agent.entry.heads import outline
from agent.values import Box, Track

CONFIRMED = "person"
LEAST_HEIGHT, MOST_AREA = 0.15, 0.6  # of the picture: a region that nobody confirmed and that is smaller or larger is nobody
SPECK = 0.001  # of the picture: less is noise
SAME = 0.3  # of the smaller one: a region that shares so much with a confirmed one is that person
TORN, OVER = 0.08, 0.03  # of the picture's height: pieces of one body are so far apart at most, and overlap so far
BELOW = 0.6  # of the narrower piece's width lies below the other
HALF = 0.45  # of the picture's height: what is higher is no piece


def regions_of(tracks: Sequence[Track], findings: Findings | Unseen) -> list[Region]:
    """Those of one frame; tracks: as the tracker has them in it."""
    sure = [Region(track.box, sure=True) for track in tracks if track.seen and track.by == CONFIRMED]
    cells = findings.changed
    rest = [
        Region(blob, None if cells is None else outline(cells, blob))
        for blob in _whole(findings.blobs)
        if blob.height >= LEAST_HEIGHT and blob.area <= MOST_AREA and not any(_same(blob, region.box) for region in sure)
    ]
    return [*sure, *rest]


def _same(blob: Box, person: Box) -> bool:
    return blob.overlap(person) > SAME * min(blob.area, person.area)


def _whole(blobs: Sequence[Box]) -> list[Box]:
    """Pieces right above one another as one: the middle of somebody may look like what is behind it."""
    whole: list[Box] = []
    for blob in sorted((b for b in blobs if b.area >= SPECK), key=lambda b: b.top):
        above = next((w for w in whole if _stacked(w, blob)), None)
        if above is None:
            whole.append(blob)
        else:
            whole[whole.index(above)] = above.union(blob)
    return whole


def _stacked(above: Box, below: Box) -> bool:
    shared = min(above.right, below.right) - max(above.left, below.left)
    near = -OVER <= below.top - above.bottom <= TORN
    return near and shared >= BELOW * min(above.width, below.width) and max(above.height, below.height) < HALF
