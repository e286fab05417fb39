"""How signs become incidents: hold, open, tell more, keep together, split, close."""

from dataclasses import replace
from itertools import pairwise

import pytest

from agent.incidents.engine import Closed, IncidentEngine, Opened, Updated
from agent.incidents.scene import Sign
from agent.settings import IncidentSettings
from agent.values import ClipState, Severity, Text, ViewFault
from tests.unit.incidents.acting import START_UTC, STEP_S, Actor, area, play, scene, stamp, stay

SET = IncidentSettings()  # flicker 1 s, quiet 8 s, merge 20 s, longest 120 s
STORE = area("창고", "staff", 0.0, 0.3)
DRINKS = area("음료", "loiter", 0.6, 1.0)


def scripted(*signs, settings=SET):
    """An engine with one made-up rule: (from, to, sign) each."""

    def rule(moment, _):
        return [sign for start, end, sign in signs if start <= moment.stamp.source_s <= end]

    return IncidentEngine("cam", settings, rules=(rule,))


def sign(key="k", **more):
    return Sign(**({"rule": "swept", "key": key, "reason": Text("말", "word"), "severity": Severity.SOON} | more))


def told(engine, seconds, actors=(), **more):
    """(second, kind of change, incident), stream finished at the end."""
    changes = play(engine, seconds, lambda t: scene(t, actors, **more))
    changes += [(seconds, change) for change in engine.finish(stamp(seconds))]
    return [(at_s, type(change), change.incident) for at_s, change in changes]


def kinds(changes):
    return [(at_s, kind) for at_s, kind, _ in changes]


# opening and closing


def test_a_sign_opens_an_incident_and_its_absence_closes_it():
    changes = told(scripted((5, 10, sign())), 60)
    assert kinds(changes) == [(5, Opened), (18, Closed)]
    opened, closed = changes[0][2], changes[1][2]
    assert opened.id == closed.id
    assert (opened.opened_s, opened.closed_s) == (5, None)
    assert (closed.opened_s, closed.closed_s) == (5, 10)
    assert closed.closed_utc == pytest.approx(START_UTC + 10)
    assert closed.opened_utc == pytest.approx(START_UTC + 5)
    assert closed.clip is ClipState.PENDING
    assert (closed.rule, closed.camera, closed.severity) == ("swept", "cam", Severity.SOON)


def test_one_sign_of_a_moment_is_enough_where_nothing_has_to_hold():
    assert kinds(told(scripted((5, 5, sign())), 60)) == [(5, Opened), (13, Closed)]


def test_a_sign_that_does_not_hold_opens_nothing():
    assert told(scripted((5, 6.5, sign(hold_s=2.0))), 60) == []


def test_an_incident_begins_when_its_sign_began():
    changes = told(scripted((5, 20, sign(hold_s=2.0))), 60)
    assert changes[0][:2] == (7, Opened)
    assert changes[0][2].opened_s == 5
    assert changes[0][2].opened_utc == pytest.approx(START_UTC + 5)


def test_a_flicker_does_not_reset_the_hold_and_a_pause_does():
    held = sign(hold_s=2.0)
    assert told(scripted((5, 6, held), (6.75, 9, held)), 60)[0][:2] == (7, Opened)
    assert told(scripted((5, 6, held), (7.5, 9.75, held)), 60)[0][:2] == (9.5, Opened)


def test_a_sign_may_tell_of_something_that_began_earlier():
    changes = told(scripted((50, 55, sign(since_s=42.0))), 90)
    assert changes[0][2].opened_s == 42.0
    assert changes[0][2].opened_utc == pytest.approx(START_UTC + 42)
    assert told(scripted((100, 105, sign(since_s=1.0))), 120)[0][2].opened_s == 40.0  # no further than memory may reach


def test_finish_closes_what_is_open_and_only_once():
    engine = scripted((5, 99, sign()))
    changes = told(engine, 30)
    assert kinds(changes) == [(5, Opened), (30, Closed)]
    assert changes[1][2].closed_s == 30
    assert engine.finish(stamp(31)) == []


# waiting for more


def test_while_somebody_is_in_view_it_waits_longer():
    assert kinds(told(scripted((5, 10, sign())), 60, [stay(1, 0, 60)])) == [(5, Opened), (30, Closed)]


