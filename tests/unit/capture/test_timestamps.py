"""The source clock: what becomes of a camera's stamps."""

from __future__ import annotations

import pytest

from agent.capture.timestamps import FrameGrid, Timeline

MS = 1000


def shown(stamps: list[int | None], *, arrivals: list[int] | None = None) -> list[int]:
    """Milliseconds at which packets with these stamps (ms, in the order of showing) are placed, at 10 frames a second."""
    line = Timeline(step=100 * MS)
    times = arrivals or []
    placed = []
    for i, stamp in enumerate(stamps):
        ticks = None if stamp is None else stamp * MS
        arrival = times[i] * MS if times else None
        placed.append(line.place(ticks, ticks, 0, arrival).pts // MS)
    return placed


@pytest.mark.parametrize(
    ("stamps", "expected"),
    [
        pytest.param([0, 100, 200], [0, 100, 200], id="good stamps stay"),
        pytest.param([5000, 5100, 5200], [0, 100, 200], id="the first is zero"),
        pytest.param([0, 100, 90, 190], [0, 100, 200, 300], id="a step back is one frame forward"),
        pytest.param([0, 100, 99_000_000, 99_000_100], [0, 100, 200, 300], id="a leap forward is one frame"),
        pytest.param([0, 100, 5100, 5200], [0, 100, 5100, 5200], id="a pause of a few seconds is a pause"),
        pytest.param([None, None, None], [0, 100, 200], id="no stamps at all"),
        pytest.param([0, 100, None, 300], [0, 100, 200, 300], id="one missing"),
        pytest.param([7, 7, 7, 7], [0, 100, 200, 300], id="stamps that stand still"),
    ],
)
def test_stamps_of_a_recording(stamps: list[int | None], expected: list[int]) -> None:
    assert shown(stamps) == expected


def test_a_live_camera_that_sets_its_clock_goes_on_at_the_time_that_really_passed() -> None:
    assert shown([0, 100, 3_600_100, 3_600_200], arrivals=[0, 100, 350, 450]) == [0, 100, 350, 450]


def test_a_live_camera_that_was_silent_for_a_minute_was_silent_for_a_minute() -> None:
    assert shown([0, 100, 60_100], arrivals=[0, 100, 60_100]) == [0, 100, 60_100]


def test_pictures_that_are_shown_later_than_decoded_keep_their_times() -> None:
    line = Timeline()
    placed = [line.place(pts * MS, dts * MS) for pts, dts in [(0, -80), (120, -40), (40, 0), (80, 40), (160, 80)]]
    assert [p.pts // MS for p in placed] == [0, 120, 40, 80, 160]
    assert sorted(p.dts for p in placed) == [p.dts for p in placed]


def test_a_time_of_showing_far_from_the_time_of_decoding_is_not_believed() -> None:
    line = Timeline()
    line.place(0, 0)
    assert line.place(50_000 * MS, 100 * MS).pts == 100 * MS


def test_after_a_reconnection_the_clock_goes_on_after_the_pause() -> None:
    line = Timeline(step=100 * MS)
    line.place(90_000 * MS, 90_000 * MS)
    line.resume(4.0)
    assert line.place(0, 0).pts == 4100 * MS
    assert line.place(100 * MS, 100 * MS).pts == 4200 * MS


@pytest.mark.parametrize(("source", "taken"), [(30.0, 80), (15.0, 80), (10.0, 80), (8.0, 80), (5.0, 50)])
def test_the_grid_takes_as_many_frames_a_second_as_asked(source: float, taken: int) -> None:
    grid = FrameGrid(8.0)
    assert sum(grid.takes(i / source) for i in range(round(10 * source))) == pytest.approx(taken, abs=1)


def test_the_grid_loses_nothing_to_the_jitter_of_a_camera_of_its_own_rate() -> None:
    grid = FrameGrid(10.0)
    jitter = (0.0, 0.012, -0.02, 0.03, -0.03)
    assert all(grid.takes(i / 10 + jitter[i % 5]) for i in range(200))


def test_a_second_pass_from_the_middle_takes_the_same_frames() -> None:
    times = [i / 29.97 for i in range(600)]
    first, second = FrameGrid(8.0), FrameGrid(8.0)
    whole = [t for t in times if first.takes(t)]
    part = [t for t in times[300:] if second.takes(t)]
    assert part[1:] == [t for t in whole if t > part[0]]
