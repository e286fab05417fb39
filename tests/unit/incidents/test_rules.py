"""Each rule with each of its branches, on written-out people."""

from dataclasses import replace

import pytest

from agent.incidents.people import came_walking, counts, is_furniture, people
from agent.incidents.rules import RULES
from agent.incidents.rules.camera import camera_fault
from agent.incidents.rules.intrusion import intrusion
from agent.incidents.rules.loitering import loitering
from agent.incidents.rules.staff_only import staff_only
from agent.incidents.rules.too_many import too_many
from agent.settings import IncidentSettings, PeopleSettings
from agent.values import Severity, ViewFault
from tests.unit.incidents.acting import Actor, area, scene, stay

SET = IncidentSettings()
PEOPLE = PeopleSettings()
STORE = area("창고", "staff", 0.0, 0.3)
DRINKS = area("음료", "loiter", 0.6, 1.0)
TILL = area("계산대", "till", 0.4, 0.6)


def off(name: str) -> IncidentSettings:
    return replace(SET, **{name: replace(getattr(SET, name), enabled=False)})


# who counts as somebody


@pytest.mark.parametrize(
    ("actor", "at_s", "expected"),
    [
        (stay(1, 0, 900), 1, True),
        (stay(1, 0, 900, height=0.05), 1, True),  # a detector said so, far away
        (stay(1, 0, 900, by="change"), 1, True),
        (stay(1, 0, 900, by="change", height=0.14), 1, False),  # goods
        (stay(1, 0, 900, by="change"), 119, True),
        (stay(1, 0, 900, by="change"), 121, False),  # stood there like furniture for two minutes
        (stay(1, 0, 900), 800, True),  # confirmed: may sit still for an hour
        (stay(1, 0, 900, by="change", wobble=0.03), 800, True),  # alive: sways
        (Actor(1, [(0, 0.1), (4, 0.5), (900, 0.5)], by="change"), 100, True),
        (Actor(1, [(0, 0.1), (4, 0.5), (900, 0.5)], by="change"), 130, False),  # goods left behind by who carried the id
        (Actor(1, [(0, 0.5), (200, 0.5), (204, 0.9), (900, 0.9)], by="change"), 210, True),  # moved again: counts again
    ],
)
def test_who_counts_as_somebody(actor, at_s, expected):
    assert counts(actor.track(at_s), at_s, PEOPLE) is expected


def test_a_change_over_most_of_the_picture_is_nobody():
    dark = stay(1, 0, 9, by="change").track(1)
    assert not counts(replace(dark, box=replace(dark.box, left=0, top=0, right=1, bottom=1)), 1, PEOPLE)


def test_a_young_track_is_no_furniture_yet():
    assert not is_furniture(stay(1, 0, 900, by="change").track(60), 60, PEOPLE)


@pytest.mark.parametrize(
    ("actor", "expected"),
    [
        (stay(1, 0, 99), True),
        (stay(1, 0, 99, by="change"), False),
        (Actor(1, [(0, 0.4), (2, 0.5), (99, 0.5)], by="change"), True),
        (Actor(1, [(0, 0.47), (2, 0.5), (99, 0.5)], by="change"), False),
    ],
)
def test_people_come_and_goods_are_there(actor, expected):
    assert came_walking(actor.track(20), PEOPLE) is expected


def test_only_those_in_sight_are_people_now():
    crowd = [stay(1, 0, 99), stay(2, 0, 99, hidden=[(5, 9)])]
    assert [t.id for t in people(scene(6, crowd), PEOPLE)] == [1]


# intrusion


@pytest.mark.parametrize(
    ("settings", "is_open", "actors", "expected"),
    [
        (SET, False, [stay(3, 0, 9), stay(4, 0, 9)], (3, 4)),
        (SET, True, [stay(3, 0, 9)], None),
        (SET, False, [], None),
        (SET, False, [stay(3, 0, 9, hidden=[(0, 9)])], None),
        (SET, False, [stay(3, 0, 9, by="change", height=0.1)], None),
        (SET, False, [stay(3, 0, 9, by="change")], (3,)),
        (off("intrusion"), False, [stay(3, 0, 9)], None),
    ],
)
def test_intrusion(settings, is_open, actors, expected):
    signs = list(intrusion(scene(5, actors, is_open=is_open), settings))
    assert [s.tracks for s in signs] == ([expected] if expected else [])
    for sign in signs:
        assert sign.severity is Severity.NOW
        assert sign.reason.ko == "영업시간이 아닌데 가게 안에 사람이 있습니다."
        assert sign.hold_s == settings.intrusion.hold_s


# staff only


@pytest.mark.parametrize(
    ("settings", "zones", "x", "expected"),
    [
        (SET, [STORE, DRINKS], 0.2, ["창고"]),
        (SET, [STORE, DRINKS], 0.4, []),
        (SET, [DRINKS], 0.7, []),
        (SET, [], 0.2, []),
        (SET, [STORE, area("사무실", "staff", 0.1, 0.4)], 0.2, ["창고", "사무실"]),
        (off("staff_only"), [STORE], 0.2, []),
    ],
)
def test_staff_only(settings, zones, x, expected):
    signs = list(staff_only(scene(5, [stay(1, 0, 9, x)], zones), settings))
    assert [s.zone for s in signs] == expected
    for sign in signs:
        assert sign.reason.ko == f"직원 전용 구역 '{sign.zone}'에 사람이 들어왔습니다."
        assert sign.reason.en == f"Somebody entered the staff-only zone '{sign.zone}'."
        assert sign.tracks == (1,)


