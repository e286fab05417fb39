"""The empty-shop reference: what the room looks like when nobody is there, and where the picture now differs from it.

Comes in: `RawFrame`s of one camera, and after each the cells where people are. Goes out: a `Difference` per frame (changed and
moving cells, whether the reference is valid). Needs no model. Nothing of it is ever stored: the reference lives in RAM.

It learns only where nobody is. A cell that differs, or lies near one that does, keeps what it has learnt, so a person who
stands still for an hour does not fade into the room. It starts invalid, and becomes valid after `SETTLE_S` seconds without any
movement anywhere: a standing person sways by more than the camera's noise within that time (docs/design/reference.md).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from agent.capture.raw import RawFrame
from agent.detection.findings import CELL_COLUMNS, Cells, cell_rows

Picture = npt.NDArray[np.float32]

SETTLE_S = 4.0  # seconds without any movement in the whole view before it is believed to be empty
STILL = 6.0  # grey levels, at 192 pixels across: less than a standing person sways by, more than a codec flickers
REGION_S = 8.0  # seconds without movement in and around a part of the view, while there is movement elsewhere
WITNESSED_S = 2.0  # the same where a person detector looks too and sees nobody there: two witnesses agree
KNOWN_SHARE = 0.25  # less of the view known than this: the whole frame counts as unknown; else only what is not known
LEARN_S = 20.0  # time constant with which an unchanged cell follows slow changes of light
LOST_SHARE = 0.75  # more of the picture than this changed, and stays so: the reference is no longer of this view
LOST_S = 3.0
REGION = 9  # cells around a movement that count as moved, about a person's width: the middle of a body moves less than its rim
NEAR = 4  # the same where a person detector has a say
GUARD = 2  # cells around a change that do not learn either
MOST_NOISE = 6.0  # grey levels; in a noisier picture somebody might not differ enough, so nothing counts as known
GAIN_S = 60.0  # time constant of the usual exposure
ODD_GAIN = 1.25  # exposure further from the usual than this factor may be somebody's coat that fills the view
FURNITURE_S = 1800.0  # a change without any movement for this long, and no person seen there, is a thing that stays
UNCOVERED_S = 30.0  # the same where the reference, not the picture, shows the thing: something was taken away

_CLOSE = np.ones((3, 3), np.uint8)
_GUARD = np.ones((2 * GUARD + 1, 2 * GUARD + 1), np.uint8)
_WITNESSED = np.ones((2 * NEAR + 1, 2 * NEAR + 1), np.uint8)
_REGION = np.ones((2 * REGION + 1, 2 * REGION + 1), np.uint8)


@dataclass(frozen=True, slots=True)
class Difference:
    """How one frame differs from the empty shop.

    changed: cells (rows, 96) that differ, closed and filled, or None while the reference is invalid. moving: cells that differ
    from the frame before. share: changed share of the picture (1.0 while invalid). noise: camera noise in grey levels.
    luma: the frame reduced to two pixels a cell, (2 x rows, 192) float32, for whoever judges the view.
    """

    changed: Cells | None
    moving: Cells
    share: float
    noise: float
    luma: Picture


@dataclass(frozen=True, slots=True)
class _Look:
    """One frame at the reference's resolution: luma with 2 x 2 pixels a cell, chroma with one."""

    y: Picture
    u: Picture
    v: Picture


@dataclass(frozen=True, slots=True)
class _Fit:
    """A frame at the exposure of the reference, and by which gain it was brighter."""

    look: _Look
    gain: float


