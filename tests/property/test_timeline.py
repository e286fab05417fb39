"""The source clock holds its promises whatever a camera sends."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.capture.timestamps import SECOND, FrameGrid, Timeline

ticks = st.one_of(
    st.none(),
    st.integers(0, 20 * SECOND),
    st.integers(-(2**52), 2**52),
    st.sampled_from([0, 1, 40_000, 80_000]),
)
packets = st.lists(st.tuples(ticks, ticks, st.integers(-5, 2 * SECOND), st.booleans()), max_size=80)


@given(packets)
def test_times_of_decoding_grow_and_times_of_showing_never_repeat_among_neighbours(sent: list) -> None:
    line = Timeline()
    last = None
    recent: list[int] = []
    for pts, dts, duration, lost in sent:
        if lost:
            line.resume(0.5)
        placed = line.place(pts, dts, duration)
        assert last is None or placed.dts > last
        assert placed.pts >= 0
        assert placed.pts not in recent[-16:]
        recent.append(placed.pts)
        last = placed.dts


@given(packets)
def test_no_recording_leaps_further_than_its_longest_pause(sent: list) -> None:
    line = Timeline()
    ends = []
    for pts, dts, duration, _ in sent:
        line.place(pts, dts, duration)
        ends.append(line.end_s)
    steps = [b - a for a, b in zip([0.0, *ends], ends, strict=False)]
    assert all(step <= 17 for step in steps)


@given(st.lists(st.tuples(ticks, st.integers(0, 30 * SECOND)), min_size=1, max_size=60))
def test_a_live_clock_keeps_to_the_time_that_really_passed(sent: list) -> None:
    line = Timeline()
    arrival = 0
    for stamp, passed in sent:
        arrival += passed
        line.place(stamp, stamp, 0, arrival)
    drift = line.end_s - (arrival - sent[0][1]) / SECOND
    assert abs(drift) <= 6 * len(sent)


@given(
    st.integers(-(2**40), 2**40),
    st.lists(st.integers(1, SECOND), max_size=60),
    st.integers(0, 4),
)
def test_good_stamps_are_only_moved_never_changed(start: int, steps: list[int], delay: int) -> None:
    line = Timeline()
    dts = [start + sum(steps[:i]) for i in range(len(steps) + 1)]
    placed = [line.place(d + delay * 40_000, d) for d in dts]
    assert [p.pts - placed[0].pts for p in placed] == [d - dts[0] for d in dts]


@given(st.floats(0.5, 30), st.lists(st.floats(0.001, 5.0), max_size=200))
def test_the_grid_never_takes_more_than_asked_and_never_starves(fps: float, steps: list[float]) -> None:
    grid = FrameGrid(fps)
    now, taken, last = 0.0, 0, None
    for step in steps:
        now += step
        if grid.takes(now):
            taken, last = taken + 1, now
        elif last is not None:
            assert now - last <= 1 / fps + 1e-6
    assert taken <= now * fps + 2
