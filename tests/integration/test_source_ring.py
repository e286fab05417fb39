"""The ring over real streams: what goes in comes out bit for bit, and decodes to what the live pass saw."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import av
import pytest

from agent.capture.ring import RingCut, SourceRing
from agent.capture.source import open_source
from agent.capture.timestamps import FrameGrid
from agent.clock import ManualClock
from agent.settings import CameraSettings
from agent.values import FrameStamp
from tests.recordings import Heard, camera_packets, film, seen

Watched = tuple[SourceRing, list[tuple[float, bytes]], list[FrameStamp]]


def watched(path: Path | str, fps: float = 30.0) -> Watched:
    """A ring full of the source, and what the live pass saw of it."""
    ring = SourceRing(1000.0, 1 << 26)
    camera = CameraSettings("till", "계산대", str(path))
    source = open_source(camera, ManualClock(), once=True, on_packet=ring.add, on_event=Heard(), take_fps=fps)
    frames = list(source.frames())
    return ring, seen(frames), [f.stamp for f in frames]


class Films:
    """Films that several tests cut from, each drawn and watched once. A cut leaves its ring as it was."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._watched: dict[str, tuple[Path, Watched]] = {}

    def of(self, name: str, options: dict, seconds: float) -> tuple[Path, Watched]:
        key = f"{seconds:g}-{name}"
        if key not in self._watched:
            path = film(self._folder / key, seconds=seconds, **options)
            self._watched[key] = path, watched(path)
        return self._watched[key]


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Films:
    return Films(tmp_path_factory.mktemp("films"))


def all_of(ring: SourceRing, from_s: float = 0.0, to_s: float = 1e9) -> RingCut:
    cut = ring.cut(from_s, to_s)
    assert cut is not None
    return cut


KINDS = [
    pytest.param("a.mp4", {}, id="h264"),
    pytest.param("b.mp4", {"options": {"preset": "fast", "bf": "3"}}, id="h264-reordered"),
    pytest.param("c.mkv", {"codec": "libx265", "options": {"preset": "ultrafast", "x265-params": "log-level=none"}}, id="hevc"),
    pytest.param("d.avi", {"codec": "mjpeg", "pixels": "yuvj420p", "options": {}}, id="mjpeg"),
    pytest.param("e.avi", {"codec": "mpeg4", "options": {}}, id="mpeg4"),
    pytest.param("f.ts", {"form": "mpegts"}, id="mpegts"),
    pytest.param("g.mp4", {"pixels": "yuv420p10le"}, id="ten-bit"),
]


@pytest.mark.parametrize(("name", "options"), KINDS)
def test_packets_come_out_bit_for_bit_as_the_camera_sent_them(films: Films, name: str, options: dict) -> None:
    path, (ring, _, _) = films.of(name, options, seconds=5)
    assert [p.data for p in all_of(ring).packets] == camera_packets(path)


@pytest.mark.parametrize(("name", "options"), KINDS)
def test_decoded_again_all_frames_are_those_of_the_live_pass(films: Films, name: str, options: dict) -> None:
    _, (ring, live, stamps) = films.of(name, options, seconds=5)
    cut = all_of(ring)
    again = list(cut.decode())
    assert [f.stamp for f in again] == stamps
    assert list(cut.stamps()) == stamps
    assert seen(again) == live


@pytest.mark.parametrize(("name", "options"), KINDS)
def test_a_cut_from_the_middle_gives_the_same_frames(films: Films, name: str, options: dict) -> None:
    _, (ring, live, _) = films.of(name, options, seconds=5)
    cut = all_of(ring, 2.35, 3.75)
    assert seen(list(cut.decode())) == [(t, pixels) for t, pixels in live if 2.35 <= t <= 3.75]
    assert cut.packets[0].keyframe
    assert cut.packets[0].pts_s <= 2.35


REORDERED = [
    pytest.param("x.avi", {"codec": "mpeg4", "options": {"bf": "2", "flags": "-cgop"}}, id="xvid"),
    pytest.param("y.avi", {"options": {"preset": "fast", "bf": "3", "x264-params": "open-gop=1"}}, id="h264-in-avi"),
    pytest.param("z.h264", {"form": "h264", "options": {"preset": "fast", "bf": "3", "x264-params": "open-gop=1"}}, id="bare"),
]


