"""The arithmetic of scripts/bench: pairing, sums of the audit, coverage, slopes, stopwatch. A wrong sum would praise a leak."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.values import MaskStep
from scripts.bench.audit import Judged, Sighting, Sums, add_up, coverage, leak_runs, paired
from scripts.bench.memory import blocks, slope
from scripts.bench.report import Table, shown
from scripts.bench.rig import Stopwatch


def frame(t: float, heads: int = 1, leaks: int = 0, over: float = 0.0, step: str = MaskStep.NORMAL) -> Judged:
    return Judged(t, heads, heads, leaks, over, step)


def as_the_script_pairs(times: Sequence[float], wanted: Sequence[float]) -> Iterator[float]:
    """leak_audit.py's own walk over a source, told again: the times of the frames that it compares."""
    source = iter(times)
    t = next(source)
    for want in wanted:
        ahead = None
        while t + 1e-6 < want:
            ahead = t
            try:
                t = next(source)
            except StopIteration:
                break
        yield t if ahead is None or abs(t - want) <= abs(ahead - want) else ahead


class TestPairing:
    def test_each_stored_frame_meets_the_source_frame_of_its_time(self) -> None:
        assert paired([0.0, 0.1, 0.2, 0.3], [0.1, 0.3]) == [1, 3]

    def test_between_two_frames_the_nearer_one_is_compared(self) -> None:
        assert paired([0.0, 0.1, 0.2], [0.04]) == [0]
        assert paired([0.0, 0.1, 0.2], [0.06]) == [1]

    def test_times_beyond_the_end_meet_the_last_frame(self) -> None:
        assert paired([0.0, 0.1], [5.0, 6.0]) == [1, 1]

    @given(
        st.lists(st.integers(1, 40), min_size=1, max_size=40),
        st.lists(st.integers(0, 60), min_size=1, max_size=40),
    )
    def test_it_is_the_pairing_of_the_script(self, source_gaps: list[int], wanted_gaps: list[int]) -> None:
        times = [gap / 100 for gap in itertools.accumulate(source_gaps)]
        wanted = [gap / 100 for gap in itertools.accumulate(wanted_gaps)]
        assert [times[i] for i in paired(times, wanted)] == list(as_the_script_pairs(times, wanted))


class TestSums:
    def test_nothing_stored_is_no_leak_and_no_division_by_zero(self) -> None:
        assert add_up([]) == Sums()
        assert add_up([[]]).leak_rate == 0.0

    def test_heads_and_leaks_of_all_files_are_one_rate(self) -> None:
        sums = add_up([[frame(0.0, heads=3, leaks=1)], [frame(0.0, heads=1), frame(0.1, heads=6, leaks=1)]])
        assert (sums.paired, sums.heads, sums.leaks) == (3, 10, 2)
        assert sums.leak_rate == pytest.approx(0.2)

    def test_what_is_masked_in_vain_weighs_each_frame_alike_not_each_file(self) -> None:
        long, short = [frame(i / 8, over=0.1) for i in range(9)], [frame(0.0, over=1.0)]
        assert add_up([long, short]).over_mask == pytest.approx((9 * 0.1 + 1.0) / 10)

    def test_the_longest_leak_does_not_run_from_one_file_into_the_next(self) -> None:
        first = [frame(0.0), frame(0.5, leaks=1), frame(1.0, leaks=1)]
        second = [frame(1.5, leaks=1), frame(2.0), frame(2.5, leaks=1)]
        assert add_up([first, second]).longest_leak_s == pytest.approx(0.501)

    def test_runs_of_leaking_frames_are_named_by_their_times(self) -> None:
        frames = [frame(0.0, leaks=1), frame(0.1), frame(0.2, leaks=1), frame(0.3, leaks=2)]
        assert [(start, end, len(run)) for start, end, run in leak_runs(frames)] == [(0.0, 0.0, 1), (0.2, 0.3, 2)]

    def test_blind_frames_are_counted(self) -> None:
        assert add_up([[frame(0.0, step="blind"), frame(0.1), frame(0.2), frame(0.3)]]).blind == pytest.approx(0.25)


class TestCoverage:
    def test_somebody_near_a_stored_frame_was_recorded(self) -> None:
        found = coverage([Sighting(1.0, 1, 1), Sighting(1.2, 2, 1)], [1.0])
        assert (found.frames, found.frames_missed, found.heads, found.heads_missed) == (2, 0, 2, 0)

    def test_somebody_far_from_all_stored_frames_was_missed(self) -> None:
        found = coverage([Sighting(1.0, 1, 1), Sighting(1.3, 2, 2), Sighting(9.0, 1, 0)], [1.0])
        assert (found.frames_missed, found.heads_missed, found.missed_s) == (2, 2, (1.3, 9.0))

    def test_an_empty_room_need_not_be_recorded(self) -> None:
        assert coverage([Sighting(float(t), 0, 0) for t in range(9)], []).frames == 0

    def test_without_any_recording_everybody_was_missed(self) -> None:
        found = coverage([Sighting(0.0, 1, 1)], [])
        assert (found.frames, found.frames_missed) == (1, 1)


class TestSlope:
    def test_memory_that_stays_has_no_slope(self) -> None:
        flat = slope([(float(t), 100.0 + t % 2) for t in range(8)])
        assert abs(flat.mb_per_hour) <= flat.bound

    def test_memory_that_grows_is_found_out(self) -> None:
        samples = [(t * 10.0, 100.0 + 36.0 * t * 10.0 / 3600 + (t % 3) * 0.1) for t in range(360)]
        grown = slope(blocks(samples))
        assert grown.mb_per_hour == pytest.approx(36.0, abs=0.5)
        assert grown.mb_per_hour > 10 * grown.bound

    def test_stretches_are_means_in_the_order_of_time(self) -> None:
        assert blocks([(0.0, 1.0), (1.0, 3.0), (2.0, 5.0), (3.0, 7.0)], count=2) == [(0.5, 2.0), (2.5, 6.0)]


class TestStopwatch:
    def test_a_stage_within_a_stage_is_not_counted_twice(self) -> None:
        watch = Stopwatch()
        watch.reset()
        began = time.process_time()
        inner = watch.timed("mask", lambda: sum(range(400_000)))
        watch.timed("decode", lambda: (sum(range(100_000)), inner()))()
        whole = time.process_time() - began
        stages = watch.stages()
        assert stages["mask"] > stages["decode"] > 0
        assert sum(stages.values()) == pytest.approx(whole, rel=0.5)

    def test_clips_keep_their_time_whole(self) -> None:
        watch = Stopwatch()
        with watch.stage("clips"):
            watch.timed("detect", lambda: sum(range(100_000)))()
        assert "detect" not in watch.stages()


class TestTable:
    def test_a_table_reads_as_text_and_as_markdown(self) -> None:
        table = Table("Title", ("name", "ms"), [("a", 1.23456), ("b", None)], ("a note",))
        lines = ["Title", "name     ms", "----  -----", "a     1.235", "b         -", "  a note"]
        assert table.text().splitlines()[1:] == lines
        assert "| a | 1.235 |" in table.markdown()

    @pytest.mark.parametrize(("cell", "text"), [(0.0049, "0.0049"), (12.34, "12.3"), (3600.4, "3600"), (7, "7"), (None, "-")])
    def test_figures_show_the_digits_that_mean_something(self, cell: float | None, text: str) -> None:
        assert shown(cell) == text
