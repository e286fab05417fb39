"""The original in a file: what comes out is what the camera sent, to the last bit."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from agent.capture.ring import RingCut, SourceRing
from agent.capture.source import open_source
from agent.clock import ManualClock
from agent.detection.findings import CELL_COLUMNS
from agent.errors import IntegrityError
from agent.masking.levels import FILL, Mask
from agent.masking.owners import Owned
from agent.recording.original import Original, pack, parts, unpack
from agent.settings import CameraSettings
from agent.values import MaskStep
from tests.film import camera_packets
from tests.recordings import Heard, film, seen

FILMS: dict[str, dict[str, Any]] = {
    "start codes.ts": {"form": "mpegts", "options": {"preset": "fast", "bf": "3"}},
    "reordered.mp4": {"options": {"preset": "fast", "bf": "3"}},
    "stills.avi": {"codec": "mjpeg", "pixels": "yuvj420p", "options": {}},
}


def cut_of(path: Path) -> RingCut:
    ring = SourceRing(1000.0, 1 << 26)
    source = open_source(
        CameraSettings("till", "계산대", str(path)), ManualClock(), once=True, on_packet=ring.add, on_event=Heard(), take_fps=10
    )
    for _ in source.frames():
        pass
    cut = ring.cut(0.0, 1e9)
    assert cut is not None
    return cut


def original(cut: RingCut) -> Original:
    return Original(parts(cut)[0], {}, cut.from_s, cut.to_s)


@pytest.mark.parametrize("name", FILMS)
def test_every_packet_comes_back_as_the_camera_sent_it(tmp_path: Path, name: str) -> None:
    cut = cut_of(film(tmp_path / name, **FILMS[name]))
    again = unpack(pack(original(cut)))
    assert again.packets == cut.packets  # bytes, times as they were sent and as they were repaired, format with its header
    assert (again.from_s, again.to_s) == (cut.from_s, cut.to_s)
    assert seen(list(again.cut.decode())) == seen(list(cut.decode()))


@pytest.mark.parametrize("name", FILMS)
def test_public_tools_read_the_same_bytes_times_and_headers(tmp_path: Path, name: str) -> None:
    cut = cut_of(film(tmp_path / name, **FILMS[name]))
    data = pack(original(cut))
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == cut.format.codec
        assert stream.codec_context.extradata == cut.format.extradata
        sent = [packet for packet in container.demux(stream) if packet.size]
        assert stream.time_base is not None
        assert [(bytes(p), round(p.pts * stream.time_base * 1_000_000), p.is_keyframe) for p in sent] == [
            (p.data, p.pts_us - cut.packets[0].pts_us, p.keyframe) for p in cut.packets
        ]
    with av.open(io.BytesIO(data)) as container:
        assert sum(1 for _ in container.decode(video=0)) == len(cut.packets)


def test_a_new_format_begins_a_new_part() -> None:
    packets = (*camera_packets(16), *camera_packets(16, size=(640, 360), first=16))
    found = parts(RingCut(packets, 0.0, 4.0))
    assert found == [packets[:16], packets[16:]]
    assert [unpack(pack(Original(part, {}, 0.0, 4.0))).packets for part in found] == found


def test_whose_place_is_whose_comes_back() -> None:
    packets = tuple(camera_packets(3))
    rng = np.random.default_rng(1)
    owned = {
        packet.index: Owned(
            Mask(packet.stamp, rng.integers(0, 3, (54, CELL_COLUMNS), np.uint8), 3 + packet.index, MaskStep.NORMAL),
            rng.choice(np.array([0, 7, 4_000_000_000], np.uint32), (54, CELL_COLUMNS)),
        )
        for packet in packets[1:]
    }
    again = unpack(pack(Original(packets, owned, 0.0, 1.0)))
    assert list(again.owned) == [1, 2]
    assert again.tracks == (7, 4_000_000_000)
    for index, one in again.owned.items():
        assert (one.mask.stamp, one.mask.block, one.mask.step) == (packets[index].stamp, 3 + index, MaskStep.NORMAL)
        assert np.array_equal(one.mask.levels, owned[index].mask.levels)
        assert np.array_equal(one.owners, owned[index].owners)
        assert one.mask.levels.max() == FILL


def test_what_is_not_a_whole_original_is_refused() -> None:
    data = pack(Original(tuple(camera_packets(20)), {}, 0.0, 2.0))
    changed = bytearray(data)
    changed[len(data) * 3 // 4] ^= 1  # inside a packet: the file still plays
    for bad in (b"", b"\x1a\x45\xdf\xa3", data[: len(data) // 2], bytes(changed)):
        with pytest.raises(IntegrityError):
            unpack(bad)
