"""A thing that was left on the floor among people: it stays one thing, and is whose it was when it came to stand there."""

from __future__ import annotations

import pytest

from agent.detection.touch_log import TouchLog
from agent.values import AlterationKind, Box, Track
from tests.unit.detection.test_alterations import BESIDE, FLOOR, Shop, Watched

TOUCHING = Box(0.555, 0.30, 0.735, 0.98)  # stands at it, so close that both are one region of change
AWAY = Box(0.75, 0.30, 0.93, 0.98)


def put_down(*, detector: bool = False) -> Watched:
    """The thing has stood on the floor for two and a half seconds; whoever brought it has just gone."""
    watched = Watched(Shop(), detector=detector)
    watched.see(10)
    watched.see(3, BESIDE)
    watched.shop.things = [(FLOOR, 3)]
    watched.see(1, BESIDE)
    watched.see(2.5)
    assert watched.known == (), "it has not rested for long enough yet"
    return watched


def test_it_is_told_while_somebody_else_stands_close_beside_it():
    watched = put_down()
    known = watched.see(8, TOUCHING)
    (left,) = (a for a in known if a.kind is AlterationKind.LEFT)
    assert left.box.width < 1.5 * FLOOR.width, "it is the thing, without the one beside it"
    assert left.tracks == (1,)


def test_whoever_stood_before_it_in_between_did_not_bring_it():
    watched = put_down(detector=True)
    for left in (0.75, 0.70, 0.65, 0.60, 0.55, 0.50, 0.45, 0.45, 0.50, 0.55, 0.60, 0.65, 0.70, 0.75):  # comes and goes
        watched.see(0.5, Box(left, 0.30, left + 0.18, 0.98))
    assert 2 in {track.id for track in watched.tracks}
    (left,) = watched.see(8)
    assert left.tracks == (1,)


def test_what_looks_the_same_before_and_long_after_need_not_rest_again():
    def told_after_s(hidden_s: float) -> float:
        watched = put_down()
        watched.see(hidden_s, BESIDE)
        free_s = watched.shop.now_s
        while not watched.see(0.25):
            assert watched.shop.now_s < free_s + 20
        return watched.shop.now_s - free_s

    assert told_after_s(8.0) <= told_after_s(1.0) - 0.5


def test_what_was_held_for_a_thing_and_is_taken_away_again_is_forgotten():
    watched = put_down()
    watched.shop.things = []
    assert watched.see(10) == ()
    assert watched.see(5, TOUCHING) == ()
    assert watched.see(10) == ()


def test_a_camera_that_is_nudged_meanwhile_does_not_matter():
    watched = put_down()
    watched.shop.shift = (2, 3)
    (left,) = (a for a in watched.see(12) if a.kind is AlterationKind.LEFT)
    assert left.tracks == (1,)


PLACE = Box(0.4, 0.8, 0.5, 0.9)
OVER, ARMS_LENGTH = Box(0.45, 0.3, 0.55, 0.95), Box(0.56, 0.3, 0.66, 0.95)


@pytest.mark.parametrize(
    ("who", "laid", "expected"),
    [
        ({1: OVER, 2: ARMS_LENGTH}, False, (1, 2)),
        ({1: OVER, 2: ARMS_LENGTH}, True, (1,)),  # whoever lays something down is over its place
        ({2: ARMS_LENGTH}, True, (2,)),  # hidden legs, say: then whoever was within reach
        ({1: AWAY}, True, ()),
    ],
)
def test_who_may_have_laid_something_there(who, laid, expected):
    log = TouchLog()
    log.note(1.0, [Track(n, "camera", box, True, 0.9, "person", 0.0, 1.0) for n, box in who.items()])
    assert log.near(PLACE, 0.5, 2.0, 16 / 9, laid=laid) == expected


def test_how_high_somebody_has_been_since():
    log = TouchLog()
    log.note(1.0, [Track(1, "camera", Box(0.1, 0.2, 0.2, 0.9), True, 0.9, "person", 0.0, 1.0)])
    log.note(2.0, [Track(1, "camera", Box(0.1, 0.4, 0.2, 0.9), True, 0.9, "person", 0.0, 2.0)])
    assert [round(log.tallest(since_s), 2) for since_s in (0.5, 1.5, 2.5)] == [0.7, 0.5, 0.0]
