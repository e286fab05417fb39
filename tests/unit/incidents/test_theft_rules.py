"""Left without paying, a shelf emptied at once, goods hidden: each branch, on written-out visits."""

from dataclasses import replace

import pytest

from agent.incidents.engine import Closed, IncidentEngine, Opened
from agent.incidents.rules.concealment import concealment, looks_hidden
from agent.incidents.rules.swept import swept
from agent.incidents.rules.unpaid import taken_by, unpaid
from agent.incidents.visit import Leaving, Stay, Visit
from agent.settings import IncidentSettings
from agent.values import AlterationKind, Box, Concealment, Payment, Severity, Text
from tests.unit.incidents.acting import START_UTC, Actor, block, change, play, scene, stamp

SET = IncidentSettings()
SHELF = block("2번 진열대", "shelf", 0.3, 0.4, 0.5, 0.8)
TILL = block("계산대", "till", 0.6, 0.8, 0.8, 1.0)
DOOR = block("출입문", "exit", 0.0, 0.7, 0.08, 1.0)
ZONES = (SHELF, TILL, DOOR)
BOX = Box(0.0, 0.4, 0.1, 0.9)

TOUCH = Stay("2번 진열대", "shelf", 10.0, 13.0)
AT_TILL = Stay("계산대", "till", 20.0, 26.0)
PASSED_TILL = Stay("계산대", "till", 20.0, 21.0)
IN_STORE = Stay("창고", "staff", 0.0, 40.0)
LEFT = Leaving(58.0, "출입문", 60.0)
SALE = Payment(START_UTC + 25, None, "1001")
TAKEN = change(1, AlterationKind.TAKEN, 15.0, 7, zone="2번 진열대")
PUT = change(2, AlterationKind.PUT, 18.0, 7, zone="2번 진열대")
ALSO = change(3, AlterationKind.TAKEN, 16.0, 7, zone="2번 진열대")
ELSEWHERE = Box(0.5, 0.4, 0.6, 0.5)
ANY_TILL = frozenset({""})  # a sale came that names no till
MORE = Text(" 물건을 숨기는 듯한 동작도 있었습니다.", " It also looked as if something was hidden.")
HIDDEN = Concealment(0.95, 12.0, 14.0, alarm=0.9)


def off(name):
    return tuned(name, enabled=False)


def tuned(name, **more):
    return replace(SET, **{name: replace(getattr(SET, name), **more)})


def visit(**more):
    return Visit(**({"track": 7, "seen_as": 7, "members": (7,), "entered_s": 5.0, "last_s": 58.0, "entered_open": True,
                     "box": BOX, "upright": BOX, "touches": (TOUCH,), "left": LEFT} | more))  # fmt: skip


def at(at_s, *visits, zones=ZONES, **more):
    return scene(at_s, zones=zones, visits=visits, **more)


# left without paying


