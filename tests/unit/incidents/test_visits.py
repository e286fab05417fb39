"""What is known of each person: touches, stays, goods, sales, how they left; and that it survives what cameras do."""

from dataclasses import replace

import pytest

from agent.incidents.engine import IncidentEngine
from agent.incidents.visits import VisitBook
from agent.settings import IncidentSettings
from agent.values import AlterationKind, Box, Concealment, Payment, Point, ViewFault
from tests.unit.incidents.acting import START_UTC, STEP_S, Actor, block, body, change, flat, scene, stay

SET = IncidentSettings()
SHELF = block("진열대", "shelf", 0.3, 0.4, 0.5, 0.8)
TILL = block("계산대", "till", 0.6, 0.8, 0.8, 1.0)
STORE = block("창고", "staff", 0.85, 0.6, 1.0, 1.0)
DOOR = block("문", "exit", 0.0, 0.7, 0.08, 1.0)
ZONES = (SHELF, TILL, STORE, DOOR)
ROUND = [(0, 0.05), (4, 0.4), (8, 0.4), (12, 0.7), (18, 0.7), (25, 0.05), (27, 0.05)]  # door, shelf, till, door
SWEEP = [(0, 0.05), (4, 0.4), (8, 0.4), (12, 0.05), (13, 0.05)]  # door, shelf, door


def watch(until, actors, zones=ZONES, book=None, start=0.0, told=None, **more):
    """The visits at `until`. told: gives further fields of the scene at a second."""
    book = book or VisitBook(SET)
    visits = ()
    for n in range(round((until - start) / STEP_S) + 1):
        at_s = start + n * STEP_S
        extra = told(at_s) if told else {}
        visits = book.step(scene(at_s, actors, zones, **(more | extra)))
    return visits


def only(visits):
    (visit,) = visits
    return visit


def spans(stays):
    return [(stay.zone, round(stay.from_s), round(stay.to_s)) for stay in stays]


def test_a_customers_round():
    visit = only(watch(30, [Actor(1, ROUND)]))
    assert (visit.track, visit.entered_s, visit.entered_open) == (1, 0, True)
    assert spans(visit.touches) == [("진열대", 4, 10)]
    assert spans(visit.stays) == [("계산대", 11, 19)]
    assert (visit.left.zone, visit.left.at_s) == ("문", 27)
    assert visit.left.known_s >= 29
    assert visit.touched_s == pytest.approx(5, abs=0.5)
    assert visit.stayed_s(("till",)) == pytest.approx(8, abs=1)
    assert visit.stayed_s(("staff",)) == 0


def test_a_hand_counts_at_once_and_a_body_alone_only_after_a_while():
    reach = Actor(1, SWEEP, points=lambda t, box: body(box, Point(0.4, 0.6) if 6 <= t < 7 else None))
    assert spans(only(watch(10, [reach])).touches) == [("진열대", 6, 7)]
    brief = Actor(1, [(0, 0.05), (4, 0.4), (5, 0.4), (9, 0.05)])
    assert only(watch(9, [brief])).touches == ()


def test_a_body_before_a_shelf_is_not_asked_while_hands_are_known():
    idle = Actor(1, SWEEP, points=lambda _, box: body(box))
    assert only(watch(13, [idle])).touches == ()
    every_third = Actor(1, SWEEP, points=lambda t, box: body(box) if round(t * 4) % 3 == 0 else ())
    assert only(watch(13, [every_third])).touches == ()


def test_touches_with_a_pause_are_two():
    way = [(0, 0.05), (4, 0.4), (8, 0.4), (10, 0.6), (14, 0.6), (16, 0.4), (20, 0.4)]
    assert [zone for zone, _, _ in spans(only(watch(20, [Actor(1, way)])).touches)] == ["진열대", "진열대"]


def test_staff_are_known_by_where_they_stay():
    visit = only(watch(20, [Actor(1, [(0, 0.9), (10, 0.9), (14, 0.4), (20, 0.4)])]))
    assert visit.stayed_s(("staff",)) == pytest.approx(10, abs=1)


# leaving


