"""Work on evidence that takes longer than a page may: one at a time, in a worker of its own, watched by its number.

Comes in: what is to be done, in named steps. Goes out: `Job`s that say how far it is, what came of it or what went wrong. They
live in memory: a restart of the program ends them, and whoever began one begins anew.
"""

from __future__ import annotations

import enum
import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from agent.clock import Clock
from agent.errors import AnsimError
from agent.values import Text
from agent.workers import Failure, Heartbeat, Stop, Worker, shielded

log = logging.getLogger(__name__)

REMEMBERED = 50  # jobs; older ones are forgotten, what they made is on the register
CLOSE_S = 10.0  # how long closing waits for the job that runs


class Busy(AnsimError):
    """Another job runs just now."""


class JobState(enum.StrEnum):
    """How a job is."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Made:
    """What a job made. bag: name of the export, "" when none was made; file: its file name; bytes, sha256: of that file.

    anchor: text of the report's QR. form: "passphrase", "recipients" or "plain". frames, shown: pictures of revealed clips, and
    how many show somebody. told: what the owner should know of it.
    """

    bag: str = ""
    file: str = ""
    bytes: int = 0
    sha256: str = ""
    anchor: str = ""
    form: str = ""
    frames: int = 0
    shown: int = 0
    told: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work as it stands. token: its unguessable number; by: account; steps: what is done, at: which of them now.

    made: once it is DONE. wrong: why it FAILED. ceremony: token of the reveal ceremony that it belongs to, or "".
    """

    token: str
    incident: str
    by: str
    steps: tuple[Text, ...]
    at: int = 0
    state: JobState = JobState.RUNNING
    made: Made | None = None
    wrong: Text | None = None
    ceremony: str = ""


Work = Callable[[Callable[[int], None]], Made]  # called with a function that takes the number of the step it has come to


class Jobs:
    """Holding one means: you may have work done, one at a time. Safe to use from any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._worker: Worker | None = None
        self._closed = False

    def begin(self, incident: str, by: str, steps: tuple[Text, ...], work: Work, ceremony: str = "") -> Job:
        """Have it done; gives the job as it begins. Raises Busy."""
        job = Job(secrets.token_urlsafe(16), incident, by, steps, ceremony=ceremony)
        waiting = [work]  # taken out to be done, so that nothing of it (a passphrase) outlives it

        def run(_stop: Stop, _heartbeat: Heartbeat) -> None:
            came = shielded(lambda: waiting.pop()(lambda at: self._came_to(job.token, at)))
            self._put(_ended(self._jobs[job.token], came))

        with self._lock:
            if self._is_busy or self._closed:
                raise busy()
            self._jobs[job.token] = job
            while len(self._jobs) > REMEMBERED:
                del self._jobs[next(iter(self._jobs))]
            self._worker = Worker("evidence", run, self._clock, restart=False).start()
        return job

    def find(self, token: str) -> Job | None:
        with self._lock:
            return self._jobs.get(token)

    def all(self) -> tuple[Job, ...]:
        """Newest first."""
        with self._lock:
            return tuple(self._jobs.values())[::-1]

    def running(self) -> Job | None:
        with self._lock:
            return next((job for job in self._jobs.values() if job.state is JobState.RUNNING), None)

    def drain(self, timeout: float) -> bool:
        """Wait for the one that runs; False when `timeout` seconds were not enough."""
        with self._lock:
            worker = self._worker
        return worker is None or worker.join(timeout)

    def close(self) -> None:
        """Takes no more, and waits some seconds for the one that runs; after that its writes are refused by a closed vault."""
        with self._lock:
            self._closed = True
        if not self.drain(CLOSE_S):
            log.error("a piece of evidence is still being made at the stop; it is given up")

    @property
    def _is_busy(self) -> bool:
        return any(job.state is JobState.RUNNING for job in self._jobs.values())

    def _came_to(self, token: str, at: int) -> None:
        self._put(replace(self._jobs[token], at=at))

    def _put(self, job: Job) -> None:
        with self._lock:
            self._jobs[job.token] = job


def busy() -> Busy:
    return Busy(
        ko="지금 다른 증거를 만들고 있습니다. 끝난 뒤 다시 해 주세요.",
        en="Other evidence is being made just now. Try again when it is done.",
    )


def _ended(job: Job, came: Made | Failure) -> Job:
    if not isinstance(came, Failure):
        return replace(job, state=JobState.DONE, made=came)
    known = came.error.text if isinstance(came.error, AnsimError) else None
    log.error("evidence of incident %s: %s", job.incident, came.error, exc_info=None if known else came.error)
    return replace(job, state=JobState.FAILED, wrong=known or _BROKEN)


_BROKEN = Text(
    ko="만들지 못했습니다. 아무것도 넘겨지지 않았습니다. 다시 해 보고, 또 안 되면 로그를 확인해 주세요.",
    en="That failed, and nothing was handed over. Try again; if it fails again, see the log.",
)
