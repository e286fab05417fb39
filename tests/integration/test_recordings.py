"""Recordings as sources: good ones give every frame with its time, bad ones end in a clear sentence."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import av
import numpy as np
import pytest

from agent.capture.packet import RingPacket
from agent.capture.source import Source, open_source
from agent.clock import ManualClock, SystemClock
from agent.errors import SourceError, SourceUnsupported
from agent.settings import CameraSettings
from agent.values import EventKind
from tests.recordings import Heard, film, picture


def played(
    path: Path | str, heard: Heard | None = None, *, fps: float = 30.0, packets: list[RingPacket] | None = None
) -> Source:
    camera = CameraSettings("till", "계산대", str(path))
    on_packet = packets.append if packets is not None else None
    return open_source(camera, ManualClock(1000.0), once=True, on_packet=on_packet, on_event=heard or Heard(), take_fps=fps)


def test_every_frame_comes_with_its_time_and_the_recording_ended_when_the_run_began(tmp_path: Path) -> None:
    heard = Heard()
    source = played(film(tmp_path / "a.mp4", seconds=3), heard)
    frames = list(source.frames())
    assert [f.stamp.source_s for f in frames] == [i / 10 for i in range(30)]
    assert [f.stamp.index for f in frames] == list(range(30))
    assert frames[0].stamp.utc == pytest.approx(997.0)
    assert frames[-1].stamp.utc == pytest.approx(999.9)
    assert (source.info.width, source.info.height, source.info.fps, source.info.live) == (320, 240, 10.0, False)
    assert source.info.duration_s == pytest.approx(3.0)
    assert heard.kinds == [EventKind.CAMERA_ENDED]


def test_the_grid_takes_only_what_the_consumer_wants(tmp_path: Path) -> None:
    frames = list(played(film(tmp_path / "a.mp4", seconds=4, fps=30), fps=8).frames())
    assert len(frames) == pytest.approx(32, abs=1)
    assert np.diff([f.stamp.source_s for f in frames]) == pytest.approx(1 / 8, abs=0.06)


def test_frames_lend_the_decoders_own_memory(tmp_path: Path) -> None:
    frame = next(iter(played(film(tmp_path / "a.mp4")).frames()))
    assert not any(plane.flags.owndata or plane.flags.writeable for plane in frame.look())


def test_pictures_that_are_reordered_come_in_the_order_of_showing(tmp_path: Path) -> None:
    path = film(tmp_path / "b.mp4", seconds=4, options={"preset": "fast", "bf": "3"})
    packets: list[RingPacket] = []
    times = [f.stamp.source_s for f in played(path, packets=packets).frames()]
    assert times == [i / 10 for i in range(40)]
    assert [p.pts_s for p in packets] != sorted(p.pts_s for p in packets), "the film has no reordered pictures"
    assert [p.dts_s for p in packets] == sorted(p.dts_s for p in packets)


@pytest.mark.parametrize(("name", "bf"), [("b.avi", "3"), ("b.h264", "3"), ("b.h264", "0")])
def test_pictures_without_times_of_showing_still_run_forward(tmp_path: Path, name: str, bf: str) -> None:
    path = film(tmp_path / name, seconds=4, fps=25, options={"preset": "fast", "bf": bf})
    frames = list(played(path).frames())
    times = [f.stamp.source_s for f in frames]
    assert times == sorted(set(times))
    assert len(times) == 100
    assert times[-1] == pytest.approx(3.96, abs=0.5)


def test_sound_is_refused_and_said_so_once(tmp_path: Path) -> None:
    heard, packets = Heard(), list[RingPacket]()
    path = film(tmp_path / "a.mp4", sound=True)
    assert len(list(played(path, heard, packets=packets).frames())) == 30
    assert heard.count(EventKind.AUDIO_REFUSED) == 1
    with av.open(str(path)) as container:
        assert container.streams.audio
        assert [p.data for p in packets] == [bytes(p) for p in container.demux(video=0) if p.size]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("ten.mp4", {"pixels": "yuv420p10le", "options": {"preset": "ultrafast", "profile": "high10"}}),
        ("odd.mkv", {"size": (321, 241), "codec": "ffv1", "pixels": "yuv420p", "options": {}}),
        ("odd.mp4", {"size": (323, 241), "pixels": "yuv444p"}),
        ("half.mp4", {"pixels": "yuv422p"}),
        ("grey.mkv", {"codec": "ffv1", "pixels": "gray", "options": {}}),
        ("rgb.mkv", {"codec": "ffv1", "pixels": "bgr0", "options": {}}),
    ],
)
def test_other_kinds_of_pixels_become_8_bit_planes_of_even_size(tmp_path: Path, name: str, options: dict) -> None:
    frames = list(played(film(tmp_path / name, seconds=1, **options)).frames())
    assert len(frames) == 10
    width, height = options.get("size", (320, 240))
    assert {(f.width, f.height) for f in frames} == {(width - width % 2, height - height % 2)}
    luma = frames[4].look().y.astype(float)
    expected = picture(4, width, height)[: frames[4].height, : frames[4].width].mean(axis=2)
    assert np.corrcoef(luma.reshape(-1), expected.reshape(-1))[0, 1] > 0.8


def test_full_range_is_kept_and_said(tmp_path: Path) -> None:
    path = film(tmp_path / "a.avi", seconds=1, codec="mjpeg", pixels="yuvj422p", options={})
    frames = list(played(path).frames())
    assert frames
    assert all(f.full_range for f in frames)
    assert not next(iter(played(film(tmp_path / "b.mp4")).frames())).full_range


def test_raw_video_is_compressed_in_memory_so_that_it_fits_the_ring(tmp_path: Path) -> None:
    packets: list[RingPacket] = []
    frames = list(played(film(tmp_path / "a.nut", seconds=1, codec="rawvideo", options={}), packets=packets).frames())
    assert [f.stamp.source_s for f in frames] == [i / 10 for i in range(10)]
    assert {p.format.codec for p in packets} == {"h264"}
    assert sum(len(p.data) for p in packets) < 10 * 320 * 240


def test_a_change_of_resolution_is_an_event_and_frames_change_size(tmp_path: Path) -> None:
    first = film(tmp_path / "a.ts", seconds=2, form="mpegts")
    second = film(tmp_path / "b.ts", seconds=2, form="mpegts", size=(640, 480))
    both = tmp_path / "both.ts"
    both.write_bytes(first.read_bytes() + second.read_bytes())
    heard = Heard()
    frames = list(played(both, heard).frames())
    assert [(f.width, f.height) for f in frames] == [(320, 240)] * 20 + [(640, 480)] * 20
    assert heard.count(EventKind.CAMERA_CHANGED) == 1
    times = [f.stamp.source_s for f in frames]
    assert times == sorted(set(times)), "time ran backwards where the second film begins at its own zero"
    assert times[-1] == pytest.approx(3.9, abs=0.2)


def test_stamps_that_jump_are_repaired(tmp_path: Path) -> None:
    stamps = [i * 100 + (7_200_000 if i >= 15 else 0) for i in range(30)]
    path = film(tmp_path / "a.mkv", stamps=stamps, options={"preset": "ultrafast", "tune": "zerolatency"})
    times = [f.stamp.source_s for f in played(path).frames()]
    assert len(times) == 30
    assert times == sorted(set(times))
    assert times[-1] < 4


def test_a_truncated_recording_gives_what_decodes_and_says_where_it_broke_off(tmp_path: Path) -> None:
    whole = film(tmp_path / "a.mp4", seconds=6, container_options={"movflags": "faststart"})
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    heard = Heard()
    frames = list(played(cut, heard).frames())
    assert 5 < len(frames) < 55
    assert heard.kinds == [EventKind.CAMERA_ENDED]
    assert "breaks off" in heard.told[0][1].en


def test_a_truncated_recording_without_its_index_is_refused_with_a_sentence(tmp_path: Path) -> None:
    whole = film(tmp_path / "a.mp4", seconds=6)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(SourceUnsupported, match="whole MP4"):
        played(cut)


def test_damage_in_the_middle_costs_frames_but_ends_nothing(tmp_path: Path) -> None:
    path = film(tmp_path / "a.ts", seconds=6, form="mpegts")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 2000] = np.random.default_rng(1).bytes(2000)
    path.write_bytes(bytes(data))
    times = [f.stamp.source_s for f in played(path).frames()]
    assert times == sorted(set(times))
    assert times[-1] > 5


def one_pixel(path: Path) -> Path:
    """A PNG of 1 x 1 pixel, written by hand."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\xff\0\0")) + chunk(b"IEND", b"")
    )
    return path