def test_staff_only_names_all_who_are_inside():
    crowd = [stay(1, 0, 9, 0.1), stay(2, 0, 9, 0.5), stay(3, 0, 9, 0.2)]
    (sign,) = staff_only(scene(5, crowd, [STORE]), SET)
    assert sign.tracks == (1, 3)


# loitering (30 seconds, gaps up to 5)


@pytest.mark.parametrize(
    ("zones", "actor", "at_s", "expected"),
    [
        ([DRINKS], stay(1, 0, 99, 0.8), 29, []),
        ([DRINKS], stay(1, 0, 99, 0.8), 30, ["음료"]),
        ([DRINKS], stay(1, 0, 99, 0.2), 60, []),
        ([DRINKS], stay(1, 0, 99, 0.8, hidden=[(10, 14)]), 31, ["음료"]),  # a short gap does not reset
        ([DRINKS], stay(1, 0, 99, 0.8, hidden=[(10, 18)]), 40, []),  # a long one does
        ([DRINKS], stay(1, 0, 99, 0.8, hidden=[(10, 18)]), 49, ["음료"]),
        ([DRINKS], stay(1, 0, 99, 0.8, hidden=[(31, 99)]), 34, ["음료"]),  # hidden for a moment now
        ([DRINKS], stay(1, 0, 99, 0.8, hidden=[(31, 99)]), 37, []),
        (
            [DRINKS],
            Actor(1, [(0, 0.8), (20, 0.8), (21, 0.5), (23, 0.5), (24, 0.8), (60, 0.8)]),
            34,
            ["음료"],
        ),  # stepped out briefly
        ([DRINKS, area("문", "loiter", 0.7, 1)], stay(1, 0, 99, 0.8), 30, ["음료", "문"]),
        ([], stay(1, 0, 99, 0.5), 30, [None]),  # no loiter zone drawn: anywhere
        ([STORE], stay(1, 0, 99, 0.5), 30, [None]),
        ([TILL], stay(1, 0, 99, 0.5), 60, []),  # but not at the till
        ([STORE], stay(1, 0, 99, 0.1), 60, []),  # and not where staff are
        ([DRINKS], stay(1, 0, 99, 0.8, by="change"), 60, []),  # goods that were put down have not walked in
        ([DRINKS], Actor(1, [(0, 0.6), (3, 0.8), (99, 0.8)], by="change"), 34, ["음료"]),
        ([DRINKS], Actor(1, [(0, 0.6), (3, 0.8), (200, 0.8)], by="change"), 125, []),  # furniture by now
        ([DRINKS], Actor(1, [(0, 0.6), (3, 0.8), (99, 0.8)], by="change", height=0.1), 60, []),  # not person-sized
    ],
)
def test_loitering(zones, actor, at_s, expected):
    signs = list(loitering(scene(at_s, [actor], zones), SET))
    assert [s.zone for s in signs] == expected
    assert all(s.tracks == (1,) and s.parts == 1 for s in signs)


def test_loitering_says_where_and_how_long():
    (sign,) = loitering(scene(40, [stay(1, 0, 99, 0.8)], [DRINKS]), SET)
    assert sign.reason.ko == "'음료' 구역에 한 사람이 30초 넘게 머물고 있습니다."
    assert sign.reason.en == "Somebody has stayed in the zone '음료' for more than 30 seconds."
    (sign,) = loitering(scene(40, [stay(1, 0, 99)]), SET)
    assert sign.reason.ko == "한 사람이 30초 넘게 머물고 있습니다."


def test_loitering_off_and_in_other_kinds_of_zone():
    moment = scene(40, [stay(1, 0, 99, 0.5)], [TILL])
    assert not list(loitering(moment, off("loitering")))
    at_till = replace(SET, loitering=replace(SET.loitering, zones=("till",)))
    assert [s.zone for s in loitering(moment, at_till)] == ["계산대"]


# too many


@pytest.mark.parametrize(("count", "expected"), [(5, 0), (6, 1), (9, 1)])
def test_too_many(count, expected):
    crowd = [stay(n, 0, 9, n / 10) for n in range(1, count + 1)]
    signs = list(too_many(scene(5, crowd), SET))
    assert len(signs) == expected
    assert not list(too_many(scene(5, crowd), off("too_many")))
    for sign in signs:
        assert sign.tracks == ()
        assert sign.reason.ko == "한꺼번에 6명 이상이 모여 있습니다."


# camera


@pytest.mark.parametrize("fault", list(ViewFault))
def test_each_fault_of_a_camera_waits_its_time(fault):
    patience = getattr(SET.camera, f"{fault.value}_s")
    assert not list(camera_fault(scene(100, view={fault: patience - 0.1}), SET))
    (sign,) = camera_fault(scene(100, view={fault: patience}), SET)
    assert sign.since_s == 100 - patience
    assert sign.parts == 1
    assert sign.reason.ko.startswith("카메라")
    assert not list(camera_fault(scene(100, view={fault: patience}), off("camera")))


def test_a_view_without_fault_gives_no_sign():
    assert not list(camera_fault(scene(100), SET))


def test_all_rules_are_registered_and_quiet_in_an_empty_shop():
    assert len(RULES) == 16
    assert [s for rule in RULES for s in rule(scene(5, zones=[STORE, DRINKS, TILL]), SET)] == []
