"""Somebody collapsed, a thing left behind, staying after closing: each branch, on written-out visits."""

from dataclasses import replace

import pytest

from agent.incidents.engine import Closed, IncidentEngine
from agent.incidents.rules.after_closing import after_closing
from agent.incidents.rules.collapse import collapse
from agent.incidents.rules.intrusion import intrusion
from agent.incidents.rules.left_object import left_object
from agent.incidents.visit import Leaving, Visit
from agent.settings import IncidentSettings
from agent.values import AlterationKind, Box, Severity
from tests.unit.incidents.acting import Actor, area, block, change, play, scene, stamp, stay

SET = IncidentSettings()
NEAR, FAR = Box(0.3, 0.4, 0.4, 0.9), Box(0.8, 0.4, 0.9, 0.9)


def off(name):
    return tuned(name, enabled=False)


def tuned(name, **more):
    return replace(SET, **{name: replace(getattr(SET, name), **more)})


def visit(track=7, **more):
    return Visit(**({"track": track, "seen_as": track, "members": (track,), "entered_s": 0.0, "last_s": 30.0,
                     "entered_open": True, "box": FAR, "upright": FAR} | more))  # fmt: skip


def shop(actors, until, zones=(), settings=SET, **more):
    engine = IncidentEngine("cam", settings)
    told = more.pop("told", lambda _: {})
    changes = [c for _, c in play(engine, until, lambda t: scene(t, actors, zones, **(more | told(t))))]
    return [c.incident for c in changes + engine.finish(stamp(until)) if isinstance(c, Closed)]


# collapse


@pytest.mark.parametrize(
    ("lying_since_s", "settings", "expected"),
    [
        (24.0, SET, True),
        (24.5, SET, False),
        (None, SET, False),
        (20.0, tuned("collapse", seconds=15.0), False),
        (20.0, off("collapse"), False),
    ],
)
def test_collapse(lying_since_s, settings, expected):
    signs = list(collapse(scene(30, visits=(visit(lying_since_s=lying_since_s),)), settings))
    assert len(signs) == expected
    for sign in signs:
        assert sign.reason.ko == "한 사람이 바닥에 쓰러져 움직이지 않습니다. 바로 확인해 주세요."
        assert sign.reason.en == "Somebody lies on the floor and does not move. Check at once."
        assert (sign.severity, sign.tracks, sign.since_s, sign.parts) == (Severity.NOW, (7,), 24.0, 1)


# what is followed as a person may be what somebody put down

ON_FLOOR = Box(0.3, 0.8, 0.38, 0.9)
LEFT_THERE = change(6, AlterationKind.LEFT, 20.0, 8, box=ON_FLOOR)


@pytest.mark.parametrize(
    ("thing", "lies_in", "told"),
    [
        (LEFT_THERE, ON_FLOOR, False),  # too small for the one who was there
        (replace(LEFT_THERE, tracks=()), ON_FLOOR, False),  # too small for the one who is said to lie there
        (replace(LEFT_THERE, box=Box(0.3, 0.8, 0.55, 0.92)), Box(0.3, 0.8, 0.55, 0.92), True),  # as large as a body
        (replace(LEFT_THERE, undone_s=25.0), ON_FLOOR, True),  # it is not there any more
        (replace(LEFT_THERE, kind=AlterationKind.REMOVED), ON_FLOOR, True),
        (LEFT_THERE, Box(0.6, 0.8, 0.68, 0.9), True),  # it stands elsewhere
    ],
)
def test_a_thing_that_was_found_is_nobody_who_collapsed(thing, lies_in, told):
    lies = visit(box=lies_in, lying_since_s=22.0)
    signs = collapse(scene(30, visits=(lies, visit(8, left=Leaving(12.0, "문", 14.0))), alterations=(thing,)), SET)
    assert [s.reason.en[:18] for s in signs] == ["Somebody lies on t"] * told


# a body that nobody followed to the floor