class EmptyShop:
    """A learnt picture of the empty shop, fixed at one time; used for the second look at a clip."""

    __slots__ = ("_gain", "_known", "_look", "_noise")

    def __init__(self, look: _Look, known: Cells, noise: float, gain: float) -> None:
        self._gain = gain
        self._look = look
        self._known = known
        self._noise = noise

    def fits(self, raw: RawFrame) -> bool:
        """Whether `raw` has the shape that this picture was learnt at."""
        return len(self._known) == cell_rows(raw.width, raw.height)

    def changed(self, raw: RawFrame) -> Cells:
        """Cells (rows, 96) in which `raw` differs from this picture, or of which nothing is known."""
        now = _look(raw)
        return _changed(now, self._look, _fitted(now, self._look), self._known, self._noise, self._gain)


class Reference:
    """Holding one means: you watch one camera's view, frame by frame, in the order of time."""

    def __init__(self) -> None:
        self._learnt: _Look | None = None  # where a cell is not known yet: the mean of its frames since it was last disturbed
        self._known: Cells = np.zeros((0, CELL_COLUMNS), bool)
        self._quiet: Picture = np.zeros((0, CELL_COLUMNS), np.float32)  # seconds since a cell was last disturbed
        self._still: Picture = np.zeros((0, CELL_COLUMNS), np.float32)  # seconds since something moved there or near by
        self._posed: Picture = np.zeros((0, 2 * CELL_COLUMNS), np.float32)  # each cell as it was when it last moved
        self._stirred_s = 0.0
        self._before: _Look | None = None
        self._now: _Look | None = None
        self._fit: _Fit | None = None  # of that frame, to what was learnt before it
        self._noise = 2.0
        self._gain = 1.0  # the usual exposure against the learnt picture's
        self._lost_since: float | None = None
        self._last_s = -math.inf
        self._difference: Difference | None = None

    @property
    def valid(self) -> bool:
        """Whether most of the view is known; what is not known counts as changed."""
        return bool(self._known.size) and float(self._known.mean()) >= KNOWN_SHARE

    def empty_shop(self) -> EmptyShop | None:
        """What has been learnt so far, as a copy that no longer changes; None while invalid, or in a picture too noisy."""
        if not self.valid or self._learnt is None or self._noise > MOST_NOISE:
            return None
        copy = _Look(self._learnt.y.copy(), self._learnt.u.copy(), self._learnt.v.copy())
        return EmptyShop(copy, self._known.copy(), self._noise, self._gain)

    def forget(self) -> None:
        """The view is another one now (light switched, camera turned, resolution changed): learn it anew."""
        self._learnt = None
        self._lost_since = None

    def look(self, raw: RawFrame) -> Difference:
        """Compare `raw` with the empty shop. Call `learn` afterwards, with what the detectors found in the same frame."""
        now = _look(raw)
        if self._before is not None and self._before.y.shape != now.y.shape:
            self.forget()
            self._before = None
        moving = self._moving(now)
        changed = None
        if self._learnt is not None and self.valid and self._noise <= MOST_NOISE:
            self._fit = _fitted(now, self._learnt)
            changed = _changed(now, self._learnt, self._fit, self._known, self._noise, self._gain)
        share = 1.0 if changed is None else float(changed.mean())
        self._now = now
        self._difference = Difference(changed, moving, share, self._noise, now.y)
        return self._difference

    def learn(
        self,
        source_s: float,
        people: Cells | None = None,
        perhaps: Cells | None = None,
        doubted: Cells | None = None,
        *,
        witness: float = 0.0,
    ) -> None:
        """Learn from the frame just looked at, taken at `source_s`, except where `people` (cells, or None: nobody) are.

        perhaps: where even the weakest hit lies (None: nowhere but there); nothing that is not known yet is believed there.
        doubted: hits too weak to keep a place from being learnt (None: none); it is learnt no sooner than without a witness.
        witness: how far a person detector that has looked lately is to be believed where it saw nobody: 0 there is none, 1 it
        is; at a half a place takes twice as long.
        """
        now, seen = self._now, self._difference
        if now is None or seen is None:
            return
        step = min(max(source_s - self._last_s, 0.0), 1.0) if math.isfinite(self._last_s) else 0.0
        self._last_s = source_s
        stands = self._before is not None and np.array_equal(now.y, self._before.y)
        self._before = now
        if stands:  # a picture that is repeated proves nothing: somebody in it would look as still as the wall
            self._stirred_s += step
            return
        if self._learnt is None:
            self._begin(now, source_s)
            return
        if seen.changed is not None:
            if self._lost(seen, source_s):
                self.forget()
                return
            assert self._fit is not None
            self._follow(now, self._learnt, self._fit, seen.changed, step, people)
        if not self._known.all():
            people, doubted = people if perhaps is None else perhaps, doubted if witness > 0 else None
            self._settle(now, self._learnt, source_s, step, people, doubted, witness)

    def skip(self, source_s: float) -> None:
        """Learn nothing from the frame just looked at (the view is spoilt), but know that it was there."""
        if self._now is not None:
            self._before = self._now
            self._last_s = self._stirred_s = source_s

    def _begin(self, now: _Look, source_s: float) -> None:
        cells = now.u.shape
        self._learnt = _Look(now.y.copy(), now.u.copy(), now.v.copy())
        self._known = np.zeros(cells, bool)
        self._quiet, self._still = np.zeros(cells, np.float32), np.zeros(cells, np.float32)
        self._posed = now.y.copy()
        self._gain = 1.0
        self._stirred_s = source_s

    def _moving(self, now: _Look) -> Cells:
        if self._before is None:
            return np.zeros((now.u.shape[0], CELL_COLUMNS), bool)
        # Exposure is taken out first, or flickering light would pass for noise.
        gap = np.abs(_exposed(now.y, _gain(now, self._before)) - self._before.y)
        # The median over the picture is the camera's noise, since people cover less than half of it; 1.48 makes it a deviation.
        noise = 1.48 * _median(gap[::3, ::3]) / math.sqrt(2)
        self._noise += 0.05 * (min(noise, 12.0) - self._noise)
        return np.asarray(_cells(gap) > 5.0 + 4.0 * self._noise, dtype=bool)

    def _settle(
        self,
        now: _Look,
        learnt: _Look,
        source_s: float,
        step: float,
        people: Cells | None,
        doubted: Cells | None,
        witness: float,
    ) -> None:
        """Wait until what is not known yet has been still for long enough; until then keep its mean."""
        witnessed = witness > 0
        now = _fitted(now, learnt).look
        disturbed = _stirred(now.y, learnt.y, self._noise)
        if (disturbed & ~self._known).any() or (people is not None and (people & ~self._known).any()):
            self._stirred_s = source_s
        # What moves inside somebody's box is that somebody, all of whom the box holds; any other movement is the rim of a body.
        rims = disturbed & ~people if witnessed and people is not None else disturbed
        near = cv2.dilate(rims.astype(np.uint8), _WITNESSED if witnessed else _REGION) > 0
        if people is not None:
            near |= people
        pace = np.full(near.shape, step * witness if witnessed else step, np.float32)
        if doubted is not None:  # here the second witness does not say that nobody is there
            near |= doubted & (cv2.dilate(disturbed.astype(np.uint8), _REGION) > 0)
            pace[doubted] = step * WITNESSED_S / REGION_S
        self._quiet = np.where(near, np.float32(0.0), self._quiet + pace)
        share = np.where(near, 1.0, pace / np.maximum(self._quiet + pace, 1e-3)).astype(np.float32)
        share[self._known] = 0.0
        self._blend(now, learnt, share)
        self._known |= self._quiet >= (WITNESSED_S if witnessed else REGION_S)
        if source_s - self._stirred_s >= SETTLE_S:
            self._known[:] = True

    @staticmethod
    def _blend(now: _Look, learnt: _Look, share: Picture) -> None:
        fine = np.repeat(np.repeat(share, 2, axis=0), 2, axis=1)
        learnt.y[...] += fine * (now.y - learnt.y)
        learnt.u[...] += share * (now.u - learnt.u)
        learnt.v[...] += share * (now.v - learnt.v)

    def _lost(self, seen: Difference, source_s: float) -> bool:
        if seen.share < LOST_SHARE:
            self._lost_since = None
            return False
        if self._lost_since is None:
            self._lost_since = source_s
        return source_s - self._lost_since >= LOST_S

    def _follow(self, now: _Look, learnt: _Look, fit: _Fit, changed: Cells, step: float, people: Cells | None) -> None:
        """Follow slow changes of light where nobody is, and take in things that stay."""
        busy = changed if people is None else changed | people
        guarded = cv2.dilate(busy.astype(np.uint8), _GUARD) > 0
        rate = np.where(guarded | ~self._known, 0.0, min(1.0, step / LEARN_S)).astype(np.float32)
        self._absorb(now, learnt, changed & self._known, step, people, rate)
        self._blend(fit.look, learnt, rate)
        self._gain += min(1.0, step / GAIN_S) * (fit.gain - self._gain)

    def _absorb(self, now: _Look, learnt: _Look, changed: Cells, step: float, people: Cells | None, rate: Picture) -> None:
        """Let things that stay become part of the shop: goods taken away soon, things that came only after a long stillness."""
        stirred = _stirred(now.y, self._posed, self._noise)
        if people is not None:
            stirred |= people
        # Somebody who stands sways at the rim of the body only, so what lies within a body's width of a movement moved too.
        near = cv2.dilate(stirred.astype(np.uint8), _REGION) > 0
        self._posed = np.where(np.repeat(np.repeat(near, 2, axis=0), 2, axis=1), now.y, self._posed)
        self._still = np.where(near, np.float32(0.0), self._still + np.float32(step))
        if not (changed & (self._still >= UNCOVERED_S)).any():
            return
        count, labels = cv2.connectedComponents(changed.astype(np.uint8), connectivity=8)
        for label in range(1, count):
            region = labels == label
            rested = float(self._still[region].min())
            if rested >= FURNITURE_S or (rested >= UNCOVERED_S and _uncovered(region, now, learnt)):
                rate[region] = 0.3