@pytest.mark.parametrize(
    ("at_s", "who", "settings", "till_reports", "expected"),
    [
        (60, visit(), SET, False, Severity.NOTE),
        (60, visit(), SET, True, Severity.NOTE),  # never near the till: no sale can be theirs, no need to wait
        (59, visit(), SET, False, None),  # not clear yet
        (63.75, visit(), SET, False, Severity.NOTE),
        (64, visit(), SET, False, None),  # told
        (60, visit(alterations=(TAKEN, replace(PUT, box=ELSEWHERE))), SET, False, Severity.NOW),  # something else, elsewhere
        (60, visit(alterations=(TAKEN, replace(PUT, area=0.004))), SET, False, Severity.NOW),  # something small in its place
        (60, visit(alterations=(TAKEN, replace(PUT, at_s=14.0))), SET, False, Severity.NOW),  # put there before
        (60, visit(alterations=(TAKEN, ALSO, replace(PUT, area=0.02))), SET, False, None),  # both, at one place
        (60, visit(alterations=(TAKEN, replace(ALSO, area=0.03), PUT)), SET, False, Severity.NOW),  # one of two
        (60, visit(left=None), SET, False, None),  # still there
        (60, visit(touches=()), SET, False, None),  # touched nothing
        (60, visit(touches=(replace(TOUCH, to_s=10.3),)), SET, False, None),  # in passing
        (60, visit(touches=(replace(TOUCH, to_s=10.3), replace(TOUCH, from_s=12.6))), SET, False, Severity.NOTE),
        (60, visit(touches=(replace(TOUCH, to_s=10.3),)), tuned("unpaid", touch_s=0.2), False, Severity.NOTE),
        (60, visit(stays=(AT_TILL,)), SET, False, None),  # stood at the till, which reports nothing
        (60, visit(stays=(PASSED_TILL,)), SET, False, Severity.NOTE),  # walked by the till
        (60, visit(stays=(PASSED_TILL,)), tuned("unpaid", till_s=0.5), False, None),
        (60, visit(stays=(replace(AT_TILL, zone="창고", kind="fixture"),)), SET, False, Severity.NOTE),
        # with a till that reports
        (60, visit(stays=(AT_TILL,)), SET, True, None),  # a report may be late
        (77.75, visit(stays=(AT_TILL,)), SET, True, None),
        (78, visit(stays=(AT_TILL,)), SET, True, Severity.NOTE),
        (78, visit(stays=(PASSED_TILL,)), SET, True, Severity.NOTE),  # waited for, too: one may pay in a second
        (60, visit(stays=(PASSED_TILL,)), SET, True, None),
        (78, visit(stays=(AT_TILL,), payments=(SALE,)), SET, True, None),
        (78, visit(stays=(PASSED_TILL,), payments=(SALE,)), SET, True, None),
        (78, visit(stays=(AT_TILL,)), tuned("unpaid", payments_expected="off"), True, None),
        (78, visit(stays=(AT_TILL,)), tuned("unpaid", payments_expected="on"), False, Severity.NOTE),
        (68, visit(stays=(AT_TILL,)), tuned("unpaid", wait_s=10.0), True, Severity.NOTE),
        # evidence
        (60, visit(alterations=(TAKEN,)), SET, False, Severity.NOW),
        (60, visit(alterations=(TAKEN,), touches=()), SET, False, Severity.NOW),  # the hand was not seen, the gap was
        (60, visit(alterations=(replace(TAKEN, tracks=(7, 8)),), touches=()), SET, False, None),  # or was it the other one
        (60, visit(alterations=(replace(TAKEN, undone_s=20.0),), touches=()), SET, False, None),
        (60, visit(alterations=(replace(TAKEN, undone_s=20.0),)), SET, False, None),  # put back: why a hand was there is known
        (60, visit(alterations=(TAKEN, PUT), touches=()), SET, False, None),  # put back, a little differently
        (66, visit(alterations=(replace(TAKEN, at_s=65.0),)), SET, False, Severity.NOW),  # found after they left
        (60, visit(concealment=HIDDEN), SET, False, Severity.NOW),
        (60, visit(concealment=replace(HIDDEN, score=0.8)), SET, False, Severity.NOTE),
        (60, visit(concealment=HIDDEN), off("concealment"), False, Severity.NOTE),
        # staff
        (60, visit(stays=(IN_STORE,)), SET, False, None),
        (60, visit(stays=(replace(IN_STORE, to_s=20.0),)), SET, False, Severity.NOTE),
        (60, visit(stays=(IN_STORE,)), tuned("unpaid", staff_s=0.0), False, Severity.NOTE),
        (60, visit(), off("unpaid"), False, None),
    ],
)  # fmt: skip
def test_unpaid(at_s, who, settings, till_reports, expected):
    signs = list(unpaid(at(at_s, who, till_reports=ANY_TILL if till_reports else frozenset()), settings))
    assert [s.severity for s in signs] == ([expected] if expected else [])
    for sign in signs:
        assert (sign.rule, sign.key, sign.tracks, sign.apart) == ("unpaid", "7", (7,), True)
        assert sign.since_s <= 15


