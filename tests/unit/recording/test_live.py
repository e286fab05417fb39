"""The live view shows the newest masked picture and costs nothing while nobody looks."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from agent.masking.masked import FILL_YUV, MaskedFrame
from agent.recording.live import LiveView
from agent.values import FrameStamp, MaskStep
from tests.web.drawn import masked, plain_picture


def frame(index: int, step: MaskStep = MaskStep.NORMAL) -> MaskedFrame:
    return masked(plain_picture(index / 4), FrameStamp("till", index, index / 4, 1000.0 + index / 4), step)


def test_before_the_first_picture_there_is_none() -> None:
    live = LiveView()
    assert live.jpeg("till") is None
    assert live.picture("till") is None


def test_nothing_is_encoded_while_nobody_looks_and_each_picture_once_when_many_do() -> None:
    live = LiveView()
    for index in range(100):
        live.publish("till", frame(index))
    assert live.encoded == 0
    assert live.jpeg("till") == live.jpeg("till")
    assert live.encoded == 1
    live.publish("till", frame(100))
    assert live.picture("till").stamp.index == 100  # type: ignore[union-attr]
    assert live.encoded == 2


def test_the_picture_is_the_newest_masked_one() -> None:
    live = LiveView()
    live.publish("till", frame(3))
    live.publish("till", frame(4, MaskStep.BLIND))
    picture = live.picture("till")
    assert picture is not None
    assert (picture.stamp.index, picture.step, picture.share) == (4, MaskStep.BLIND, 1.0)
    seen = cv2.imdecode(np.frombuffer(picture.jpeg, np.uint8), cv2.IMREAD_COLOR)
    head = cv2.cvtColor(seen, cv2.COLOR_BGR2YCrCb)[49, int(160 + 90 * np.sin(0.5))]
    assert np.abs(head.astype(int) - 128).max() <= max(abs(c - 128) for c in FILL_YUV) + 30


def test_only_masked_frames_are_taken() -> None:
    with pytest.raises(TypeError):
        LiveView().publish("till", np.zeros((180, 320, 3), np.uint8))  # type: ignore[arg-type]


def test_a_camera_that_is_gone_has_no_picture_any_more() -> None:
    live = LiveView()
    live.publish("till", frame(1))
    live.clear("till")
    assert live.jpeg("till") is None
