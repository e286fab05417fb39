"""The gate: who came in on which code, who on somebody else's, who without any, and who went out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.detection.findings import Unseen
from agent.detection.tracker import Tracker
from agent.entry.gate import Gate
from agent.entry.records import CrossingKind
from agent.values import Point
from tests.unit.entry.doorway import (
    FPS,
    SETTINGS,
    UTC,
    Walker,
    X,
    findings,
    kinds,
    scan,
    walker,
    watch,
)

IN, NO_CODE, FOLLOWS, OUT = CrossingKind.VERIFIED, CrossingKind.NO_CODE, CrossingKind.TAILGATING, CrossingKind.EXIT
AT_LINE_S = (X + 0.05) / 0.12  # a `walker` needs so long to the line


def test_somebody_comes_in_on_a_code_of_their_own() -> None:
    (one,) = watch([walker(4.0)], [scan(1, 3.0)])
    assert (one.kind, one.scan, one.camera) == (IN, scan(1, 3.0), "hall")
    assert one.track > 0
    assert one.utc - UTC == pytest.approx(4.0 + AT_LINE_S, abs=0.8)


def test_two_come_in_on_two_codes_in_their_order() -> None:
    found = watch([walker(4.0), walker(6.5)], [scan(1, 3.0), scan(2, 3.5)])
    assert [(one.kind, one.scan) for one in found] == [(IN, scan(1, 3.0)), (IN, scan(2, 3.5))]


def test_who_follows_without_a_code_is_told_of_with_the_code_of_the_one_in_front() -> None:
    found = watch([walker(4.0), walker(6.5)], [scan(1, 3.0)])
    assert [(one.kind, one.scan) for one in found] == [(IN, scan(1, 3.0)), (FOLLOWS, scan(1, 3.0))]


@pytest.mark.parametrize("behind_s", [0.6, 0.8, 1.1, 1.5])
def test_two_who_are_one_region_are_two_people_all_the_same(behind_s: float) -> None:
    assert kinds(watch([walker(4.0), walker(4.0 + behind_s)], [scan(1, 3.0)])) == [IN, FOLLOWS]


@pytest.mark.parametrize("behind_s", [0.6, 0.8, 1.1, 1.5])
def test_two_close_together_on_two_codes_are_no_followers(behind_s: float) -> None:
    assert kinds(watch([walker(4.0), walker(4.0 + behind_s)], [scan(1, 3.0), scan(2, 3.2)])) == [IN, IN]


def test_who_walks_in_behind_somebody_as_seen_from_the_camera_is_seen_by_the_height() -> None:
    """The one behind is hidden but for the head; how tall one is at that place is known from others."""
    two = [walker(4.0, foot=0.94), walker(4.1, foot=0.81)]
    assert kinds(watch(two, [scan(1, 3.0)], taught=True)) == [IN, FOLLOWS]


def test_one_at_a_time_is_never_two_however_many_were_seen() -> None:
    assert kinds(watch([walker(4.0, foot=0.92)], [scan(1, 3.0)], taught=True)) == [IN]


def test_who_comes_in_without_any_code_is_told_of_and_a_follower_of_theirs_too() -> None:
    found = watch([walker(4.0), walker(6.5)])
    assert [(one.kind, one.scan) for one in found] == [(NO_CODE, None), (NO_CODE, None)]


def test_a_code_is_good_for_so_long_and_no_longer() -> None:
    settings = replace(SETTINGS, wait_s=3.0)
    assert kinds(watch([walker(4.0)], [scan(1, 3.0)], settings)) == [NO_CODE]
    assert kinds(watch([walker(4.0)], [scan(1, 5.0)], settings)) == [IN]


def test_who_comes_later_than_a_follower_would_has_simply_no_code() -> None:
    assert kinds(watch([walker(4.0), walker(12.0)], [scan(1, 3.0)])) == [IN, NO_CODE]


def test_a_code_that_nobody_used_serves_no_follower_of_somebody_who_came_later() -> None:
    """Somebody showed a code and went away. The next one comes in on their own; the follower does not live on the old one."""
    early = [scan(n, 20.0 * n - 1.0) for n in range(3)]
    people = [walker(20.0 * n, speed=0.2) for n in range(3)]
    unused, own = scan(7, 52.5), scan(8, 60.0)
    found = watch([*people, walker(61.0, speed=0.2), walker(62.5, speed=0.2)], [*early, unused, own])
    assert [(one.kind, one.scan) for one in found[3:]] == [(IN, own), (FOLLOWS, own)]


def test_who_leaves_goes_out() -> None:
    (one,) = watch([walker(4.0, start=1.05, end=-0.05)])
    assert (one.kind, one.scan) == (OUT, None)


def test_two_who_leave_together_are_two() -> None:
    assert kinds(watch([walker(4.0, start=1.05, end=-0.05), walker(6.0, start=1.05, end=-0.05)])) == [OUT, OUT]


def test_who_steps_back_at_the_door_comes_in_again_on_the_same_code() -> None:
    hesitates = Walker([(4, -0.05), (7, 0.4), (8, 0.4), (10, 0.15), (10.5, 0.15), (13, 0.6), (17, 1.05)])
    found = watch([hesitates], [scan(1, 3.0)])
    assert [(one.kind, one.scan) for one in found] == [(IN, scan(1, 3.0)), (OUT, None), (IN, scan(1, 3.0))]


def test_a_code_given_back_is_void_once_somebody_else_has_shown_one() -> None:
    """Who came in went out again. Then another one comes in on their own code, and a third behind them on none."""
    gone = Walker([(4, -0.05), (7, 0.4), (7.5, 0.4), (10, -0.05)])
    found = watch([gone, walker(11.0, speed=0.2), walker(12.5, speed=0.2)], [scan(1, 3.0), scan(2, 10.5)])
    assert [(one.kind, one.scan) for one in found] == [
        (IN, scan(1, 3.0)),
        (OUT, None),
        (IN, scan(2, 10.5)),
        (FOLLOWS, scan(2, 10.5)),
    ]


def test_who_sways_on_the_line_crosses_it_once() -> None:
    sways = Walker([(4, -0.05), (7, X + 0.04), (8, X - 0.01), (9, X + 0.03), (10, X - 0.01), (11, X + 0.02), (15, 0.9)])
    assert kinds(watch([sways], [scan(1, 3.0)])) == [IN]


def test_who_stays_on_one_side_crosses_nothing() -> None:
    outside = Walker([(4, -0.05), (6, 0.2), (8, 0.2), (10, -0.05)])
    inside = Walker([(4, 1.05), (8, 0.45), (12, 1.05)])
    assert watch([outside, inside], [scan(1, 3.0)]) == []


def test_somebody_inside_whom_a_newcomer_meets_does_not_come_in_again() -> None:
    stays = Walker([(0, 1.05), (4, 0.5), (20, 0.5), (25, 1.05)], foot=0.86)
    assert kinds(watch([stays, walker(8.0)], [scan(1, 7.0)])) == [IN]


def test_the_line_ends_where_the_doorway_does() -> None:
    settings = replace(SETTINGS, line=(Point(X, 0.2), Point(X, 0.5)), inside=Point(0.7, 0.4))
    assert watch([walker(4.0)], [scan(1, 3.0)], settings) == []


def test_a_person_detector_that_sees_both_is_believed_without_an_outline() -> None:
    assert kinds(watch([walker(4.0), walker(5.5)], [scan(1, 3.0)], detector=True)) == [IN, FOLLOWS]
    assert kinds(watch([walker(4.0)], [scan(1, 3.0)], detector=True)) == [IN]


def test_a_late_detector_does_not_blind_the_gate() -> None:
    gate, tracker, found = Gate(SETTINGS), Tracker("hall"), []
    one = walker(1.0)
    for number in range(8 * FPS):
        box = one.box(number / FPS)
        seen = findings(number / FPS, [box] if box else [])
        late = Unseen(seen.stamp, "late", seen.changed, seen.blobs)
        found += gate.step(late.stamp, tracker.step(late), late, [scan(1, 0.5)])
    assert kinds(found) == [IN]


@pytest.mark.parametrize("line", [(), (Point(0.3, 0.6),), (Point(0.3, 0.6), Point(0.3, 0.6))])
def test_a_line_that_is_none_is_refused(line: tuple[Point, ...]) -> None:
    with pytest.raises(ValueError, match="points"):
        Gate(replace(SETTINGS, line=line))
