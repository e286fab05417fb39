"""Whose place a masked cell is: one person can be shown, and never anybody else with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from agent.detection.findings import Cells, Unseen, box_slices, filled_share, zone_cells
from agent.masking.levels import CLEAR, FILL
from agent.masking.owners import Owned, plan_owned
from agent.masking.plan import Care, Seen
from agent.values import Box, Person, Point, Track
from tests.unit.masking.test_plan import BODY, HEAD, NOTHING, POINTS, ROWS, seen, track

FAR = Box(0.70, 0.20, 0.85, 0.90)
FAR_HEAD = Box(0.74, 0.20, 0.81, 0.32)
BESIDE = Box(0.50, 0.20, 0.65, 0.90)  # overlaps the right third of BODY
ME = Person(BODY, 0.8, POINTS, HEAD)
THEM = Person(FAR, 0.8, POINTS, FAR_HEAD)
MINE, THEIRS = track(number=1), track(FAR, head=FAR_HEAD, number=2)


def owned(now: Seen, around: Sequence[Seen] = (), fixed: Cells | None = None) -> Owned:
    film = sorted((*around, now), key=lambda one: one.stamp.index)
    return plan_owned(film, ROWS, fixed, Care())[film.index(now)]


def open_share(one: Owned, tracks: Sequence[int], box: Box) -> float:
    return filled_share(one.shown(tracks).levels == CLEAR, box)


def test_without_a_choice_everybody_is_hidden() -> None:
    one = owned(seen(0, [ME, THEM], tracks=[MINE, THEIRS]))
    assert filled_share(one.mask.levels == FILL, BODY) == filled_share(one.mask.levels == FILL, FAR) == 1
    assert np.array_equal(one.shown([]).levels, one.mask.levels)
    assert np.array_equal(one.shown([0, 99]).levels, one.mask.levels)  # 0 stands for nobody


def test_a_mask_that_shows_somebody_says_so() -> None:
    one = owned(seen(0, [ME], tracks=[MINE]))
    assert (one.mask.reveals, one.shown([1]).reveals) == (False, True)


def test_the_chosen_one_is_shown_with_head_and_the_other_stays_hidden() -> None:
    one = owned(seen(0, [ME, THEM], tracks=[MINE, THEIRS], faces=[HEAD, FAR_HEAD]))
    assert open_share(one, [1], BODY) == 1
    assert open_share(one, [1], FAR) == 0
    assert open_share(one, [2], FAR) == 1
    assert open_share(one, [1, 2], BODY) == 1


def test_where_two_people_overlap_nobody_is_shown() -> None:
    other = Person(BESIDE, 0.8)
    one = owned(seen(0, [ME, other], tracks=[MINE, track(BESIDE, head=None, number=2)]))
    for chosen in ([1], [2], [1, 2]):
        assert not (one.shown(chosen).levels[box_slices(ROWS, Box(0.50, 0.20, 0.55, 0.90))] == CLEAR).any()
    assert open_share(one, [1], Box(0.41, 0.2, 0.48, 0.9)) == 1


@pytest.mark.parametrize(
    "tracks",
    [
        [],  # nobody follows them
        [replace(MINE, seen=False)],  # only predicted
        [replace(MINE, by="change")],  # only the empty shop differs
        [MINE, track(Box(0.41, 0.2, 0.56, 0.9), number=2)],  # could be either of two
        [track(Box(0.46, 0.20, 0.61, 0.90))],  # somewhat elsewhere
    ],
)
def test_who_is_not_surely_told_apart_is_not_shown(tracks: list[Track]) -> None:
    one = owned(seen(0, [ME], tracks=tracks))
    assert not one.owners.any()


def test_a_weak_hit_is_not_shown_but_hides_who_is_under_it() -> None:
    assert not owned(seen(0, [replace(ME, score=0.3)], tracks=[MINE])).owners.any()
    one = owned(seen(0, [ME, Person(Box(0.42, 0.5, 0.53, 0.9), 0.12)], tracks=[MINE]))
    assert open_share(one, [1], Box(0.42, 0.5, 0.53, 0.9)) == 0
    assert open_share(one, [1], HEAD) == 1


def test_another_face_stays_hidden() -> None:
    child = Box(0.45, 0.60, 0.49, 0.68)
    one = owned(seen(0, [ME], tracks=[MINE], faces=[HEAD, child]))
    assert open_share(one, [1], child) == 0
    assert open_share(one, [1], HEAD) == 1
    two_heads = owned(seen(0, [ME], tracks=[MINE], faces=[HEAD, Box(0.45, 0.22, 0.50, 0.31)]))
    assert open_share(two_heads, [1], HEAD) == 0


def test_somebody_hidden_behind_stays_hidden() -> None:
    lost = replace(track(Box(0.46, 0.3, 0.54, 0.85), number=2, last_s=-0.2), seen=False)
    one = owned(seen(0, [ME], tracks=[MINE, lost]))
    assert open_share(one, [1], lost.box) == 0


def test_privacy_zones_stay_hidden() -> None:
    zone = zone_cells([(Point(0.4, 0.2), Point(0.6, 0.2), Point(0.6, 0.5), Point(0.4, 0.5))], ROWS)
    one = owned(seen(0, [ME], tracks=[MINE]), fixed=zone)
    assert open_share(one, [1], HEAD) == 0
    assert open_share(one, [1], Box(0.42, 0.6, 0.53, 0.85)) == 1


def test_a_late_or_blind_frame_shows_nobody() -> None:
    now = seen(0, [ME], tracks=[MINE])
    late = replace(now, findings=Unseen(now.stamp, "late", NOTHING))
    blind = seen(0, [ME], tracks=[MINE], changed=None)
    assert not owned(late).owners.any()
    assert not owned(blind).owners.any()


def test_between_two_looks_the_chosen_one_is_shown_too() -> None:
    looks = [seen(index, [ME], tracks=[MINE]) for index in (0, 2)]
    one = owned(seen(1, tracks=[MINE], looked=False), looks)
    assert open_share(one, [1], BODY) == 1


# between two looks of the detector (it looks three times a second, a clip has eight frames a second)


def test_who_comes_in_between_two_looks_is_not_shown_while_they_cross() -> None:
    """At the next look the newcomer stands beside the chosen one; before that they walked through in front of them."""
    there = Box(0.58, 0.20, 0.73, 0.90)
    came = Person(there, 0.8, POINTS, Box(0.62, 0.20, 0.69, 0.32))
    film = [
        seen(0, [ME], tracks=[MINE]),
        seen(1, tracks=[MINE], looked=False),
        seen(2, tracks=[MINE], looked=False),
        seen(3, [ME, came], tracks=[MINE, track(there, number=2)]),
    ]
    made = plan_owned(film, ROWS, None, Care())
    crossing = Box(0.46, 0.20, 0.55, 0.90)
    assert [open_share(one, [1], crossing) for one in made] == [1, 0, 0, 1]


def test_who_runs_past_between_two_looks_is_not_shown() -> None:
    left, right, lagging = (Box(x, 0.2, x + 0.15, 0.9) for x in (0.20, 0.60, 0.24))
    film = [
        seen(0, [ME, Person(left, 0.8)], tracks=[MINE, track(left, head=None, number=2)]),
        seen(2, tracks=[MINE, track(lagging, head=None, number=2)], looked=False),  # where the tracker expects them
        seen(3, [ME, Person(right, 0.8)], tracks=[MINE, track(right, head=None, number=2)]),
    ]
    made = plan_owned(film, ROWS, None, Care())
    assert open_share(made[1], [1], BODY) == 0
    assert open_share(made[0], [1], BODY) == open_share(made[2], [1], BODY) == 1


def test_somebody_far_away_hides_nobody_between_two_looks() -> None:
    film = [
        seen(0, [ME, THEM], tracks=[MINE, THEIRS]),
        seen(1, tracks=[MINE, THEIRS], looked=False),
        seen(2, [ME, THEM], tracks=[MINE, THEIRS]),
    ]
    assert open_share(plan_owned(film, ROWS, None, Care())[1], [1], BODY) == 1


def test_who_was_seen_a_moment_before_and_after_is_not_shown_when_the_detector_misses_them_once() -> None:
    child = Person(Box(0.43, 0.5, 0.52, 0.9), 0.35)  # too weak to be followed
    film = [seen(0, [ME, child], tracks=[MINE]), seen(1, [ME], tracks=[MINE]), seen(2, [ME, child], tracks=[MINE])]
    made = plan_owned(film, ROWS, None, Care())
    assert open_share(made[1], [1], child.box) == 0
    assert open_share(made[1], [1], HEAD) == 1


def test_who_is_seen_in_one_of_the_two_looks_only_is_not_shown_between_them() -> None:
    stranger = Person(Box(0.43, 0.20, 0.58, 0.90), 0.8, POINTS, Box(0.47, 0.20, 0.54, 0.32))
    for after in (seen(3), seen(3, [stranger], tracks=[track(stranger.box, head=stranger.head, number=2)])):
        film = [seen(0, [ME], tracks=[MINE]), seen(1, tracks=[MINE], looked=False), after]
        assert not plan_owned(film, ROWS, None, Care())[1].owners.any()
    assert not plan_owned(film[:2], ROWS, None, Care())[1].owners.any()  # nobody looked again
