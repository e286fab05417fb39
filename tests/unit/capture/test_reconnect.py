"""An outage is told once, whatever happens during it, and its pauses grow."""

from __future__ import annotations

import pytest

from agent.capture.connection import Patience
from agent.capture.reconnect import Outage
from agent.errors import SourceError
from agent.values import EventKind
from tests.recordings import Heard

GONE = SourceError(ko="카메라가 없습니다.", en="The camera is gone.")


def test_lost_and_back_are_told_once_each() -> None:
    heard = Heard()
    outage = Outage("cam", Patience().pauses, heard)
    for second in range(5):
        outage.failed(GONE, float(second))
    for second in range(5, 8):
        outage.picture(float(second))
    assert heard.kinds == [EventKind.CAMERA_LOST, EventKind.CAMERA_BACK]
    assert heard.told[0][1] == GONE.text
    assert "5" in heard.told[1][1].en


def test_pauses_grow_to_a_minute_and_begin_anew_once_it_was_back() -> None:
    outage = Outage("cam", Patience().pauses, Heard())
    assert [outage.failed(GONE, 0.0) for _ in range(9)] == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    outage.picture(1.0)
    assert outage.failed(GONE, 2.0) == pytest.approx(1)


def test_a_camera_that_was_never_lost_tells_nothing() -> None:
    heard = Heard()
    Outage("cam", (1.0,), heard).picture(0.0)
    assert heard.told == []
