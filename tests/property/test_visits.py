"""Whatever people, goods and sales do: no incident without its facts, and neither order nor the hour of the clock matters."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.incidents.engine import Closed, IncidentEngine
from agent.incidents.visits import VisitBook
from agent.settings import IncidentSettings
from agent.values import Alteration, AlterationKind, Box, Concealment, Payment
from tests.unit.incidents.acting import START_UTC, Actor, block, body, flat, scene, stamp

SET = IncidentSettings()
ZONES = (
    block("진열대", "shelf", 0.3, 0.4, 0.5, 0.8),
    block("계산대", "till", 0.6, 0.8, 0.8, 1.0),
    block("키오스크", "fixture", 0.85, 0.4, 0.95, 0.8),
    block("문", "exit", 0.0, 0.7, 0.08, 1.0),
)
UNTIL, STEP = 90.0, 0.5
CALM = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])

PLACES = st.sampled_from([0.02, 0.3, 0.4, 0.45, 0.7, 0.9, 0.99])
LEGS = st.lists(st.tuples(st.sampled_from([1.0, 3.0, 6.0, 12.0]), PLACES), min_size=2, max_size=6)
PEOPLE = st.lists(
    st.tuples(LEGS, st.sampled_from(["person", "change"]), st.sampled_from([None, body, flat]), st.integers(0, 30)), max_size=3
)
DEEDS = st.lists(
    st.tuples(
        st.sampled_from(AlterationKind),
        st.integers(5, 60),
        st.lists(st.integers(1, 4), max_size=2, unique=True),
        st.sampled_from(["진열대", "계산대", "키오스크", None]),
        st.sampled_from([0.02, 0.3]),
        st.none() | st.integers(60, 80),
    ),
    max_size=4,
)
SALES = st.lists(st.integers(0, 80), max_size=2)
STRONG = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 60), st.sampled_from([0.5, 0.9])), max_size=3)
HIDES = st.lists(st.tuples(st.integers(1, 4), st.integers(2, 60), st.sampled_from([0.5, 0.95])), max_size=2)
STORIES = st.tuples(PEOPLE, DEEDS, SALES, STRONG, HIDES, st.booleans())


def moments(story, order=lambda items: items, shift=0.0):
    """The scenes of a story; shift: seconds that the source's clock is ahead."""
    people, deeds, sales, strong, hides, closes = story
    actors = []
    for number, (legs, by, points, begin) in enumerate(people, 1):
        way, at_s = [], float(begin) + shift
        for seconds, x in legs:
            way.append((at_s, x))
            at_s += seconds
        pose = (lambda _, box, points=points: points(box)) if points else None
        actors.append(Actor(number, way, by=by, points=pose))
    things = [
        Alteration(n, kind, Box(0.3, 0.5, 0.4, 0.6), share, share, at - 3.0 + shift, at + shift, zone, tuple(tracks))
        for n, (kind, at, tracks, zone, share, _) in enumerate(deeds, 1)
    ]
    for n in range(round(UNTIL / STEP) + 1):
        now = n * STEP
        known = [
            replace(thing, undone_s=undone + shift) if undone is not None and undone <= now else thing
            for thing, (_, at, _, _, _, undone) in zip(things, deeds, strict=True)
            if at <= now
        ]
        moment = scene(
            now + shift,
            order(actors),
            ZONES,
            is_open=not closes or now < 30,
            alterations=tuple(order(known)),
            payments=tuple(order([Payment(START_UTC + at, None, str(at)) for at in sales if at <= now])),
            activity={track: value for track, at, value in strong if at <= now <= at + 12},
            concealment={track: Concealment(v, at - 2.0 + shift, at + shift, alarm=0.9) for track, at, v in hides if at <= now},
        )
        yield replace(moment, stamp=replace(moment.stamp, utc=START_UTC + now))


def incidents(story, **more):
    engine, found = IncidentEngine("cam", SET), []
    for moment in moments(story, **more):
        found += engine.step(moment)
    end = replace(stamp(UNTIL + more.get("shift", 0.0)), utc=START_UTC + UNTIL)
    return [change.incident for change in found + engine.finish(end) if isinstance(change, Closed)]


def facts(story):
    """All that the book ever knew of each person."""
    book, known = VisitBook(SET), {}
    for moment in moments(story):
        for visit in book.step(moment):
            known.setdefault(visit.track, []).append(visit)
    return known


@CALM
@given(STORIES)
def test_no_incident_without_its_facts(story):
    people, deeds, _, strong, hides, closes = story
    kinds = {kind for kind, *_ in deeds}
    possible = {
        "unpaid": bool(people),
        "swept": AlterationKind.TAKEN in kinds and bool(people),
        "damage": AlterationKind.FIXTURE in kinds,
        "left_object": AlterationKind.LEFT in kinds,
        "violence": bool(strong) and bool(people),
        "forced_till": bool(people) and (bool(strong) or AlterationKind.FIXTURE in kinds),
        "concealment": any(score >= 0.9 for _, _, score in hides),
        "collapse": any(points is flat for _, _, points, _ in people),
        "after_closing": closes and bool(people),
        "intrusion": closes and bool(people),
        "loitering": bool(people),
    }
    for incident in incidents(story):
        assert possible[incident.rule]
        assert all(reason.ko and reason.en for reason in incident.reasons)
        assert set(incident.tracks) <= {1, 2, 3, 4}
        assert incident.tracks or incident.rule == "left_object"
        assert incident.opened_s >= 0


@CALM
@given(STORIES)
def test_nobody_is_told_to_have_left_without_paying_who_did_not_leave_or_touched_nothing(story):
    for incident in incidents(story):
        if incident.rule == "unpaid":
            visits = facts(story)[incident.tracks[0]]
            assert any(visit.left for visit in visits)
            assert any(visit.touches or visit.alterations for visit in visits)


@CALM
@given(STORIES)
def test_a_till_stay_with_a_sale_clears(story):
    people, deeds, _, strong, hides, closes = story
    always = (people, deeds, list(range(0, 90, 5)), strong, hides, closes)
    stayed = {track for track, visits in facts(always).items() if visits[-1].stays and visits[-1].stayed_s(("till",)) > 0}
    for incident in incidents(always):
        assert incident.rule != "unpaid" or not stayed.intersection(incident.tracks)


@CALM
@given(STORIES)
def test_the_order_in_which_things_are_told_does_not_matter(story):
    assert incidents(story) == incidents(story, order=lambda items: list(reversed(items)))


@CALM
@given(STORIES, st.sampled_from([1000.0, 65536.0]))
def test_when_the_stream_began_does_not_matter(story, shift):
    early = incidents(story)
    late = incidents(story, shift=shift)
    assert [_rounded(i, shift) for i in late] == [_rounded(i, 0.0) for i in early]


@CALM
@given(STORIES, st.integers(20, 160))
def test_a_clock_that_is_set_back_breaks_nothing(story, at):
    """The wall clock goes back by an hour, then the source's by 30 seconds."""
    engine = IncidentEngine("cam", SET)
    for n, moment in enumerate(moments(story)):
        now = moment.stamp
        if n >= at:
            now = replace(now, utc=now.utc - 3600)
        if n >= at + 10:
            now = replace(now, source_s=max(0.0, now.source_s - 30))
        engine.step(replace(moment, stamp=now))
    engine.finish(stamp(UNTIL))


def _rounded(incident, shift):
    times = {name: round(getattr(incident, name) - shift, 6) for name in ("opened_s", "closed_s")}
    return replace(incident, **times, opened_utc=round(incident.opened_utc, 3), closed_utc=round(incident.closed_utc, 3))
