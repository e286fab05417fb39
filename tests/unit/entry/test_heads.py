"""One region of change: whether it is one person's or two people's, by its outline and by how tall people are there."""

from __future__ import annotations

import numpy as np
import pytest

from agent.entry.heads import outline, score, two_people
from agent.entry.stature import Stature
from agent.values import Box
from tests.unit.entry.doorway import ROWS, cells, findings, walker

ONE = Box(0.4, 0.45, 0.4 + 0.36 * 0.45 * 9 / 16, 0.9)


def looks(*boxes: Box, excess: float | None = None) -> float:
    (region,) = findings(0.0, boxes).blobs
    found = outline(cells(boxes), region)
    assert found is not None
    return score(found, excess)


def beside(shift: float) -> Box:
    """Another one, so many body heights to the right."""
    across = shift * 0.45 * 9 / 16
    return Box(ONE.left + across, ONE.top, ONE.right + across, ONE.bottom)


def test_one_who_walks_past_does_not_look_like_two() -> None:
    assert looks(ONE) < 0
    assert looks(ONE, excess=0.05) < 0


@pytest.mark.parametrize("shift", [0.25, 0.3, 0.4])
def test_a_second_head_beside_the_first_looks_like_two(shift: float) -> None:
    assert looks(ONE, beside(shift)) > 0
    assert looks(ONE, beside(shift), excess=0.0) > 0


def test_who_hides_the_other_looks_like_one_unless_it_is_known_how_tall_one_is() -> None:
    behind = Box(ONE.left, ONE.top - 0.12, ONE.right, ONE.bottom - 0.12)
    assert looks(ONE, behind) < 0
    assert looks(ONE, behind, excess=0.27) > looks(ONE, behind)


def test_the_outline_says_where_the_farthest_head_and_the_nearest_feet_are() -> None:
    far = Box(0.6, 0.3, 0.65, 0.6)
    joined = cells((ONE, Box(0.44, 0.4, 0.6, 0.6), far))
    found = outline(joined, Box(0.4, 0.3, 0.65, 0.9))
    assert found is not None
    assert found.top_x > 0.58
    assert found.foot_x == pytest.approx(ONE.centre.x, abs=0.03)


def test_a_region_outside_the_picture_has_no_outline() -> None:
    assert outline(np.zeros((ROWS, 96), bool), Box(1.1, 0.2, 1.2, 0.9)) is None


def test_two_plain_looks_are_enough_and_five_weak_ones_too() -> None:
    assert two_people([2.0, 2.5])
    assert not two_people([5.0])
    assert not two_people([0.5, 0.6, 0.4])
    assert two_people([0.4, 0.2, 0.5, 0.1, 0.3])


def test_what_the_newest_look_does_not_bear_out_is_not_believed() -> None:
    assert not two_people([2.0, 2.0, 2.0, 2.0, -1.0])


def taught() -> Stature:
    """People of whom each is as tall as the perspective says: 0.3 at the back to 0.5 in front."""
    stature = Stature()
    for body in range(6):
        for foot in (0.6, 0.7, 0.8, 0.9):
            stature.learn(body, tall(foot))
    return stature


def tall(foot: float, factor: float = 1.0) -> Box:
    height = (0.3 + (foot - 0.6) * 2 / 3) * factor
    return Box(0.4, foot - height, 0.45, foot)


def test_nobody_knows_how_tall_people_are_before_some_have_walked_by() -> None:
    stature = Stature()
    assert stature.excess(tall(0.8)) is None
    for _ in range(50):
        stature.learn(1, tall(0.8))  # one who stands there teaches once
    assert stature.excess(tall(0.8)) is None


@pytest.mark.parametrize("foot", [0.62, 0.75, 0.88])
def test_how_tall_people_are_follows_the_perspective(foot: float) -> None:
    assert taught().excess(tall(foot)) == pytest.approx(0.0, abs=0.01)
    assert taught().excess(tall(foot, 1.2)) == pytest.approx(0.2, abs=0.02)


@pytest.mark.parametrize("foot", [0.45, 1.0])
def test_how_tall_people_are_is_not_known_where_nobody_walked(foot: float) -> None:
    """The line through what was seen leads on, but how surely falls with the distance: no height is told from it."""
    assert taught().excess(tall(foot)) is None


@pytest.mark.parametrize(("people", "known"), [(1, False), (2, False), (6, True)])
def test_many_looks_at_one_person_do_not_say_how_tall_people_are(people: int, known: bool) -> None:
    stature = Stature()
    for body in range(people):
        for step in range(12):
            stature.learn(body, tall(0.55 + 0.051 * (step % 8)))
            stature.learn(body, tall(0.56 + 0.051 * (step % 8)))
    assert (stature.excess(tall(0.75)) is not None) is known


def test_some_who_were_two_do_not_spoil_what_is_known() -> None:
    stature = taught()
    for body in range(6, 9):
        stature.learn(body, tall(0.8, 1.35))
    assert stature.excess(tall(0.8)) == pytest.approx(0.0, abs=0.03)


def test_people_are_drawn_as_wide_as_walkers_are() -> None:
    box = walker(0.0).box(4.0)
    assert box is not None
    assert findings(4.0, [box]).blobs[0].height == pytest.approx(box.height, abs=0.04)