@pytest.mark.parametrize(
    ("actor", "zones", "expected"),
    [
        (Actor(1, SWEEP), ZONES, "문"),
        (Actor(1, [(0, 0.05), (4, 0.4), (13, 0.2)]), ZONES, "문"),  # last seen a step before the door
        (Actor(1, [(0, 0.05), (4, 0.4), (13, 0.4)]), ZONES, False),  # vanished in the middle of the shop
        (Actor(1, [(0, 0.05), (4, 0.4), (13, 0.98)]), ZONES, False),  # at an edge, but the door is elsewhere
        (Actor(1, [(0, 0.05), (4, 0.4), (13, 0.98)]), ZONES[:3], None),  # at an edge, and no door is drawn
        (Actor(1, [(0, 0.05), (4, 0.4), (13, 0.4)]), ZONES[:3], False),
        (stay(1, 0, 13, 0.4, hidden=[(6, 13)]), ZONES, False),  # hidden, still predicted
        (stay(1, 0, 13, 0.05, hidden=[(6, 13)]), ZONES, "문"),
    ],
)
def test_how_somebody_left(actor, zones, expected):
    visit = only(watch(16, [actor], zones))
    if expected is False:
        assert visit.left is None
    else:
        assert visit.left.zone == expected


def test_nobody_has_left_who_is_seen_again():
    back = stay(1, 0, 30, 0.05, hidden=[(6, 12)])
    assert only(watch(11, [back])).left is not None
    assert only(watch(13, [back])).left is None


@pytest.mark.parametrize("fault", [ViewFault.LOST, ViewFault.COVERED, ViewFault.FROZEN, ViewFault.TURNED])
def test_nobody_leaves_while_the_camera_sees_nothing(fault):
    gone = Actor(1, SWEEP)

    def told(at_s):
        return {"view": {fault: 1.0}} if at_s >= 11 else {}

    assert only(watch(20, [Actor(1, [*SWEEP[:3], (10, 0.1)])], told=told)).left is None
    assert only(watch(20, [gone])).left is not None


def test_nothing_is_touched_while_the_camera_sees_nothing():
    assert only(watch(10, [Actor(1, SWEEP)], told=lambda _: {"view": {ViewFault.COVERED: 1.0}})).touches == ()


def test_visits_are_known_for_a_minute():
    assert len(watch(72, [Actor(1, SWEEP)])) == 1
    assert watch(75, [Actor(1, SWEEP)]) == ()


# who counts


def test_goods_that_are_put_down_are_no_visit():
    assert watch(20, [stay(1, 0, 20, 0.4, by="change")]) == ()
    assert watch(20, [stay(1, 0, 20, 0.4, by="change", height=0.1)]) == ()


def test_an_unconfirmed_region_that_walks_is_a_visit():
    assert only(watch(20, [Actor(1, SWEEP, by="change")])).touches


# ids that switch and die


def test_a_new_number_in_the_middle_of_the_shop_goes_on_with_the_visit():
    first = Actor(1, [(0, 0.05), (4, 0.4), (8, 0.4)])
    second = Actor(2, [(14, 0.45), (17, 0.05), (21, 0.05)])
    visit = only(watch(25, [first, second]))
    assert (visit.track, visit.seen_as, visit.members) == (1, 2, (1, 2))
    assert spans(visit.touches) == [("진열대", 4, 8)]
    assert visit.left.zone == "문"


@pytest.mark.parametrize(
    "second",
    [
        Actor(2, [(14, 0.05), (20, 0.4)]),  # came in through the door
        Actor(2, [(60, 0.45), (66, 0.4)]),  # much later
        stay(2, 14, 20, 0.45, height=0.2),  # a child
        stay(2, 6, 20, 0.45),  # was there before the other vanished
    ],
)
def test_others_begin_their_own(second):
    first = Actor(1, [(0, 0.05), (4, 0.4), (8, 0.4)])
    assert [v.track for v in watch(64 if second.way[0][0] == 60 else 20, [first, second])] == [1, 2]


def test_a_new_number_that_comes_up_beside_somebody_before_they_are_missed_is_them():
    first = Actor(1, [(0, 0.05), (4, 0.4), (8, 0.4)])
    second = Actor(2, [(7.5, 0.45), (17, 0.05), (21, 0.05)])  # for half a second there are two
    visit = only(watch(25, [first, second]))
    assert (visit.track, visit.seen_as, visit.members) == (1, 2, (1, 2))
    assert spans(visit.touches)[0] == ("진열대", 4, 8)
    assert (visit.entered_s, visit.left.zone) == (0, "문")


