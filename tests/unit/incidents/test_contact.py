"""Hands on shelves, feet at tills, and the way out."""

from dataclasses import replace

import pytest

from agent.incidents.contact import at_door, at_edge, bearing, hands, near, stands_at, touches, way_of
from agent.values import Box, Point
from tests.unit.incidents.acting import Actor, block, body, stay

SHELF = block("2번 진열대", "shelf", 0.3, 0.4, 0.7, 0.7)
TILL = block("계산대", "till", 0.4, 0.8, 0.6, 1.0)
DOOR = block("출입문", "exit", 0.0, 0.6, 0.1, 0.9)
WALK = [(0, 0.1), (2, 0.9)]
STROLL = [(0, 0.45), (4, 0.85)]


def reaching(x, y, way=((0, 0.5), (9, 0.5)), **more):
    return Actor(1, way, points=lambda _, box: body(box, Point(x, y)), **more)


@pytest.mark.parametrize(
    ("actor", "expected"),
    [
        (reaching(0.5, 0.5), True),  # the hand is on it
        (reaching(0.5, 0.95), False),  # hanging, or at something else
        (reaching(0.29, 0.5), False),
        (reaching(0.5, 0.5, WALK), False),  # walking past it
        (reaching(0.5, 0.5, STROLL), True),
        (reaching(0.5, 0.65, foot=1.0), False),  # far in front of it: the arm is only in line with it
        (stay(1, 0, 9, 0.5, foot=0.75), True),  # no hands known: stands before it
        (stay(1, 0, 9, 0.5, foot=0.95), False),  # two steps away
        (stay(1, 0, 9, 0.1, foot=0.75), False),  # beside it
        (Actor(1, [(0, 0.3), (4, 0.9)], foot=0.75), False),  # walks by slowly
    ],
)
def test_a_hand_on_a_shelf(actor, expected):
    assert touches(bearing(actor.track(1)), SHELF) is expected


def test_wrists_that_are_not_seen_well_are_no_hands():
    track = reaching(0.5, 0.5).track(1)
    assert Point(0.5, 0.5) in hands(track)
    assert hands(stay(1, 0, 9).track(1)) is None
    weak = Actor(1, [(0, 0.5), (9, 0.5)], points=lambda _, box: tuple(replace(k, score=0.2) for k in body(box)))
    assert hands(weak.track(1)) is None


def test_arms_that_hang_do_nothing():
    standing = Actor(1, [(0, 0.5), (9, 0.5)], points=lambda _, box: body(box))
    assert hands(standing.track(1)) == ()
    unsure = Actor(
        1,
        [(0, 0.5), (9, 0.5)],
        points=lambda _, box: tuple(replace(k, score=0.2) if n == 7 else k for n, k in enumerate(body(box))),
    )
    assert len(hands(unsure.track(1))) == 1  # that elbow is not known, so the arm may be doing something


@pytest.mark.parametrize(
    ("actor", "expected"),
    [
        (stay(1, 0, 9, 0.5), True),
        (stay(1, 0, 9, 0.8), False),
        (Actor(1, WALK), False),  # passes through
        (reaching(0.58, 0.85, foot=0.7), True),  # behind it, a hand on it
    ],
)
def test_standing_at_a_till(actor, expected):
    assert stands_at(bearing(actor.track(1)), TILL) is expected


def test_speed_is_in_body_heights():
    assert bearing(Actor(1, WALK).track(1)).pace == pytest.approx(0.8 * 16 / 9)
    assert way_of(Actor(1, WALK).track(1)) == pytest.approx((0.4, 0.0))
    assert bearing(stay(1, 0, 9).track(5)).pace == 0
    assert bearing(stay(1, 0, 9).track(0)).pace == 0  # nothing is known yet


@pytest.mark.parametrize(("x", "expected"), [(0.05, True), (0.2, True), (0.4, False)])
def test_at_a_door(x, expected):
    assert at_door(stay(1, 0, 9, x).box(1), DOOR) is expected


FULL = Box(0.4, 0.3, 0.5, 0.8)


@pytest.mark.parametrize(
    ("box", "way", "expected"),
    [
        (FULL, (0.0, 0.0), False),
        (Box(0.0, 0.3, 0.06, 0.8), (0.0, 0.0), True),
        (Box(0.95, 0.3, 1.0, 0.8), (0.0, 0.0), True),
        (Box(0.8, 0.3, 0.9, 0.8), (0.3, 0.0), True),  # a step from the edge, going
        (Box(0.4, 0.5, 0.5, 1.0), (0.0, 0.0), False),  # feet are never seen on this camera
        (Box(0.4, 0.8, 0.5, 1.0), (0.0, 0.0), True),  # sunk below it
        (Box(0.4, 0.5, 0.5, 1.0), (0.0, 0.2), True),
        (Box(0.4, 0.0, 0.5, 0.2), (0.0, 0.0), True),  # through a door at the far end
        (Box(0.4, 0.0, 0.5, 0.5), (0.0, 0.0), False),
    ],
)
def test_at_the_edge_of_the_picture(box, way, expected):
    assert at_edge(box, FULL, way) is expected


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (Box(0.40, 0.8, 0.48, 0.9), True),
        (Box(0.74, 0.8, 0.82, 0.9), False),  # a picture is wider than high: that is more than a body height
        (Box(0.40, 0.2, 0.48, 0.3), False),
    ],
)
def test_near_is_measured_in_body_heights_both_ways(place, expected):
    assert near(Box(0.4, 0.4, 0.48, 0.9), 0.5, place, 1.0) is expected
