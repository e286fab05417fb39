"""Judges two looks of one place: whether only the light differs, which of the two shows a thing, whether it is as before.

Comes in: `Patch`es and earlier looks. Goes out: yes, no, or a number. Pure functions of small pictures in memory.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from agent.detection.shop_look import Dots, Look, Picture, differing
from agent.detection.shop_memory import Patch

SAME_STRUCTURE = 0.80  # correlation of local structure from which on a place shows the same things in another light
PLAIN = 4.0  # grey levels: a surface with less texture has no structure by which it could be known again
TINTED = 7.0  # levels of chroma by which light alone does not differ from place to place
MOST_SHADE = 1.7  # factor: a deeper shadow than this is believed to be a thing
FAINT = 1.22  # a plain grey thing that is no lighter or darker than this cannot be told from a shadow
SOFT = 0.2  # of the whole difference, from one pixel to the next at the rim: light ends softly, things do not
AGAIN = 0.25  # share of the dots that may differ from an earlier look that is still called the same
ALIKE = 0.75  # correlation with an earlier look, a little shifted, from which on the same kind of thing is back

_NEAR = np.ones((3, 3), np.uint8)
_WIDE = (9, 9)


def only_light(patch: Patch, noise: float) -> bool:
    """Whether the place shows the same things in another light: a shadow, a sunbeam, a lamp, the exposure."""
    if not patch.dots.any():
        return True
    now = _relit(patch)
    left, _ = differing(patch.before, now, noise)
    if (left & patch.dots).sum() < 0.3 * patch.dots.sum():
        return True
    if _tint(patch.before, now, patch.dots) > TINTED:
        return False
    before, after = _structure(patch.before.y), _structure(patch.now.y)
    whole = cv2.dilate(patch.dots.astype(np.uint8), _NEAR) > 0
    a, b = before[whole], after[whole]
    floor = PLAIN + noise
    if a.std() > floor and b.std() > floor:
        return _correlation(a, b) > SAME_STRUCTURE
    if a.std() > floor or b.std() > floor:
        return False
    ratio = float(np.median((now.y[patch.dots] + 8.0) / (patch.before.y[patch.dots] + 8.0)))
    shade = max(ratio, 1 / ratio)
    return shade < FAINT or (shade < MOST_SHADE and _rim_sharpness(patch, now) < SOFT)


def shows_less(patch: Patch) -> float:
    """How clearly a thing stood there before and does not now: above 0 it is gone, below 0 it came.

    Along the outline the picture that shows the thing has the edges; inside it has more texture and, mostly, more colour.
    """
    inside = cv2.morphologyEx(patch.dots.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    rim = (cv2.dilate(inside, _NEAR, iterations=2) - cv2.erode(inside, _NEAR, iterations=2)) > 0
    core = inside > 0
    before, now = _edges(patch.before.y), _edges(patch.now.y)
    outline = np.log((before[rim].mean() + 2.0) / (now[rim].mean() + 2.0))
    texture = np.log((before[core].mean() + 2.0) / (now[core].mean() + 2.0))
    half = core[::2, ::2]
    colour = (_colour(patch.before, half) - _colour(patch.now, half)) / 20.0
    return float(outline + 0.5 * texture + min(max(colour, -0.5), 0.5))


def as_before(then: Look, now: Look, cells: Dots, noise: float) -> bool:
    """Whether `now` shows what `then` did (both of the same range) where `cells` (of that range) are."""
    where = np.repeat(np.repeat(cells, 4, axis=0), 4, axis=1)
    other, _ = differing(then, now, noise)
    if other[where].mean() < AGAIN:
        return True
    return _shifted_alike(then.y, now.y, where) > ALIKE


def edges_kept(before: Picture, now: Picture, where: Dots) -> float:
    """How much of the frame of a piece of furniture is still in its place: correlation of blurred edges, -1 to 1."""
    a, b = cv2.blur(_edges(before), (3, 3))[where], cv2.blur(_edges(now), (3, 3))[where]
    return _correlation(np.asarray(a, np.float32), np.asarray(b, np.float32))


def _relit(patch: Patch) -> Look:
    """The new look with the light turned back by what happened to the unchanged surroundings."""
    around = cv2.dilate(patch.dots.astype(np.uint8), _NEAR, iterations=2) == 0
    if around.sum() < 30:
        return patch.now
    gain = float(np.median((patch.now.y[around] + 8.0) / (patch.before.y[around] + 8.0)))
    y = (patch.now.y + np.float32(8.0)) / np.float32(min(max(gain, 0.5), 2.0)) - np.float32(8.0)
    return Look(y, patch.now.u, patch.now.v)


def _tint(before: Look, now: Look, dots: Dots) -> float:
    half = dots[::2, ::2] | dots[1::2, ::2] | dots[::2, 1::2] | dots[1::2, 1::2]
    return float(np.maximum(np.abs(before.u - now.u), np.abs(before.v - now.v))[half].mean())


def _structure(y: Picture) -> Picture:
    """What stands out from its surroundings, each at its own brightness: a shadow leaves it as it was."""
    soft = cv2.blur(y, (2, 2))
    mean = cv2.blur(soft, _WIDE)
    return np.asarray((soft - mean) * (100.0 / (mean + 20.0)), dtype=np.float32)


def _rim_sharpness(patch: Patch, now: Look) -> float:
    """The steepest step of the difference between neighbouring pixels, as a share of the difference inside."""
    gap = cv2.absdiff(now.y, patch.before.y)
    height = float(np.percentile(gap[patch.dots], 75))
    steps = np.maximum(np.abs(np.gradient(gap, axis=0)), np.abs(np.gradient(gap, axis=1)))
    ring = cv2.dilate(patch.dots.astype(np.uint8), _NEAR, iterations=2) > 0
    return float(np.percentile(steps[ring], 85)) / max(height, 1.0)


def _shifted_alike(then: Picture, now: Picture, where: Dots) -> float:
    """The best correlation of what is now there with the earlier look, shifted by up to half the size of the place."""
    rows, columns = np.flatnonzero(where.any(axis=1)), np.flatnonzero(where.any(axis=0))
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    small = now[top:bottom, left:right]
    if float(small.std()) < PLAIN:
        return 0.0
    by_y, by_x = max(2, (bottom - top) // 6), max(2, (right - left) // 2)
    wide = cv2.copyMakeBorder(then, by_y, by_y, by_x, by_x, cv2.BORDER_REPLICATE)
    return float(cv2.matchTemplate(wide[top : bottom + 2 * by_y, left : right + 2 * by_x], small, cv2.TM_CCOEFF_NORMED).max())


def _edges(y: Picture) -> Picture:
    dx, dy = cv2.Sobel(y, cv2.CV_32F, 1, 0, scale=0.25), cv2.Sobel(y, cv2.CV_32F, 0, 1, scale=0.25)
    return np.asarray(cv2.magnitude(dx, dy), dtype=np.float32)


def _colour(look: Look, where: Dots) -> float:
    return float((np.abs(look.u - 128.0) + np.abs(look.v - 128.0))[where].mean()) if where.any() else 0.0


def _correlation(a: npt.NDArray[np.float32], b: npt.NDArray[np.float32]) -> float:
    a, b = a - a.mean(), b - b.mean()
    whole = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / whole if whole > 0 else 0.0
