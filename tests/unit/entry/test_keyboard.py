"""A USB scanner that types: key events from a pipe become texts, and a scanner that is pulled out is waited for."""

from __future__ import annotations

import logging
import os
import queue
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.clock import ManualClock, SystemClock
from agent.entry.keyboard import EV_KEY, EV_SYN, EVENT, LONGEST, PLAIN, SHIFTED, SYN_DROPPED, KeyboardScanner, Typing
from agent.entry.records import PassKind
from agent.entry.token import make_code, pass_id_of, step_of

PATIENCE_S = 60.0
ENTER, SHIFT, RIGHT_SHIFT, A = 28, 42, 54, 30
# Linux's own codes, written down apart from the table of the program (linux/input-event-codes.h).
KNOWN = {"1": 2, "0": 11, "-": 12, "q": 16, "p": 25, "a": 30, "l": 38, "z": 44, "m": 50, ".": 52, "/": 53, " ": 57}
KNOWN_SHIFTED = {"$": 5, "%": 6, "*": 9, "+": 13, ":": 39, "A": 30, "Z": 44, "Q": 16}
BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def keys(text: str) -> Iterator[tuple[int, int, int]]:
    """What a scanner sends for a text: shift where needed, each key down and up."""
    shifted = {sign: code for code, sign in SHIFTED.items()}
    plain = {sign: code for code, sign in PLAIN.items()}
    for sign in text:
        upper = sign not in plain
        code = shifted[sign] if upper else plain[sign]
        if upper:
            yield EV_KEY, SHIFT, 1
        yield EV_KEY, code, 1
        yield EV_SYN, 0, 0
        yield EV_KEY, code, 0
        if upper:
            yield EV_KEY, SHIFT, 0


def typed(text: str, end: int = ENTER) -> list[tuple[int, int, int]]:
    return [*keys(text), (EV_KEY, end, 1), (EV_KEY, end, 0)]


def texts(events: list[tuple[int, int, int]], typing: Typing | None = None) -> list[str]:
    typing = typing or Typing(ManualClock())
    return [text for event in events if (text := typing.take(*event)) is not None]


def test_the_keys_are_linuxs_own() -> None:
    assert {sign: code for code, sign in PLAIN.items() if KNOWN.get(sign) == code} == KNOWN
    assert {sign: code for code, sign in SHIFTED.items() if KNOWN_SHIFTED.get(sign) == code} == KNOWN_SHIFTED


@given(st.text(BASE45, min_size=1, max_size=114))
def test_every_text_that_a_pass_may_hold_arrives_as_it_is(text: str) -> None:
    assert texts(typed(text)) == [text]


@pytest.mark.parametrize("end", [28, 96, 15])
def test_enter_the_pads_enter_and_tab_end_a_text(end: int) -> None:
    assert texts([*typed("1AB", end), *typed("2CD", end)]) == ["1AB", "2CD"]


def test_an_enter_alone_is_no_text() -> None:
    assert texts(typed("")) == []


def test_a_key_that_is_held_counts_once() -> None:
    assert texts([(EV_KEY, A, 1), (EV_KEY, A, 2), (EV_KEY, A, 2), (EV_KEY, A, 0), *typed("")]) == ["a"]


def test_either_shift_counts_while_it_is_held() -> None:
    events = [(EV_KEY, RIGHT_SHIFT, 1), (EV_KEY, A, 1), (EV_KEY, RIGHT_SHIFT, 0), (EV_KEY, A, 1), *typed("")]
    assert texts(events) == ["Aa"]


def test_what_somebody_typed_long_before_is_no_part_of_a_code() -> None:
    clock = ManualClock()
    typing = Typing(clock)
    assert texts(list(keys("X")), typing) == []
    clock.advance(5.0)
    assert texts(typed("1AB"), typing) == ["1AB"]