BODY = change(5, AlterationKind.LEFT, 30.0, 7, box=Box(0.3, 0.8, 0.55, 0.92), since_s=22.0)
OUT = Leaving(25.0, "문", 27.0)


@pytest.mark.parametrize(
    ("thing", "visits", "at_s", "settings", "who"),
    [
        (BODY, [visit(last_s=24.0)], 30, SET, 7),  # lost where the body lies
        (BODY, [visit(left=OUT), visit(8, last_s=15.0)], 30, SET, 8),  # taken for another one, who left
        (BODY, [visit(left=OUT)], 30, SET, None),  # all have gone: a large thing
        (BODY, [visit()], 30, SET, None),  # stands elsewhere
        (BODY, [visit(left=OUT), visit(8, entered_s=31.0, last_s=32.0)], 33.5, SET, None),  # came later
        (replace(BODY, box=Box(0.3, 0.8, 0.4, 0.92)), [visit(last_s=24.0)], 30, SET, None),  # a bag
        (replace(BODY, box=Box(0.3, 0.3, 0.55, 0.42)), [visit(last_s=24.0)], 30, SET, None),  # hangs on the wall
        (replace(BODY, kind=AlterationKind.REMOVED), [visit(last_s=24.0)], 30, SET, None),
        (replace(BODY, undone_s=30.0), [visit(last_s=24.0)], 30, SET, None),  # got up
        (replace(BODY, since_s=28.0), [visit(last_s=24.0)], 32, SET, None),  # has not lain for long
        (replace(BODY, since_s=28.0), [visit(last_s=24.0)], 34, SET, 7),
        (BODY, [visit(last_s=24.0)], 30, off("collapse"), None),
    ],
)
def test_something_as_large_as_a_person_may_be_the_one_who_is_missing(thing, visits, at_s, settings, who):
    signs = list(collapse(scene(at_s, visits=tuple(visits), alterations=(thing,)), settings))
    assert [s.tracks for s in signs] == ([] if who is None else [(who,)])
    for sign in signs:
        assert sign.reason.ko.startswith("사람만 한 것이 바닥에 있고")
        assert sign.reason.en.startswith("Something as large as a person is on the floor")
        assert (sign.severity, sign.since_s, sign.parts) == (Severity.NOW, thing.since_s, 1)


@pytest.mark.parametrize(("left", "told"), [(None, 0), (OUT, 1)])
def test_it_is_no_thing_left_behind_until_everybody_has_gone(left, told):
    who = visit(last_s=24.0, left=left)
    signs = left_object(scene(50, visits=(who,), alterations=(BODY,)), SET)
    assert len(list(signs)) == told


def test_who_is_followed_where_they_lie_is_with_themselves():
    who = visit(box=BODY.box, last_s=50.0)
    assert not list(left_object(scene(50, visits=(who,), alterations=(BODY,)), SET))
    assert list(left_object(scene(50, visits=(visit(left=OUT),), alterations=(BODY,)), SET))


def lying(t, upright):
    return upright if t < 10 else Box(upright.left - 0.1, 0.78, upright.left + 0.2, 0.9)


def squatting(t, upright):
    return upright if t < 10 else Box(upright.left, 0.62, upright.right, 0.9)


@pytest.mark.parametrize("by", ["person", "change"])
def test_somebody_who_falls_is_one_incident_from_then_on(by):
    walker = Actor(1, [(0, 0.2), (5, 0.5), (60, 0.5)], shaped=lying, by=by)
    (incident,) = (i for i in shop([walker], 90) if i.rule == "collapse")
    assert incident.opened_s == 10
    assert incident.tracks == (1,)


def test_somebody_who_squats_is_none():
    assert not [i for i in shop([stay(1, 0, 60, shaped=squatting)], 60) if i.rule == "collapse"]