def test_without_a_till_drawn_nobody_can_be_told_to_have_paid():
    assert not list(unpaid(at(60, visit(), zones=(SHELF, DOOR)), SET))


@pytest.mark.parametrize(
    ("who", "till_reports", "ko", "en"),
    [
        (
            visit(),
            False,
            "'2번 진열대'에 손을 댔고, 계산대에 머물지 않고 '출입문' 쪽으로 나갔습니다.",
            "'2번 진열대' was touched, and the person left through '출입문' without staying at the till.",
        ),
        (
            visit(alterations=(TAKEN,), left=Leaving(58.0, None, 60.0)),
            False,
            "'2번 진열대'에서 물건이 없어졌고, 계산대에 머물지 않고 화면 밖으로 나갔습니다.",
            "Goods are gone from '2번 진열대', and the person left the picture without staying at the till.",
        ),
        (
            visit(alterations=(replace(TAKEN, zone=None),), touches=(), concealment=HIDDEN),
            False,
            "진열대에서 물건이 없어졌고, 계산대에 머물지 않고 '출입문' 쪽으로 나갔습니다." + MORE.ko,
            "Goods are gone from a shelf, and the person left through '출입문' without staying at the till." + MORE.en,
        ),
        (
            visit(stays=(AT_TILL,), touches=(TOUCH, replace(TOUCH, zone="냉장고"), TOUCH), left=Leaving(58.0, "출입문", 78.0)),
            True,
            "'2번 진열대', '냉장고'에 손을 댔고, 계산대에 있었지만 계산한 기록 없이 '출입문' 쪽으로 나갔습니다.",
            "'2번 진열대', '냉장고' was touched, no sale was reported at the till, and the person left through '출입문'.",
        ),
    ],
)
def test_the_reason_names_the_facts(who, till_reports, ko, en):
    (sign,) = unpaid(at(who.left.known_s, who, till_reports=ANY_TILL if till_reports else frozenset()), SET)
    assert sign.reason == Text(ko=ko, en=en)


def test_the_clip_begins_at_the_first_touch():
    later = replace(TOUCH, from_s=30.0, to_s=35.0)
    (sign,) = unpaid(at(60, visit(touches=(TOUCH, later))), SET)
    assert sign.since_s == 10.0
    (sign,) = unpaid(at(60, visit(touches=(), alterations=(replace(TAKEN, since_s=1.0),))), SET)
    assert sign.since_s == 5.0  # not before they came in


def test_what_somebody_took_in_the_end():
    assert taken_by(visit(alterations=(TAKEN,))) == (TAKEN,)
    assert taken_by(visit(alterations=(TAKEN, PUT))) == ()
    assert taken_by(visit(alterations=(TAKEN, ALSO, PUT))) == (ALSO,)
    assert taken_by(visit(alterations=(TAKEN, ALSO, replace(PUT, box=ELSEWHERE)))) == (TAKEN, ALSO)
    assert taken_by(visit(alterations=(TAKEN, replace(PUT, undone_s=19.0)))) == (TAKEN,)


# who took it, where several may have

PAYING = {"track": 8, "seen_as": 8, "members": (8,), "left": None, "touches": (), "stays": (AT_TILL,)}
SHARED = replace(TAKEN, tracks=(7, 8))
SECOND = replace(ALSO, tracks=(7, 8))


def reaching(**seconds):
    return {1: seconds.get("first", 0.0), 3: seconds.get("second", 0.0)}