def test_the_same_again_soon_is_the_same_incident():
    changes = told(scripted((5, 10, sign()), (25, 26, sign())), 90, [stay(1, 0, 90)])
    assert kinds(changes) == [(5, Opened), (46, Closed)]
    assert changes[-1][2].closed_s == 26


def test_the_same_again_much_later_is_another_incident():
    changes = told(scripted((5, 10, sign()), (40, 41, sign())), 90, [stay(1, 0, 90)])
    assert kinds(changes) == [(5, Opened), (30, Closed), (40, Opened), (61, Closed)]
    assert changes[0][2].id != changes[2][2].id


def test_a_hole_in_the_stream_closes_first_and_opens_anew():
    engine = scripted((0, 999, sign()))
    first = engine.step(scene(0))
    later = engine.step(scene(500))
    assert [type(c) for c in first + later] == [Opened, Closed, Opened]
    assert later[0].incident.closed_s == 0
    assert later[1].incident.opened_s == 500


# telling more


def test_more_subjects_a_higher_severity_and_new_reasons_are_told():
    worse = sign(tracks=(2,), severity=Severity.NOW, reason=Text("더", "more"))
    changes = told(scripted((5, 9, sign(tracks=(1,))), (7, 9, worse)), 60, [stay(1, 0, 9, 0.2), stay(2, 0, 9, 0.8)])
    assert kinds(changes) == [(5, Opened), (7, Updated), (17, Closed)]
    updated = changes[1][2]
    assert updated.tracks == (1, 2)
    assert updated.severity is Severity.NOW
    assert [r.en for r in updated.reasons] == ["word", "more"]


def test_reasons_do_not_pile_up():
    signs = [(t, t, sign(reason=Text(str(t), str(t)))) for t in range(5, 50)]
    assert len(told(scripted(*signs), 60)[-1][2].reasons) == 5


def test_nothing_is_told_while_nothing_changes():
    assert len(told(scripted((5, 60, sign(tracks=(1,)))), 90, [stay(1, 0, 90)])) == 2


# what belongs together


@pytest.mark.parametrize(
    ("second", "together"),
    [
        (sign("b", tracks=(1,)), True),  # the same person
        (sign("b", zone="z"), True),  # the same zone
        (sign("b", tracks=(2,)), True),  # somebody at the same place
        (sign("b", tracks=(3,)), False),  # somebody elsewhere
        (sign("b", zone="y"), False),
        (sign("b"), False),
        (sign("b", tracks=(1,), zone="z", rule="other"), False),  # another rule is another incident
    ],
)
def test_signs_of_other_keys(second, together):
    actors = [stay(1, 0, 60, 0.5), stay(2, 0, 60, 0.52), stay(3, 0, 60, 0.9)]
    changes = told(scripted((5, 9, sign("a", tracks=(1,), zone="z")), (12, 14, second)), 60, actors)
    assert sum(kind is Opened for _, kind, _ in changes) == (1 if together else 2)


def test_a_sign_of_another_key_must_hold_before_it_joins():
    changes = told(scripted((5, 9, sign("a", zone="z")), (9, 10, sign("b", zone="z", hold_s=3, tracks=(1,)))), 60)
    assert changes[-1][2].closed_s == 9
    assert changes[-1][2].tracks == ()


# parts


def test_a_long_incident_is_kept_in_parts():
    changes = told(scripted((10, 300, sign())), 400)
    assert [kind for _, kind, _ in changes] == [Opened, Closed] * 3
    parts = [incident for _, kind, incident in changes if kind is Closed]
    assert [round(p.closed_s - p.opened_s) for p in parts] == [120, 120, 50]
    assert all(later.opened_s - earlier.closed_s <= STEP_S for earlier, later in pairwise(parts))
    assert len({p.id for p in parts}) == 3
    assert parts[2].reasons[1].ko == "앞에서 이어지는 3번째 부분입니다."


def test_no_more_parts_are_kept_than_are_worth_it_and_it_is_not_told_anew():
    changes = told(scripted((10, 900, sign(parts=2)), (950, 960, sign(parts=2))), 1000)
    assert [kind for _, kind, _ in changes] == [Opened, Closed] * 3
    assert changes[4][0] == 950  # over in between, so this is news
    few = replace(SET, most_parts=1)
    assert len(told(scripted((10, 900, sign()), settings=few), 1000)) == 2


