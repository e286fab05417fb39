"""How well scores put what is so before what is not. Pure.

Comes in: scores and whether each thing is so, in groups that belong together (the frames of a video). Goes out: areas under
curves, the equal error rate, the curve itself, and the range that a measure has when other groups had been filmed.

Things with equal scores are called together: no order among them is made up. A measure of one class alone is None.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Measure = Callable[[ArrayLike, ArrayLike], float | None]
DRAWS = 400
_Counts = NDArray[np.int64]


def auc_roc(scores: ArrayLike, truth: ArrayLike) -> float | None:
    """The chance that something that is so scores higher than something that is not; equal scores count half."""
    hits, false = _called(scores, truth)
    if not hits[-1] or not false[-1]:
        return None
    return float(np.trapezoid(hits / hits[-1], false / false[-1]))


def auc_pr(scores: ArrayLike, truth: ArrayLike) -> float | None:
    """Average precision: the precision at every threshold, weighted by how much recall it adds (no line between points)."""
    hits, false = _called(scores, truth)
    if not hits[-1] or not false[-1]:
        return None
    precision = hits[1:] / (hits[1:] + false[1:])
    return float((np.diff(hits) / hits[-1] * precision).sum())


def equal_error(scores: ArrayLike, truth: ArrayLike) -> float | None:
    """The error rate where as large a share of one class is missed as of the other is called, on the line between points."""
    hits, false = _called(scores, truth)
    if not hits[-1] or not false[-1]:
        return None
    called, missed = false / false[-1], 1 - hits / hits[-1]
    at = int(np.argmax(called >= missed))
    before = at - 1
    above, below = missed[before] - called[before], called[at] - missed[at]
    share = above / (above + below)
    return float(called[before] + share * (called[at] - called[before]))


def roc_points(scores: ArrayLike, truth: ArrayLike) -> list[tuple[float, float]]:
    """Corners of the curve from (0, 0) to (1, 1): shares of what is not so, and of what is so, that are called.

    Raises ValueError for one class alone.
    """
    hits, false = _called(scores, truth)
    if not hits[-1] or not false[-1]:
        raise ValueError("a curve needs both classes")
    return list(zip((false / false[-1]).tolist(), (hits / hits[-1]).tolist(), strict=True))


def spread(
    groups: Sequence[tuple[ArrayLike, ArrayLike]], measure: Measure, *, draws: int = DRAWS, seed: int = 0
) -> tuple[float, float] | None:
    """(low, high): where the measure of all things together lies in 95 of 100 draws of as many whole groups, with replacement.

    None where fewer than two groups are there or no draw has both classes. The same groups and seed give the same numbers.
    """
    if len(groups) < 2:
        return None
    chance = np.random.default_rng(seed)
    known = [(np.asarray(scores, float), np.asarray(truth, bool)) for scores, truth in groups]
    found = []
    for _ in range(draws):
        chosen = [known[n] for n in chance.integers(0, len(known), len(known))]
        value = measure(np.concatenate([s for s, _ in chosen]), np.concatenate([t for _, t in chosen]))
        if value is not None:
            found.append(value)
    return _middle(found)


def spread_of_mean(values: Sequence[float], *, draws: int = DRAWS, seed: int = 0) -> tuple[float, float] | None:
    """(low, high) of the mean of as many values, drawn with replacement, in 95 of 100 draws; None for fewer than two."""
    if len(values) < 2:
        return None
    known = np.asarray(values, float)
    chance = np.random.default_rng(seed)
    return _middle([float(known[chance.integers(0, len(known), len(known))].mean()) for _ in range(draws)])


def _middle(found: Sequence[float]) -> tuple[float, float] | None:
    if not found:
        return None
    low, high = np.quantile(np.asarray(found), [0.025, 0.975])
    return float(low), float(high)


def _called(scores: ArrayLike, truth: ArrayLike) -> tuple[_Counts, _Counts]:
    """(right, false) calls at each threshold from above all scores to the lowest. Raises ValueError for NaN scores."""
    score: NDArray[Any] = np.asarray(scores, float)
    so = np.asarray(truth, bool)
    if score.ndim != 1 or score.shape != so.shape or np.isnan(score).any():
        raise ValueError(f"{score.shape} scores for {so.shape} truths, or scores that are not numbers")
    order = np.argsort(-score, kind="stable")
    falling = score[order]
    last = np.flatnonzero(np.append(falling[1:] != falling[:-1], len(falling) > 0))  # of each run of equal scores
    hits = np.concatenate([[0], np.cumsum(so[order])[last]])
    false = np.concatenate([[0], np.cumsum(~so[order])[last]])
    return hits.astype(np.int64), false.astype(np.int64)