@pytest.mark.parametrize(
    ("mine", "payers", "expected"),
    [
        (reaching(first=2.0), None, Severity.NOW),  # nobody else is known
        (reaching(first=2.0), visit(**PAYING, alterations=(SHARED,), reach={1: 0.5}), None),  # whoever pays has taken something
        (reaching(first=2.0), visit(**PAYING, alterations=(SHARED,), reach={}), Severity.SOON),  # was near, if not with a hand
        (reaching(first=2.0), visit(**(PAYING | {"stays": ()}), alterations=(SHARED,), reach={1: 0.5}), Severity.NOW),
        (reaching(first=2.0), visit(**(PAYING | {"stays": (Stay("계산대", "till", 59.0, 60.0),)}), alterations=(SHARED,),
                                    reach={1: 0.5}), None),  # is about to pay
        (reaching(first=2.0), visit(**PAYING, alterations=(SHARED, replace(ALSO, tracks=(8,))), reach={1: 0.5, 3: 2.0}),
         Severity.SOON),  # has something else to pay for, but may pay for both
        (reaching(first=0.5), visit(**PAYING, alterations=(SHARED, replace(ALSO, tracks=(8,))), reach={1: 2.0, 3: 2.0}),
         None),  # was at it for longer
    ],
)  # fmt: skip
def test_goods_that_a_payer_may_have_taken_are_the_payers(mine, payers, expected):
    suspect = visit(touches=(TOUCH,), alterations=(SHARED,), reach=mine)
    everybody = (suspect, *([payers] if payers else []))
    signs = [s for s in unpaid(at(60, *everybody, telling=frozenset({"2번 진열대"})), SET) if s.key == "7"]
    assert [s.severity for s in signs] == ([expected] if expected else [])


def test_whoever_stands_beside_a_payer_is_cleared_of_one_thing_only():
    suspect = visit(alterations=(SHARED, SECOND), reach=reaching(first=2.0, second=2.0))
    payer = visit(**PAYING, alterations=(SHARED, SECOND), reach=reaching(first=1.0, second=0.5))
    (sign,) = unpaid(at(60, suspect, payer), SET)
    assert (sign.key, sign.severity) == ("7", Severity.SOON)


ALONE = {"touches": (), "alterations": (TAKEN,)}
BRIEFLY = Stay("2번 진열대", "shelf", 13.0, 13.0)
CERTAIN = "'2번 진열대'에서 물건이 없어졌고, 계산대에 머물지 않고 '출입문' 쪽으로 나갔습니다."


@pytest.mark.parametrize(
    ("who", "payer", "expected"),
    [
        (visit(**ALONE), None, Severity.NOW),
        (visit(**ALONE), visit(**PAYING), Severity.NOW),  # pays, but was nowhere near
        (visit(**ALONE), visit(**PAYING | {"touches": (BRIEFLY,)}), Severity.SOON),  # one look, a hand on the same shelf
        (visit(**ALONE), visit(**PAYING | {"touches": (BRIEFLY,), "stays": ()}), Severity.NOW),  # does not pay
        (visit(**ALONE), visit(**PAYING | {"touches": (replace(BRIEFLY, zone="냉장고"),)}), Severity.NOW),
        (visit(**ALONE), visit(**PAYING | {"touches": (Stay("2번 진열대", "shelf", 16.0, 18.0),)}), Severity.NOW),  # later
        (visit(**ALONE), visit(**PAYING | {"touches": (Stay("2번 진열대", "shelf", 5.0, 11.0),)}), Severity.NOW),  # before
        (visit(**ALONE, watched=frozenset({1})), None, Severity.SOON),  # the hands were seen all the while, and not there
        (visit(**ALONE, watched=frozenset({1}), reach={1: 0.2}), None, Severity.NOW),
        (visit(**ALONE, watched=frozenset({3})), None, Severity.NOW),  # seen at another time
        (visit(touches=(), alterations=(TAKEN, replace(ALSO, since_s=14.0)), watched=frozenset({3})),
         visit(**PAYING | {"touches": (BRIEFLY,)}), Severity.SOON),  # each is doubtful, for another reason
        (visit(touches=(), alterations=(TAKEN, ALSO), watched=frozenset({1}), reach={3: 0.4}), None, Severity.NOW),
        (visit(**ALONE, watched=frozenset({1}), concealment=HIDDEN), None, Severity.NOW),  # hid something
    ],
)  # fmt: skip
def test_goods_that_may_be_a_payers_are_told_less_loudly(who, payer, expected):
    """That goods are gone is told in each case: only how loudly, and with which words, is another matter."""
    (sign,) = [s for s in unpaid(at(60, who, *([payer] if payer else [])), SET) if s.key == "7"]
    assert sign.severity is expected
    assert sign.reason.ko.startswith(CERTAIN)
    doubted = "확실하지 않습니다" in sign.reason.ko or "보이지 않았습니다" in sign.reason.ko
    assert doubted is (expected is Severity.SOON or who.concealment is not None)
    assert doubted is ("not certain who took them" in sign.reason.en or "not seen to reach there" in sign.reason.en)


