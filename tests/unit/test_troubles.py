"""Troubles are told once when they begin, and never while they last."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from agent.detection.findings import Findings, Unseen
from agent.errors import ModelError
from agent.troubles import Troubles
from agent.values import EventKind, FrameStamp, Text
from agent.workers import Failure

STAMP = FrameStamp("till", 0, 0.0, 0.0)
CELLS = np.zeros((54, 96), bool)
GOOD = Findings(STAMP, (), (), CELLS, CELLS, True)
BLIND = Findings(STAMP, (), (), None, CELLS, False)
LATE = Unseen(STAMP, "late", CELLS)


def told() -> tuple[list[EventKind], Troubles]:
    kinds: list[EventKind] = []

    def hear(kind: EventKind, text: Text) -> None:
        assert text.ko
        assert text.en
        kinds.append(kind)

    return kinds, Troubles(hear)


def test_learning_the_shop_and_losing_it_are_told_once_each() -> None:
    kinds, troubles = told()
    for findings in (BLIND, BLIND, GOOD, GOOD, BLIND, BLIND, GOOD):
        troubles.heed(findings, None)
    assert kinds == [EventKind.REFERENCE_READY, EventKind.REFERENCE_LOST, EventKind.REFERENCE_READY]


def at(findings: Findings | Unseen, source_s: float) -> Findings | Unseen:
    return replace(findings, stamp=FrameStamp("till", 0, source_s, source_s))


def test_a_detector_that_is_late_every_other_frame_is_told_once() -> None:
    kinds, troubles = told()
    for i in range(400):
        troubles.heed(at(LATE if i % 2 else GOOD, i / 8), None)
    assert kinds.count(EventKind.DETECTOR_LATE) == 1


def test_a_late_detector_is_told_again_once_it_has_answered_for_ten_seconds() -> None:
    kinds, troubles = told()
    troubles.heed(at(LATE, 0.0), None)
    for second in range(1, 10):
        troubles.heed(at(GOOD, float(second)), None)
    troubles.heed(at(LATE, 10.0), None)
    assert kinds.count(EventKind.DETECTOR_LATE) == 1
    for second in range(11, 22):
        troubles.heed(at(GOOD, float(second)), None)
    troubles.heed(at(LATE, 22.0), None)
    assert kinds.count(EventKind.DETECTOR_LATE) == 2


def test_a_failing_detector_says_why() -> None:
    kinds, troubles = told()
    troubles.heed(Unseen(STAMP, "failed", CELLS), ModelError(ko="고장", en="broken"))
    assert EventKind.DETECTOR_FAILED in kinds


def test_masking_that_fails_is_told_once_until_it_works() -> None:
    kinds, troubles = told()
    failure = Failure(ValueError("x"))
    for _ in range(3):
        troubles.masking_failed(failure)
    troubles.masking_works()
    troubles.masking_failed(failure)
    assert kinds == [EventKind.MASKING_FAILED, EventKind.MASKING_FAILED]
