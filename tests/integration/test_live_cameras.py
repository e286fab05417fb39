"""Live cameras: real servers that are killed, fall silent, hang up, or offer sound."""

from __future__ import annotations

import hashlib
import itertools
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from agent.capture.connection import Patience
from agent.capture.packet import RingPacket
from agent.capture.ring import SourceRing
from agent.capture.rtsp import offers_audio
from agent.capture.source import Source, open_source
from agent.clock import SystemClock
from agent.errors import SourceError
from agent.settings import CameraSettings
from agent.values import EventKind, FrameStamp
from tests.cameras import MjpegCamera, RtspCamera, SilentCamera, deadline, free_port, need_rtsp_server
from tests.recordings import Heard, film, seen

HASTY = Patience(open_s=8.0, stall_s=3.0, pauses=(0.2, 0.4, 0.8))


def watch(url: str, heard: Heard, ring: SourceRing | None = None, *, patience: Patience = HASTY, once: bool = False) -> Source:
    on_packet = ring.add if ring is not None else None
    camera = CameraSettings("door", "출입문", url)
    return open_source(camera, SystemClock(), once=once, on_packet=on_packet, on_event=heard, take_fps=30, patience=patience)


def until(condition: Callable[[], object], what: str) -> None:
    """Wait until `condition()` holds; the limit only ends a test that would never end."""
    latest = deadline()
    while not condition():
        assert time.monotonic() < latest, f"waited in vain for {what}"
        threading.Event().wait(0.05)


@pytest.fixture(scope="module")
def long_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need_rtsp_server()
    path = tmp_path_factory.mktemp("rtsp") / "shop.mp4"
    return film(path, seconds=90, options={"preset": "ultrafast", "tune": "zerolatency"})


def some(frames: Iterator, count: int) -> list[FrameStamp]:
    return [frame.stamp for frame in itertools.islice((f for f in frames if f is not None), count)]


def test_an_rtsp_camera_that_is_killed_and_comes_back(long_film: Path) -> None:
    camera, heard, ring = RtspCamera(long_film), Heard(), SourceRing(1000, 1 << 26)
    camera.start()
    source = watch(camera.url, heard, ring)
    frames = source.frames()
    try:
        stamps = some(frames, 10)
        camera.kill()
        until(lambda: EventKind.CAMERA_LOST in heard.kinds, "the camera to be missed")
        lost_s = source.lost_s
        camera.start()
        stamps += some(frames, 15)
    finally:
        source.close()
        camera.kill()
    assert [k for k in heard.kinds if k is not EventKind.AUDIO_REFUSED] == [EventKind.CAMERA_LOST, EventKind.CAMERA_BACK]
    assert lost_s is not None
    assert source.lost_s is None
    times = [s.source_s for s in stamps]
    assert times == sorted(set(times))
    gap_s = max(b.source_s - a.source_s for a, b in pairwise(stamps))
    gap_utc = max(b.utc - a.utc for a, b in pairwise(stamps))
    assert gap_s == pytest.approx(gap_utc, abs=2.0), "the source clock does not tell how long the camera was away"
    cut = ring.cut(times[0], times[-1])
    assert cut is not None
    assert len({id(p.format) for p in cut.packets}) == 2
    again = {s for s, _ in seen(list(cut.decode()))}
    assert set(times) <= again


def test_an_rtsp_camera_that_freezes_is_missed_and_found_again(long_film: Path) -> None:
    camera, heard = RtspCamera(long_film), Heard()
    camera.start()
    source = watch(camera.url, heard)
    frames = source.frames()
    try:
        stamps = some(frames, 5)
        camera.freeze()
        until(lambda: EventKind.CAMERA_LOST in heard.kinds, "the silence to be noticed")
        camera.thaw()
        for frame in filter(None, frames):  # None: a second without a picture
            stamps.append(frame.stamp)
            if EventKind.CAMERA_BACK in heard.kinds:
                break
    finally:
        source.close()
        camera.kill()
    assert heard.kinds == [EventKind.CAMERA_LOST, EventKind.CAMERA_BACK]
    assert [s.source_s for s in stamps] == sorted({s.source_s for s in stamps})


def test_an_rtsp_camera_with_sound_the_sound_is_never_set_up(long_film: Path) -> None:
    camera, heard = RtspCamera(long_film, sound=True), Heard()
    camera.start()
    source = watch(camera.url, heard)
    try:
        some(source.frames(), 5)
    finally:
        source.close()
        camera.kill()
    assert heard.kinds == [EventKind.AUDIO_REFUSED]
    tracks = [line.split()[1] for line in camera.said if line.startswith("setup")]
    assert [track.rpartition("/")[2] for track in tracks] == ["stream=0"]


def test_closing_ends_a_waiting_consumer_at_once() -> None:
    camera, heard = SilentCamera(), Heard()
    source = watch(f"rtsp://127.0.0.1:{camera.port}/shop", heard, patience=Patience(30, 30))
    closer = threading.Timer(0.5, source.close)
    closer.start()
    began = time.monotonic()
    assert list(source.frames()) == []
    assert time.monotonic() - began < 20
    closer.join()
    camera.close()


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_a_camera_that_accepts_and_says_nothing_is_lost_once_and_tried_again(scheme: str) -> None:
    camera, heard = SilentCamera(), Heard()
    source = watch(f"{scheme}://127.0.0.1:{camera.port}/shop", heard, patience=Patience(0.8, 0.8, (0.1,)))
    consumer = threading.Thread(target=lambda: list(source.frames()), daemon=True)
    consumer.start()
    until(lambda: camera.connections >= 3, "three attempts")
    source.close()
    consumer.join(30)
    camera.close()
    assert heard.kinds == [EventKind.CAMERA_LOST]
    assert "127.0.0.1" in heard.told[0][1].ko


