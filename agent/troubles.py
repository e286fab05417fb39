"""Tells the owner of a camera's troubles once: the first failure and the recovery, nothing between.

Comes in: what each frame came to. Goes out: events and log lines.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from agent.detection.findings import Findings, Unseen
from agent.errors import ModelError
from agent.values import EventKind, Text
from agent.workers import Failure

log = logging.getLogger(__name__)

WELL_S = 10.0  # seconds of the source without a miss, after which the detector's next failure is told again


class Troubles:
    """Holding one means: you report one camera's detection and masking."""

    def __init__(self, on_event: Callable[[EventKind, Text], None]) -> None:
        self._tell = on_event
        self._detector: EventKind | None = None
        self._good_since: float | None = None
        self._referenced: bool | None = None
        self._masking = False

    def heed(self, findings: Findings | Unseen, fault: ModelError | None) -> None:
        """One frame's findings, and the detector's fault if it had one."""
        self._heed_detector(findings, fault)
        ready = findings.changed is not None
        if ready != self._referenced:
            if ready:
                self._tell(EventKind.REFERENCE_READY, _READY)
            elif self._referenced:
                self._tell(EventKind.REFERENCE_LOST, _LOST)
            self._referenced = ready

    def masking_failed(self, failure: Failure) -> None:
        """A frame could not be masked and was stored blank."""
        if not self._masking:
            self._masking = True
            log.error("masking failed: %s", failure.error, exc_info=failure.error)
            self._tell(EventKind.MASKING_FAILED, _MASKING_FAILED)

    def masking_works(self) -> None:
        """A frame was masked."""
        if self._masking:
            self._masking = False
            log.info("masking works again")

    def _heed_detector(self, findings: Findings | Unseen, fault: ModelError | None) -> None:
        if isinstance(findings, Findings):
            self._answered(findings.stamp.source_s)
            return
        self._good_since = None
        kind = EventKind.DETECTOR_FAILED if fault is not None else EventKind.DETECTOR_LATE
        if self._detector is None:
            self._detector = kind
            log.error("the person detector %s", findings.reason, exc_info=fault)
            self._tell(kind, fault.text if fault is not None else _LATE)

    def _answered(self, now_s: float) -> None:
        """A detector that is late every other second is one trouble, not many: it must answer for a while to be well again."""
        if self._detector is None:
            return
        if self._good_since is None:
            self._good_since = now_s
        elif now_s - self._good_since >= WELL_S:
            log.info("the person detector answers again")
            self._detector = self._good_since = None


_READY = Text(
    ko="빈 가게 화면을 익혔습니다. 이제 사람이 있는 곳만 가립니다.",
    en="The empty shop has been learnt; from now on only people are masked.",
)
_LOST = Text(
    ko="화면이 크게 바뀌어(조명, 카메라 방향) 빈 가게 화면을 다시 익힙니다. 그동안 화면 전체를 흐립니다.",
    en="The view has changed (light, camera moved), so the empty shop is learnt anew; until then all is pixelated.",
)
_LATE = Text(
    ko="사람 검출이 늦어지고 있습니다. 그동안 달라진 곳을 모두 가립니다.",
    en="The person detector is late; until it answers, all that differs from the empty shop is masked.",
)
_MASKING_FAILED = Text(
    ko="화면을 가리지 못해 빈 화면으로 저장하고 있습니다. 로그를 확인하고 프로그램을 다시 시작해 주세요.",
    en="Masking failed, so blank frames are stored. See the log and restart the agent.",
)
