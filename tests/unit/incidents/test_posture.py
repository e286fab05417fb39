"""Who lies, and who only bends, squats or sits."""

import pytest

from agent.incidents.posture import lies_by_box, lies_by_points, stands
from agent.values import Box, Keypoint
from tests.unit.incidents.acting import body, flat

UPRIGHT = Box(0.45, 0.3, 0.52, 0.8)  # half the picture high
LYING = Box(0.4, 0.7, 0.65, 0.82)


def pose(head, shoulders, hips, lean=0.0, score=0.9):
    """Body points with heights above the lowest point of LYING, in upright heights; lean: of the trunk, level."""
    points = [Keypoint(0, 0, 0.0)] * 17
    for numbers, height, x in (((0,), head, lean), ((5, 6), shoulders, lean), ((11, 12), hips, 0.0)):
        for number in numbers:
            points[number] = Keypoint(0.5 + x, LYING.bottom - height * UPRIGHT.height, score)
    return tuple(points)


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        (pose(0.1, 0.1, 0.1, lean=0.15), True),  # across the picture
        (pose(0.4, 0.35, 0.2), True),  # along the camera's view: nothing is far above the floor
        (pose(0.93, 0.8, 0.5), False),  # stands
        (pose(0.5, 0.5, 0.5, lean=0.1), False),  # bends
        (pose(0.6, 0.45, 0.2), False),  # squats
        (pose(0.6, 0.45, 0.2, lean=0.2), False),  # squats and leans over
        (pose(0.5, 0.35, 0.05), False),  # sits on the floor
        (pose(0.4, 0.42, 0.1), False),  # sits with the head on the knees
        (pose(0.1, 0.1, 0.1, lean=0.15, score=0.2), None),  # not seen well
        ((), None),
    ],
)
def test_by_body_points(points, expected):
    assert lies_by_points(points, LYING, UPRIGHT.height) is expected


def test_without_a_height_the_points_say_nothing():
    assert lies_by_points(pose(0.1, 0.1, 0.1, lean=0.15), LYING, 0.0) is None


def test_without_a_head_only_a_level_trunk_lies():
    headless = [Keypoint(0, 0, 0.0)] * 5
    assert lies_by_points((*headless, *pose(0, 0.1, 0.1, lean=0.15)[5:]), LYING, UPRIGHT.height) is True
    assert lies_by_points((*headless, *pose(0, 0.3, 0.1)[5:]), LYING, UPRIGHT.height) is False


def test_the_actors_own_bodies():
    assert lies_by_points(body(UPRIGHT), UPRIGHT, UPRIGHT.height) is False
    assert lies_by_points(flat(LYING), LYING, UPRIGHT.height) is True


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        (UPRIGHT, False),
        (LYING, True),
        (Box(0.4, 0.5, 0.5, 0.8), False),  # bends
        (Box(0.42, 0.55, 0.52, 0.8), False),  # squats
        (Box(0.45, 0.7, 0.55, 0.8), False),  # a bag that was left behind: too small for somebody
        (Box(0.45, 0.69, 0.6, 0.8), False),  # a large one: half as long as they are high
        (Box(0.3, 0.3, 0.9, 0.8), False),  # as high as ever: somebody else walks behind
    ],
)
def test_by_the_outline(box, expected):
    assert lies_by_box(box, UPRIGHT) is expected


def test_two_who_stood_together_are_no_measure():
    both = Box(0.4, 0.3, 0.6, 0.8)
    assert lies_by_box(LYING, both)


def test_what_may_be_somebody_upright():
    assert stands(UPRIGHT)
    assert not stands(LYING)
