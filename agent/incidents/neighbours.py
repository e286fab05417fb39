"""How far something is from everything usual: the distance to the k-th nearest of remembered examples. Pure.

Comes in: rows of numbers. Goes out: a distance per row. What is remembered is a fixed number of rows drawn by chance, at most.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from agent.incidents.pose_cues import Array

K = 3  # one example may be an outlier itself, three that agree are not
_BLOCK = 1024  # rows compared at once, which bounds the memory


@dataclass(frozen=True, slots=True)
class Neighbours:
    """mean: (d,); axes: (d, m), the directions that examples vary most in; examples: (e, m) along them, in half precision."""

    mean: NDArray[np.float32]
    axes: NDArray[np.float32]
    examples: NDArray[np.float16]

    @classmethod
    def of(cls, rows: Array, *, most: int, axes: int, chance: np.random.Generator) -> Self:
        """Remember at most `most` of `rows` (n, d). axes: how many directions to keep; 0 keeps the rows as they are."""
        width = rows.shape[1]
        if not axes:
            mean, along = np.zeros(width), np.eye(width)
        else:
            mean = rows.mean(0)
            sample = rows[chance.permutation(len(rows))[: 4 * most]] - mean
            along = np.linalg.svd(sample, full_matrices=False)[2][: min(axes, width)].T
        chosen = np.sort(chance.permutation(len(rows))[:most])
        kept = ((rows[chosen] - mean) @ along).astype(np.float16)
        return cls(mean.astype(np.float32), along.astype(np.float32), kept)

    def distance(self, rows: Array, sure: Array | None = None) -> Array:
        """(n,) distances to the k-th nearest example. sure: (n, d) how much each number counts (only with axes = 0)."""
        asked = ((rows.astype(np.float32) - self.mean) @ self.axes) if sure is None else rows.astype(np.float32)
        known = self.examples.astype(np.float32)
        squares = known**2
        nth = min(K, len(known)) - 1
        found = np.empty(len(rows))
        for start in range(0, len(rows), _BLOCK):
            here = asked[start : start + _BLOCK]
            if sure is None:
                gaps = (here**2).sum(1)[:, None] + squares.sum(1) - 2 * here @ known.T
            else:
                counts = sure[start : start + _BLOCK].astype(np.float32)
                counts = counts / counts.mean(1, keepdims=True)
                gaps = (counts * here**2).sum(1)[:, None] + counts @ squares.T - 2 * (counts * here) @ known.T
            found[start : start + _BLOCK] = np.partition(gaps, nth, axis=1)[:, nth]
        distances: Array = np.sqrt(np.maximum(found, 0.0))
        return distances
