"""What looks different in the shop for good: goods taken and put, things left and gone, fixtures moved or broken.

Comes in: `RawFrame`s of one camera with what was found in them, the tracks, the faults of the view. Goes out: the `Alteration`s
of the last ten minutes. Nothing of it is ever stored; the looks are in memory only (docs/design/alterations.md).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from agent.capture.raw import RawFrame
from agent.detection.altered_look import as_before, edges_kept, only_light, shows_less
from agent.detection.findings import CELL_COLUMNS, Cells, Findings, Unseen, box_cells, cell_rows, filled_share, zone_cells
from agent.detection.shop_look import Look
from agent.detection.shop_memory import Patch, ShopMemory
from agent.detection.touch_log import TouchLog
from agent.settings import Polygon, Zone
from agent.values import Alteration, AlterationKind, Box, Track, ViewFault

STEP_S = 0.5  # how often a frame is looked at while anything goes on; what moves in between is known from the reference
IDLE_STEP_S = 1.0
KEPT_S = 600.0
MOST_KEPT = 100
WITNESS_S = 1.0
CONFIRMED_S = 1.0  # a track hides its place for so long after the detector hit it or anything moved in it: else it may be goods
SAME_BODY = 0.2  # intersection over union of a detection and a track
LOOKED_S = 10.0  # without a look of the detector for so long, none is at work
MOST_OF_BODY = 0.5
STIRS = 0.02  # share of a box in which something moved
BODY = 0.2  # of the picture's height: from here on a region may be somebody whom nobody detects
WIDE = 16 / 9  # width by height of a picture, about
SWAY_S = 3.5  # a body sways within this time
MANY = 1.2  # a region so much wider than high would be several bodies side by side,
WIDE_REST_S = 2.5  # and they do not all stand still for so long
BODY_REST_S = 8.0  # where somebody may well stand, and nobody detects people: to be sure
ROOM_REST_S = 4.0  # outside the zones a small region may be part of somebody half hidden
LYING = 0.6  # of an upright body's height: what lies across the view is at least so long
GONE = 0.5  # evidence from which on the place shows clearly less than before: no body came there
SHELF_CELLS = 4  # cells that a change on a shelf must have, and elsewhere
ROOM_CELLS = 8
FIXTURE_CELLS = 6
DOTS = 5  # pixels of the small picture that must differ for each of these cells, of 16
MOST_OF_ZONE = 0.55  # of a shelf zone changed at once: goods, or the shelf itself?
BEYOND = 0.25  # of a large change lies outside the shelf's zone: the shelf itself moved
FRAME_KEPT = 0.30  # correlation of edges below which the shelf itself is not where it was
BARE = 1.0  # evidence from which on the shelf is emptied rather than moved
UNDONE = 0.65  # of the place looks as before again
MOST_LIGHTS = 24  # shadows that are remembered, to know when they go
SAME_CHANGE_S = 4.0  # a smaller change beside a larger one, told so soon after it, is part of it
SPOILT = frozenset({ViewFault.COVERED, ViewFault.FROZEN, ViewFault.LOST})
ANOTHER_VIEW = frozenset({ViewFault.TURNED, ViewFault.BLURRED})

_SOFT_RIM = np.ones((7, 7), np.uint8)
_ADJOINING = np.ones((5, 5), np.uint8)


@dataclass(slots=True)
class _Record:
    """An alteration with its place and both looks of it."""

    said: Alteration
    cells: Cells  # those that have not been found as before again
    place: Cells  # all that there were
    rows: slice
    columns: slice
    before: Look
    evidence: float


class AlterationWatch:
    """Holding one means: you know how each place in the shop looked when nobody hid it, and tell what differs for good."""

    def __init__(self, zones: Sequence[Zone] = (), privacy: Sequence[Polygon] = (), *, witness: bool = False) -> None:
        """privacy: polygons in which nothing is told. witness: whether there is a detector that finds people."""
        self._privacy = privacy
        self._witness = witness
        self._private: Cells | None = None
        self._zones = tuple(zone for zone in zones if zone.kind in ("shelf", "fixture"))
        self._zone_cells: tuple[Cells, ...] = ()
        self._memory = ShopMemory()
        self._touches = TouchLog()
        self._records: deque[_Record] = deque(maxlen=MOST_KEPT)
        self._lights: deque[Patch] = deque(maxlen=MOST_LIGHTS)
        self._next_id = 1
        self._next_s = -math.inf
        self._last_s = -math.inf
        self._looked_s = -math.inf
        self._moved: Cells = np.zeros((0, CELL_COLUMNS), bool)
        self._valid = False
        self._ghosts: list[Box] = []  # where tracks are that were not confirmed of late
        self._present: dict[int, float] = {}  # by track: when it was last hit by the detector, or moved

    def step(
        self, raw: RawFrame, seen: Findings | Unseen, tracks: Sequence[Track], faults: Collection[ViewFault] = ()
    ) -> tuple[Alteration, ...]:
        """What is known to look different now, oldest first. seen, tracks, faults: what was found in this very frame."""
        now_s, rows = raw.stamp.source_s, cell_rows(raw.width, raw.height)
        if len(self._moved) != rows:
            self._restart(rows)
        if now_s < self._last_s:
            self._next_s, self._looked_s = -math.inf, -math.inf
        self._last_s = now_s
        if isinstance(seen, Findings):
            self._moved |= seen.moving
            self._looked_s = now_s if seen.looked and self._witness else self._looked_s
        valid = seen.changed is not None
        if not ANOTHER_VIEW.isdisjoint(faults) or (self._valid and not valid):
            self._memory.forget()
        self._valid = valid
        if isinstance(seen, Unseen) or not (SPOILT | ANOTHER_VIEW).isdisjoint(faults):
            self._moved[:] = True  # whatever is next seen has to be free anew
        elif now_s >= self._next_s:
            self._sample(raw, seen, tracks)
        return self._known(now_s)

    def _sample(self, raw: RawFrame, seen: Findings, tracks: Sequence[Track]) -> None:
        now_s, rows = raw.stamp.source_s, len(self._moved)
        busy = bool(tracks) or bool(self._moved.any())
        self._next_s = now_s + (STEP_S if busy else IDLE_STEP_S) - 1e-3
        self._present = {
            t.id: now_s if self._active(t, seen) else self._present.get(t.id, -math.inf) for t in tracks if t.by == "person"
        }
        there = [t.box for t in tracks if now_s - self._present.get(t.id, -math.inf) <= CONFIRMED_S]
        self._ghosts = [t.box for t in tracks if now_s - self._present.get(t.id, now_s) > CONFIRMED_S]
        hidden = box_cells([_around(p.box) for p in seen.people], rows)
        perhaps = box_cells([_around(box) for box in there], rows)
        if self._private is not None:
            hidden |= self._private
        stirred = self._memory.sample(raw, hidden, perhaps, self._moved)
        self._touches.note(now_s, [t for t in tracks if t.by == "person" or filled_share(stirred, t.box) > STIRS])
        self._moved = np.zeros((rows, CELL_COLUMNS), bool)
        if seen.changed is None and now_s - self._looked_s > WITNESS_S:
            return  # nobody can tell whether somebody stands still there
        for patch in self._memory.compare(seen.changed):
            self._judge(patch, now_s, raw.width / raw.height)

    def _body_rest_s(self, box: Box, kind: str | None, now_s: float) -> float:
        """How long a region that shows something new must rest before it counts as a thing: a body sways in that time."""
        if now_s - self._looked_s > LOOKED_S and box.height >= BODY:  # nobody detects people here
            if box.width * WIDE > MANY * box.height:
                return SWAY_S if kind is None else WIDE_REST_S
            return BODY_REST_S if kind is None else SWAY_S
        if any(ghost.overlap(box) > MOST_OF_BODY * ghost.area for ghost in self._ghosts):
            return SWAY_S
        return {"shelf": 0.0, "fixture": SWAY_S}.get(kind or "", ROOM_REST_S)

    def _rested(self, patch: Patch, box: Box, kind: str | None, now_s: float) -> bool:
        """Whether nobody can be that: it has not moved for long, or is small and looks as it did so long ago."""
        alike = self._is_small(patch, box) and now_s - patch.first_s >= BODY_REST_S
        return alike or patch.rest_s >= self._body_rest_s(box, kind, now_s)

    def _is_small(self, patch: Patch, box: Box) -> bool:
        """Whether it is neither high enough for somebody upright nor long enough for one of those who were there to lie in."""
        return box.height < BODY and box.width * WIDE < LYING * self._touches.tallest(patch.since_s)

    def _active(self, track: Track, seen: Findings) -> bool:
        hit = any(person.box.iou(track.box) > SAME_BODY for person in seen.people)
        return hit or filled_share(self._moved, track.box) > STIRS

    def _judge(self, patch: Patch, now_s: float, aspect: float) -> None:
        zone, share_inside = self._zone_of(patch.cells)
        kind = self._zones[zone].kind if zone is not None else None
        cells = int(patch.cells.sum())
        least = {"shelf": SHELF_CELLS, "fixture": FIXTURE_CELLS}.get(kind or "", ROOM_CELLS)
        if cells < least or patch.dots.sum() < DOTS * least:
            self._memory.accept(patch.cells)
            return
        box = _cell_box(patch.cells)
        evidence = shows_less(patch)
        if evidence < GONE and not self._rested(patch, box, kind, now_s):
            if kind is None and self._is_small(patch, box) and not only_light(patch, self._memory.noise):
                self._memory.hold(patch.cells)
            return
        if only_light(patch, self._memory.noise) or self._light_again(patch):
            self._lights.append(patch)
            self._memory.accept(cv2.dilate(patch.cells.astype(np.uint8), _SOFT_RIM) > 0)  # or a step would stay at its rim
            return
        # Whoever came near only when a thing had been seen standing there already did not bring it, though it was hidden since.
        laid = kind is None and evidence <= 0
        until_s = max(patch.first_s, patch.since_s) if laid else now_s
        tracks = self._touches.near(box, patch.since_s, until_s, aspect, laid=laid)
        self._memory.accept(patch.cells)
        if self._undoes(patch, now_s):
            return
        if not tracks and kind != "fixture":
            return  # nobody was there: a screen, a door in the wind, a lamp
        if self._rest_of_another(patch, now_s):
            return
        found = self._kind(patch, zone, share_inside, evidence)
        area = cells / patch.cells.size
        said = Alteration(
            id=self._next_id,
            kind=found,
            box=box,
            area=area,
            share=area if zone is None else _filled(self._zone_cells[zone], patch.cells),
            since_s=patch.since_s,
            at_s=now_s,
            zone=self._zones[zone].name if zone is not None else None,
            tracks=tracks,
        )
        self._next_id += 1
        self._records.append(_Record(said, patch.cells.copy(), patch.cells, patch.rows, patch.columns, patch.before, evidence))

    def _kind(self, patch: Patch, zone: int | None, share_inside: float, evidence: float) -> AlterationKind:
        if zone is None:
            return AlterationKind.REMOVED if evidence > 0 else AlterationKind.LEFT
        if self._zones[zone].kind == "fixture":
            return AlterationKind.FIXTURE
        cells = self._zone_cells[zone]
        if (patch.cells & cells).sum() >= MOST_OF_ZONE * cells.sum():
            where = np.repeat(np.repeat(cells[patch.rows, patch.columns], 4, axis=0), 4, axis=1)
            moved = edges_kept(patch.before.y, patch.now.y, where) < FRAME_KEPT
            if (moved and evidence < BARE) or share_inside < 1.0 - BEYOND:
                return AlterationKind.FIXTURE
        return AlterationKind.TAKEN if evidence > -0.15 else AlterationKind.PUT

    def _undoes(self, patch: Patch, now_s: float) -> bool:
        """Whether this place looks as it did before an alteration that is known; that one is undone then, or a part of it."""
        whole = False
        for record in reversed(self._records):
            shared = record.cells & patch.cells
            if record.said.undone_s is not None or shared.sum() < 0.4 * min(int(patch.cells.sum()), int(record.cells.sum())):
                continue
            then_cells = shared[record.rows, record.columns]
            if not as_before(record.before, self._memory.now_at(record.rows, record.columns), then_cells, self._memory.noise):
                continue
            record.cells &= ~patch.cells
            if record.cells.sum() < (1.0 - UNDONE) * record.place.sum():
                record.said = replace(record.said, undone_s=now_s)
            else:
                share = record.said.share * int(record.cells.sum()) / int(record.place.sum())
                area = record.cells.sum() / record.cells.size
                record.said = replace(record.said, box=_cell_box(record.cells), area=float(area), share=share)
            if record.said.kind is not AlterationKind.PUT:
                whole = True
        return whole

    def _rest_of_another(self, patch: Patch, now_s: float) -> bool:
        """Whether this is only the ragged edge of what was told a moment ago."""
        near = cv2.dilate(patch.cells.astype(np.uint8), _ADJOINING) > 0
        size = int(patch.cells.sum())
        return any(
            now_s - max(record.said.at_s, record.said.undone_s or 0.0) <= SAME_CHANGE_S
            and 2 * size < record.place.sum()
            and (near & record.place).any()
            for record in self._records
        )

    def _light_again(self, patch: Patch) -> bool:
        """Whether a shadow that was taken in as such has gone again."""
        return any(
            (light.cells & patch.cells).sum() > 0.5 * patch.cells.sum()
            and as_before(
                light.before,
                self._memory.now_at(light.rows, light.columns),
                (light.cells & patch.cells)[light.rows, light.columns],
                self._memory.noise,
            )
            for light in reversed(self._lights)
        )

    def _zone_of(self, cells: Cells) -> tuple[int | None, float]:
        """The zone that most of the region lies in, or a shelf that it fills, and how much of the region that is."""
        best, inside, size = None, 0.0, float(cells.sum())
        for index, zone in enumerate(self._zone_cells):
            share = float((cells & zone).sum()) / size
            fills = float((cells & zone).sum()) >= MOST_OF_ZONE * float(zone.sum())
            if share > inside and (share >= 0.5 or fills):
                best, inside = index, share
        return best, inside

    def _known(self, now_s: float) -> tuple[Alteration, ...]:
        while self._records and now_s - self._records[0].said.at_s > KEPT_S:
            self._records.popleft()
        return tuple(record.said for record in self._records)

    def _restart(self, rows: int) -> None:
        """Another shape of picture: nothing that was known of places can be compared with it."""
        found = (zone_cells([zone.polygon], rows) for zone in self._zones)
        self._zone_cells = tuple(np.zeros((rows, CELL_COLUMNS), bool) if cells is None else cells for cells in found)
        self._private = zone_cells(self._privacy, rows)
        self._memory.forget()
        self._records.clear()
        self._lights.clear()
        self._moved = np.ones((rows, CELL_COLUMNS), bool)


def _around(box: Box) -> Box:
    return box.grown(0.15 * box.width + 0.005, 0.06 * box.height + 0.005)


def _cell_box(cells: Cells) -> Box:
    rows, columns = np.flatnonzero(cells.any(axis=1)), np.flatnonzero(cells.any(axis=0))
    height = len(cells)
    left, right = int(columns[0]) / CELL_COLUMNS, (int(columns[-1]) + 1) / CELL_COLUMNS
    return Box(left, int(rows[0]) / height, right, (int(rows[-1]) + 1) / height)


def _filled(zone: Cells, by: Cells) -> float:
    return int((zone & by).sum()) / int(zone.sum())