def test_a_camera_that_is_not_there_is_an_event_not_an_error() -> None:
    heard = Heard()
    source = watch(f"rtsp://owner:secret@127.0.0.1:{free_port()}/shop", heard, patience=Patience(2, 2, (0.1,)))
    consumer = threading.Thread(target=lambda: list(source.frames()), daemon=True)
    consumer.start()
    until(lambda: heard.told, "the camera to be missed")
    source.close()
    consumer.join(30)
    assert heard.kinds == [EventKind.CAMERA_LOST]
    assert "refuses connections" in heard.told[0][1].en
    assert "secret" not in heard.told[0][1].en + heard.told[0][1].ko


def test_a_usb_camera_that_is_not_plugged_in_is_an_event() -> None:
    if Path("/dev/video97").exists():
        pytest.skip("this machine has 98 cameras")
    heard = Heard()
    source = watch("usb:97", heard)
    consumer = threading.Thread(target=lambda: list(source.frames()), daemon=True)
    consumer.start()
    until(lambda: heard.told, "the camera to be missed")
    source.close()
    consumer.join(30)
    assert "/dev/video97" in heard.told[0][1].ko


def test_a_usb_camera() -> None:
    devices = sorted(Path("/dev").glob("video*"))
    if not devices:
        pytest.skip("no /dev/video* on this machine")
    ring = SourceRing(60, 1 << 26)
    source = watch(str(devices[0]), Heard(), ring)
    try:
        stamps = some(source.frames(), 5)
    finally:
        source.close()
    assert [s.source_s for s in stamps] == sorted({s.source_s for s in stamps})
    assert ring.span is not None


def test_motion_jpeg_over_http_that_hangs_up_is_connected_to_again() -> None:
    camera, heard, packets = MjpegCamera(frames=15), Heard(), list[RingPacket]()
    source = open_source(
        CameraSettings("door", "출입문", camera.url),
        SystemClock(),
        once=False,
        on_packet=packets.append,
        on_event=heard,
        take_fps=30,
        patience=HASTY,
    )
    try:
        stamps: list[FrameStamp] = []
        for frame in source.frames():
            stamps.append(frame.stamp)
            if camera.requests >= 2 and EventKind.CAMERA_BACK in heard.kinds:
                break
    finally:
        source.close()
        camera.close()
    assert heard.kinds[:2] == [EventKind.CAMERA_LOST, EventKind.CAMERA_BACK]
    assert [s.source_s for s in stamps] == sorted({s.source_s for s in stamps})
    assert packets[0].data.startswith(b"\xff\xd8")


def test_motion_jpeg_that_falls_silent_is_noticed() -> None:
    camera, heard = MjpegCamera(frames=10, hang=True), Heard()
    source = watch(camera.url, heard, patience=Patience(8.0, 1.0, (0.1,)))
    consumer = threading.Thread(target=lambda: list(source.frames()), daemon=True)
    consumer.start()
    try:
        until(lambda: EventKind.CAMERA_LOST in heard.kinds, "the silence to be noticed")
    finally:
        source.close()
        consumer.join(30)
        camera.close()


def test_watched_once_a_camera_that_ends_is_an_error() -> None:
    camera, heard = MjpegCamera(frames=10), Heard()
    source = watch(camera.url, heard, once=True)
    got: list[FrameStamp] = []
    with pytest.raises(SourceError):
        got.extend(frame.stamp for frame in source.frames() if frame is not None)
    camera.close()
    assert len(got) > 3


@pytest.mark.parametrize("challenge", ['Digest realm="cam", nonce="n0nce"', 'Basic realm="cam"'])
def test_the_question_for_sound_logs_in_as_the_camera_asks(challenge: str) -> None:
    sdp = "v=0\r\nm=video 0 RTP/AVP 96\r\nm=audio 0 RTP/AVP 8\r\n"
    asked: list[str] = []
    server = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        connection, _ = server.accept()
        with connection:
            asked.append(connection.recv(4096).decode())
            connection.sendall(f"RTSP/1.0 401 Unauthorized\r\nCSeq: 1\r\nWWW-Authenticate: {challenge}\r\n\r\n".encode())
            asked.append(connection.recv(4096).decode())
            connection.sendall(f"RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: {len(sdp)}\r\n\r\n{sdp}".encode())

    camera = threading.Thread(target=answer)
    camera.start()
    port = server.getsockname()[1]
    assert offers_audio(f"rtsp://owner:s%20cret@127.0.0.1:{port}/shop", 20.0)
    camera.join(30)
    server.close()
    url = f"rtsp://127.0.0.1:{port}/shop"
    assert asked[0].startswith(f"DESCRIBE {url} RTSP/1.0")
    login = re.search(r"Authorization: (.*)\r", asked[1])
    assert login is not None
    if challenge.startswith("Basic"):
        assert login[1] == "Basic b3duZXI6cyBjcmV0"
    else:
        first, second = (hashlib.md5(t.encode()).hexdigest() for t in ("owner:cam:s cret", f"DESCRIBE:{url}"))
        assert f'response="{hashlib.md5(f"{first}:n0nce:{second}".encode()).hexdigest()}"' in login[1]


def test_a_camera_that_cannot_be_asked_has_no_sound_that_we_know_of() -> None:
    assert not offers_audio(f"rtsp://127.0.0.1:{free_port()}/shop", 2.0)
