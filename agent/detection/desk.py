"""The desk at which all cameras ask the detectors: one frame at a time, in threads of its own.

Comes in: a `RawFrame` and how long one waits. Goes out: people and faces, or bags; LateError where the answer takes longer,
ModelError where the detector fails. Whoever looks for bags sits in a thread apart: nothing that becomes of them keeps anybody
waiting who looks for people, since masks depend on these.
"""

from __future__ import annotations

import queue
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any

from agent.capture.raw import RawFrame
from agent.clock import Clock
from agent.detection.engine import Engine
from agent.errors import ModelError
from agent.values import Bag, Box, Person
from agent.workers import Failure, Heartbeat, Stop, Worker, shielded

HALF = 0.5

Found = tuple[tuple[Person, ...], tuple[Box, ...]]


class LateError(Exception):
    """The detector did not answer in time; caught where frames are looked at, never shown."""


class PeopleDesk:
    """Runs the detectors for all cameras: people and faces in one thread, bags in another."""

    def __init__(self, engine: Engine, weak: float, clock: Clock) -> None:
        self._engine = engine
        self._weak = weak
        self._people = _Window("people", clock)
        self._bags = _Window("bags", clock)
        if self.staffed:
            self._people.open()
        if self.sees_bags:
            self._bags.open()

    @property
    def staffed(self) -> bool:
        """Whether there is any detector besides the reference."""
        return self._engine.people is not None or self._engine.faces is not None

    @property
    def sees_people(self) -> bool:
        """Whether one of them finds people, and so is a second witness to where nobody is; a face detector alone is none."""
        return self._engine.people is not None

    @property
    def witness(self) -> float:
        """How far its silence is believed, 0 to 1: one that is not believed alone misses more people, too."""
        if not self.sees_people:
            return 0.0
        return 1.0 if self.alone <= 0 else HALF

    @property
    def alone(self) -> float:
        """From which score on a person counts by the detector's word alone; see `Engine`."""
        return self._engine.alone

    @property
    def sees_bags(self) -> bool:
        return self._engine.bags is not None

    def look(self, raw: RawFrame, patience_s: float) -> Found:
        """People and faces in `raw`. Raises LateError when that takes longer than `patience_s`, ModelError when it fails."""

        def look() -> Found:
            people = self._engine.people.look(raw, self._weak) if self._engine.people else ()
            return people, self._engine.faces.look(raw) if self._engine.faces else ()

        found: Found = self._people.ask(look, patience_s)
        return found

    def bags(self, raw: RawFrame, patience_s: float) -> tuple[Bag, ...]:
        """Bags in `raw`; none without a detector of them. Raises LateError, ModelError."""
        bags = self._engine.bags
        if bags is None:
            return ()
        found: tuple[Bag, ...] = self._bags.ask(lambda: bags.look(raw), patience_s)
        return found

    def close(self) -> None:
        self._people.close()
        self._bags.close()


class _Window:
    """One thread that answers one question after the other."""

    def __init__(self, name: str, clock: Clock) -> None:
        self._asked: queue.Queue[tuple[Callable[[], Any], Future[Any]]] = queue.Queue()
        self._overdue: Future[Any] | None = None
        self._worker = Worker(name, self._serve, clock)

    def open(self) -> None:
        self._worker.start()

    def close(self) -> None:
        self._worker.ask_stop()

    def ask(self, work: Callable[[], Any], patience_s: float) -> Any:
        overdue = self._overdue
        if overdue is not None and not overdue.done():
            raise LateError  # still at an earlier frame: nobody waits again for a detector that hangs
        future: Future[Any] = Future()
        self._asked.put((work, future))
        done, _ = wait((future,), patience_s)
        if not done:
            self._overdue = future
            raise LateError
        fault = future.exception()
        if fault is not None and not isinstance(fault, ModelError):
            raise ModelError(
                ko="사람 검출이 예기치 않게 멈췄습니다. 로그를 확인하고 프로그램을 다시 시작해 주세요.",
                en=f"The person detector failed unexpectedly ({type(fault).__name__}). See the log and restart the agent.",
            ) from fault
        return future.result()

    def _serve(self, stop: Stop, heartbeat: Heartbeat) -> None:
        while not stop.asked:
            heartbeat.beat()
            try:
                work, future = self._asked.get(timeout=0.5)
            except queue.Empty:
                continue
            if future.set_running_or_notify_cancel():
                made = shielded(work)  # what went wrong is the caller's to judge; the desk stays open for the next frame
                if isinstance(made, Failure):
                    future.set_exception(made.error)
                else:
                    future.set_result(made)
