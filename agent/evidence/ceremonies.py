"""Reveal ceremonies on their way: each known by an unguessable number, kept in memory, at each step on the ledger.

Comes in: words of signed-in people, the owner's passphrase. Goes out: `Ongoing`s, what a right passphrase unlocks, and for ten
minutes the clips that were made, to be watched. A restart of the program ends them all.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from agent.clock import Clock
from agent.errors import AnsimError
from agent.evidence.ceremony import APPROVAL_S, OPEN_S, Ceremony, RevealRefused, RevealRequest, Stage
from agent.evidence.jobs import Job, busy
from agent.evidence.reveal import Revealed, Revealer
from agent.vault.owner_keys import Unlocked

WATCH_S = 600.0
WRONG_MOST = 5  # wrong passphrases after which a ceremony has ended: each costs whoever guesses a countdown
MOST = 50  # ceremonies that are remembered
OVER = (Stage.STOPPED, Stage.DONE)


@dataclass(frozen=True, slots=True)
class Ongoing:
    """A ceremony as it stands. left_s: of the countdown. tries: wrong passphrases that it still bears. late: it took too long.

    job: token of what makes the clip, once the original was opened.
    """

    token: str
    ceremony: Ceremony
    left_s: float
    tries: int
    late: bool
    job: str = ""

    @property
    def is_over(self) -> bool:
        return self.late or self.ceremony.stage in OVER


@dataclass(frozen=True, slots=True)
class Watchable:
    """Revealed clips that may be watched on this PC by whoever had them made. left_s: seconds until they are forgotten."""

    clips: tuple[Revealed, ...] = field(repr=False)
    by: str
    left_s: float


@dataclass(slots=True)
class _Going:
    ceremony: Ceremony
    wrong: int = 0
    job: str = ""
    clips: tuple[Revealed, ...] = field(default=(), repr=False)
    until_s: float = 0.0


class Ceremonies:
    """Holding one means: you may lead people through reveals, several at a time. Safe to use from any thread."""

    def __init__(self, revealer: Revealer, clock: Clock) -> None:
        self._revealer = revealer
        self._clock = clock
        self._going: dict[str, _Going] = {}
        self._lock = threading.RLock()  # each step is on the ledger before the next one is taken
        self._trying = threading.Lock()  # one passphrase is tried at a time: each costs a second and much memory

    def ask(self, request: RevealRequest) -> str:
        """Begin one; gives its token. Raises RevealRefused, ConfigError, IntegrityError, StoreError."""
        with self._lock:
            token = secrets.token_urlsafe(16)
            self._going[token] = _Going(self._revealer.ask(request))
            for known in sorted(self._going, key=lambda each: not self._told(each).is_over)[: max(0, len(self._going) - MOST)]:
                del self._going[known]
            return token

    def find(self, token: str) -> Ongoing | None:
        with self._lock:
            return self._told(token) if token in self._going else None

    def all(self) -> tuple[Ongoing, ...]:
        with self._lock:
            return tuple(self._told(token) for token in self._going)

    def approve(self, token: str, by: str) -> None:
        """`by` has just proved who they are. Raises RevealRefused, StoreError."""
        with self._lock:
            going = self._get(token)
            going.ceremony = self._revealer.approve(going.ceremony, by)

    def stop(self, token: str, by: str) -> None:
        """Anybody may. Raises RevealRefused when it is too late, StoreError."""
        with self._lock:
            going = self._get(token)
            going.ceremony = self._revealer.stop(going.ceremony, by)

    def unlock(self, token: str, by: str, passphrase: str) -> tuple[Ceremony, Unlocked]:
        """The ceremony as it is once its countdown is over, and what the owner's passphrase unlocks.

        Raises RevealRefused before the countdown is over and for everybody but who asked, KeyRefused (on the ledger), Busy.
        """
        counted = self._get(token).ceremony
        if by != counted.request.by:
            raise RevealRefused(
                ko="이 절차를 시작한 사람만 원본을 열 수 있습니다.", en="Only who began this can open the original."
            )
        counted.open(self._clock.monotonic())  # refuses while it counts, before a passphrase is tried
        if not self._trying.acquire(blocking=False):
            raise busy()
        try:
            return counted, self._revealer.unlock(counted, passphrase)
        except AnsimError:  # also where the disk did not take the ledger's record of a wrong one
            self._count_wrong(token)
            raise
        finally:
            self._trying.release()

    def begin(self, token: str, counted: Ceremony, start: Callable[[], Job]) -> Job:
        """`start` the job that opens the original, unless somebody has stopped the ceremony. Raises RevealRefused, Busy."""
        with self._lock:
            going = self._get(token)
            if going.ceremony is not counted:
                raise RevealRefused(ko="그 사이에 멈춘 절차입니다.", en="This was stopped in the meantime.")
            opening = counted.open(self._clock.monotonic())
            job = start()
            going.ceremony, going.job = opening, job.token
            return job

    def ended(self, token: str, clips: tuple[Revealed, ...] = ()) -> None:
        """Its job has made clips, which can be watched from now on, or has failed."""
        with self._lock:
            going = self._going.get(token)
            if going is not None:
                going.ceremony = replace(going.ceremony, stage=Stage.DONE)
                going.clips, going.until_s = clips, self._clock.monotonic() + WATCH_S

    def watchable(self, token: str) -> Watchable | None:
        """What a ceremony made, for ten minutes."""
        with self._lock:
            self._forget_old()
            going = self._going.get(token)
            if going is None or not going.clips:
                return None
            return Watchable(going.clips, going.ceremony.request.by, going.until_s - self._clock.monotonic())

    def forget(self, token: str) -> None:
        """Watching has ended."""
        with self._lock:
            if token in self._going:
                self._going[token].clips = ()

    def tidy(self) -> None:
        """Forget what has had its time."""
        now = self._clock.monotonic()
        with self._lock:
            self._forget_old()
            for token, going in list(self._going.items()):
                if now - going.ceremony.since_s > APPROVAL_S + OPEN_S:
                    del self._going[token]

    def clear(self) -> None:
        with self._lock:
            self._going.clear()

    def _count_wrong(self, token: str) -> None:
        with self._lock:
            going = self._get(token)
            going.wrong += 1
            if going.wrong >= WRONG_MOST and going.ceremony.stage is Stage.COUNTING:
                self.stop(token, going.ceremony.request.by)

    def _forget_old(self) -> None:
        for going in self._going.values():
            if going.clips and going.until_s <= self._clock.monotonic():
                going.clips = ()

    def _get(self, token: str) -> _Going:
        with self._lock:
            going = self._going.get(token)
        if going is None:
            raise RevealRefused(
                ko="이 절차는 끝났거나 안심이 다시 시작되었습니다. 처음부터 다시 요청해 주세요.",
                en="This ceremony is over, or Ansim was restarted. Ask again from the start.",
            )
        return going

    def _told(self, token: str) -> Ongoing:
        going = self._going[token]
        ceremony = going.ceremony
        bears_s = {Stage.ASKED: APPROVAL_S, Stage.COUNTING: ceremony.countdown_s + OPEN_S}.get(ceremony.stage)
        late = bears_s is not None and self._clock.monotonic() - ceremony.since_s > bears_s
        left = self._revealer.seconds_left(ceremony)
        return Ongoing(token, ceremony, left, max(0, WRONG_MOST - going.wrong), late, going.job)