def test_a_bag_that_takes_the_number_along_is_nobody_who_collapsed():
    def bag(t, upright):
        return upright if t < 10 else Box(upright.left, 0.82, upright.right, 0.9)

    carrier = Actor(1, [(0, 0.2), (5, 0.5), (60, 0.5)], shaped=bag, by="change")
    assert not [i for i in shop([carrier], 60) if i.rule == "collapse"]


# left object: 20 seconds, one body height (half the picture)

BAG = change(3, AlterationKind.LEFT, 10.0, 7, box=Box(0.3, 0.8, 0.38, 0.9))


@pytest.mark.parametrize(
    ("thing", "visits", "at_s", "settings", "expected"),
    [
        (BAG, [], 30, SET, 10.0),  # whoever it was is long gone
        (BAG, [], 29, SET, None),
        (BAG, [], 34, SET, None),  # told
        (BAG, [visit(box=NEAR)], 30, SET, None),  # still with it
        (BAG, [visit()], 30, SET, 10.0),  # elsewhere in the shop
        (BAG, [visit(box=NEAR, last_s=12.0, left=Leaving(12.0, "문", 14.0))], 32, SET, 12.0),
        (BAG, [visit(box=NEAR, last_s=12.0, left=Leaving(12.0, "문", 14.0))], 30, SET, None),
        (BAG, [visit(box=NEAR, last_s=27.0)], 30, SET, None),  # hidden behind it for a moment
        (BAG, [visit(box=NEAR, last_s=20.0)], 40, SET, 20.0),  # lost there
        (BAG, [visit(8, box=NEAR)], 30, SET, 10.0),  # somebody else stands there
        (replace(BAG, tracks=(7, 8)), [visit(), visit(8, box=NEAR)], 30, SET, None),  # it may be theirs
        (replace(BAG, undone_s=25.0), [], 30, SET, None),
        (replace(BAG, kind=AlterationKind.PUT), [], 30, SET, None),
        (BAG, [], 15, tuned("left_object", seconds=5.0), 10.0),
        (BAG, [visit(box=Box(0.5, 0.4, 0.6, 0.9))], 30, SET, None),
        (BAG, [visit(box=Box(0.5, 0.4, 0.6, 0.9))], 30, tuned("left_object", reach=0.3), 10.0),
        (BAG, [visit(near={3: 8.0})], 28, SET, 8.0),  # away before the thing was found, and seen to be
        (BAG, [visit(near={3: 25.0}, left=Leaving(30.0, "문", 32.0))], 45, SET, 25.0),  # has left since: still remembered
        (BAG, [visit(near={3: 8.0})], 12, tuned("left_object", seconds=1.0), 8.0),  # told when it is found
        (replace(BAG, tracks=(7, 9)), [visit(near={3: 8.0})], 30, SET, 10.0),  # nobody knows when the other went
        (replace(BAG, tracks=(7, 8)), [visit(), visit(8, box=BAG.box)], 30, SET, 10.0),  # the tracker stayed with the thing
        (BAG, [], 30, off("left_object"), None),
    ],
)  # fmt: skip
def test_left_object(thing, visits, at_s, settings, expected):
    signs = list(left_object(scene(at_s, visits=tuple(visits), alterations=(thing,)), settings))
    assert [s.since_s for s in signs] == ([] if expected is None else [expected])
    for sign in signs:
        seconds = f"{settings.left_object.seconds:g}"
        assert sign.reason.ko == f"두고 간 물건이 {seconds}초 넘게 그대로 있습니다."
        assert sign.reason.en == f"Something left behind has been there for more than {seconds} seconds."
        assert (sign.severity, sign.tracks, sign.parts) == (Severity.SOON, thing.tracks, 1)


def test_what_was_taken_away_again_is_not_left():
    fetched = replace(BAG, id=9, kind=AlterationKind.REMOVED, at_s=20.0)
    assert not list(left_object(scene(30, alterations=(BAG, fetched)), SET))
    elsewhere = replace(fetched, box=Box(0.7, 0.8, 0.8, 0.9))
    assert list(left_object(scene(30, alterations=(BAG, elsewhere)), SET))
    before = replace(fetched, at_s=5.0)
    assert list(left_object(scene(30, alterations=(BAG, before)), SET))


