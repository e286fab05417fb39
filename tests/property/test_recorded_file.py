"""The promise, carried on into files: what lies under FILL changes no byte of a recording or a still."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.capture.raw import Planes, RawFrame
from agent.masking.levels import FILL, Mask
from agent.masking.masked import MaskedFrame, apply_mask
from agent.recording.encoder import Encoder
from agent.recording.still import jpeg
from agent.values import MaskStep
from tests.film import drawn, stamp

SIZE, CELLS = (192, 108), (27, 48)  # 4 x 4 pixels a cell


def with_noise_under(planes: Planes, levels: np.ndarray, seed: int) -> Planes:
    make = np.random.default_rng(seed)
    result = []
    for plane, cell in zip(planes, (4, 2, 2), strict=True):
        under = np.kron(levels == FILL, np.ones((cell, cell), bool))
        result.append(np.where(under, make.integers(0, 256, plane.shape, np.uint8), plane))
    return Planes(*result)


def film(seed: int, hidden: int, stored: tuple[int, int]) -> list[MaskedFrame]:
    """Eight frames with a mask that depends on `seed`, and under its fill noise that depends on `hidden`."""
    frames = []
    for index in range(8):
        make = np.random.default_rng((seed, index))
        levels = make.choice([0, 1, 2], size=CELLS, p=[0.6, 0.2, 0.2]).astype(np.uint8)
        now = stamp(index)
        raw = RawFrame(now, with_noise_under(drawn(now.source_s, SIZE), levels, hidden))
        frames.append(apply_mask(raw, Mask(now, levels, 3, MaskStep.NORMAL), stored))
    return frames


@settings(max_examples=15)
@given(seed=st.integers(0, 2**31), stored=st.sampled_from([SIZE, (128, 72), (160, 90)]), fragmented=st.booleans())
def test_what_lies_under_fill_changes_no_byte_of_a_file(
    tmp_path_factory: pytest.TempPathFactory, seed: int, stored: tuple[int, int], fragmented: bool
) -> None:
    folder: Path = tmp_path_factory.mktemp("files")
    made = []
    for name, hidden in (("one", 1), ("two", 2)):
        frames = film(seed, hidden, stored)
        with Encoder(folder / name, stored, crf=20, fps=8, fragmented=fragmented) as encoder:
            for frame in frames:
                encoder.write(frame)
        made.append(((folder / name).read_bytes(), [jpeg(frame, quality=100) for frame in frames]))
    assert made[0] == made[1]
