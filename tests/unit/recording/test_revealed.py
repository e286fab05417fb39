"""Rendering from an opened original: who was surely told apart is shown, and whatever is in doubt is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agent.detection.findings import CELL_COLUMNS, box_slices
from agent.masking.levels import FILL, Mask
from agent.masking.masked import FILL_YUV, apply_mask
from agent.masking.owners import Owned
from agent.recording.encoder import Encoder
from agent.recording.original import Original
from agent.recording.revealed import NobodyShown, render_revealed
from agent.recording.still import jpeg
from agent.settings import RecordingSettings
from agent.values import MaskStep
from tests.canary import frames_of
from tests.film import SIZE, camera_packets, walker

ROWS = 54
WIDTH, HEIGHT = SIZE
FRAMES = 24


def original(*, whose: int = 1) -> Original:
    """Everything is filled in every second frame, as the clip shows those; the walker's box is surely theirs."""
    packets = tuple(camera_packets(FRAMES))
    owned = {}
    for packet in packets[::2]:
        owners = np.zeros((ROWS, CELL_COLUMNS), np.uint32)
        owners[box_slices(ROWS, walker(packet.pts_s))] = whose
        owned[packet.index] = Owned(
            Mask(packet.stamp, np.full((ROWS, CELL_COLUMNS), FILL, np.uint8), 2, MaskStep.NORMAL), owners
        )
    return Original(packets, owned, 0.0, FRAMES / 8)


def inside(luma: np.ndarray, source_s: float) -> np.ndarray:
    box = walker(source_s)
    rows = slice(round(box.top * HEIGHT) + 6, round(box.bottom * HEIGHT) - 6)
    return luma[rows, round(box.left * WIDTH) + 6 : round(box.right * WIDTH) - 6]


def test_the_chosen_one_is_shown_in_full_size_and_all_else_is_filled() -> None:
    made = render_revealed(original(), {1}, RecordingSettings())
    frames = [planes[0] for planes in frames_of(made.video)]
    assert (made.frames, made.shown, made.blank) == (len(frames), FRAMES // 2, 0) == (12, 12, 0)
    for number, luma in enumerate(frames):
        assert luma.shape == (HEIGHT, WIDTH)
        shown = inside(luma, number * 2 / 8)
        assert shown.std() > 40  # the walker is noise
        hidden = luma.astype(int).copy()
        box = walker(number * 2 / 8)
        hidden[:, max(0, round(box.left * WIDTH) - 8) : round(box.right * WIDTH) + 8] = FILL_YUV[0]
        assert abs(hidden - FILL_YUV[0]).max() < 12


def test_who_is_nowhere_told_apart_is_refused() -> None:
    for persons in ({2}, {0}, set()):
        with pytest.raises(NobodyShown):
            render_revealed(original(), persons, RecordingSettings())
    with pytest.raises(NobodyShown):
        render_revealed(replace(original(), owned={}), {1}, RecordingSettings())


def test_a_mask_of_another_frame_makes_it_blank() -> None:
    film = original()
    owned = dict(film.owned)
    owned[4] = replace(owned[4], mask=replace(owned[4].mask, stamp=owned[6].mask.stamp))
    made = render_revealed(replace(film, owned=owned), {1}, RecordingSettings())
    assert (made.frames, made.shown, made.blank) == (12, 11, 1)
    blank = [planes[0] for planes in frames_of(made.video)][2].astype(int)
    assert abs(blank - FILL_YUV[0]).max() < 12


def test_a_frame_that_reveals_somebody_is_written_nowhere_else(tmp_path: Path) -> None:
    film = original()
    mask = film.owned[0].shown([1])
    frame = apply_mask(next(film.cut.decode(lambda stamp: stamp.index == 0)), mask, SIZE)
    assert frame.reveals
    with pytest.raises(TypeError):
        jpeg(frame)
    encoder = Encoder(tmp_path / "clip.mp4", SIZE, crf=30, fps=8, fragmented=False)
    with pytest.raises(TypeError):
        encoder.write(frame)
    encoder.drop()


def test_what_cannot_be_decoded_is_refused() -> None:
    film = original()
    broken = tuple(replace(packet, data=bytes(len(packet.data))) for packet in film.packets)
    with pytest.raises(NobodyShown):
        render_revealed(replace(film, packets=broken), {1}, RecordingSettings())
