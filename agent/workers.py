"""The only maker of threads: named loops that stop when asked, are started anew when they fail, and show that they live.

Comes in: functions to run. Goes out: `Worker` (a loop in a thread), `Latest` (a slot that keeps the newest), `shielded`.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import resource
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from agent.clock import Clock

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Failure:
    """What a shielded call came to when it failed."""

    error: Exception


def shielded(call: Callable[[], T]) -> T | Failure:
    """The result of `call`, or its failure as a value: for the one step of a loop that must not take the loop down."""
    try:
        return call()
    except Exception as error:  # masking must fail closed whatever went wrong, a bug included
        return Failure(error)


def tame_memory() -> None:
    """Keep glibc from making a heap for each thread: frames of many threads would leave holes in all of them, and the process
    would grow for days. Does nothing on other C libraries. (M_ARENA_MAX is -8 in malloc.h.)"""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").mallopt(-8, 2)


def leave_no_core() -> None:
    """A process that dies must not leave its memory, and with it clear pictures, on the disk.

    1, not 0: a limit of 0 is ignored where cores are piped to a program, and 1 is the kernel's own sign for "none" there; as
    it is less than a page, no file is written either (core(5), fs/coredump.c).
    """
    most = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (1 if most == resource.RLIM_INFINITY else min(1, most), most))


class Stop:
    """A request to stop, shared by everything that has to hear it."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def ask(self) -> None:
        self._event.set()

    @property
    def asked(self) -> bool:
        return self._event.is_set()

    def pause(self, seconds: float) -> bool:
        """Wait up to `seconds`; True as soon as a stop was asked for."""
        return self._event.wait(seconds)


class Latest(Generic[T]):
    """A slot for one thing: putting replaces what nobody took (counted in `dropped`), taking waits for the next one."""

    def __init__(self) -> None:
        self._ready = threading.Condition()
        self._item: T | None = None
        self._closed = False
        self.dropped = 0

    def put(self, item: T) -> None:
        with self._ready:
            if self._item is not None:
                self.dropped += 1
            self._item = item
            self._ready.notify_all()

    def take(self, timeout: float) -> T | None:
        """The newest thing, or None after `timeout` seconds or once the slot is closed and empty."""
        with self._ready:
            self._ready.wait_for(lambda: self._item is not None or self._closed, timeout)
            item, self._item = self._item, None
            return item

    def close(self) -> None:
        with self._ready:
            self._closed = True
            self._ready.notify_all()

    @property
    def closed(self) -> bool:
        return self._closed


@dataclass(slots=True)
class Heartbeat:
    """When a loop last showed that it lives (monotonic seconds)."""

    clock: Clock
    last: float = 0.0

    def beat(self) -> None:
        self.last = self.clock.monotonic()

    @property
    def age(self) -> float:
        return self.clock.monotonic() - self.last


class Worker:
    """A named thread that runs `body(stop, heartbeat)`; when the body raises, it is started anew after a growing pause.

    The body returns when its work is done or when `stop` is asked. on_failure hears each failure once (not its repeats).
    """

    def __init__(
        self,
        name: str,
        body: Callable[[Stop, Heartbeat], None],
        clock: Clock,
        *,
        on_failure: Callable[[BaseException], None] | None = None,
        restart: bool = True,
        longest_pause: float = 60.0,
    ) -> None:
        self.name = name
        self.stop = Stop()
        self.heartbeat = Heartbeat(clock)
        self.failures = 0
        self.error: BaseException | None = None
        self._body = body
        self._on_failure = on_failure
        self._restart = restart
        self._longest_pause = longest_pause
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> Worker:
        self.heartbeat.beat()
        self._thread.start()
        return self

    def ask_stop(self) -> None:
        self.stop.ask()

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the end; False when it still runs after `timeout` seconds."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        pause = min(1.0, self._longest_pause)
        while not self.stop.asked:
            try:
                self._body(self.stop, self.heartbeat)
                return
            except Exception as failure:  # a worker's last line of defence: the loop must survive any error of its body
                self._failed(failure)
            if not self._restart or self.stop.pause(pause):
                return
            pause = min(pause * 2, self._longest_pause)

    def _failed(self, failure: Exception) -> None:
        repeated = type(failure) is type(self.error) and str(failure) == str(self.error)
        self.failures += 1
        self.error = failure
        if not repeated:
            log.error("%s failed: %s", self.name, failure, exc_info=failure)
            if self._on_failure is not None:
                self._on_failure(failure)
