"""Names for incidents. Pure.

Comes in: camera, rule and time. Goes out: ids like "20261121T203611Z-till-loitering-1", sorted by time and safe as file names.
"""

from __future__ import annotations

import time
from collections.abc import Callable


class IncidentIds:
    """Makes ids that were never given before; taken: says whether one is stored already, from this run or an earlier one.

    The clock of a PC may be set back and a recording may be played twice, so time alone does not make an id unique.
    """

    def __init__(self, taken: Callable[[str], bool] = lambda _: False) -> None:
        self._taken = taken
        self._given: set[str] = set()

    def __call__(self, camera: str, rule: str, utc: float) -> str:
        """A fresh id for an incident that opened at `utc` (Unix time, seconds)."""
        stem = f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(utc))}-{camera}-{rule}"
        number = 1
        while (made := f"{stem}-{number}") in self._given or self._taken(made):
            number += 1
        self._given.add(made)
        return made
