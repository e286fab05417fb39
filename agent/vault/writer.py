"""The one thread that writes.

Comes in: jobs from any thread. Goes out: Futures of their results, kept in the order in which the jobs came. Between jobs, and
at least every few seconds, the idle job runs (the vault tries again what the disk refused).
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from agent.clock import Clock
from agent.errors import AnsimError, StoreError
from agent.workers import Heartbeat, Stop, Worker

T = TypeVar("T")
LONGEST = 4096  # jobs that may wait; many minutes' worth, so a disk that is that far behind does not answer at all
IDLE_S = 2.0


@dataclass(frozen=True, slots=True)
class Job(Generic[T]):
    """Something to do, and where its result goes."""

    do: Callable[[], T]
    result: Future[T]

    def run(self) -> None:
        """An AnsimError goes to who asked. Anything else is a bug: who asked hears of it, and so does the worker."""
        if not self.result.set_running_or_notify_cancel():
            return
        try:
            self.result.set_result(self.do())
        except AnsimError as failure:
            self.result.set_exception(failure)
        finally:
            if not self.result.done():
                self.result.set_exception(
                    StoreError(
                        ko="저장 중에 예상하지 못한 오류가 발생했습니다. 로그를 확인해 주세요.",
                        en="Storing failed in an unforeseen way. See the log.",
                    )
                )


class Writer:
    """Holding one that is started means: your jobs run one after the other, in one thread, and none is dropped unheard."""

    def __init__(self, clock: Clock, idle: Callable[[], object]) -> None:
        self._jobs: queue.Queue[Job[Any]] = queue.Queue(LONGEST)
        self._idle = idle
        self._thread: int | None = None
        self._closed = False
        self._gate = threading.Lock()
        # A short longest pause: after a bug in one job the others must not wait for a minute.
        self.worker = Worker("vault-writer", self._body, clock, longest_pause=1.0)

    def start(self) -> None:
        self.worker.start()

    def submit(self, do: Callable[[], T]) -> Future[T]:
        """Queue a job; returns at once.

        Inside the writer (a Future's callback) it runs on the spot: it cannot wait for itself.
        """
        job = Job(do, Future())
        if threading.get_ident() == self._thread:
            job.run()
            return job.result
        with self._gate:
            if self._closed or not self.worker.alive:
                raise StoreError(ko="저장소가 닫혀 있습니다.", en="The vault is closed.")
            try:
                self._jobs.put_nowait(job)
            except queue.Full:
                raise StoreError(
                    ko="디스크가 응답하지 않아 저장이 밀려 있습니다. 디스크 상태를 확인해 주세요.",
                    en="The disk does not answer and too much waits to be stored. Check the disk.",
                ) from None
        return job.result

    def close(self) -> None:
        """Do what is queued, then end."""
        with self._gate:
            self._closed = True
        self.worker.ask_stop()
        self._jobs.put(Job(lambda: None, Future()))  # wakes it
        self.worker.join()

    def _body(self, stop: Stop, heartbeat: Heartbeat) -> None:
        self._thread = threading.get_ident()
        while True:
            heartbeat.beat()
            try:
                self._jobs.get(timeout=0.05 if stop.asked else IDLE_S).run()
            except queue.Empty:
                if stop.asked:
                    return
                self._idle()