def test_whoever_pays_at_a_till_that_reports_nothing_is_not_told_of_though_another_till_reports():
    kiosk = frozenset({"키오스크"})
    assert not list(unpaid(at(60, visit(stays=(AT_TILL,)), till_reports=kiosk), SET))
    beside = Stay("키오스크", "till", 27.0, 28.0)
    assert not list(unpaid(at(78, visit(stays=(AT_TILL, beside)), till_reports=kiosk), SET))  # paid, then passed by the kiosk
    there = visit(stays=(replace(AT_TILL, zone="키오스크"),))
    assert list(unpaid(at(78, there, till_reports=kiosk), SET))
    assert list(unpaid(at(78, visit(stays=(AT_TILL,)), till_reports=kiosk), tuned("unpaid", payments_expected="on")))


@pytest.mark.parametrize(
    ("telling", "who", "expected"),
    [
        (set(), visit(), Severity.NOTE),
        ({"2번 진열대"}, visit(), None),  # had anything gone there, it would have been seen
        ({"냉장고"}, visit(), Severity.NOTE),
        ({"2번 진열대"}, visit(concealment=HIDDEN), Severity.NOW),
        ({"2번 진열대"}, visit(alterations=(TAKEN,)), Severity.NOW),
    ],
)
def test_a_hand_alone_says_nothing_at_a_shelf_where_goods_are_seen_to_go(telling, who, expected):
    signs = list(unpaid(at(60, who, telling=frozenset(telling)), SET))
    assert [s.severity for s in signs] == ([expected] if expected else [])


# from tracks to the incident


def shop(actors, until=90, told=None, settings=SET, zones=ZONES):
    """All incidents of a run, closed, and how often one was opened."""
    engine = IncidentEngine("cam", settings)
    changes = [c for _, c in play(engine, until, lambda t: scene(t, actors, zones, **(told(t) if told else {})))]
    changes += engine.finish(stamp(until))
    return [c.incident for c in changes if isinstance(c, Closed)], sum(isinstance(c, Opened) for c in changes)


THIEF = Actor(1, [(0, 0.05), (4, 0.4), (12, 0.4), (16, 0.05), (16.5, 0.02)])
PAYER = Actor(1, [(0, 0.05), (4, 0.4), (12, 0.4), (15, 0.7), (24, 0.7), (31, 0.05), (31.5, 0.02)])


def test_a_thief_is_one_incident_from_the_touch_on():
    (incident,), opened = shop([THIEF])
    assert opened == 1
    assert (incident.rule, incident.severity, incident.tracks) == ("unpaid", Severity.NOTE, (1,))
    assert 4 <= incident.opened_s <= 6
    assert 18 <= incident.closed_s <= 24


