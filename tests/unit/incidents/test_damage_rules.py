"""A till forced, something broken, violent movement: each branch, on written-out visits."""

from dataclasses import replace

import pytest

from agent.incidents.engine import Closed, IncidentEngine
from agent.incidents.rules.damage import damage
from agent.incidents.rules.forced_till import forced_till
from agent.incidents.rules.violence import violence
from agent.incidents.visit import Leaving, Stay, Visit
from agent.settings import IncidentSettings
from agent.values import AlterationKind, Box, Severity
from tests.unit.incidents.acting import Actor, block, change, play, scene, stamp, stay

SET = IncidentSettings()
SHELF = block("진열대", "shelf", 0.3, 0.4, 0.5, 0.8)
TILL = block("계산대", "till", 0.6, 0.6, 0.8, 1.0)
KIOSK = block("키오스크", "fixture", 0.82, 0.4, 0.9, 0.8)
ZONES = (SHELF, TILL, KIOSK)
AT_TILL = Box(0.65, 0.4, 0.75, 0.9)
AWAY = Box(0.05, 0.05, 0.1, 0.3)


def off(name):
    return tuned(name, enabled=False)


def tuned(name, **more):
    return replace(SET, **{name: replace(getattr(SET, name), **more)})


def moves(strength, begin, end):
    """A strength of movement at each quarter of a second."""
    return tuple((begin + n / 4, strength) for n in range(round((end - begin) * 4) + 1))


def visit(track=7, **more):
    return Visit(**({"track": track, "seen_as": track, "members": (track,), "entered_s": 0.0, "last_s": 30.0,
                     "entered_open": True, "box": AT_TILL, "upright": AT_TILL} | more))  # fmt: skip


def at(at_s, *visits, zones=ZONES, **more):
    return scene(at_s, zones=zones, visits=visits, **more)


STAY = Stay("계산대", "till", 10.0, 30.0)
BROKEN = change(4, AlterationKind.FIXTURE, 26.0, 7, zone="계산대", area=0.02)
FALLEN = change(5, AlterationKind.FIXTURE, 26.0, 7, zone="진열대", area=0.02)


def test_a_camera_that_is_broken_together_with_the_shelf_hides_nothing():
    assert not list(damage(at(60, alterations=(FALLEN,)), SET))
    assert list(damage(at(60, alterations=(FALLEN,), before_s=27.0), SET))
    assert not list(damage(at(60.25, alterations=(FALLEN,), before_s=60.0), SET))


def test_a_till_found_open_after_a_gap_is_told_then():
    who = visit(stays=(STAY,), alterations=(BROKEN,))
    assert list(forced_till(at(60, who, alterations=(BROKEN,), before_s=27.0), SET))


# a till forced


@pytest.mark.parametrize(
    ("stays", "movement", "settings", "expected"),
    [
        ((STAY,), moves(0.8, 20, 30), SET, ["계산대"]),
        ((STAY,), moves(0.8, 26, 30), SET, []),  # a short tussle with a drawer
        ((STAY,), moves(0.35, 10, 30), SET, []),  # packs a bag
        ((STAY,), moves(0.8, 10, 13) + moves(0.8, 17, 19) + moves(0.8, 28, 30), SET, []),  # with pauses longer than the work
        ((STAY,), moves(0.8, 0, 9), SET, []),  # before they came to the till
        ((STAY,), (), SET, []),  # not measured
        ((replace(STAY, from_s=25.0),), moves(0.8, 20, 30), SET, []),  # not long enough there
        ((replace(STAY, to_s=27.0),), moves(0.8, 20, 30), SET, []),  # gone away
        ((replace(STAY, kind="staff"),), moves(0.8, 20, 30), SET, []),
        ((replace(STAY, zone="키오스크", kind="fixture"),), moves(0.8, 20, 30), SET, ["키오스크"]),
        ((STAY,), moves(0.4, 10, 30), tuned("forced_till", strength=0.5), []),
        ((STAY,), moves(0.8, 20, 30), tuned("forced_till", seconds=20.0), []),
        ((STAY,), moves(0.8, 20, 30), tuned("forced_till", stay_s=60.0), []),
        ((STAY,), moves(0.8, 20, 30), off("forced_till"), []),
    ],
)
def test_a_long_stay_with_strong_movement(stays, movement, settings, expected):
    signs = list(forced_till(at(30, visit(stays=stays, movement=movement)), settings))
    assert [s.zone for s in signs] == expected
    for sign in signs:
        assert sign.reason.ko == f"'{sign.zone}' 자리에 오래 머물면서 거칠게 움직이고 있습니다."
        assert sign.reason.en == f"Somebody has been at '{sign.zone}' for long, with violent movement."
        assert (sign.severity, sign.tracks, sign.since_s) == (Severity.NOW, (7,), 10.0)