@pytest.mark.parametrize(
    "second",
    [
        Actor(2, [(5.0, 0.45), (17, 0.05), (21, 0.05)]),  # there were two for longer
        Actor(2, [(7.5, 0.75), (17, 0.05), (21, 0.05)]),  # elsewhere
        stay(2, 7.5, 21, 0.45, height=0.2),  # a child
    ],
)
def test_somebody_else_beside_whom_one_is_lost_stays_somebody_else(second):
    first = Actor(1, [(0, 0.05), (4, 0.4), (8, 0.4)])
    assert [v.track for v in watch(20, [first, second])] == [1, 2]


def test_the_nearest_of_two_lost_people_comes_up_again():
    lost = [stay(1, 0, 8, 0.4), stay(2, 0, 8, 0.7)]
    visits = watch(20, [*lost, stay(3, 14, 20, 0.65)])
    assert [(v.track, v.seen_as) for v in visits] == [(1, 1), (2, 3)]


def test_the_lineage_joins_first():
    engine = IncidentEngine("cam", SET)
    actors = [Actor(1, [(0, 0.05), (4, 0.4), (8, 0.4)]), Actor(2, [(9, 0.4), (14, 0.05)])]
    for n in range(80):
        engine.step(scene(n * STEP_S, actors, ZONES))
    assert engine._visits.members(1) == (1, 2) == engine._visits.members(2)
    assert engine._visits.members(9) == ()


def test_a_clock_that_runs_backwards_begins_anew():
    book = VisitBook(SET)
    watch(8, [Actor(1, SWEEP)], book=book)
    assert book.step(scene(1, [], ZONES)) == ()
    assert only(watch(3, [stay(5, 1, 9, 0.4)], book=book, start=1.25)).track == 5


def test_the_book_stays_small():
    book = VisitBook(SET)
    for n in range(400):
        passer = Actor(n + 1, [(n * 2.0, 0.05), (n * 2.0 + 1.5, 0.4)])
        watch(n * 2.0 + 1.75, [passer], book=book, start=n * 2.0)
    assert len(book._guests) <= 33
    restless = Actor(999, [(1000 + 2 * n, 0.4 + 0.3 * (n % 2)) for n in range(400)])
    visit = watch(1700, [restless], book=book, start=1000, told=lambda _: {"activity": {999: 0.5}})[-1]
    assert len(visit.stays) <= 60
    assert len(visit.movement) <= 301


# what others know


def test_goods_are_matched_to_who_was_there():
    gone = change(7, AlterationKind.TAKEN, 9.0, 1, zone="진열대")
    visit = only(watch(13, [Actor(1, SWEEP)], told=lambda t: {"alterations": (gone,) if t >= 9 else ()}))
    assert visit.alterations == (gone,)
    assert visit.has(gone)
    back = replace(gone, undone_s=12.0)
    visit = only(watch(13, [Actor(1, SWEEP)], told=lambda t: {"alterations": (gone if t < 12 else back,) if t >= 9 else ()}))
    assert visit.alterations == (back,)


def test_goods_with_two_people_at_them_are_the_one_s_whose_hand_was_there():
    gone = change(7, AlterationKind.TAKEN, 9.0, 1, 2, zone="진열대")
    first, second = watch(9, [Actor(1, SWEEP), stay(2, 0, 20, 0.7)], told=lambda t: {"alterations": (gone,) if t >= 9 else ()})
    assert first.has(gone)
    assert gone in second.alterations
    assert not second.has(gone)
    assert not first.has(replace(gone, id=8))


def test_a_hand_elsewhere_on_the_shelf_took_nothing_here():
    there = change(7, AlterationKind.TAKEN, 9.0, 1, 2, zone="진열대", box=Box(0.46, 0.5, 0.5, 0.6))
    here = change(8, AlterationKind.TAKEN, 9.0, 1, 2, zone="진열대", box=Box(0.36, 0.5, 0.4, 0.6))
    west = Actor(1, [(0, 0.05), (4, 0.33), (8, 0.33), (12, 0.05)])
    east = Actor(2, [(0, 0.95), (4, 0.46), (8, 0.46), (12, 0.95)], foot=0.85)
    told = {"alterations": (there, here)}
    first, second = watch(9, [west, east], told=lambda t: told if t >= 9 else {})
    assert (first.has(there), first.has(here)) == (False, True)
    assert (second.has(there), second.has(here)) == (True, False)
    assert first.reach[8] == pytest.approx(3, abs=0.6)