@pytest.mark.parametrize(("name", "options"), REORDERED)
@pytest.mark.parametrize("share", [0.0, 0.3, 0.4, 0.65])
def test_without_times_of_showing_a_cut_from_the_middle_still_gives_the_live_pixels_under_each_stamp(
    films: Films, name: str, options: dict, share: float
) -> None:
    """A mask is looked up by its frame's stamp: with another frame under that stamp it would lie beside the person."""
    _, (ring, live, _) = films.of(name, options, seconds=6)
    assert len(live) == 60
    assert len({pixels for _, pixels in live}) == 60
    length = live[-1][0]  # 6 s, but bare H.264 does not say how fast it is to be played
    from_s, to_s = share * length, (share + 0.25) * length
    again = seen(list(all_of(ring, from_s, to_s).decode()))
    assert again == [(t, pixels) for t, pixels in live if from_s <= t <= to_s]
    assert len(again) >= 14


def test_what_was_built_on_pictures_that_left_the_ring_is_not_shown(tmp_path: Path) -> None:
    options = {"preset": "fast", "bf": "3", "x264-params": "open-gop=1:b-adapt=0:scenecut=0"}
    ring, live, _ = watched(film(tmp_path / "a.mp4", seconds=6, options=options))
    late = SourceRing(1000.0, 1 << 26)
    for packet in all_of(ring, 2.0, 1e9).packets:
        late.add(packet)
    cut = all_of(late)
    assert 1.5 < cut.from_s <= 2.0
    assert seen(list(cut.decode())) == [(t, pixels) for t, pixels in live if t >= cut.from_s]


def test_the_frames_of_the_live_grid_are_found_again(tmp_path: Path) -> None:
    ring, live, _ = watched(film(tmp_path / "a.mp4", fps=25, seconds=5), fps=8)
    cut = all_of(ring, 1.0, 4.0)
    grid = FrameGrid(8)
    again = seen(list(cut.decode(lambda stamp: grid.takes(stamp.source_s))))
    assert again[1:] == [frame for frame in live if again[0][0] < frame[0] <= 4.0]


def test_the_drawn_shop_walks_the_same_road() -> None:
    ring = SourceRing(1000.0, 1 << 26)
    source = open_source(
        CameraSettings("demo", "체험", "demo:2"), ManualClock(), once=True, on_packet=ring.add, on_event=Heard(), take_fps=10
    )
    live = []
    for frame in source.frames():
        live += seen([frame])
        if frame.stamp.source_s >= 12:
            source.close()
    cut = all_of(ring, 9.0, 11.0)
    assert seen(list(cut.decode())) == [(t, pixels) for t, pixels in live if 9.0 <= t <= 11.0]


def test_a_cut_can_be_put_into_a_file_again_without_losing_a_bit(tmp_path: Path) -> None:
    """What sealing originals will do: the packets, remuxed, are still the camera's."""
    path = film(tmp_path / "b.mp4", options={"preset": "fast", "bf": "3"})
    ring, live, _ = watched(path)
    cut = all_of(ring)
    kept = io.BytesIO()
    with av.open(kept, "w", format="matroska") as out, av.open(str(path)) as source:
        assert cut.format.extradata == source.streams.video[0].codec_context.extradata
        stream = out.add_stream_from_template(source.streams.video[0])
        for one in cut.packets:
            packet = av.Packet(one.data)
            packet.stream, packet.time_base = stream, Fraction(1, 1_000_000)
            packet.pts, packet.dts, packet.is_keyframe = one.pts_us, one.dts_us, one.keyframe
            out.mux(packet)
    with av.open(io.BytesIO(kept.getvalue())) as again:
        assert [bytes(p) for p in again.demux(video=0) if p.size] == camera_packets(path)
    with av.open(io.BytesIO(kept.getvalue())) as again:
        assert len(list(again.decode(video=0))) == len(live)


def test_a_change_of_resolution_inside_a_cut_is_decoded(tmp_path: Path) -> None:
    first, second = film(tmp_path / "a.ts", form="mpegts"), film(tmp_path / "b.ts", form="mpegts", size=(640, 480))
    both = tmp_path / "both.ts"
    both.write_bytes(first.read_bytes() + second.read_bytes())
    ring, live, _ = watched(both)
    assert seen(list(all_of(ring).decode())) == live


def test_the_real_recording_decodes_again_to_the_same_frames(shared: Path) -> None:
    ring, live, _ = watched(shared / "data" / "video" / "one-by-one-person-detection.mp4", fps=8)
    known = dict(live)
    again = [(t, pixels) for t, pixels in seen(list(all_of(ring, 20.0, 35.0).decode())) if t in known]
    assert len(again) >= 119
    assert all(known[t] == pixels for t, pixels in again)
