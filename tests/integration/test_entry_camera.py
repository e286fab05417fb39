"""A code shown to the entrance's camera: a real film, the whole way of a station, and its text is presented once."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from agent.clock import SystemClock
from agent.darkroom import Darkroom
from agent.detection.detectors import PeopleDesk
from agent.detection.engine import choose_engine
from agent.entry.qr_picture import draw_modules
from agent.entry.scanner import LOOKS_PER_S, CameraScanner
from agent.recording.live import LiveView
from agent.settings import CameraSettings, DataSettings, DetectionSettings, EntrySettings, Settings
from agent.station import Shared, Station
from agent.vault import Vault

CODE = "1ABCDEFGHIJKLMNOPQRSTUVWXYZ234567ABCDE"
FPS, SECONDS, SIZE = 20, 6, (640, 360)
PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A phone is held before the camera from the first second to the third."""
    path = tmp_path_factory.mktemp("entrance") / "entrance.mp4"
    face = np.kron(np.where(draw_modules(CODE), 10, 245).astype(np.uint8), np.ones((4, 4), np.uint8))
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "crf": "28"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.codec_context.time_base = Fraction(1, FPS)
        for index in range(SECONDS * FPS):
            picture = np.full((SIZE[1], SIZE[0]), 90, np.uint8)
            if FPS <= index < 3 * FPS:
                at = 100 + index % 7
                picture[60 : 60 + len(face), at : at + len(face)] = face
            frame = av.VideoFrame.from_ndarray(picture, format="gray").reformat(format="yuv420p")
            frame.pts = index
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


@pytest.fixture
def shared_parts(tmp_path: Path) -> Iterator[tuple[Shared, queue.Queue[str]]]:
    settings = Settings(
        data=DataSettings(folder=tmp_path / "data"),
        detection=DetectionSettings(engine="reference"),
        entry=EntrySettings(enabled=True, reader="door"),
    )
    clock, heard = SystemClock(), queue.Queue()
    with ExitStack() as running:
        vault = Vault(settings.data.folder, clock)
        vault.open()
        running.callback(vault.close)
        desk = PeopleDesk(choose_engine(settings.detection), settings.detection.weak, clock)
        running.callback(desk.close)
        darkroom = Darkroom(vault, settings, desk, clock, patient=False)
        darkroom.start()
        running.callback(darkroom.close)
        scanner = CameraScanner(heard.put, clock)
        scanner.start()
        running.callback(scanner.stop)
        yield Shared(settings, vault, desk, LiveView(), darkroom, clock, scanner=scanner), heard


def test_a_code_shown_to_the_camera_is_presented_once(film: Path, shared_parts) -> None:
    shared, heard = shared_parts
    station = Station(CameraSettings("door", "출입구", str(film)), shared, once=False)
    station.start()
    assert heard.get(timeout=PATIENCE_S) == CODE
    assert station.worker.join(PATIENCE_S)
    assert heard.empty()
    assert station.pipeline.tally.taken > SECONDS * DetectionSettings().fps  # more often than a camera without a reader
    assert shared.scanner is not None
    assert shared.scanner.looks <= SECONDS * LOOKS_PER_S + 2


def test_other_cameras_are_not_looked_at(film: Path, shared_parts) -> None:
    shared, heard = shared_parts
    station = Station(CameraSettings("shelf", "진열대", str(film)), shared, once=True)
    station.start()
    assert station.worker.join(PATIENCE_S)
    assert heard.empty()
    assert shared.scanner is not None
    assert shared.scanner.looks == 0