@pytest.mark.parametrize(
    ("seen_from", "expected"),
    [(0.0, {1}), (6.0, {1}), (8.5, set()), (99.0, set())],  # the shelf changes from 5 to 10
)
def test_during_which_changes_somebodys_hands_were_seen(seen_from, expected):
    def points(at_s, box):
        return body(box) if at_s >= seen_from else ()

    near = stay(1, 0.0, 30.0, x=0.4, points=points)
    gone = change(1, AlterationKind.TAKEN, 10.0, 1, since_s=5.0, box=Box(0.6, 0.1, 0.62, 0.12))
    visit = only(watch(12, [near], told=lambda t: {"alterations": (gone,) if t >= 10 else ()}))
    assert (visit.watched, visit.reach) == (expected, {1: 0.0})


def test_a_shelf_tells_once_goods_were_seen_to_go():
    book = VisitBook(SET)
    gone = change(7, AlterationKind.TAKEN, 5.0, 1, zone="진열대")
    watch(4, [Actor(1, SWEEP)], book=book)
    assert book.telling == frozenset()
    watch(6, [Actor(1, SWEEP)], book=book, start=5, told=lambda _: {"alterations": (gone,)})
    watch(9, [Actor(1, SWEEP)], book=book, start=7)
    assert book.telling == {"진열대"}


@pytest.mark.parametrize(("hidden", "expected"), [((13, 20), 12), ((13, 30), 5)])
def test_somebody_hidden_at_the_till_has_stayed_there(hidden, expected):
    way = [(0, 0.05), (4, 0.4), (8, 0.4), (12, 0.7), (33, 0.7)]
    visit = only(watch(24 if expected == 12 else 33, [Actor(1, way, hidden=[hidden])]))
    assert visit.stayed_s(("till",)) == pytest.approx(expected, abs=1.5)


def test_alterations_name_people_by_their_first_number():
    book = VisitBook(SET)
    first, second = Actor(1, [(0, 0.05), (4, 0.4), (8, 0.4)]), Actor(2, [(14, 0.45), (20, 0.4)])
    watch(20, [first, second], book=book)
    (named,) = book.named((change(7, AlterationKind.TAKEN, 18.0, 2, 99),))
    assert named.tracks == (1, 99)


@pytest.mark.parametrize(
    ("sold_s", "till", "clears"),
    [
        (15.0, None, True),
        (15.0, "계산대", True),
        (15.0, "", True),
        (15.0, "2호기", False),
        (46.0, None, True),  # half a minute after
        (50.0, None, False),
        (-25.0, None, False),
    ],
)
def test_a_sale_near_the_stay_at_the_till(sold_s, till, clears):
    sale = Payment(START_UTC + sold_s, till, "1001")
    visit = only(watch(52, [Actor(1, ROUND)], told=lambda t: {"payments": (sale,) if t >= sold_s else ()}))
    assert visit.payments == ((sale,) if clears else ())


def test_a_sale_keeps_its_time_when_the_clock_is_set():
    book = VisitBook(SET)
    sale = Payment(START_UTC + 15, None, "1001")
    watch(16, [Actor(1, ROUND)], book=book, told=lambda t: {"payments": (sale,) if t >= 15 else ()})
    moment = scene(17, [Actor(1, ROUND)], ZONES, payments=(sale,))
    hour_later = replace(moment, stamp=replace(moment.stamp, utc=moment.stamp.utc + 3600))
    assert only(book.step(hour_later)).payments == (sale,)
    assert book.till_reports == {""}


def test_a_till_that_fell_silent_hours_ago_reports_no_more():
    book, sale = VisitBook(SET), Payment(START_UTC, None, "1001")
    book.step(scene(1, [], ZONES, payments=(sale,)))
    assert book.till_reports
    book.step(scene(7100, [], ZONES))
    assert book.till_reports == {""}
    book.step(scene(7300, [], ZONES))
    assert not book.till_reports
    assert not book.silent_tills  # nobody stood there


def test_each_till_reports_for_itself():
    book = VisitBook(SET)
    book.step(scene(1, [], ZONES, payments=(Payment(START_UTC, "2호기", "1001"),)))
    assert book.till_reports == {"2호기"}
    book.step(scene(2, [], ZONES, payments=(Payment(START_UTC, "2호기", "1001"), Payment(START_UTC + 1, "계산대", "1"))))
    assert book.till_reports == {"2호기", "계산대"}


def rounds(count, begin=100.0):
    """Customers who come a minute after each other, touch a shelf and stand at the till."""
    return [Actor(n, [(begin + 60 * n + t, x) for t, x in ROUND]) for n in range(1, count + 1)]


