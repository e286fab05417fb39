"""Where evidence clips are made, one after another, in a thread of its own.

Comes in: clip jobs from the pipelines. Goes out: clips in the vault, and the sealed originals of their incidents.
Jobs hold the camera's packets in memory, so there may
only be so many: beyond that, and when the program stops, an incident keeps its presence recording and says so.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from agent.clock import Clock
from agent.detection.detectors import PeopleDesk
from agent.detection.reference import EmptyShop
from agent.errors import StoreError
from agent.recording.evidence import ClipJob, EvidenceRenderer
from agent.recording.hindsight import Hindsight
from agent.recording.sealed import Sealer
from agent.settings import Settings
from agent.values import ClipState, EventKind, Text
from agent.vault import Vault
from agent.workers import Heartbeat, Stop, Worker

log = logging.getLogger(__name__)

MOST_JOBS = 24
MOST_BYTES = 256_000_000  # packets of the clips that wait or are made; one clip alone may be larger
CLOSE_S = 10.0  # how long closing waits for the clip that is being made


@dataclass(frozen=True, slots=True)
class _Order:
    job: ClipJob
    shop: EmptyShop | None
    tell: Callable[[EventKind, Text], None]

    @property
    def size(self) -> int:
        return 0 if self.job.cut is None else self.job.cut.size


class Darkroom:
    """Holding one means: you can have clips made. `patient`: wait for a free place instead of giving a clip up (recordings)."""

    def __init__(self, vault: Vault, settings: Settings, desk: PeopleDesk, clock: Clock, *, patient: bool) -> None:
        self._vault = vault
        self._settings = settings
        self._desk = desk
        self._sealer = Sealer(vault, settings)
        self._patient = patient
        self._orders: deque[_Order] = deque()
        self._current: _Order | None = None
        self._rendered = False  # the current order's clip is made or lost; its original is being sealed
        self._closed = False
        self._changed = threading.Condition()
        self._worker = Worker("darkroom", self._work, clock)

    def start(self) -> None:
        self._worker.start()

    def order(self, job: ClipJob, shop: EmptyShop | None, tell: Callable[[EventKind, Text], None]) -> None:
        """Have the clip of `job` made; shop: the empty shop as it is known now."""
        order = _Order(job, shop, tell)
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not self._patient or self._has_room(order))
            closed, taken = self._closed, not self._closed and self._has_room(order)
            if taken:
                self._orders.append(order)
                self._changed.notify_all()
        if not taken:
            self._give_up(order, _STOPPED if closed else _TOO_MANY)

    @property
    def waiting(self) -> int:
        """Clips that are not finished yet."""
        with self._changed:
            return self._open

    def hurry(self) -> None:
        """The program is about to stop: nobody waits for a free place any more."""
        with self._changed:
            self._patient = False
            self._changed.notify_all()

    def drain(self, timeout: float | None = None) -> bool:
        """Wait until all clips are made or given up; False when `timeout` seconds were not enough."""
        with self._changed:
            return self._changed.wait_for(lambda: self._open == 0, timeout)

    def close(self) -> None:
        """Give up the clips that wait, and the one that is being made if it takes too long; each is on record as LOST."""
        self._worker.ask_stop()
        with self._changed:
            self._closed = True
            left = list(self._orders)
            self._orders.clear()
            self._changed.notify_all()
        for order in left:
            self._give_up(order, _STOPPED)
        if self._worker.alive and not self._worker.join(CLOSE_S):
            with self._changed:
                current, self._current = self._current, None
                rendered = self._rendered
                self._changed.notify_all()
            if current is not None and not rendered:
                self._give_up(current, _STOPPED)
            elif current is not None:
                current.tell(EventKind.NOT_SEALED, _NOT_SEALED)

    @property
    def _open(self) -> int:
        return len(self._orders) + (self._current is not None)

    def _has_room(self, order: _Order) -> bool:
        held = [*self._orders, *([self._current] if self._current is not None else [])]
        if not held:
            return True
        return len(self._orders) < MOST_JOBS and sum(o.size for o in held) + order.size <= MOST_BYTES

    def _give_up(self, order: _Order, reason: Text) -> None:
        incident = order.job.incident.id
        why = Text(ko=f"사건 {incident}: {reason.ko}", en=f"Incident {incident}: {reason.en}")
        try:
            self._vault.set_clip_state(incident, ClipState.LOST, why, wait=False)
        except StoreError as error:
            log.warning("incident %s: its lost clip could not be entered: %s", incident, error)
        order.tell(EventKind.CLIP_LOST, why)

    def _work(self, stop: Stop, heartbeat: Heartbeat) -> None:
        while not stop.asked:
            heartbeat.beat()
            order = self._next()
            if order is None:
                continue
            try:
                hindsight = Hindsight(self._desk, order.shop)
                renderer = EvidenceRenderer(self._vault, self._settings, hindsight, order.tell)
                renderer.render(order.job)
                with self._changed:
                    self._rendered = True
                self._sealer.seal(order.job, renderer.looked, order.tell)
            finally:
                with self._changed:
                    self._current = None
                    self._changed.notify_all()

    def _next(self) -> _Order | None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._orders, 0.5)
            self._current = self._orders.popleft() if self._orders else None
            self._rendered = False
            return self._current


_TOO_MANY = Text(
    ko="만들 영상이 너무 많이 밀려 증거 영상을 만들지 못했습니다. 녹화는 남아 있습니다.",
    en="Too many clips were waiting, so none was made. The recording remains.",
)
_NOT_SEALED = Text(
    ko="안심을 멈추느라 마지막 사건의 원본을 봉인하지 못했습니다. 가린 증거 영상은 그대로 있습니다.",
    en="Ansim was stopped before the original of the last incident was sealed. Its masked clip is not touched by this.",
)
_STOPPED = Text(
    ko="안심을 멈추느라 증거 영상을 만들지 못했습니다. 녹화는 남아 있습니다.",
    en="Ansim was stopped before the clip was made. The recording remains.",
)