def test_goods_found_gone_later_are_told_in_the_same_incident():
    gone = change(1, AlterationKind.TAKEN, 23.0, 1, zone="2번 진열대")
    (incident,), opened = shop([THIEF], told=lambda t: {"alterations": (gone,) if t >= 23 else ()})
    assert opened == 1
    assert incident.severity is Severity.NOW
    assert len(incident.reasons) == 2


def test_a_customer_who_stays_at_the_till_is_nothing():
    assert shop([PAYER]) == ([], 0)


def test_a_till_that_reports_clears_who_paid_and_tells_who_did_not():
    first = Payment(START_UTC - 100, None, "1000")  # somebody else's: from then on sales are expected
    sale = Payment(START_UTC + 22, None, "1001")
    assert shop([PAYER], told=lambda _: {"payments": (first, sale)}) == ([], 0)
    (incident,), _ = shop([PAYER], told=lambda _: {"payments": (first,)})
    assert "기록 없이" in incident.reasons[0].ko
    late = shop([PAYER], told=lambda t: {"payments": (first, sale) if t >= 45 else (first,)})
    assert late == ([], 0)


def test_a_till_that_is_cut_off_makes_no_thief_of_everybody():
    """Five customers pay there, and of none a sale comes. After the next sale it is asked again."""
    payers = [replace(PAYER, id=n, way=[(60 * n + t, x) for t, x in PAYER.way], _points=[]) for n in range(1, 8)]
    sales = (Payment(START_UTC, "계산대", "1"), Payment(START_UTC + 6 * 60 + 20, "계산대", "2"))
    incidents, _ = shop(
        payers, until=540, told=lambda t: {"payments": tuple(sale for sale in sales if START_UTC + t >= sale.utc)}
    )
    assert [i.tracks for i in incidents] == [(1,), (2,), (7,)]


@pytest.mark.parametrize("back_s", [23.0, 60.0, 300.0])
def test_a_thief_who_leaves_while_no_pictures_come_is_told_once_when_they_come_again(back_s):
    """Left at 16.5; that is clear two seconds later, when there is nothing to be judged."""
    engine = IncidentEngine("cam", SET)
    opened = []
    for at_s in [n * 0.25 for n in range(68)] + [back_s + n * 0.25 for n in range(80)]:
        opened += [c.incident for c in engine.step(scene(at_s, [THIEF], ZONES)) if isinstance(c, Opened)]
    assert [i.rule for i in opened] == ["unpaid"]


def test_a_shelf_found_empty_after_a_gap_is_told_then():
    gone = change(1, AlterationKind.TAKEN, 15.0, 7, zone="2번 진열대", share=0.5)
    who = visit(left=None, alterations=(gone,))
    assert not list(swept(at(40, who), SET))
    assert list(swept(at(40, who, before_s=14.0), SET))
    assert not list(swept(at(40.25, who, before_s=40.0), SET))


def test_two_thieves_at_once_are_two_incidents():
    other = replace(THIEF, id=2, way=[(t + 1, x) for t, x in THIEF.way], foot=0.8, _points=[])
    incidents, opened = shop([THIEF, other])
    assert opened == 2
    assert sorted(i.tracks for i in incidents) == [(1,), (2,)]


def test_a_thief_whose_number_changed_is_shown_under_all_of_them():
    second = Actor(2, [(20, 0.38), (25, 0.05), (25.5, 0.02)])
    (incident,), _ = shop([Actor(1, THIEF.way[:3]), second])
    assert incident.tracks == (1, 2)


# a shelf emptied at once