def _look(raw: RawFrame) -> _Look:
    y, u, v = raw.look()
    rows = cell_rows(raw.width, raw.height)

    def reduce(plane: npt.NDArray[np.uint8], scale: int) -> Picture:
        # Every k-th row is enough (two or more of them still make one pixel) and saves most of the memory traffic.
        thinned = plane[:: max(1, plane.shape[0] // (rows * scale * 2))]
        small = cv2.resize(thinned, (CELL_COLUMNS * scale, rows * scale), interpolation=cv2.INTER_AREA)
        return np.asarray(small, dtype=np.float32)

    return _Look(reduce(y, 2), reduce(u, 1), reduce(v, 1))


def _gain(now: _Look, learnt: _Look) -> float:
    """How much brighter the frame is than the reference: the median, so that people (less than half of it) have no say."""
    return min(max(_median((now.y[::3, ::3] + 8.0) / (learnt.y[::3, ::3] + 8.0)), 0.4), 2.5)


def _fitted(now: _Look, learnt: _Look, gain: float | None = None) -> _Fit:
    """The frame with its exposure turned back to that of the reference: one gain for luma, one shift for each chroma.

    Two numbers for the whole picture cannot hide a person; a tone curve or a local fit could.
    """
    gain = _gain(now, learnt) if gain is None else gain
    du = _median(now.u[::2, ::2] - learnt.u[::2, ::2])
    dv = _median(now.v[::2, ::2] - learnt.v[::2, ::2])
    return _Fit(_Look(_exposed(now.y, gain), now.u - np.float32(du), now.v - np.float32(dv)), gain)


def _exposed(y: Picture, gain: float) -> Picture:
    """Luma with its exposure turned back by `gain`."""
    return (y + np.float32(8.0)) / np.float32(gain) - np.float32(8.0)


def _changed(now: _Look, learnt: _Look, fit: _Fit, known: Cells, noise: float, usual_gain: float) -> Cells:
    """fit: of `now` to `learnt`. usual_gain: the exposure of late; a sudden other one is believed only where it makes no cell
    look unchanged.
    """
    score = _score(fit.look, learnt, noise)
    if not 1 / ODD_GAIN <= fit.gain / usual_gain <= ODD_GAIN:
        score = np.maximum(score, _score(_fitted(now, learnt, usual_gain).look, learnt, noise))
    return _regions((score > 1.0) & known, (score > 1.8) & known) | ~known


def _score(fitted: _Look, learnt: _Look, noise: float) -> Picture:
    """How far each cell differs, 1.0 being the least that counts."""
    luma = _cells(np.abs(fitted.y - learnt.y))
    colour = np.abs(fitted.u - learnt.u) + np.abs(fitted.v - learnt.v)
    score = np.maximum(luma / np.float32(10.0 + 3.0 * noise), colour / np.float32(8.0 + 2.0 * noise))
    return np.asarray(score, dtype=np.float32)


def _stirred(now: Picture, before: Picture, noise: float) -> Cells:
    """Cells in which something is no longer as it was: two neighbouring pixels, since one may be a spark of noise."""
    gap = np.abs(now - before) > STILL + 4.0 * noise
    pairs = np.zeros_like(gap)
    pairs[:, 1:] |= gap[:, 1:] & gap[:, :-1]
    pairs[1:] |= gap[1:] & gap[:-1]
    return np.asarray(_cells(pairs.astype(np.float32)) > 0, dtype=bool)


def _median(thinned: Picture) -> float:
    """thinned: every second or third pixel both ways: some two thousand of them are enough, and ten times as quick."""
    return float(np.median(thinned))


def _cells(fine: Picture) -> Picture:
    """Maximum over the 2 x 2 luma pixels of each cell."""
    tall = np.maximum(fine[::2], fine[1::2])
    return np.asarray(np.maximum(tall[:, ::2], tall[:, 1::2]), dtype=np.float32)


def _regions(weak: npt.NDArray[np.bool_], strong: npt.NDArray[np.bool_]) -> Cells:
    """Connected weak cells that hold a strong one, each region filled to its convex hull."""
    if not strong.any():
        return np.zeros(weak.shape, bool)
    joined = cv2.morphologyEx(weak.astype(np.uint8), cv2.MORPH_CLOSE, _CLOSE)
    count, labels = cv2.connectedComponents(joined, connectivity=8)
    keep = np.zeros(count, bool)
    keep[np.unique(labels[strong])] = True
    keep[0] = False
    out = np.zeros(joined.shape, np.uint8)
    for label in np.flatnonzero(keep):
        contours, _ = cv2.findContours((labels == label).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        for contour in contours:
            cv2.fillConvexPoly(out, cv2.convexHull(contour), 1)
    return out > 0


def _uncovered(region: npt.NDArray[np.bool_], now: _Look, learnt: _Look) -> bool:
    """Whether the thing whose outline this region is stands in the reference and no longer in the picture.

    Along the outline, the picture that shows the thing has edges and the other one has not.
    """
    inside = region.astype(np.uint8)
    rim = (cv2.dilate(inside, _CLOSE) - cv2.erode(inside, _CLOSE)) > 0
    rim = np.repeat(np.repeat(rim, 2, 0), 2, 1)
    return _edges(now.y, rim) < 0.7 * _edges(learnt.y, rim)


def _edges(y: Picture, where: npt.NDArray[np.bool_]) -> float:
    dx = cv2.Sobel(y, cv2.CV_32F, 1, 0)
    dy = cv2.Sobel(y, cv2.CV_32F, 0, 1)
    return float((np.abs(dx) + np.abs(dy))[where].mean())