@pytest.mark.parametrize("till", [None, "계산대"])
def test_a_till_at_which_three_people_in_a_row_stood_without_a_sale_is_asked_for_none_until_its_next(till):
    book, named = VisitBook(SET), {till or ""}
    everybody = rounds(3)
    first, next_one = Payment(START_UTC, till, "1001"), Payment(START_UTC + 350, till, "1002")
    watch(315, everybody, book=book, start=0.0, told=lambda _: {"payments": (first,)})
    assert book.till_reports == named  # the third may still be reported late
    watch(340, everybody, book=book, start=315.25, told=lambda _: {"payments": (first,)})
    assert (book.till_reports, book.silent_tills) == (frozenset(), named)
    book.step(scene(350, [], ZONES, payments=(first, next_one)))
    assert (book.till_reports, book.silent_tills) == (named, frozenset())


@pytest.mark.parametrize(
    ("actors", "sales"),
    [
        (rounds(2), [0.0]),
        (rounds(3), [0.0, 230.0]),  # one of them has paid
        (rounds(3), [330.0]),  # they were there before it ever reported
        ([Actor(n, [(60 * n + t, x) for t, x in ((0, 0.05), (5, 0.05), (9, 0.7), (30, 0.7), (34, 0.05), (36, 0.05))])
          for n in (1, 2, 3)], [0.0]),  # nobody of them touched a shelf
    ],
)  # fmt: skip
def test_a_till_is_not_silent_because_of(actors, sales):
    book = VisitBook(SET)
    every = [Payment(START_UTC + at_s, "계산대", f"{n}") for n, at_s in enumerate(sales)]
    watch(345, actors, book=book, start=0.0, told=lambda t: {"payments": tuple(s for s in every if START_UTC + t >= s.utc)})
    assert (book.till_reports, book.silent_tills) == ({"계산대"}, frozenset())


def test_who_fill_shelves_make_no_till_silent():
    book, store = VisitBook(SET), block("창고", "staff", 0.9, 0.7, 1.0, 1.0)
    way = [(0, 0.95), (35, 0.95), (40, 0.4), (44, 0.4), (47, 0.7), (52, 0.7), (59, 0.02), (60, 0.02)]
    staff = [Actor(n, [(100 * n + t, x) for t, x in way]) for n in (1, 2, 3)]
    sale = Payment(START_UTC, "계산대", "1001")
    watch(385, staff, zones=(*ZONES, store), book=book, start=0.0, told=lambda _: {"payments": (sale,)})
    assert book.till_reports == {"계산대"}


def test_a_number_that_a_till_uses_again_is_another_sale():
    book = VisitBook(SET)
    again = [Actor(1, ROUND), Actor(2, [(t + 660, x) for t, x in ROUND])]
    every = [Payment(START_UTC + at_s, "계산대", "1") for at_s in (15.0, 675.0)]

    def told(now):
        return {"payments": tuple(sale for sale in every if 0 <= now - (sale.utc - START_UTC) <= 600)}

    (visit,) = watch(690, again, book=book, start=0.0, told=told)
    assert (visit.track, visit.payments) == (2, (every[1],))


def sold(*times):
    """Sales that are reported at those seconds."""
    every = tuple(Payment(START_UTC + at_s, None, f"{n}") for n, at_s in enumerate(times))
    return lambda now: {"payments": tuple(sale for sale, at_s in zip(every, times, strict=True) if at_s <= now)}


LATER = [
    (0, 0.05),
    (13, 0.05),
    (16, 0.4),
    (19, 0.4),
    (23, 0.7),
    (28, 0.7),
    (40, 0.05),
    (42, 0.05),
]  # after the first
WITH = [(1, 0.05), (5, 0.4), (9, 0.4), (13, 0.74), (18, 0.74), (26, 0.05), (28, 0.05)]  # comes, stands and goes with the first


def paid(until, *ways, told):
    return {v.track: [sale.reference for sale in v.payments] for v in watch(until, people(*ways), told=told)}


def people(*ways):
    return [Actor(n, way, foot=0.9 - 0.01 * n) for n, way in enumerate(ways, 1)]


def test_a_sale_is_the_nearest_ones():
    assert paid(44, ROUND, LATER, told=sold(17)) == {1: ["0"], 2: []}
    assert paid(44, ROUND, LATER, told=sold(25)) == {1: [], 2: ["0"]}


