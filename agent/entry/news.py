"""The newest reply, for screens that wait for it.

Comes in: replies. Goes out: the newest one with its number, at once or as soon as there is a newer one.
"""

from __future__ import annotations

import threading

from agent.entry.records import Reply


class News:
    """Holding one means: you may tell and wait. Safe to use from any thread."""

    def __init__(self) -> None:
        self._told = threading.Condition()
        self._latest: tuple[int, Reply | None] = (0, None)

    def tell(self, reply: Reply) -> Reply:
        with self._told:
            self._latest = (self._latest[0] + 1, reply)
            self._told.notify_all()
        return reply

    @property
    def latest(self) -> tuple[int, Reply | None]:
        """(0, None) before the first."""
        with self._told:
            return self._latest

    def wait(self, after: int, seconds: float) -> tuple[int, Reply | None]:
        """The newest, as soon as its number is above `after`, or after `seconds` (then it may be old)."""
        with self._told:
            self._told.wait_for(lambda: self._latest[0] > after, seconds)
            return self._latest