def test_after_lost_events_only_whole_texts_count() -> None:
    assert texts([*keys("1A"), (EV_SYN, SYN_DROPPED, 0), *typed("2CD")]) == ["2CD"]


def test_a_text_without_end_does_not_grow_for_ever() -> None:
    assert texts([*typed("A" * (LONGEST + 100)), *typed("1AB")]) == ["1AB"]


class Plugged:
    """A scanner at the end of a pipe."""

    def __init__(self, path: Path) -> None:
        self._end = os.open(path, os.O_RDWR)  # also for reading: the pipe is there before anybody reads it

    def types(self, text: str) -> None:
        os.write(self._end, b"".join(EVENT.pack(0, 0, *event) for event in typed(text)))

    def sends(self, data: bytes) -> None:
        os.write(self._end, data)

    def pulled_out(self) -> None:
        os.close(self._end)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "scanner")
    return tmp_path / "scanner"


@pytest.fixture
def heard(path: Path) -> Iterator[queue.Queue[str]]:
    """What the scanner at `path` presents."""
    texts: queue.Queue[str] = queue.Queue()
    scanner = KeyboardScanner(str(path), texts.put, SystemClock(), pause_s=0.02)
    scanner.start()
    yield texts
    scanner.stop()
    assert not scanner.worker.alive


def test_what_the_scanner_types_is_presented(path: Path, heard: queue.Queue[str]) -> None:
    plugged = Plugged(path)
    plugged.types("1ABCDEFG")
    assert heard.get(timeout=PATIENCE_S) == "1ABCDEFG"
    plugged.types("1ABCDEFG")  # the same code again at once: one sight of it
    plugged.types("2HIJKLMN")
    assert heard.get(timeout=PATIENCE_S) == "2HIJKLMN"
    plugged.pulled_out()


def test_a_phone_whose_code_changes_before_the_scanner_is_presented_once(path: Path, heard: queue.Queue[str]) -> None:
    now = step_of(SystemClock().utc())
    held, other = pass_id_of(b"held."), pass_id_of(b"other")
    codes = [make_code(bytes(32), PassKind.PHONE, one, step) for one, step in ((held, now), (held, now + 1), (other, now))]
    plugged = Plugged(path)
    for code in codes:
        plugged.types(code)
    assert [heard.get(timeout=PATIENCE_S) for _ in range(2)] == [codes[0], codes[2]]
    plugged.pulled_out()


def test_events_may_come_in_pieces(path: Path, heard: queue.Queue[str]) -> None:
    plugged = Plugged(path)
    data = b"".join(EVENT.pack(0, 0, *event) for event in typed("1AB"))
    for at in range(0, len(data), 7):
        plugged.sends(data[at : at + 7])
    assert heard.get(timeout=PATIENCE_S) == "1AB"
    plugged.pulled_out()


def test_a_scanner_that_is_pulled_out_works_again_when_it_is_back(
    path: Path, heard: queue.Queue[str], caplog: pytest.LogCaptureFixture
) -> None:
    first = Plugged(path)
    first.types("1AB")
    assert heard.get(timeout=PATIENCE_S) == "1AB"
    with caplog.at_level(logging.WARNING):
        first.pulled_out()
        lost = threading.Event()
        while "cannot be read" not in caplog.text:
            assert not lost.wait(0.01)
        second = Plugged(path)
        second.types("2CD")
        assert heard.get(timeout=PATIENCE_S) == "2CD"
    assert caplog.text.count("cannot be read") == 1  # told once, however often it was tried
    assert "is there again" in caplog.text
    assert "2CD" not in caplog.text
    second.pulled_out()


def test_a_scanner_that_is_not_there_is_told_with_what_to_do(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    scanner = KeyboardScanner(str(tmp_path / "none"), print, SystemClock(), pause_s=0.02)
    scanner.start()
    wait = threading.Event()
    while "cannot be read" not in caplog.text:
        assert not wait.wait(0.01)
    scanner.stop()
    assert "group input" in caplog.text