def test_reports_that_are_late_by_a_customer_clear_both():
    assert paid(44, ROUND, LATER, told=sold(24, 27)) == {1: ["1"], 2: ["0"]}


def test_whoever_pays_twice_clears_nobody_who_came_at_another_time():
    much_later = [(t + 20, x) for t, x in LATER]
    assert paid(64, ROUND, much_later, told=sold(15, 16)) == {1: ["0", "1"], 2: []}


def test_of_two_at_the_till_the_first_who_came_has_paid():
    beside = [(6, 0.05), (14, 0.74), (30, 0.74), (44, 0.05), (46, 0.05)]
    assert paid(47, ROUND, beside, told=sold(16)) == {1: ["0"], 2: []}
    assert paid(47, ROUND, beside, told=sold(16, 25)) == {1: ["0"], 2: ["1"]}


def test_who_come_stand_and_go_together_pay_once():
    assert paid(32, ROUND, WITH, told=sold(16)) == {1: ["0"], 2: ["0"]}
    assert paid(27.5, ROUND, WITH, told=sold(16)) == {1: ["0"], 2: []}  # not yet: both are still there


@pytest.mark.parametrize(
    "way",
    [
        [(8, 0.05), *WITH[2:]],  # came later
        [*WITH[:5], (40, 0.05), (42, 0.05)],  # left later
        [(1, 0.05), (5, 0.4), (18, 0.4), (26, 0.05), (28, 0.05)],  # never stood at the till
    ],
)
def test_whoever_is_with_a_payer_in_part_only_has_not_paid(way):
    assert paid(44, ROUND, way, told=sold(16)) == {1: ["0"], 2: []}


def test_a_sale_that_was_given_away_is_nobody_elses_when_its_owner_is_forgotten():
    late = [(80, 0.05), (84, 0.7), (95, 0.7), (105, 0.05)]
    patient = VisitBook(replace(SET, unpaid=replace(SET.unpaid, window_s=300.0)))
    (visit,) = watch(107, people(ROUND, late), book=patient, told=sold(16))
    assert (visit.track, visit.payments) == (2, ())


def test_a_sale_that_is_reported_before_anybody_is_seen_at_the_till_waits_for_them():
    assert paid(30, ROUND, told=sold(2)) == {1: ["0"]}


def test_the_best_concealment_is_kept():
    scores = {6.0: 0.4, 7.0: 0.9, 8.0: 0.3}

    def told(at_s):
        return {"concealment": {1: Concealment(scores[at_s], at_s - 2, at_s)} if at_s in scores else {}}

    assert only(watch(13, [Actor(1, SWEEP)], told=told)).concealment == Concealment(0.9, 5.0, 7.0)


def test_how_strongly_somebody_moved():
    strong = {"activity": {1: 0.8}}
    visit = only(watch(10, [stay(1, 0, 20, 0.4)], told=lambda t: strong if 4 <= t <= 7 else {"activity": {1: 0.1}}))
    assert visit.strong_s(0.7, 0, 10) == pytest.approx(3)
    assert visit.strong_s(0.7, 5, 10) == pytest.approx(2)
    assert visit.strong_s(0.9, 0, 10) == 0
    assert only(watch(10, [stay(1, 0, 20, 0.4)])).strong_s(0.1, 0, 10) == 0  # not measured


# lying


def falls(at_s, flat_points=False, **more):
    def shaped(t, upright):
        return upright if t < at_s else Box(upright.left - 0.1, 0.78, upright.left + 0.2, 0.9)

    points = (lambda t, box: body(box) if t < at_s else flat(box)) if flat_points else None
    return stay(1, 0, 60, 0.4, shaped=shaped, points=points, **more)


@pytest.mark.parametrize("with_points", [False, True])
def test_somebody_who_falls_lies(with_points):
    actor = falls(10, with_points)
    assert only(watch(9, [actor])).lying_since_s is None
    assert only(watch(30, [actor])).lying_since_s == 10


def test_somebody_who_gets_up_does_not_lie():
    def shaped(t, upright):
        return Box(upright.left - 0.1, 0.78, upright.left + 0.2, 0.9) if 10 <= t < 14 else upright

    actor = stay(1, 0, 60, 0.4, shaped=shaped)
    assert only(watch(13, [actor])).lying_since_s == 10
    assert only(watch(16, [actor])).lying_since_s is None


