"""Where evidence clips are made, one after another, in a thread of its own.

Comes in: clip jobs from the pipelines. Goes out: clips in the vault. Jobs hold the camera's packets in memory, so there may
only be so many: beyond that an incident keeps its presence recording and says so.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass

from agent.clock import Clock
from agent.detection.detectors import PeopleDesk
from agent.detection.reference import EmptyShop
from agent.recording.evidence import ClipJob, EvidenceRenderer
from agent.recording.hindsight import Hindsight
from agent.settings import Settings
from agent.values import ClipState, EventKind, Text
from agent.vault import Vault
from agent.workers import Heartbeat, Stop, Worker

MOST_JOBS = 24


@dataclass(frozen=True, slots=True)
class _Order:
    job: ClipJob
    shop: EmptyShop | None
    tell: Callable[[EventKind, Text], None]


class Darkroom:
    """Holding one means: you can have clips made. `patient`: wait for a free place instead of giving a clip up (recordings)."""

    def __init__(self, vault: Vault, settings: Settings, desk: PeopleDesk, clock: Clock, *, patient: bool) -> None:
        self._vault = vault
        self._settings = settings
        self._desk = desk
        self._patient = patient
        self._orders: queue.Queue[_Order] = queue.Queue(maxsize=MOST_JOBS)
        self._open = 0
        self._changed = threading.Condition()
        self._worker = Worker("darkroom", self._work, clock)

    def start(self) -> None:
        self._worker.start()

    def order(self, job: ClipJob, shop: EmptyShop | None, tell: Callable[[EventKind, Text], None]) -> None:
        """Have the clip of `job` made; shop: the empty shop as it is known now."""
        with self._changed:
            self._open += 1
        try:
            self._orders.put(_Order(job, shop, tell), block=self._patient)
        except queue.Full:
            self._done()
            why = Text(
                ko=f"사건 {job.incident.id}: 만들 영상이 너무 많이 밀려 증거 영상을 만들지 못했습니다. 녹화는 남아 있습니다.",
                en=f"Incident {job.incident.id}: too many clips were waiting, so none was made. The recording remains.",
            )
            self._vault.set_clip_state(job.incident.id, ClipState.LOST, why, wait=False)
            tell(EventKind.CLIP_LOST, why)

    @property
    def waiting(self) -> int:
        """Clips that are not finished yet."""
        return self._open

    def drain(self, timeout: float | None = None) -> bool:
        """Wait until all clips are made; False when `timeout` seconds were not enough."""
        with self._changed:
            return self._changed.wait_for(lambda: self._open == 0, timeout)

    def close(self) -> None:
        self._worker.ask_stop()
        self._worker.join(10.0)

    def _done(self) -> None:
        with self._changed:
            self._open -= 1
            self._changed.notify_all()

    def _work(self, stop: Stop, heartbeat: Heartbeat) -> None:
        while not stop.asked:
            heartbeat.beat()
            try:
                order = self._orders.get(timeout=0.5)
            except queue.Empty:
                continue
            try:
                hindsight = Hindsight(self._desk, order.shop)
                EvidenceRenderer(self._vault, self._settings, hindsight, order.tell).render(order.job)
            finally:
                self._done()
