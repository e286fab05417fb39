"""The camera's scanner: newest frame only, each code once, nothing of a picture kept, and no way to block the camera."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest

from agent.capture.raw import Planes, RawFrame
from agent.clock import ManualClock, SystemClock
from agent.entry.admission import said
from agent.entry.qr_picture import draw_modules
from agent.entry.records import Answer, PassKind, Reply
from agent.entry.scanner import MOST, SECOND_EVERY, THOROUGH_EVERY, CameraScanner
from agent.entry.token import STEP_S, make_code, pass_id_of, step_of
from agent.entry.zbar_reader import ZbarReader
from agent.values import FrameStamp

PATIENCE_S = 60.0
EMPTY = np.full((360, 640), 120, np.uint8)
MINE, OTHER = pass_id_of(b"first"), pass_id_of(b"other")
STICKER = "https://pay.example.kr/"


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


def code(pass_id: str = MINE, step: int = 59843333) -> str:
    return make_code(bytes(32), PassKind.PHONE, pass_id, step)


def out_of_focus(text: str, beside: np.ndarray = EMPTY) -> np.ndarray:
    """A code that only the last look reads, in the lower part of a picture."""
    picture = beside.copy()
    picture[170:] = cv2.GaussianBlur(np.roll(showing(text), 170, axis=0), (0, 0), 1.9)[170:]
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
        assert scanner.worker.failures == 0


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
    """Reads the same codes in every picture that it is given."""

    def __init__(self, *texts: str) -> None:
        self.asked = 0
        self._texts = texts or ("2FOUND",)

    def read(self, grey: np.ndarray) -> tuple[str, ...]:
        self.asked += 1
        return self._texts


def test_where_nothing_is_found_the_second_reader_is_asked_at_each_fifth_look() -> None:
    heard: queue.Queue[str] = queue.Queue()
    second = OneWhoSeesMore()
    scanner = CameraScanner(heard.put, ManualClock(), second)
    scanner.start()
    try:
        for _ in range(SECOND_EVERY - 1):
            looked(scanner, EMPTY)
        looked(scanner, showing(code()))  # a find begins the count anew
        assert heard.get(timeout=PATIENCE_S) == code()
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


def test_the_second_reader_is_asked_beside_a_sticker_too_and_only_its_codes_of_ours_count() -> None:
    heard: queue.Queue[str] = queue.Queue()
    second = OneWhoSeesMore("2FOUND", code())
    scanner = CameraScanner(heard.put, ManualClock(), second)
    scanner.start()
    try:
        for _ in range(SECOND_EVERY):
            looked(scanner, showing(STICKER))
        assert second.asked == 1
        assert [heard.get(timeout=PATIENCE_S) for _ in range(2)] == [STICKER, code()]
        assert heard.empty()
    finally:
        scanner.stop()


@pytest.mark.parametrize("hanging", [STICKER, code(OTHER, 1)], ids=["a payment sticker", "an old pass"])
def test_a_code_that_hangs_in_view_for_good_hides_none_that_is_hard_to_read(scan, hanging: str) -> None:
    scanner, heard = scan(ManualClock())
    before = showing(hanging)
    for _ in range(2 * THOROUGH_EVERY):
        looked(scanner, before)
    assert heard.get(timeout=PATIENCE_S) == hanging
    for _ in range(THOROUGH_EVERY):
        looked(scanner, out_of_focus(code(), before))
    assert heard.get(timeout=PATIENCE_S) == code()
    assert heard.empty()


def test_what_hangs_in_view_for_good_is_looked_past_at_each_third_picture_only(scan) -> None:
    scanner, heard = scan(ManualClock())
    before = showing(STICKER)
    looked(scanner, before)
    assert heard.get(timeout=PATIENCE_S) == STICKER
    for _ in range(THOROUGH_EVERY - 1):
        looked(scanner, out_of_focus(code(), before))
        assert heard.empty()
    looked(scanner, out_of_focus(code(), before))
    assert heard.get(timeout=PATIENCE_S) == code()


def test_codes_of_ours_come_before_those_of_others(scan) -> None:
    scanner, heard = scan(ManualClock())
    picture = showing("A", "B", "C", "D", "E", "F")
    picture[170:] = np.roll(showing(code()), 170, axis=0)[170:]
    looked(scanner, picture)
    assert heard.get(timeout=PATIENCE_S) == code()
    assert heard.qsize() == MOST - 1


def test_codes_that_are_known_leave_room_for_one_that_is_new(scan) -> None:
    scanner, heard = scan(ManualClock())
    for _ in range(3):
        looked(scanner, showing("A", "B", "C", "D", "E", "F"))
    assert sorted(heard.get(timeout=PATIENCE_S) for _ in range(6)) == ["A", "B", "C", "D", "E", "F"]
    looked(scanner, showing("A", "B", "C", "D", "E", "F", "G"))
    assert heard.get(timeout=PATIENCE_S) == "G"
    assert heard.empty()


@pytest.mark.parametrize(
    ("answer", "presented"), [(Answer.ADMITTED, 1), (Answer.USED, 2), (Answer.EXPIRED, 2), (Answer.UNSURE, 2)]
)
def test_once_let_in_a_phones_next_code_is_not_presented_and_a_refused_ones_is(answer: Answer, presented: int) -> None:
    clock, heard = ManualClock(), []

    def present(text: str) -> Reply:
        heard.append(text)
        return Reply(answer, said(answer))

    scanner = CameraScanner(present, clock)
    scanner.start()
    try:
        clock.advance(STEP_S - clock.utc() % STEP_S - 0.5)
        for _ in range(5):
            looked(scanner, showing(code(step=step_of(clock.utc()))))
            clock.advance(0.25)
        assert len(heard) == presented
        looked(scanner, showing(code(OTHER, step_of(clock.utc()))))
        assert len(heard) == presented + 1
    finally:
        scanner.stop()


def test_a_door_that_takes_long_to_answer_does_not_make_the_code_in_view_a_new_one() -> None:
    clock, heard = ManualClock(), []

    def present(text: str) -> None:
        heard.append(text)
        clock.advance(5)

    scanner = CameraScanner(present, clock)
    scanner.start()
    try:
        for _ in range(3):
            looked(scanner, showing("1ABCDEFG"))
        assert heard == ["1ABCDEFG"]
    finally:
        scanner.stop()