def test_somebody_who_crawls_does_not_lie_still():
    def shaped(t, upright):
        x = 0.3 + max(0.0, t - 10) * 0.08
        return upright if t < 10 else Box(x, 0.78, x + 0.3, 0.9)

    visit = only(watch(16, [stay(1, 0, 60, 0.4, shaped=shaped)]))
    assert visit.lying_since_s > 13


def test_between_two_looks_the_last_pose_holds():
    def shaped(t, upright):
        return upright if t < 10 else Box(upright.left - 0.1, 0.78, upright.left + 0.2, 0.9)

    bent = stay(1, 0, 60, 0.4, shaped=shaped, points=lambda t, _: body(Box(0.35, 0.4, 0.45, 0.9)) if t * 4 % 3 == 0 else ())
    assert only(watch(20, [bent])).lying_since_s is None  # the outline holds a shadow, the points know better


def test_somebody_out_of_sight_is_not_told_to_lie():
    actor = falls(10, hidden=[(20, 60)])
    assert only(watch(22, [actor])).lying_since_s == 10
    assert only(watch(25, [actor])).lying_since_s is None


LAID = Box(0.3, 0.78, 0.6, 0.9)


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (stay(2, 11, 40, shaped=lambda *_: LAID, by="change"), 10),  # lower than anybody who counts, but as large as the person
        (stay(2, 11, 40, shaped=lambda *_: Box(0.4, 0.8, 0.5, 0.9), by="change"), None),  # a bag
        (stay(2, 18, 40, shaped=lambda *_: LAID, by="change"), None),  # much later
        (stay(2, 11, 40, shaped=lambda *_: Box(0.65, 0.2, 0.95, 0.32), by="change"), None),  # far away
        (stay(2, 11, 40, shaped=lambda *_: Box(0.3, 0.5, 0.6, 0.62), by="change"), None),  # goods gone from a shelf
        (stay(2, 4, 40, shaped=lambda *_: LAID, by="change"), None),  # lay there before
    ],
)
def test_a_fall_that_the_tracker_could_not_follow(second, expected):
    first = Actor(1, [(0, 0.05), (4, 0.45), (10, 0.45)])
    visit = watch(14 if expected else 20, [first, second], zones=ZONES[1:])[0]
    assert visit.track == 1
    assert visit.lying_since_s == expected
    assert visit.members == ((1, 2) if expected else (1,))


@pytest.mark.parametrize(
    ("bottom", "by", "lies"),
    [
        (0.95, "change", False),
        (0.88, "change", False),  # cells are coarse: the gap seems to reach below the shelf
        (0.86, "change", True),
        (0.95, "person", False),
        (0.88, "person", True),
    ],
)
def test_goods_that_are_gone_from_a_shelf_near_by_are_nobody_who_fell(bottom, by, lies):
    first = Actor(1, [(0, 0.05), (4, 0.45), (10, 0.45)])
    gone = stay(2, 11, 40, shaped=lambda *_: LAID, by=by)
    shelf = block("진열대", "shelf", 0.2, 0.4, 0.7, bottom)
    assert (watch(14, [first, gone], zones=(shelf, *ZONES[1:]))[0].lying_since_s is not None) is lies


# who was near a thing, and when


def test_when_somebody_was_last_near_a_thing_is_known_though_it_is_found_later_and_they_leave():
    bag = change(3, AlterationKind.LEFT, 14.0, 1, box=Box(0.38, 0.85, 0.42, 0.9))
    carrier = Actor(1, [(0, 0.05), (4, 0.4), (8, 0.4), (9, 0.95), (20, 0.95), (24, 0.05), (26, 0.05)])

    def told(at_s):
        return {"alterations": (bag,)} if at_s >= 14 else {}

    found = only(watch(18, [carrier], told=told))
    assert found.near == {3: pytest.approx(9, abs=0.5)}  # a body height is half the picture
    passed = only(watch(28, [carrier], told=told))  # by it again on the way out
    assert passed.left is not None
    assert passed.near[3] > 22


def test_of_somebody_whose_path_is_gone_it_is_known_that_they_had_left():
    bag = change(3, AlterationKind.LEFT, 31.0, 1, box=Box(0.68, 0.85, 0.72, 0.9))
    visit = only(watch(32, [Actor(1, ROUND)], told=lambda at_s: {"alterations": (bag,)} if at_s >= 31 else {}))
    assert visit.near == {3: 27}