@pytest.mark.parametrize(
    ("stays", "alteration", "at_s", "expected"),
    [
        ((STAY,), BROKEN, 30, True),
        ((STAY,), BROKEN, 29, False),  # not yet for good
        ((STAY,), BROKEN, 34, False),  # told
        ((Stay("카운터 안", "staff", 10.0, 25.0),), BROKEN, 30, True),  # behind it
        ((), BROKEN, 30, False),  # passed by
        ((STAY,), replace(BROKEN, undone_s=28.0), 30, False),  # the drawer is shut again
        ((STAY,), replace(BROKEN, kind=AlterationKind.LEFT), 30, False),
        ((STAY,), FALLEN, 30, False),  # elsewhere
        ((STAY,), replace(BROKEN, zone="서랍", box=Box(0.62, 0.65, 0.7, 0.75)), 30, True),  # a fixture zone on the till
        ((STAY,), replace(BROKEN, zone=None, box=Box(0.5, 0.65, 0.65, 0.75)), 30, True),  # a third of it
        ((STAY,), replace(BROKEN, zone=None, box=Box(0.4, 0.65, 0.62, 0.75)), 30, False),
    ],
)
def test_a_till_that_looks_different_after_a_stay(stays, alteration, at_s, expected):
    moment = at(at_s, visit(stays=stays, alterations=(alteration,)), alterations=(alteration,))
    signs = list(forced_till(moment, SET))
    assert len(signs) == expected
    for sign in signs:
        assert sign.reason.ko == "누가 다녀간 뒤 '계산대'의 모습이 달라졌습니다. 열리거나 부서졌는지 확인해 주세요."
        assert sign.reason.en == "'계산대' looks different since somebody was there. Check whether it was opened or broken."
        assert sign.since_s == 23.0
    assert not list(forced_till(moment, off("forced_till")))


# damage


@pytest.mark.parametrize(
    ("alteration", "at_s", "settings", "expected"),
    [
        (FALLEN, 30, SET, True),
        (FALLEN, 29.75, SET, False),
        (FALLEN, 34, SET, False),
        (FALLEN, 26, tuned("damage", hold_s=0.0), True),
        (replace(FALLEN, undone_s=28.0), 30, SET, False),
        (replace(FALLEN, tracks=()), 30, SET, False),  # nobody was there: the light
        (replace(FALLEN, area=0.004), 30, SET, False),
        (replace(FALLEN, area=0.004), 30, tuned("damage", area=0.003), True),
        (replace(FALLEN, kind=AlterationKind.TAKEN), 30, SET, False),
        (replace(FALLEN, kind=AlterationKind.REMOVED), 30, SET, False),
        (FALLEN, 30, off("damage"), False),
    ],
)
def test_damage(alteration, at_s, settings, expected):
    signs = list(damage(at(at_s, alterations=(alteration,)), settings))
    assert len(signs) == expected
    for sign in signs:
        assert sign.reason.ko.startswith("누가 다녀간 뒤 '진열대' 자리가 달라진 채로 있습니다.")
        assert sign.reason.en.startswith("'진열대' looks different since somebody was there.")
        assert (sign.severity, sign.tracks, sign.zone, sign.since_s) == (Severity.NOW, (7,), "진열대", 23.0)


def test_damage_outside_every_zone():
    (sign,) = damage(at(30, alterations=(replace(FALLEN, zone=None),)), SET)
    assert sign.reason.ko.startswith("누가 다녀간 뒤 가게 모습이")
    assert sign.reason.en.startswith("Part of the shop looks different")


def test_what_the_till_s_rule_tells_is_not_told_twice():
    moment = at(30, visit(stays=(STAY,), alterations=(BROKEN,)), alterations=(BROKEN,))
    assert list(forced_till(moment, SET))
    assert not list(damage(moment, SET))
    assert list(damage(moment, off("forced_till")))
    passed_by = at(30, visit(alterations=(BROKEN,)), alterations=(BROKEN,))
    assert list(damage(passed_by, SET))


# violence (0.7 for 3 seconds, within about 5)

WILD = moves(0.9, 20, 30)
NEAR = Box(0.76, 0.4, 0.86, 0.9)
FAR = Box(0.0, 0.4, 0.08, 0.9)
DEEPER = Box(0.7, 0.1, 0.76, 0.4)


