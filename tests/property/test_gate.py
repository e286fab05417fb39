"""The gate, whatever people do: a code lets one person in, people who come one at a time are counted, and nothing breaks it."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.detection.findings import CELL_COLUMNS, Findings
from agent.detection.tracker import Tracker
from agent.entry.gate import Gate
from agent.entry.records import CrossingKind
from agent.values import Box
from tests.unit.entry.doorway import ROWS, SETTINGS, Walker, kinds, scan, stamp, walker, watch

FEW = settings(max_examples=25, deadline=None)
NOBODY_NEAR_S = 12.0  # one is well away from the door before the next one comes

place = st.floats(-0.1, 1.1)
foot = st.floats(0.8, 0.98)


@st.composite
def wanderers(draw: st.DrawFn) -> Walker:
    """Somebody who goes here and there."""
    begin = draw(st.floats(0.0, 6.0))
    times = [begin + 2.0 * n for n in range(draw(st.integers(2, 6)))]
    return Walker([(at, draw(place)) for at in times], foot=draw(foot))


@FEW
@given(st.lists(wanderers(), max_size=4), st.lists(st.floats(0.0, 12.0), max_size=3))
def test_no_more_people_come_in_on_codes_than_there_are_codes_and_ways_out(walkers: list[Walker], shown: list[float]) -> None:
    found = kinds(watch([*walkers, walker(20.0)], [scan(n, at) for n, at in enumerate(sorted(shown))]))
    verified, out = found.count(CrossingKind.VERIFIED), found.count(CrossingKind.EXIT)
    assert verified <= len(shown) + out


@FEW
@given(st.lists(wanderers(), max_size=3), st.lists(st.floats(0.0, 12.0), max_size=2))
def test_the_same_people_are_judged_the_same(walkers: list[Walker], shown: list[float]) -> None:
    scans = [scan(n, at) for n, at in enumerate(sorted(shown))]
    everybody = [*walkers, walker(16.0)]
    assert watch(everybody, scans) == watch(everybody, scans)


@FEW
@given(st.lists(st.tuples(st.booleans(), st.booleans(), foot, st.floats(0.08, 0.3)), min_size=1, max_size=4))
def test_people_who_come_one_at_a_time_are_counted_exactly(people: list[tuple[bool, bool, float, float]]) -> None:
    """(comes in, has a code, where the feet are, how fast) of each."""
    walkers, scans, expected, begin = [], [], [], 1.0
    for number, (inward, coded, feet, speed) in enumerate(people):
        ends = (-0.05, 1.05) if inward else (1.05, -0.05)
        walkers.append(walker(begin, *ends, speed=speed, foot=feet))
        if inward and coded:
            scans.append(scan(number, begin + 0.35 / speed - 2.0))  # two seconds before the line
        expected.append(_expected(inward=inward, coded=coded))
        begin = walkers[-1].way[-1][0] + NOBODY_NEAR_S
    assert kinds(watch(walkers, scans)) == expected


def _expected(*, inward: bool, coded: bool) -> CrossingKind:
    if not inward:
        return CrossingKind.EXIT
    return CrossingKind.VERIFIED if coded else CrossingKind.NO_CODE


edge = st.floats(-0.3, 1.3)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    left, right = sorted((draw(edge), draw(edge)))
    top, bottom = sorted((draw(edge), draw(edge)))
    return Box(left, top, right, bottom)


@FEW
@given(st.lists(st.lists(boxes(), max_size=5), max_size=24))
def test_no_regions_whatsoever_break_it(frames: list[list[Box]]) -> None:
    gate, tracker = Gate(SETTINGS), Tracker("hall")
    noise = np.random.default_rng(len(frames)).random((ROWS, CELL_COLUMNS)) < 0.5
    for number, blobs in enumerate(frames):
        seen = Findings(stamp(number / 8), (), (), noise if number % 3 else None, noise, looked=False, blobs=tuple(blobs))
        for crossing in gate.step(seen.stamp, tracker.step(seen), seen, [scan(1, 0.0)]):
            assert crossing.source_s == seen.stamp.source_s