def test_where_staff_put_things_nothing_is_left():
    assert not list(left_object(scene(30, zones=(area("창고", "staff", 0.2, 0.5),), alterations=(BAG,)), SET))


def test_the_wait_begins_when_the_carrier_walks_off():
    carrier = Actor(1, [(0, 0.9), (5, 0.35), (20, 0.35), (23, 0.95), (80, 0.95)])
    bag = replace(BAG, tracks=(1,), box=Box(0.2, 0.8, 0.28, 0.9))
    incidents = shop([carrier], 80, told=lambda t: {"alterations": (bag,) if t >= 10 else ()})
    (incident,) = (i for i in incidents if i.rule == "left_object")
    assert 20 <= incident.opened_s <= 23
    assert incident.tracks == (1,)


def test_a_carrier_who_comes_back_in_time_left_nothing():
    carrier = Actor(1, [(0, 0.9), (5, 0.35), (20, 0.35), (23, 0.95), (35, 0.95), (38, 0.35), (80, 0.35)])
    bag = replace(BAG, tracks=(1,), box=Box(0.2, 0.8, 0.28, 0.9))
    incidents = shop([carrier], 80, told=lambda t: {"alterations": (bag,) if t >= 10 else ()})
    assert not [i for i in incidents if i.rule == "left_object"]


# staying after closing, and who came in later


@pytest.mark.parametrize(
    ("who", "is_open", "settings", "expected"),
    [
        (visit(), False, SET, True),
        (visit(), True, SET, False),
        (visit(entered_open=False), False, SET, False),
        (visit(left=Leaving(20.0, "문", 22.0)), False, SET, False),
        (visit(last_s=16.0), False, SET, True),  # behind a shelf
        (visit(last_s=10.0), False, SET, False),
        (visit(), False, off("after_closing"), False),
    ],
)
def test_after_closing(who, is_open, settings, expected):
    signs = list(after_closing(scene(30, visits=(who,), is_open=is_open), settings))
    assert len(signs) == expected
    for sign in signs:
        assert sign.reason.ko == "영업이 끝났는데 영업 중에 들어온 사람이 아직 가게에 있습니다."
        assert sign.reason.en == "The shop is closed, and somebody who came in before is still there."
        assert (sign.severity, sign.tracks, sign.hold_s) == (Severity.SOON, (7,), 60.0)


def test_goods_that_carry_a_number_do_not_stay_after_closing():
    left = Actor(7, [(0, 0.4), (3, 0.8), (900, 0.8)], by="change")
    assert not list(after_closing(scene(400, [left], visits=(visit(last_s=400.0),), is_open=False), SET))


def test_who_was_let_in_is_no_intruder():
    actors = [stay(1, 0, 99, 0.2), stay(2, 0, 99, 0.6)]
    visits = (visit(1), visit(2, entered_open=False))
    (sign,) = intrusion(scene(30, actors, visits=visits, is_open=False), SET)
    assert sign.tracks == (2,)
    (sign,) = intrusion(scene(30, actors, visits=visits, is_open=False), off("after_closing"))
    assert sign.tracks == (1, 2)
    assert not list(intrusion(scene(30, actors[:1], visits=visits, is_open=False), SET))


def test_closing_time_tells_of_each_person_once():
    """One is inside when the shop closes and one breaks in later."""
    inside = stay(1, 0, 180, 0.2)
    burglar = stay(2, 100, 180, 0.8)
    incidents = shop([inside, burglar], 180, zones=(block("문", "exit", 0.9, 0.8, 1, 1),), told=lambda t: {"is_open": t < 20})
    told = {i.rule: i.tracks for i in incidents if i.rule != "loitering"}
    assert told == {"after_closing": (1,), "intrusion": (2,)}
