"""The second look at a clip: the person detector where the live pass had no answer, the empty shop where it was not known yet.

Comes in: a clear frame of the clip and what the live pass knew of it. Goes out: `Seen`, at least as complete.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from agent.capture.raw import RawFrame
from agent.detection.detectors import LateError, PeopleDesk, believed, blob_boxes
from agent.detection.findings import CELL_COLUMNS, Cells, Findings, Unseen, cell_rows
from agent.detection.reference import EmptyShop
from agent.errors import ModelError
from agent.masking.plan import Seen
from agent.values import Person, Track

PATIENCE_S = 30.0  # nobody waits for a clip, so the detector may take its time
SAME = 0.5  # intersection over union from which a detection is the tracked person


class Hindsight:
    """Holding one means: you may look again at frames of one incident. shop: the empty shop as it is known by now, if it is."""

    def __init__(self, desk: PeopleDesk, shop: EmptyShop | None) -> None:
        self._desk = desk
        self._shop = shop

    def needs(self, live: Seen | None) -> bool:
        """Where the live pass was blind, late, or held on to somebody whom no detection supported."""
        if live is None or isinstance(live.findings, Unseen):
            return True
        if live.findings.changed is None:
            return self._desk.staffed
        lost = any(track.by == "person" and not track.seen for track in live.tracks)
        return self._desk.staffed and lost and not live.findings.looked

    def look(self, raw: RawFrame, live: Seen | None) -> Seen:
        """What is known of `raw` after looking again."""
        changed = self._changed(raw, live)
        moving = live.findings.moving if live is not None and isinstance(live.findings, Findings) else None
        if moving is None:
            moving = np.zeros((cell_rows(raw.width, raw.height), CELL_COLUMNS), bool)
        tracks = live.tracks if live is not None else ()
        blobs = blob_boxes(changed)
        if not self._desk.staffed:
            return Seen(raw.stamp, Findings(raw.stamp, (), (), changed, moving, False, blobs), tracks)
        try:
            people, faces = self._desk.look(raw, PATIENCE_S)
        except (LateError, ModelError):
            return Seen(raw.stamp, Unseen(raw.stamp, "failed", changed, blobs), tracks)
        people = believed(people, changed, self._desk.alone)
        findings = Findings(raw.stamp, people, faces, changed, moving, True, blobs)
        return Seen(raw.stamp, findings, tuple(_met(track, people) for track in tracks))

    def _changed(self, raw: RawFrame, live: Seen | None) -> Cells | None:
        if live is not None and live.findings.changed is not None:
            return live.findings.changed
        # Without a second witness a frame that was blind stays blind: what was learnt since may hold somebody who stood still.
        if self._shop is None or not self._desk.sees_people or not self._shop.fits(raw):
            return None
        return self._shop.changed(raw)


def _met(track: Track, people: tuple[Person, ...]) -> Track:
    """The track as the second look saw it, where it saw it."""
    best = max(people, key=lambda person: person.box.iou(track.box), default=None)
    if best is None or best.box.iou(track.box) < SAME:
        return track
    return replace(track, box=best.box, head=best.head, keypoints=best.keypoints, score=best.score, seen=True, by="person")