@pytest.mark.parametrize(
    ("visits", "zones", "settings", "expected"),
    [
        ([visit(1, movement=WILD), visit(2, movement=WILD, box=NEAR)], (), SET, [(1, 2)]),
        ([visit(1, movement=WILD), visit(2, movement=WILD, box=FAR)], (), SET, []),
        ([visit(1, movement=WILD), visit(2, movement=WILD, box=DEEPER)], (), SET, []),
        ([visit(1, movement=WILD), visit(2, movement=moves(0.2, 20, 30), box=NEAR)], (), SET, []),
        ([visit(1, movement=WILD)], (), SET, []),  # dances
        ([visit(1, movement=WILD)], ZONES, SET, [(1,)]),
        ([visit(1, movement=WILD, box=FAR)], ZONES, SET, []),
        ([visit(1, movement=WILD), visit(2, movement=WILD, box=NEAR)], ZONES, SET, [(1, 2)]),
        ([visit(1, movement=WILD, box=FAR), visit(2, movement=WILD, box=NEAR)], ZONES, SET, [(2,)]),
        ([visit(1, movement=moves(0.9, 28, 30))], ZONES, SET, []),  # a jerk
        ([visit(1, movement=moves(0.9, 20, 24))], ZONES, SET, []),  # over
        ([visit(1, movement=(*moves(0.9, 25.5, 27.5), *moves(0.1, 27.75, 28.25), *moves(0.9, 28.5, 30)))], ZONES, SET, [(1,)]),
        ([visit(1, movement=WILD, last_s=28.0)], ZONES, SET, []),  # out of sight
        ([visit(1, movement=WILD, left=Leaving(29.0, None, 30.0))], ZONES, SET, []),
        ([visit(1, movement=WILD)], ZONES, tuned("violence", strength=0.95), []),
        ([visit(1, movement=WILD)], ZONES, tuned("violence", seconds=10.0), [(1,)]),
        ([visit(1, movement=WILD)], ZONES, tuned("violence", seconds=11.0), []),
        ([visit(1, movement=WILD), visit(2, movement=WILD, box=NEAR)], ZONES, off("violence"), []),
    ],
)  # fmt: skip
def test_violence(visits, zones, settings, expected):
    signs = list(violence(at(30, *visits, zones=zones), settings))
    assert [s.tracks for s in signs] == expected
    for sign in signs:
        pair = len(sign.tracks) == 2
        assert sign.severity is (Severity.NOW if pair else Severity.SOON)
        if pair:
            assert sign.reason.ko == "두 사람이 가까이에서 거칠게 움직이고 있습니다. 몸싸움일 수 있습니다."
            assert sign.reason.en == "Two people close together move violently. It may be a fight."
        else:
            assert sign.reason.ko == f"'{sign.zone}' 앞에서 한 사람이 거칠게 움직이고 있습니다."
            assert sign.reason.en == f"Somebody moves violently at '{sign.zone}'."


def test_three_who_fight_are_pairs():
    visits = [visit(n, movement=WILD, box=NEAR) for n in (1, 2, 3)]
    assert [s.tracks for s in violence(at(30, *visits), SET)] == [(1, 2), (1, 3), (2, 3)]


# from tracks to incidents


def shop(actors, told, until=60):
    engine = IncidentEngine("cam", SET)
    changes = [c for _, c in play(engine, until, lambda t: scene(t, actors, ZONES, **told(t)))]
    return [c.incident for c in changes + engine.finish(stamp(until)) if isinstance(c, Closed)]


def test_a_fight_is_one_incident_of_both():
    fighters = [stay(1, 0, 40, 0.1, foot=0.5), stay(2, 0, 40, 0.16, foot=0.5)]
    incidents = shop(fighters, lambda t: {"activity": {1: 0.9, 2: 0.8} if 10 <= t <= 20 else {}})
    (incident,) = (i for i in incidents if i.rule == "violence")
    assert incident.tracks == (1, 2)
    assert 8 <= incident.opened_s <= 10
    assert 20 <= incident.closed_s <= 23


def test_a_shelf_that_fell_is_one_incident_of_who_was_there():
    pusher = Actor(1, [(0, 0.9), (5, 0.25), (9, 0.25), (14, 0.9), (40, 0.9)])
    fallen = change(5, AlterationKind.FIXTURE, 12.0, 1, zone="진열대", area=0.05)
    incidents = shop([pusher], lambda t: {"alterations": (fallen,) if t >= 12 else ()})
    (incident,) = (i for i in incidents if i.rule == "damage")
    assert incident.opened_s == 9.0
    assert incident.tracks == (1,)
    assert incident.zone == "진열대"


def test_a_till_that_is_forced_is_one_incident():
    thief = stay(1, 0, 40, 0.7)
    opened = change(4, AlterationKind.FIXTURE, 30.0, 1, zone="계산대", area=0.02)
    incidents = shop(
        [thief], lambda t: {"activity": {1: 0.65} if 5 <= t <= 20 else {}, "alterations": (opened,) if t >= 30 else ()}
    )
    (incident,) = (i for i in incidents if i.rule in ("forced_till", "damage"))
    assert incident.rule == "forced_till"
    assert len(incident.reasons) == 2
