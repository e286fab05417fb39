"""How each place of one camera's view looked when nobody last hid it, and which places now look otherwise.

Comes in: `RawFrame`s a few times a second, the cells that somebody hides, the cells that moved. Goes out: `Patch`es: regions
that have been free and still for a while and differ from how they were, with both looks. All of it lives in memory only.

It is not the empty-shop reference: that one takes things in after a time, since it must not mask them for ever; this one keeps
a place as it was until its owner has judged the difference (`accept`), however long the place stays hidden.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from agent.capture.raw import RawFrame
from agent.detection.findings import CELL_COLUMNS, Cells, cell_rows
from agent.detection.shop_look import (
    FINE,
    Dots,
    Look,
    Picture,
    count_dots,
    differing,
    evened,
    finer,
    look_at,
    scaled,
    shifted,
    times,
)

Seconds = npt.NDArray[np.float64]

SETTLE_S = 1.2  # seconds without anybody or any movement before a place is compared
KNOWN_S = 2.0  # the same before a place is known for the first time
LEARN_S = 10.0  # time constant with which a place that looks as it did follows slow light
COMPARE_S = 0.5
CALM_S = 5.0  # the same where nothing has moved for a while
LONGEST_REST_S = 10.0
ALL_SHARE = 0.5  # of what is free differs at once: the light, or another view; no one carried that away
GONE_S = 600.0  # a gap in the frames from which on nothing is known any more
POSE = 0.02  # share of each sample by which what is held for still follows slow light
OPEN_RIM = 0.25  # of a region's rim is not free: it may go on there, and is not judged yet
NUDGED, MOST_NUDGED = 0.2, 12.0  # pixels of the small picture by which a camera that was nudged shifts the whole view
PASSED = 0.45  # of a cell's surroundings stirred at once: somebody goes by before it; a body that sways stirs its outline only
STILL_IT = 0.8  # of a thing that stood there by itself still looks otherwise: it is still that thing
MOST_HELD = 24
NUDGED_CELLS = 6  # fewer cells that differ are not asked for their reason

_NEAR = np.ones((3, 3), np.uint8)
_AROUND = np.ones((5, 5), np.uint8)
_SURROUNDINGS = (7, 7)


@dataclass(frozen=True, slots=True)
class Patch:
    """A region that looks otherwise than it did. cells: (rows, 96). rows, columns: of cells, with a rim of 2 around the region.

    before, now: how that range looked and looks, at one exposure. dots: its luma pixels that differ. since_s: when the region
    was last seen as before. rest_s: for how long it has been seen like this and still, less the time in which somebody who
    went by hid it. first_s: when it was first seen like this.
    """

    cells: Cells
    rows: slice
    columns: slice
    before: Look
    now: Look
    dots: Dots
    since_s: float
    rest_s: float
    first_s: float


class ShopMemory:
    """Holding one means: you know how each place of one view looked when nobody hid it."""

    def __init__(self) -> None:
        self.noise = 2.0
        self.rows = 0
        self._look: Look | None = None
        self._now: Look | None = None
        self._before: Picture | None = None
        self._posed: Picture = np.zeros((0, 0), np.float32)
        self._known: Cells = np.zeros((0, CELL_COLUMNS), bool)
        self._busy_s: Seconds = np.zeros((0, CELL_COLUMNS))  # when a cell was last hidden or moved
        self._same_s: Seconds = np.zeros((0, CELL_COLUMNS))  # when it was last seen as remembered
        self._stood: Look | None = None  # the other look that each place was last seen with,
        self._stood_s: Seconds = np.zeros((0, CELL_COLUMNS))  # for how long in all, and when it was last counted
        self._counted_s: Seconds = np.zeros((0, CELL_COLUMNS))
        self._perhaps: Cells = np.zeros((0, CELL_COLUMNS), bool)
        self._first_s: Seconds = np.zeros((0, CELL_COLUMNS))  # when it was first seen with that look
        self._held: deque[Cells] = deque(maxlen=MOST_HELD)  # what was seen to stand by itself and is not judged yet
        self._pending: Cells = np.zeros((0, CELL_COLUMNS), bool)
        self._compared_s = -math.inf
        self._last_s = -math.inf

    def forget(self) -> None:
        """Nothing is known of this view: every place is learnt anew once it is free."""
        self._look = None

    def sample(self, raw: RawFrame, hidden: Cells, perhaps: Cells, moved: Cells) -> Cells:
        """Take in a frame. hidden: cells under somebody. perhaps: cells under somebody who is not confirmed in this frame; they
        are not compared now, but their rest goes on. moved: cells in which anything moved since the last sample.

        Gives the cells (rows, 96) that were stirred in between, whoever did it.
        """
        now_s, now = raw.stamp.source_s, look_at(raw)
        if self._look is None or self._look.y.shape != now.y.shape or not 0 <= now_s - self._last_s <= GONE_S:
            self._begin(now, now_s, cell_rows(raw.width, raw.height))
        assert self._look is not None
        now = self._fitted(now, self._look)
        if self._before is not None and self._before.shape == now.y.shape:
            noise = 1.48 * float(np.median(np.abs(now.y - self._before)[::4, ::4])) / math.sqrt(2)
            self.noise += 0.1 * (min(noise, 8.0) - self.noise)
        gap = cv2.absdiff(now.y, self._posed) > 7.0 + 4.0 * self.noise
        stirred = count_dots(gap, FINE) >= 2
        cv2.accumulateWeighted(now.y, self._posed, POSE)
        cv2.copyTo(now.y, scaled(stirred.view(np.uint8), FINE), self._posed)
        stirred |= moved
        self._stood_s[stirred & (cv2.blur(stirred.astype(np.float32), _SURROUNDINGS) < PASSED)] = 0.0
        self._busy_s[stirred | hidden] = now_s
        self._perhaps = perhaps
        self._before, self._now, self._last_s = now.y, now, now_s
        return stirred

    def compare(self, doubtful: Cells | None) -> list[Patch]:
        """The regions that have been free for long enough and look otherwise, seen so twice; at most once in COMPARE_S.

        doubtful: cells where somebody may be who has not moved; a place is not known for the first time from there.
        """
        look, now, now_s = self._look, self._now, self._last_s
        calm = not self._pending.any() and bool((self._busy_s < self._compared_s - LONGEST_REST_S).all())
        if look is None or now is None or now_s - self._compared_s < (CALM_S if calm else COMPARE_S) - 1e-3:
            return []
        step = min(now_s - self._compared_s, 5.0)
        self._compared_s = now_s
        rest = now_s - self._busy_s
        fresh = ~self._known & (rest >= KNOWN_S) & ~self._perhaps
        if doubtful is not None:
            fresh &= ~doubtful
        if fresh.any():
            self._take(fresh)
            self._known |= fresh
        free = self._known & (rest >= SETTLE_S) & ~self._perhaps
        lit = now
        dots, other = differing(look, lit, self.noise)
        if (other & free).any():  # as a rule nothing differs, and the light need not be looked at
            lit = evened(look, now, free)
            dots, other = differing(look, lit, self.noise)
        other &= free
        if self._follow_nudge(look, lit, other, free):
            return []
        if other.sum() > ALL_SHARE * max(1, free.sum()):
            self.forget()
            return []
        self._follow(look, now, free & ~other, step)
        self._stand(lit, other, free, rest)
        patches = [patch for patch in self._regions(look, lit, dots, other, free) if (patch.cells & self._pending).any()]
        self._pending = other
        return patches

    def accept(self, cells: Cells) -> None:
        """These places look as they do now from now on, as far as they are free."""
        cells = cells & self._known & (self._last_s - self._busy_s >= SETTLE_S) & ~self._perhaps
        self._take(cells)
        self._pending &= ~cells

    def hold(self, cells: Cells) -> None:
        """What stands there now by itself stays a region of its own, whoever comes to stand beside it."""
        self._release(lambda held: 2 * (held & cells).sum() >= cells.sum())
        self._held.append(cells)

    def now_at(self, rows: slice, columns: slice) -> Look:
        """How that range of cells looks in the newest sample."""
        assert self._now is not None
        return self._now.part(rows, columns)

    def _begin(self, now: Look, now_s: float, rows: int) -> None:
        self.rows = rows
        self._look = Look(now.y.copy(), now.u.copy(), now.v.copy())
        self._posed, self._before = now.y.copy(), None
        self._known = np.zeros((rows, CELL_COLUMNS), bool)
        self._pending = np.zeros((rows, CELL_COLUMNS), bool)
        self._busy_s = np.full((rows, CELL_COLUMNS), now_s)
        self._same_s = np.full((rows, CELL_COLUMNS), now_s)
        self._stood, self._stood_s = None, np.zeros((rows, CELL_COLUMNS))
        self._first_s = np.full((rows, CELL_COLUMNS), math.inf)
        self._held.clear()
        self._counted_s = np.full((rows, CELL_COLUMNS), now_s)
        self._compared_s = -math.inf

    def _fitted(self, now: Look, look: Look) -> Look:
        """The frame at the memory's exposure: medians over what is known and free, so that people have no say if possible."""
        calm = self._known & (self._busy_s < self._last_s)
        where = calm if calm.mean() > 0.2 else np.ones_like(calm)
        y, was = now.y[2::FINE, 2::FINE][where], look.y[2::FINE, 2::FINE][where]
        gain = min(max(float(np.median((y + 8.0) / (was + 8.0))), 0.4), 2.5)
        du = float(np.median((now.u[::2, ::2] - look.u[::2, ::2])[where]))
        dv = float(np.median((now.v[::2, ::2] - look.v[::2, ::2])[where]))
        y = (now.y + np.float32(8.0)) / np.float32(gain) - np.float32(8.0)
        return Look(y, now.u - np.float32(du), now.v - np.float32(dv))

    def _take(self, cells: Cells) -> None:
        look, now = self._look, self._now
        assert look is not None
        assert now is not None
        fine, half = finer(cells, FINE), finer(cells, FINE // 2)
        look.y[fine], look.u[half], look.v[half] = now.y[fine], now.u[half], now.v[half]
        self._same_s[cells] = self._last_s

    def _follow(self, look: Look, now: Look, same: Cells, step: float) -> None:
        self._same_s[same] = self._last_s
        inner = cv2.erode(same.astype(np.uint8), _NEAR) > 0
        rate = np.where(inner, np.float32(min(1.0, step / LEARN_S)), np.float32(0.0))
        fine, half = scaled(rate, FINE), scaled(rate, FINE // 2)
        look.y[...] += fine * (now.y - look.y)
        look.u[...] += half * (now.u - look.u)
        look.v[...] += half * (now.v - look.v)

    def _stand(self, now: Look, other: Cells, free: Cells, rest: Seconds) -> None:
        """Add up for how long each place has shown the same other look, however often somebody went by before it."""
        self._stood_s[free & ~other] = 0.0
        self._first_s[free & ~other] = math.inf
        if not other.any():
            return
        if self._stood is None:
            self._stood = Look(now.y.copy(), now.u.copy(), now.v.copy())
        _, another = differing(self._stood, now, self.noise)
        self._stood_s[other & another] = 0.0
        self._first_s[other & another] = math.inf
        new = other & np.isinf(self._first_s)
        self._first_s[new] = self._busy_s[new]
        more = np.where(self._stood_s > 0.0, np.minimum(rest, self._last_s - self._counted_s), rest)
        self._stood_s[other] += more[other]
        self._counted_s[other] = self._last_s
        fine, half = finer(other, FINE), finer(other, FINE // 2)
        self._stood.y[fine], self._stood.u[half], self._stood.v[half] = now.y[fine], now.u[half], now.v[half]

    def _regions(self, look: Look, now: Look, dots: Dots, other: Cells, free: Cells) -> list[Patch]:
        """Connected regions of `other`, but those that reach where somebody is or was a moment ago: they may go on there."""
        self._release(lambda held: (held & free & ~other).sum() > (1.0 - STILL_IT) * held.sum())
        if not other.any():
            return []
        patches = []
        for cells, alone in self._outlines(other):
            rim = (cv2.dilate(cells.astype(np.uint8), _NEAR) > 0) & ~cells
            if not alone and (rim & self._known & ~free).sum() > OPEN_RIM * rim.sum():
                continue
            left, top, width, height = cv2.boundingRect(cells.astype(np.uint8))
            rows = slice(max(0, top - 2), min(self.rows, top + height + 2))
            columns = slice(max(0, left - 2), min(CELL_COLUMNS, left + width + 2))
            inside = dots & finer(cells, FINE)
            patches.append(
                Patch(
                    cells,
                    rows,
                    columns,
                    look.part(rows, columns),
                    now.part(rows, columns),
                    inside[times(rows, FINE), times(columns, FINE)].copy(),
                    float(np.percentile(self._same_s[cells & other], 25)),
                    float(np.percentile(self._rested()[cells & free], 10)),
                    float(np.median(self._first_s[cells & other])),
                )
            )
        return patches

    def _outlines(self, other: Cells) -> Iterator[tuple[Cells, bool]]:
        """The regions of `other`, and of each whether it has stood there by itself before: then its rim is not asked."""
        left_over = other.copy()
        for held in self._held:
            cells = held & left_over
            if cells.sum() >= STILL_IT * held.sum():
                yield cells, True
                left_over &= ~cells
        joined = cv2.morphologyEx(left_over.astype(np.uint8), cv2.MORPH_CLOSE, _AROUND)
        count, labels = cv2.connectedComponents(cv2.dilate(joined, _NEAR), connectivity=8)
        for label in range(1, count):
            yield (labels == label) & (joined > 0), False

    def _release(self, gone: Callable[[Cells], bool]) -> None:
        self._held = deque((held for held in self._held if not gone(held)), MOST_HELD)

    def _rested(self) -> Seconds:
        return np.maximum(self._stood_s, self._last_s - self._busy_s)

    def _follow_nudge(self, look: Look, now: Look, other: Cells, free: Cells) -> bool:
        """Whether the differences are those of a camera that was nudged; what is known is shifted with the view then."""
        if other.sum() < NUDGED_CELLS:
            return False
        calm = finer(free, FINE).astype(np.float32)
        (dx, dy), _ = cv2.phaseCorrelate(look.y * calm, now.y * calm)
        if not NUDGED <= math.hypot(dx, dy) <= MOST_NUDGED:
            return False
        along = Look(shifted(look.y, dx, dy), shifted(look.u, dx / 2, dy / 2), shifted(look.v, dx / 2, dy / 2))
        _, still = differing(along, now, self.noise)
        if (still & free).sum() > 0.5 * other.sum():
            return False
        self._look, self._posed = along, shifted(self._posed, dx, dy)
        self._pending[:] = False
        self._held.clear()
        return True
