"""Stills: a masked frame as JPEG, in its own colours, never anything but a masked frame."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from agent.masking.masked import FILL_YUV, blank_frame
from agent.recording.still import jpeg
from tests.film import drawn, masked_film, stamp


def decoded(data: bytes) -> np.ndarray:
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR))


def test_a_still_has_the_frame_s_size_and_look() -> None:
    frame = next(masked_film(1))
    picture = decoded(jpeg(frame, quality=95))
    stacked = np.concatenate([p.reshape(-1) for p in frame.planes]).reshape(-1, frame.width)
    wanted = np.asarray(cv2.cvtColor(stacked, cv2.COLOR_YUV2BGR_I420))
    assert picture.shape == wanted.shape
    assert np.abs(picture.astype(int) - wanted).mean() < 6


@pytest.mark.parametrize(("width", "shape"), [(160, (90, 160)), (161, (90, 160)), (4000, (180, 320)), (None, (180, 320))])
def test_a_still_is_made_smaller_but_never_larger(width: int | None, shape: tuple[int, int]) -> None:
    assert decoded(jpeg(next(masked_film(1)), width=width)).shape[:2] == shape


def test_a_full_range_picture_is_not_shown_too_dark_or_too_bright() -> None:
    narrow = decoded(jpeg(blank_frame(stamp(0), (64, 64)))).mean(axis=(0, 1))
    full = decoded(jpeg(blank_frame(stamp(0), (64, 64), full_range=True))).mean(axis=(0, 1))
    assert abs(full.mean() - (FILL_YUV[0])) < 12
    assert full.mean() < narrow.mean()  # luma 128 is brighter where black is 16


def test_only_masked_frames_become_pictures() -> None:
    with pytest.raises(TypeError, match="only masked frames"):
        jpeg(drawn(0.0))  # type: ignore[arg-type]
