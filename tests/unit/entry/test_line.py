"""The line of the entrance: how far inside somebody is, in their own heights, however the line lies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.entry.line import ASPECT, Line
from agent.values import Box, Point

UPRIGHT = Line(Point(0.3, 0.6), Point(0.3, 1.0), Point(0.7, 0.9))
share = st.floats(0.0, 1.0)


def test_the_shop_side_is_positive_and_heights_are_those_of_who_stands_there() -> None:
    assert UPRIGHT.depth(Point(0.4, 0.8), 0.5) == pytest.approx(0.1 * ASPECT / 0.5)
    assert UPRIGHT.depth(Point(0.2, 0.8), 0.25) == pytest.approx(-0.1 * ASPECT / 0.25)
    assert UPRIGHT.of_box(Box(0.35, 0.4, 0.45, 0.9)) == pytest.approx(0.1 * ASPECT / 0.5)


def test_a_level_line_measures_down_the_picture() -> None:
    level = Line(Point(0.2, 0.5), Point(0.8, 0.5), Point(0.5, 0.9))
    assert level.depth(Point(0.5, 0.7), 0.4) == pytest.approx(0.5)


@given(share, share)
def test_it_does_not_matter_in_which_order_its_ends_are_given(x: float, y: float) -> None:
    turned = Line(UPRIGHT.b, UPRIGHT.a, UPRIGHT.inside)
    assert turned.depth(Point(x, y), 0.5) == pytest.approx(UPRIGHT.depth(Point(x, y), 0.5))


@given(share, share)
def test_with_the_inside_on_the_other_side_everything_is_turned_round(x: float, y: float) -> None:
    turned = Line(UPRIGHT.a, UPRIGHT.b, Point(0.1, 0.9))
    assert turned.depth(Point(x, y), 0.5) == pytest.approx(-UPRIGHT.depth(Point(x, y), 0.5))


def test_a_quarter_of_its_length_beyond_its_ends_still_counts() -> None:
    assert UPRIGHT.beside(Point(0.9, 0.51))
    assert UPRIGHT.beside(Point(0.1, 1.0))
    assert not UPRIGHT.beside(Point(0.3, 0.49))


@pytest.mark.parametrize("b", [Point(0.3, 0.6), Point(0.7, 0.9)])
def test_two_points_that_are_one_and_an_inside_on_the_line_are_refused(b: Point) -> None:
    with pytest.raises(ValueError, match="two different points"):
        Line(Point(0.3, 0.6), b, Point(0.7, 0.9))