def test_a_full_part_closes_also_while_waiting():
    changes = told(scripted((5, 120, sign())), 200, [stay(1, 0, 200)])
    assert kinds(changes) == [(5, Opened), (125.25, Closed)]
    assert changes[1][2].closed_s == 120


# the real rules on written-out people


def real(seconds, actors=(), settings=SET, view=None, **more):
    engine = IncidentEngine("cam", settings)
    changes = play(engine, seconds, lambda t: scene(t, actors, view=view(t) if view else None, **more))
    return [
        change.incident
        for _, change in changes + [(seconds, c) for c in engine.finish(stamp(seconds))]
        if type(change) is Closed
    ]


def test_walking_through_a_staff_zone_is_nothing_and_staying_is():
    through = Actor(1, [(0, 0.0), (1, 0.35), (20, 0.5)])
    assert real(60, [through], zones=[STORE, DRINKS]) == []
    (incident,) = real(60, [stay(1, 0, 20, 0.2)], zones=[STORE, DRINKS])
    assert (incident.rule, incident.zone, incident.tracks) == ("staff_only", "창고", (1,))


def test_in_and_out_of_the_store_room_is_one_incident():
    actor = Actor(1, [(0, 0.2), (10, 0.2), (11, 0.5), (20, 0.5), (21, 0.2), (30, 0.2)])
    (incident,) = real(90, [actor], zones=[STORE, DRINKS])
    assert (incident.opened_s, incident.closed_s) == (0, 30)


def test_loitering_goes_on_when_the_track_id_switches_behind_a_shelf():
    (incident,) = real(90, [stay(1, 0, 15, 0.8), stay(2, 17, 50, 0.8)], zones=[DRINKS])
    assert incident.rule == "loitering"
    assert incident.tracks == (1, 2)
    assert incident.opened_s == 30


def test_two_people_who_swap_ids_while_they_cross_are_told_late_but_once():
    stays_then_leaves = Actor(1, [(0, 0.8), (20, 0.8), (24, 0.1), (60, 0.1)])  # the stay's id goes off with the passer-by
    passes_then_stays = Actor(2, [(16, 0.1), (20, 0.8), (60, 0.8)])
    (incident,) = real(90, [stays_then_leaves, passes_then_stays], zones=[DRINKS])
    assert incident.tracks == (2,)
    assert incident.opened_s <= 20 + 30


def test_goods_that_were_moved_do_not_loiter():
    assert real(900, [stay(1, 0, 900, 0.8, by="change")], zones=[DRINKS]) == []


def test_goods_left_by_somebody_who_walked_stop_loitering():
    left = Actor(1, [(0, 0.4), (3, 0.8), (900, 0.8)], by="change")
    (incident,) = real(900, [left], zones=[DRINKS])
    assert incident.closed_s <= 3 + SET.people.still_s + 1


def test_a_clerk_who_sits_all_day_is_one_incident():
    assert len(real(900, [stay(1, 0, 900, 0.8)])) == 1


def test_a_camera_that_is_covered_is_told_once_from_when_it_was():
    def view(t):
        return {ViewFault.COVERED: t - 20} if 20 <= t <= 600 else {}

    (incident,) = real(700, view=view)
    assert incident.opened_s == 20
    assert incident.severity is Severity.NOW


def test_blurred_then_covered_is_one_incident_with_both_reasons():
    def view(t):
        return {ViewFault.BLURRED: t - 10} if 10 <= t < 40 else {ViewFault.COVERED: t - 40} if 40 <= t < 60 else {}

    (incident,) = real(120, view=view)
    assert len(incident.reasons) == 2


def test_a_burglar_is_kept_in_parts_all_the_time():
    incidents = real(400, [stay(1, 10, 390)], is_open=False)
    parts = [i for i in incidents if i.rule == "intrusion"]
    assert parts[0].opened_s == 10
    assert parts[-1].closed_s == 390
    assert len(parts) == 4


def test_two_cameras_do_not_share_anything():
    first, second = IncidentEngine("a", SET), IncidentEngine("b", SET)
    moments = [scene(n * STEP_S, [stay(1, 0, 99, 0.2)], [STORE]) for n in range(40)]
    for moment in moments:
        first.step(moment)
    assert second.step(moments[-1]) == []
