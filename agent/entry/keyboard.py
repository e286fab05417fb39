"""Reads a USB scanner that types: Linux hands on its keys as events, with no window or screen needed.

Comes in: the device's path, such as /dev/input/by-id/...-event-kbd. Goes out: each text that ends with Enter or Tab. The device
is taken for us alone, so that no code is typed into a console. Event: struct input_event of linux/input.h; key codes: US layout
of linux/input-event-codes.h, whatever layout the PC has. A scanner that is pulled out is waited for.
"""

from __future__ import annotations

import fcntl
import logging
import os
import select
import struct
from collections.abc import Callable, Iterator

from agent.clock import Clock
from agent.entry.records import Reply
from agent.entry.sightings import Sightings
from agent.errors import AnsimError
from agent.workers import Heartbeat, Stop, Worker

log = logging.getLogger(__name__)

EVENT = struct.Struct("@llHHi")  # time in two longs, type, code, value
EV_SYN, EV_KEY = 0, 1
SYN_DROPPED = 3  # the kernel lost events: what came so far is not whole
DOWN = 1
ENDS = frozenset({28, 96, 15})  # Enter, Enter of the number pad, Tab
SHIFTS = frozenset({42, 54})
GRAB = 0x40044590  # EVIOCGRAB, _IOW('E', 0x90, int)
LONGEST = 512  # characters; no code of ours is longer
GAP_S = 2.0  # a scanner types without pauses; what somebody typed before is dropped
WAIT_S = 1.0
STOP_S = 5.0

ROWS = (
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    (57, " ", " "),
)
PAD = {
    82: "0",
    79: "1",
    80: "2",
    81: "3",
    75: "4",
    76: "5",
    77: "6",
    71: "7",
    72: "8",
    73: "9",
    74: "-",
    78: "+",
    83: ".",
    98: "/",
}
PLAIN = {first + at: sign for first, low, _ in ROWS for at, sign in enumerate(low)} | PAD | {55: "*"}
SHIFTED = {first + at: sign for first, _, high in ROWS for at, sign in enumerate(high)} | PAD | {55: "*"}


class ScannerLost(AnsimError):
    """The scanner cannot be read now; it is tried again."""


class Typing:
    """Turns key events into texts. Holding one means: you know what has been typed since the last Enter."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._text = ""
        self._shift: set[int] = set()
        self._last = clock.monotonic()

    def take(self, kind: int, code: int, value: int) -> str | None:
        """One event; the whole text when it was the end of one."""
        if kind == EV_SYN and code == SYN_DROPPED:
            self._text, self._shift = "", set()
        if kind != EV_KEY:
            return None
        if code in SHIFTS:
            (self._shift.discard if value == 0 else self._shift.add)(code)
        elif value == DOWN:
            return self._key(code)
        return None

    def _key(self, code: int) -> str | None:
        now = self._clock.monotonic()
        if now - self._last > GAP_S:
            self._text = ""
        self._last = now
        if code in ENDS:
            text, self._text = self._text, ""
            return text if 0 < len(text) <= LONGEST else None
        if len(self._text) <= LONGEST:  # one more marks it as too long
            self._text += (SHIFTED if self._shift else PLAIN).get(code, "")
        return None


class KeyboardScanner:
    """Holding one means: once started, what the scanner at `path` types is presented."""

    def __init__(self, path: str, present: Callable[[str], Reply | None], clock: Clock, *, pause_s: float = 2.0) -> None:
        """present: called with each text, in the scanner's own thread. Gives the answer; None counts as one that lets in.

        pause_s: between two tries of a lost scanner.
        """
        self._path = path
        self._present = present
        self._clock = clock
        self._pause_s = pause_s
        self._sightings = Sightings(clock)
        self._lost = False
        self.worker = Worker("entry-scanner", self._work, clock)

    def start(self) -> None:
        self.worker.start()

    def stop(self) -> None:
        self.worker.ask_stop()
        if self.worker.alive:
            self.worker.join(STOP_S)

    def _work(self, stop: Stop, heartbeat: Heartbeat) -> None:
        while not stop.asked:
            heartbeat.beat()
            try:
                self._follow(stop, heartbeat)
            except ScannerLost as lost:
                if not self._lost:
                    log.warning("%s", lost)
                self._lost = True
                stop.pause(self._pause_s)

    def _follow(self, stop: Stop, heartbeat: Heartbeat) -> None:
        """One connection of the scanner. Raises ScannerLost when it ends."""
        try:
            device = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as wrong:
            raise self._gone(wrong.strerror) from wrong
        try:
            self._grab(device)
            typing = Typing(self._clock)
            for kind, code, value in self._events(device, stop, heartbeat):
                text = typing.take(kind, code, value)
                if text is not None and self._sightings.is_new(text):
                    self._sightings.answered(text, self._present(text))
        finally:
            os.close(device)

    def _events(self, device: int, stop: Stop, heartbeat: Heartbeat) -> Iterator[tuple[int, int, int]]:
        held = b""
        while not stop.asked:
            heartbeat.beat()
            try:
                ready, _, _ = select.select([device], [], [], WAIT_S)
                data = os.read(device, EVENT.size * 64) if ready else None
            except OSError as wrong:
                raise self._gone(wrong.strerror) from wrong
            if data is None:
                continue
            if not data:
                raise self._gone("end of file")
            if self._lost:
                log.warning("the scanner %s is there again", self._path)
                self._lost = False
            held += data
            whole = len(held) - len(held) % EVENT.size
            for _, _, kind, code, value in EVENT.iter_unpack(held[:whole]):
                yield kind, code, value
            held = held[whole:]

    def _grab(self, device: int) -> None:
        try:
            fcntl.ioctl(device, GRAB, 1)
        except OSError as wrong:
            log.warning(
                "the scanner %s could not be taken for Ansim alone (%s); it may type elsewhere, too", self._path, wrong.strerror
            )

    def _gone(self, why: str | None) -> ScannerLost:
        return ScannerLost(
            ko=f"스캐너({self._path})를 읽을 수 없습니다({why}). 케이블과 장치 권한(input 그룹)을 확인해 주세요.",
            en=f"The scanner {self._path} cannot be read ({why}). Check its cable and your permission (group input).",
        )