@pytest.mark.parametrize(
    ("gone", "settings", "expected"),
    [
        ([(0.30, 15.0)], SET, 30),
        ([(0.20, 15.0)], SET, None),
        ([(0.15, 8.0), (0.15, 15.0)], SET, 30),
        ([(0.15, 8.0), (0.15, 15.0)], tuned("swept", seconds=5.0), None),  # not at once
        ([(0.20, 15.0)], tuned("swept", share=0.1), 20),
        ([(0.60, 14.0), (0.70, 15.0)], SET, 100),
        ([(0.30, 10.0)], SET, None),  # told before
        ([(0.30, 15.0)], off("swept"), None),
    ],
)
def test_swept(gone, settings, expected):
    found = tuple(replace(TAKEN, id=n, share=share, at_s=at_s, since_s=at_s - 2) for n, (share, at_s) in enumerate(gone))
    signs = list(swept(at(16, visit(left=None, alterations=found)), settings))
    assert len(signs) == (expected is not None)
    for sign in signs:
        assert sign.reason.ko == f"'2번 진열대'의 물건이 한꺼번에 {expected}%쯤 없어졌습니다."
        assert sign.reason.en == f"About {expected} % of '2번 진열대' was emptied at once."
        assert (sign.severity, sign.zone, sign.tracks) == (Severity.NOW, "2번 진열대", (7,))
        assert sign.since_s == min(a.since_s for a in found)


@pytest.mark.parametrize(
    "spoiled",
    [
        {"undone_s": 15.5},  # put back
        {"zone": "다른 곳"},  # no shelf of that name
        {"kind": AlterationKind.PUT},
        {"tracks": (7, 8), "zone": "2번 진열대"},  # somebody else stood there, and no hand was seen
    ],
)
def test_what_is_not_one_person_emptying_a_shelf(spoiled):
    gone = replace(TAKEN, share=0.5, **spoiled)
    assert not list(swept(at(16, visit(left=None, touches=(), alterations=(gone,))), SET))


def test_two_shelves_are_counted_apart():
    zones = (*ZONES, block("냉장고", "shelf", 0.5, 0.4, 0.6, 0.8))
    gone = (replace(TAKEN, share=0.2), replace(TAKEN, id=2, share=0.2, zone="냉장고"))
    assert not list(swept(at(16, visit(left=None, alterations=gone), zones=zones), SET))


# concealment


@pytest.mark.parametrize(
    ("seen", "settings", "expected"),
    [
        (HIDDEN, SET, True),
        (replace(HIDDEN, score=0.9), SET, True),
        (replace(HIDDEN, score=0.89), SET, False),  # only ranks
        (replace(HIDDEN, alarm=None, score=1.0), SET, False),  # the model names no threshold
        (replace(HIDDEN, alarm=None, score=0.6), tuned("concealment", score=0.5), True),
        (HIDDEN, tuned("concealment", score=0.97), False),
        (HIDDEN, tuned("concealment", caution=2.0), True),  # 0.95 of 0.95
        (HIDDEN, tuned("concealment", caution=4.0), False),
        (replace(HIDDEN, score=0.8), tuned("concealment", caution=0.5), True),
        (HIDDEN, off("concealment"), False),
        (None, SET, False),
    ],
)
def test_when_a_score_is_an_alarm(seen, settings, expected):
    assert looks_hidden(seen, settings) is expected
    moment = at(14, visit(left=None), concealment={7: seen} if seen else {})
    assert len(list(concealment(moment, settings))) == expected


def test_concealment_says_what_was_seen():
    said = Text("손이 진열대에서 주머니로 갔습니다.", "A hand went from the shelf to a pocket.")
    (sign,) = concealment(at(14, concealment={7: HIDDEN}), SET)
    assert sign.reason.ko == "물건을 옷이나 가방에 숨기는 듯한 동작이 보였습니다."
    assert sign.reason.en == "The movements look like goods being hidden in clothes or a bag."
    assert (sign.severity, sign.since_s, sign.tracks) == (Severity.SOON, 12.0, (7,))
    (sign,) = concealment(at(14, visit(track=3), concealment={7: replace(HIDDEN, text=said)}), SET)
    assert sign.reason == said
    assert sign.tracks == (3,)  # the person, whatever number they carry now
    assert not list(concealment(at(18, concealment={7: HIDDEN}), SET))  # a moment long ago
