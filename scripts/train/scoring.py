"""How well boxes were found: recall at a threshold, average precision, and how sure these figures are.

Comes in: per picture the true boxes and the found boxes with scores. Goes out: `Scored` (recall, precision, AP50) and bootstrap
intervals over pictures (pictures, not people, are drawn again: people of one picture stand or fall together).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

DRAWS = 1000


@dataclass(frozen=True, slots=True)
class Look:
    """One picture: truth (n, 4), found (m, 4) and scores (m,), all boxes in the same unit."""

    truth: np.ndarray
    found: np.ndarray
    scores: np.ndarray


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def overlaps(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """IoU of each of a (n, 4) with each of b (m, 4)."""
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = (high - low).clip(0).prod(2)
    sides = [(boxes[:, 2:] - boxes[:, :2]).prod(1) for boxes in (a, b)]
    return np.asarray(shared / (sides[0][:, None] + sides[1][None] - shared + 1e-12))


def matched(look: Look, iou: float) -> np.ndarray:
    """For each found box, the best first, whether it takes a true one that no better box took (m,)."""
    order = np.argsort(-look.scores, kind="stable")
    table = overlaps(look.found[order], look.truth)
    free = np.ones(len(look.truth), bool)
    hit = np.zeros(len(order), bool)
    for row, line in enumerate(table):
        open_ones = np.where(free, line, -1)
        if len(open_ones) and open_ones.max() >= iou:
            free[open_ones.argmax()], hit[row] = False, True
    out = np.zeros(len(order), bool)
    out[order] = hit
    return out


def recall(looks: Sequence[Look], iou: float, confidence: float) -> Interval:
    """Share of the true boxes that a found box with score >= confidence overlaps by `iou` or more, one to one."""
    rows = []
    for look in looks:
        strong = look.scores >= confidence
        rows.append((matched(Look(look.truth, look.found[strong], look.scores[strong]), iou).sum(), len(look.truth)))
    table = np.asarray(rows, float)
    return bootstrap(len(looks), lambda picked: float(table[picked, 0].sum() / max(1.0, table[picked, 1].sum())))


def precision(looks: Sequence[Look], iou: float, confidence: float) -> Interval:
    """Share of the found boxes with score >= confidence that take a true one."""
    rows = []
    for look in looks:
        strong = look.scores >= confidence
        rows.append((matched(Look(look.truth, look.found[strong], look.scores[strong]), iou).sum(), int(strong.sum())))
    table = np.asarray(rows, float)
    return bootstrap(len(looks), lambda picked: float(table[picked, 0].sum() / max(1.0, table[picked, 1].sum())))


def average_precision(looks: Sequence[Look], iou: float = 0.5) -> Interval:
    """Area under precision over recall (all points, precision made to fall), at one IoU."""
    hits = [matched(look, iou) for look in looks]
    counts = np.asarray([len(look.truth) for look in looks])

    def area(picked: np.ndarray) -> float:
        scores = np.concatenate([looks[i].scores for i in picked]) if len(picked) else np.zeros(0)
        good = np.concatenate([hits[i] for i in picked]) if len(picked) else np.zeros(0, bool)
        if not len(scores):
            return 0.0
        good = good[np.argsort(-scores, kind="stable")]
        found = np.cumsum(good)
        reached = found / max(1, counts[picked].sum())
        exact = np.maximum.accumulate((found / np.arange(1, len(found) + 1))[::-1])[::-1]
        return float(np.sum(np.diff(np.concatenate(([0.0], reached))) * exact))

    return bootstrap(len(looks), area, draws=200)


def bootstrap(pictures: int, figure: Callable[[np.ndarray], float], draws: int = DRAWS) -> Interval:
    rng = np.random.default_rng(20261121)
    values = [figure(rng.integers(0, pictures, pictures)) for _ in range(draws)]
    low, high = np.quantile(values, [0.025, 0.975])
    return Interval(figure(np.arange(pictures)), float(low), float(high))
