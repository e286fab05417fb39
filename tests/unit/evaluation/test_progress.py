"""Progress of long work: a bar on a terminal, few lines elsewhere, and how long it will take."""

from __future__ import annotations

import io

import pytest

from agent.clock import ManualClock
from agent.evaluation.progress import Progress
from agent.values import Text


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def english(text: Text) -> str:
    return text.en


def test_a_terminal_has_a_bar_that_is_written_over() -> None:
    stream, clock = Terminal(), ManualClock()
    progress = Progress(stream, 4, clock, english)
    for name in ("a", "b", "c", "d"):
        clock.advance(10)
        progress.step(name)
    shown = stream.getvalue().split("\r\x1b[2K")[1:]
    assert shown[0] == "[######..................] 1/4 0:00:30 left  a"
    assert shown[3] == "[########################] 4/4 0:00:00 left  d\n"
    assert sum("\n" in part for part in shown) == 1


def test_a_log_gets_a_line_now_and_then_and_one_at_the_end() -> None:
    stream, clock = io.StringIO(), ManualClock()
    progress = Progress(stream, 100, clock, english)
    for number in range(100):
        clock.advance(1)
        progress.step(f"clip {number}")
    assert stream.getvalue().splitlines() == [
        "30/100 0:01:10 left  clip 29",
        "60/100 0:00:40 left  clip 59",
        "90/100 0:00:10 left  clip 89",
        "100/100 0:00:00 left  clip 99",
    ]


def test_what_an_earlier_run_did_says_nothing_about_how_long_the_rest_takes() -> None:
    stream, clock = Terminal(), ManualClock()
    progress = Progress(stream, 10, clock, lambda text: text.ko)
    progress.known(8)
    clock.advance(60)
    progress.step("9")
    assert "9/10 남은 시간 0:01:00  9" in stream.getvalue()


@pytest.mark.parametrize(("stream", "begins"), [(Terminal(), "\r\x1b[2K[########################] "), (io.StringIO(), "")])
def test_work_whose_last_part_was_done_by_an_earlier_run_comes_to_an_end_too(stream: io.StringIO, begins: str) -> None:
    progress = Progress(stream, 3, ManualClock(), english)
    progress.step("a")
    before = len(stream.getvalue())
    progress.known(1)
    assert len(stream.getvalue()) == before
    progress.known(1)
    assert stream.getvalue()[before:] == f"{begins}3/3 0:00:00 left\n"


def test_long_names_are_shown_by_their_end() -> None:
    stream = Terminal()
    Progress(stream, 2, ManualClock(), english).step("a/very/long/folder/with/many/parts/and/clip_17.mp4")
    assert stream.getvalue().endswith("left  ...older/with/many/parts/and/clip_17.mp4")