def test_a_picture_of_one_pixel_is_too_small(tmp_path: Path) -> None:
    source = played(one_pixel(tmp_path / "dot.png"))
    with pytest.raises(SourceUnsupported, match="1 x 1"):
        list(source.frames())


@pytest.mark.parametrize(
    ("name", "content", "error", "says"),
    [
        ("missing.mp4", None, SourceError, "no video file"),
        ("empty.mp4", b"", SourceUnsupported, "empty"),
        ("notes.txt", b"hello, this is no video\n" * 200, SourceUnsupported, "not video"),
        ("notes.mp4", b"hello, this is no video\n" * 200, SourceUnsupported, "not video"),
        ("zeros.mp4", bytes(100_000), SourceUnsupported, "not video"),
        ("list.m3u8", b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n", SourceUnsupported, "not video"),
        ("list.txt", b"ffconcat version 1.0\nfile /etc/passwd\n", SourceUnsupported, "not video"),
    ],
)
def test_what_is_no_recording_ends_in_a_clear_sentence(
    tmp_path: Path, name: str, content: bytes | None, error: type[SourceError], says: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(error, match=says) as refused:
        played(path)
    assert str(path) in refused.value.text.ko


def test_a_folder_is_no_recording(tmp_path: Path) -> None:
    with pytest.raises(SourceUnsupported, match="not a file"):
        played(tmp_path)


def test_sound_alone_is_no_recording(tmp_path: Path) -> None:
    path = tmp_path / "tone.wav"
    with av.open(str(path), "w") as out:
        tone = out.add_stream("pcm_s16le", rate=8000)
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.int16), format="s16", layout="mono")
        silence.sample_rate = 8000
        out.mux(tone.encode(silence))
        out.mux(tone.encode(None))
    with pytest.raises(SourceUnsupported):
        played(path)


