"""How decisions compare with what is so: counts of the four outcomes and what follows from them. Pure.

Comes in: pairs of (is so, was said). Goes out: `Confusion`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Confusion:
    """hits: so, and said; misses: so, not said; false: said, not so; right: neither."""

    hits: int = 0
    misses: int = 0
    false: int = 0
    right: int = 0

    @property
    def sensitivity(self) -> float | None:
        """Share of what is so that was said; None where nothing is so."""
        return self.hits / (self.hits + self.misses) if self.hits + self.misses else None

    @property
    def specificity(self) -> float | None:
        """Share of what is not so about which nothing was said; None where all is so."""
        return self.right / (self.right + self.false) if self.right + self.false else None

    @property
    def balanced_accuracy(self) -> float | None:
        """The mean of both, so that saying nothing gains nothing; None where one of them is not known."""
        if self.sensitivity is None or self.specificity is None:
            return None
        return (self.sensitivity + self.specificity) / 2


def confusion(pairs: Iterable[tuple[bool, bool]]) -> Confusion:
    """Count (is so, was said)."""
    counts = {(True, True): 0, (True, False): 0, (False, True): 0, (False, False): 0}
    for pair in pairs:
        counts[pair] += 1
    return Confusion(counts[True, True], counts[True, False], counts[False, True], counts[False, False])
