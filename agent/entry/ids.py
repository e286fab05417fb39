"""Ids of entries: sortable, and each given once.

Comes in: ids that were given before, the time as a fixed-width text. Goes out: ids like "20261121T203611250Z-e1".
"""

from __future__ import annotations


class EntryIds:
    """Holding one means: you may name entries. Not thread-safe. A clock that was set back brings no id back."""

    def __init__(self) -> None:
        self._latest = ""
        self._highest = 0

    def seen(self, name: str) -> None:
        """An id that was given before."""
        stem, _, number = name.rpartition("-e")
        self._latest = max(self._latest, stem)
        if number.isdecimal():
            self._highest = max(self._highest, int(number))

    def new(self, stem: str) -> str:
        """stem: the time, so that later ones sort later. A time that is no later than all others gets a number of its own."""
        made = f"{stem}-e{1 if stem > self._latest else self._highest + 1}"
        self.seen(made)
        return made
