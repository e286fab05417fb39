"""Inside, outside, on the line."""

import pytest

from agent.incidents.geometry import away, distance, inside, shared_area
from agent.incidents.zones import stands_in, stayed, zones_of
from agent.settings import crosses_itself, enclosed_area
from agent.values import Box, Point, TrackPoint
from tests.unit.incidents.acting import area

SQUARE = (Point(0.2, 0.2), Point(0.6, 0.2), Point(0.6, 0.6), Point(0.2, 0.6))
HOOK = (Point(0, 0), Point(0.9, 0), Point(0.9, 0.9), Point(0.6, 0.9), Point(0.6, 0.3), Point(0, 0.3))  # an L lying on its back
BOW = (Point(0, 0), Point(1, 1), Point(1, 0), Point(0, 1))


@pytest.mark.parametrize(
    ("x", "y", "polygon", "expected"),
    [
        (0.4, 0.4, SQUARE, True),
        (0.1, 0.4, SQUARE, False),
        (0.7, 0.4, SQUARE, False),
        (0.4, 0.1, SQUARE, False),
        (0.4, 0.7, SQUARE, False),
        (0.2, 0.4, SQUARE, True),  # on an edge
        (0.6, 0.6, SQUARE, True),  # on a corner
        (0.1, 0.2, SQUARE, False),  # in line with an edge
        (0.7, 0.2, SQUARE, False),
        (0.3, 0.6, HOOK, False),  # in the bend
        (0.7, 0.6, HOOK, True),
        (0.3, 0.1, HOOK, True),
    ],
)
def test_inside(x, y, polygon, expected):
    assert inside(Point(x, y), polygon) is expected
    assert inside(Point(x, y), tuple(reversed(polygon))) is expected


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [(0.4, 0.4, 0.0), (0.2, 0.2, 0.0), (0.1, 0.4, 0.1), (0.4, 0.75, 0.15), (0.9, 1.0, 0.5), (0.6, 0.7, 0.1)],
)
def test_away_from_a_polygon(x, y, expected):
    assert away(Point(x, y), SQUARE) == pytest.approx(expected)
    assert away(Point(x, y), tuple(reversed(SQUARE))) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("polygon", "box", "expected"),
    [
        (SQUARE, Box(0, 0, 1, 1), 0.16),
        (SQUARE, Box(0.3, 0.3, 0.5, 0.5), 0.04),
        (SQUARE, Box(0.4, 0.0, 1.0, 0.4), 0.04),
        (SQUARE, Box(0.7, 0.0, 1.0, 1.0), 0.0),
        (SQUARE, Box(0.6, 0.0, 1.0, 1.0), 0.0),  # only the edge
        (HOOK, Box(0.0, 0.2, 1.0, 0.6), 0.9 * 0.1 + 0.3 * 0.3),  # around the bend
        ((Point(0, 0), Point(1, 0), Point(0, 1)), Box(0, 0, 1, 0.5), 0.375),
    ],
)
def test_the_part_of_a_polygon_in_a_box(polygon, box, expected):
    assert shared_area(polygon, box) == pytest.approx(expected)
    assert shared_area(tuple(reversed(polygon)), box) == pytest.approx(expected)


def test_distance():
    assert distance(Point(0, 0), Point(0.3, 0.4)) == pytest.approx(0.5)


@pytest.mark.parametrize(("polygon", "expected"), [(SQUARE, False), (HOOK, False), (BOW, True), (SQUARE[:3], False)])
def test_crossing_outlines(polygon, expected):
    assert crosses_itself(polygon) is expected


def test_area():
    assert enclosed_area(SQUARE) == pytest.approx(0.16)
    assert enclosed_area(tuple(reversed(HOOK))) == pytest.approx(0.27 + 0.18)


def test_people_stand_where_their_feet_are():
    zone = area("z", "staff", 0.0, 0.5)
    assert stands_in(Box(0.3, 0.1, 0.5, 0.9), zone)
    assert not stands_in(Box(0.45, 0.1, 0.75, 0.9), zone)
    assert stands_in(Box(0.3, 0.5, 0.5, 1.2), zone)  # cut off by the lower edge of the picture


def test_zones_of_a_kind():
    zones = (area("a", "staff", 0, 1), area("b", "till", 0, 1), area("c", "staff", 0, 1))
    assert [z.name for z in zones_of(zones, ("staff",))] == ["a", "c"]


def path(*points):
    """(second, inside?, seen?) as a path."""
    return tuple(TrackPoint(t, Box(0.1, 0, 0.2, 0.5) if here else Box(0.8, 0, 0.9, 0.5), seen) for t, here, seen in points)


def steady(start, end, here=True, seen=True):
    return [(float(t), here, seen) for t in range(start, end + 1)]


@pytest.mark.parametrize(
    ("points", "now_s", "expected"),
    [
        (steady(0, 10), 10, True),
        (steady(0, 9), 9, False),  # not long enough
        ([], 10, False),
        (steady(0, 10, here=False), 10, False),
        (steady(0, 10, seen=False), 10, False),  # predictions are no evidence
        (steady(0, 4) + steady(5, 7, here=False) + steady(8, 12), 12, True),  # stepped over the line
        (steady(0, 4) + steady(5, 7, seen=False) + steady(8, 12), 12, True),  # the detector blinked
        (steady(0, 4) + steady(8, 12), 12, True),  # no points at all
        (steady(0, 4) + steady(5, 9, here=False) + steady(10, 14), 14, False),  # gone for longer than the gap
        (steady(0, 10) + steady(11, 14, here=False), 14, True),  # just left, and may come back
        (steady(0, 10) + steady(11, 15, here=False), 15, False),
        (steady(0, 4) + steady(9, 18), 18, False),
        (steady(0, 4) + steady(9, 19), 19, True),
    ],
)
def test_how_long_somebody_stayed(points, now_s, expected):
    assert stayed(path(*points), lambda box: box.left < 0.5, now_s, seconds=10, gap_s=4) is expected
