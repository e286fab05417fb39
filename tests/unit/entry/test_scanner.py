"""The camera's scanner: newest frame only, each code once, nothing of a picture kept, and no way to block the camera."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from agent.capture.raw import Planes, RawFrame
from agent.clock import ManualClock, SystemClock
from agent.entry.qr_picture import draw_modules
from agent.entry.scanner import MOST, SECOND_EVERY, CameraScanner
from agent.entry.zbar_reader import ZbarReader
from agent.values import FrameStamp

PATIENCE_S = 60.0
EMPTY = np.full((360, 640), 120, np.uint8)


def frame(luma: np.ndarray, index: int = 0) -> RawFrame:
    height, width = luma.shape
    chroma = np.full((height // 2, width // 2), 128, np.uint8)
    return RawFrame(FrameStamp("door", index, index / 10, 1_790_000_000.0), Planes(luma.copy(), chroma, chroma.copy()))


def showing(*texts: str) -> np.ndarray:
    """Codes side by side in a picture."""
    picture = EMPTY.copy()
    at = 10
    for text in texts:
        face = np.kron(np.where(draw_modules(text), 0, 255).astype(np.uint8), np.ones((3, 3), np.uint8))
        picture[20 : 20 + len(face), at : at + len(face)] = face
        at += len(face)
    return picture


@pytest.fixture
def scan() -> Iterator[Callable[..., tuple[CameraScanner, queue.Queue[str]]]]:
    running: list[CameraScanner] = []

    def start(clock: ManualClock | SystemClock) -> tuple[CameraScanner, queue.Queue[str]]:
        heard: queue.Queue[str] = queue.Queue()
        scanner = CameraScanner(heard.put, clock)
        scanner.start()
        running.append(scanner)
        return scanner, heard

    yield start
    for scanner in running:
        scanner.stop()
        assert not scanner.worker.alive


def looked(scanner: CameraScanner, luma: np.ndarray) -> None:
    """Offer a picture and wait until it has been looked at."""
    before = scanner.looks
    scanner.offer(frame(luma))
    done = threading.Event()
    while scanner.looks == before:
        assert not done.wait(0.01)


def test_a_code_held_before_the_camera_is_presented_once(scan) -> None:
    scanner, heard = scan(ManualClock())
    for _ in range(4):
        looked(scanner, showing("1ABCDEFG"))
    assert heard.get(timeout=PATIENCE_S) == "1ABCDEFG"
    assert heard.empty()


def test_shown_again_after_three_seconds_it_is_presented_again(scan) -> None:
    clock = ManualClock()
    scanner, heard = scan(clock)
    looked(scanner, showing("1ABCDEFG"))
    looked(scanner, EMPTY)
    clock.advance(3.1)
    looked(scanner, showing("1ABCDEFG"))
    assert [heard.get(timeout=PATIENCE_S) for _ in range(2)] == ["1ABCDEFG"] * 2


def test_two_phones_in_one_picture_are_both_presented(scan) -> None:
    scanner, heard = scan(ManualClock())
    looked(scanner, showing("FIRST", "SECOND"))
    assert {heard.get(timeout=PATIENCE_S) for _ in range(2)} == {"FIRST", "SECOND"}


def test_a_poster_full_of_codes_gives_a_few_only(scan) -> None:
    scanner, heard = scan(ManualClock())
    looked(scanner, showing("A", "B", "C", "D", "E", "F"))
    assert heard.qsize() == MOST


def test_what_nobody_looked_at_is_replaced_by_the_newest() -> None:
    heard: queue.Queue[str] = queue.Queue()
    scanner = CameraScanner(heard.put, SystemClock())
    scanner.offer(frame(showing("OLD")))
    scanner.offer(frame(showing("NEW")))
    scanner.start()
    assert heard.get(timeout=PATIENCE_S) == "NEW"
    scanner.stop()
    assert heard.empty()


def test_the_frame_stays_the_pipelines_and_is_no_longer_needed(scan) -> None:
    scanner, heard = scan(ManualClock())
    raw = frame(showing("1ABCDEFG"))
    scanner.offer(raw)
    raw.take(640, 360).y[:] = 0  # masking paints over its own buffer
    assert heard.get(timeout=PATIENCE_S) == "1ABCDEFG"


def test_a_presentation_that_fails_is_told_and_the_next_code_is_read(caplog: pytest.LogCaptureFixture) -> None:
    heard: queue.Queue[str] = queue.Queue()

    def present(text: str) -> None:
        if text == "BAD":
            raise ZeroDivisionError("a bug")
        heard.put(text)

    scanner = CameraScanner(present, SystemClock())
    scanner.start()
    scanner.offer(frame(showing("BAD")))
    wait = threading.Event()
    while scanner.worker.failures == 0:
        assert not wait.wait(0.01)
    scanner.offer(frame(showing("GOOD")))
    assert heard.get(timeout=PATIENCE_S) == "GOOD"
    scanner.stop()
    assert "entry-reader failed" in caplog.text
    assert "BAD" not in caplog.text


class OneWhoSeesMore:
    """Reads a code in every picture that it is given."""

    def __init__(self) -> None:
        self.asked = 0

    def read(self, grey: np.ndarray) -> tuple[str, ...]:
        self.asked += 1
        return ("2FOUND",)


def test_where_nothing_is_found_the_second_reader_is_asked_at_each_fifth_look() -> None:
    heard: queue.Queue[str] = queue.Queue()
    second = OneWhoSeesMore()
    scanner = CameraScanner(heard.put, ManualClock(), second)
    scanner.start()
    try:
        for _ in range(SECOND_EVERY - 1):
            looked(scanner, EMPTY)
        looked(scanner, showing("1ABCDEFG"))  # a find begins the count anew
        assert heard.get(timeout=PATIENCE_S) == "1ABCDEFG"
        for _ in range(SECOND_EVERY - 1):
            looked(scanner, EMPTY)
        assert (second.asked, heard.empty()) == (0, True)
        looked(scanner, EMPTY)
        assert second.asked == 1
        assert heard.get(timeout=PATIENCE_S) == "2FOUND"
    finally:
        scanner.stop()


def test_zbar_is_the_second_reader() -> None:
    assert ZbarReader().read(showing("1ABCDEFG")) == ("1ABCDEFG",)