def test_a_paced_recording_plays_at_the_speed_of_life_and_loops_on_one_clock(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", seconds=1)
    heard, clock = Heard(), SystemClock()
    camera = CameraSettings("a", "a", str(path), loop=True)
    source = open_source(camera, clock, once=False, on_packet=None, on_event=heard, take_fps=30)
    began, times, dates = clock.monotonic(), [], []
    for frame in source.frames():
        times.append(frame.stamp.source_s)
        dates.append(frame.stamp.utc)
        if times[-1] >= 2.5:
            source.close()
    assert clock.monotonic() - began >= 2.3
    assert times == sorted(set(times))
    assert dates == sorted(dates)
    assert abs(dates[-1] - clock.utc()) < 5
    assert heard.told == []


def test_a_paced_recording_without_loop_ends(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", seconds=1)
    heard = Heard()
    camera = CameraSettings("a", "a", str(path))
    source = open_source(camera, SystemClock(), once=False, on_packet=None, on_event=heard, take_fps=30)
    times = [f.stamp.source_s for f in source.frames()]
    assert times[-1] == pytest.approx(0.9)
    assert heard.kinds == [EventKind.CAMERA_ENDED]


def test_the_drawn_shop_is_a_source_like_any_other() -> None:
    packets: list[RingPacket] = []
    source = played("demo:3", packets=packets)
    frames = source.frames()
    times = [next(frames).stamp.source_s for _ in range(30)]
    source.close()
    assert list(frames) == []
    assert times == [i / 10 for i in range(30)]
    assert {p.format.codec for p in packets} == {"h264"}
    assert [p.keyframe for p in packets[:21]].count(True) == 2


@pytest.mark.parametrize("name", ["one-by-one-person-detection.mp4", "bottle-detection.mp4"])
def test_real_recordings(shared: Path, name: str) -> None:
    path = shared / "data" / "video" / name
    with av.open(str(path)) as container:
        expected = [float(p.pts * p.time_base) for p in container.demux(video=0) if p.pts is not None]
    times = [f.stamp.source_s for f in played(path, fps=100.0).frames()]
    assert times == pytest.approx(sorted(t - min(expected) for t in expected), abs=2e-6)
