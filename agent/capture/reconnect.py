"""Keeps count of one camera's outage: says once that it was lost and once that it is back, and how long to pause between.

Comes in: failures and successes of its connections. Goes out: events and pauses. Pure: it neither waits nor connects.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from agent.errors import SourceError
from agent.values import EventKind, Text

log = logging.getLogger(__name__)


class Outage:
    """Holding one means: you know whether the camera is lost now, and since when (monotonic seconds)."""

    def __init__(self, shown: str, pauses: tuple[float, ...], on_event: Callable[[EventKind, Text], None]) -> None:
        self._shown = shown
        self._pauses = pauses
        self._on_event = on_event
        self._tries = 0
        self.since: float | None = None

    def failed(self, error: SourceError, now: float) -> float:
        """The camera failed at `now` (monotonic); seconds to wait before the next try. The first failure is an event."""
        if self.since is None:
            self.since = now
            log.warning("camera %s lost: %s", self._shown, error)
            self._on_event(EventKind.CAMERA_LOST, error.text)
        pause = self._pauses[min(self._tries, len(self._pauses) - 1)]
        self._tries += 1
        return pause

    def picture(self, now: float) -> None:
        """A picture came at `now`: the camera is there. Ends the outage, which is an event."""
        self._tries = 0
        if self.since is None:
            return
        away, self.since = now - self.since, None
        log.warning("camera %s back after %.0f s", self._shown, away)
        self._on_event(
            EventKind.CAMERA_BACK,
            Text(ko=f"카메라가 {away:.0f}초 만에 다시 연결되었습니다.", en=f"The camera is back after {away:.0f} s."),
        )
