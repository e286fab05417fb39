"""Looks for codes in the pictures of the camera at the entrance, ten times a second, in a thread of its own.

Comes in: clear frames, of which the newest one's luma is copied and kept until it has been looked at, in memory only. Goes out:
the texts of codes, each once for as long as it is in view, and of a pass that was let in none for as long as it is.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from agent.capture.raw import RawFrame
from agent.clock import Clock
from agent.entry.code_reader import CodeReader, Grey, is_ours
from agent.entry.records import Reply
from agent.entry.sightings import Sightings
from agent.entry.zbar_reader import ZbarReader
from agent.errors import ModelError
from agent.workers import Heartbeat, Latest, Stop, Worker

log = logging.getLogger(__name__)

LOOKS_PER_S = 10.0
SECOND_EVERY = 5  # of so many looks that found no new code of ours, the last is given to zbar, too: twice a second
THOROUGH_EVERY = 3  # of so many such looks, one goes on past codes that are no news: a sticker may hang in view for good
WAIT_S = 1.0  # how long to wait for a frame before showing life
STOP_S = 5.0
MOST = 4  # new codes presented of one look: a poster full of codes must not keep the door busy

Present = Callable[[str], Reply | None]


class Reader(Protocol):
    """Reads the texts of all codes in a picture."""

    def read(self, grey: Grey) -> tuple[str, ...]: ...


class CameraScanner:
    """Holding one means: what is offered is looked at, once started. `offer` is for the camera's thread and never blocks."""

    def __init__(self, present: Present, clock: Clock, second: Reader | None = None) -> None:
        """present: called with the text of each code that comes into view, in the scanner's own thread. Gives the answer; None
        counts as one that lets somebody in.

        second: who is asked now and then where nothing new of ours was found (zbar, where it is installed).
        """
        self._present = present
        self._clock = clock
        self._reader = CodeReader()
        self._second = second or _zbar()
        self._in_vain = 0  # looks since a code of ours came into view
        self._sightings = Sightings(clock)
        self._newest: Latest[Grey] = Latest()
        self.looks = 0  # how many pictures have been looked at
        self.worker = Worker("entry-reader", self._work, clock)

    def offer(self, frame: RawFrame) -> None:
        """Take a copy of the frame's luma in the place of the one before, if nobody has looked at that yet."""
        self._newest.put(frame.look().y.copy())

    def start(self) -> None:
        self.worker.start()

    def stop(self) -> None:
        """No more looks; what was offered is forgotten."""
        self.worker.ask_stop()
        self._newest.close()
        if self.worker.alive:
            self.worker.join(STOP_S)

    def _work(self, stop: Stop, heartbeat: Heartbeat) -> None:
        while not stop.asked:
            heartbeat.beat()
            grey = self._newest.take(WAIT_S)
            if grey is None:
                continue
            began = self._clock.monotonic()
            self._look(grey)
            stop.pause(max(0.0, 1 / LOOKS_PER_S - (self._clock.monotonic() - began)))

    def _look(self, grey: Grey) -> None:
        left = MOST
        for text in sorted(self._read(grey), key=is_ours, reverse=True):
            if (left > 0 or self._sightings.in_view(text)) and self._sightings.is_new(text):
                left -= 1
                self._show(text)
        self.looks += 1

    def _show(self, text: str) -> None:
        """Present it. That may take seconds, and whatever is in view meanwhile did not leave it for not being looked at."""
        began = self._clock.monotonic()
        reply = self._present(text)
        self._sightings.looked_away(self._clock.monotonic() - began)
        self._sightings.answered(text, reply)

    def _read(self, grey: Grey) -> tuple[str, ...]:
        """What is found until there is a code of ours that is new. Codes that hang in view for good (a payment sticker, the
        sign-up code of our own screen, an old pass) must neither hide one nor cost all looks at each picture.
        """
        thorough = self._in_vain % THOROUGH_EVERY == 0
        found = self._reader.read(grey, self._is_wanted if thorough else _anything)
        self._in_vain = 0 if any(map(self._is_wanted, found)) else self._in_vain + 1
        if self._in_vain % SECOND_EVERY == 0 and self._in_vain and self._second is not None:
            found += tuple(text for text in self._second.read(grey) if is_ours(text) or not found)
        return found

    def _is_wanted(self, text: str) -> bool:
        return is_ours(text) and not self._sightings.in_view(text)


def _anything(_: str) -> bool:
    return True


def _zbar() -> Reader | None:
    try:
        return ZbarReader()
    except ModelError as missing:
        log.info("codes are read by zxing-cpp alone: %s", missing)
        return None
