"""Whatever the rules say and however tracks come and go, the engine keeps its books in order."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.incidents.engine import Closed, IncidentEngine, Opened, Updated
from agent.incidents.scene import Sign
from agent.settings import IncidentSettings
from agent.values import Severity, Text
from tests.unit.incidents.acting import Actor, area, scene, stamp

SIGNS = st.builds(
    Sign,
    rule=st.sampled_from(["swept", "fallen"]),
    key=st.sampled_from("abc"),
    reason=st.sampled_from([Text("가", "a"), Text("나", "b")]),
    severity=st.sampled_from(Severity),
    tracks=st.lists(st.integers(1, 4), max_size=2, unique=True).map(tuple),
    zone=st.sampled_from([None, None, "z", "y"]),
    hold_s=st.sampled_from([0.0, 1.0, 3.0]),
    since_s=st.none() | st.floats(0, 5),
    parts=st.sampled_from([None, 1, 2]),
)
# each moment: pause since the last one, signs, people in view
MOMENTS = st.lists(
    st.tuples(
        st.sampled_from([0.125, 0.25, 1.0, 5.0, 30.0]), st.lists(SIGNS, max_size=3), st.lists(st.integers(1, 4), unique=True)
    ),
    max_size=25,
)
SET = replace(IncidentSettings(), longest_s=12.0, most_parts=3)
ACTORS = {n: Actor(n, [(0, n / 8), (10_000, n / 8)]) for n in range(1, 5)}


def run(moments, order=lambda items: items):
    said = {}
    engine = IncidentEngine("cam", SET, rules=(lambda moment, _: said[moment.stamp],))
    changes, at_s = [], 0.0
    for pause, signs, people in moments:
        at_s += pause
        now = replace(stamp(0), source_s=at_s, utc=stamp(0).utc + at_s)
        tracks = tuple(replace(ACTORS[n].track(0), first_s=0.0, last_seen_s=at_s) for n in order(people))
        said[now] = order(signs)
        changes.append((at_s, engine.step(replace(scene(0), stamp=now, tracks=tracks))))
    now = replace(stamp(0), source_s=at_s, utc=stamp(0).utc + at_s)
    changes.append((at_s, engine.finish(now)))
    return engine, changes


@settings(max_examples=60, deadline=None)
@given(MOMENTS)
def test_each_incident_is_opened_once_then_updated_then_closed_once(moments):
    engine, changes = run(moments)
    is_open, ever = {}, set()
    for at_s, step in changes:
        for change in step:
            incident = change.incident
            if isinstance(change, Opened):
                assert incident.id not in ever
                assert incident.closed_s is None
                assert incident.opened_s <= at_s
                ever.add(incident.id)
            else:
                was = is_open.pop(incident.id)  # KeyError: not open
                assert incident != was
                assert (incident.opened_s, incident.rule, incident.camera) == (was.opened_s, was.rule, was.camera)
                assert incident.severity >= was.severity
                assert set(incident.tracks) >= set(was.tracks)
                assert incident.reasons[: len(was.reasons)] == was.reasons
            if isinstance(change, Closed):
                assert incident.opened_s <= incident.closed_s <= at_s
                assert incident.closed_utc - incident.opened_utc <= SET.longest_s + 30.0  # the longest pause
            else:
                assert isinstance(change, Opened | Updated)
                is_open[incident.id] = incident
    assert is_open == {}
    assert engine._matters == []
    assert engine._waiting == {}


@settings(max_examples=20, deadline=None)
@given(MOMENTS)
def test_no_key_has_two_open_incidents(moments):
    """Signs of one key at one moment always count to one incident."""
    said = {}
    engine = IncidentEngine("cam", SET, rules=(lambda moment, _: said.get(moment.stamp, []),))
    at_s = 0.0
    for pause, signs, _ in moments:
        at_s += pause
        now = replace(stamp(0), source_s=at_s, utc=stamp(0).utc + at_s)
        said[now] = signs
        engine.step(replace(scene(0), stamp=now))
        keys = [(matter.rule, key) for matter in engine._matters for key in matter.keys]
        assert len(keys) == len(set(keys))
        assert len({matter.incident.id for matter in engine._matters if matter.incident}) == sum(
            matter.incident is not None for matter in engine._matters
        )
    # whatever the signs were, all of it is over once they stop
    for quiet in (SET.merge_s, SET.merge_s * 2):
        engine.step(replace(scene(0), stamp=replace(stamp(0), source_s=at_s + quiet, utc=stamp(0).utc + at_s + quiet)))
    assert engine._matters == []


@settings(max_examples=20, deadline=None)
@given(MOMENTS)
def test_the_order_of_signs_and_tracks_does_not_matter(moments):
    assert run(moments)[1] == run(moments, lambda items: list(reversed(items)))[1]


WAYS = st.lists(st.tuples(st.floats(0.5, 20), st.floats(0, 1)), min_size=2, max_size=5)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(WAYS, st.sampled_from(["person", "change"]), st.floats(0.05, 0.8), st.lists(st.floats(0, 60), max_size=2)),
        max_size=4,
    ),
    st.booleans(),
)
def test_the_real_rules_on_any_people(people, is_open):
    """Wherever people walk, blink and vanish: books in order, subjects are tracks that exist, reasons in both languages."""
    actors = []
    for number, (legs, by, height, blinks) in enumerate(people, 1):
        way, at_s = [], float(number)
        for seconds, x in legs:
            way.append((at_s, x))
            at_s += seconds
        actors.append(Actor(number, way, by=by, height=height, hidden=[(b, b + 2) for b in blinks]))
    zones = (area("창고", "staff", 0, 0.2), area("음료", "loiter", 0.6, 1), area("계산대", "till", 0.3, 0.5))
    engine = IncidentEngine("cam", IncidentSettings())
    changes = [c for n in range(120) for c in engine.step(scene(n / 2, actors, zones, is_open=is_open))] + engine.finish(
        stamp(60)
    )
    opened = [c.incident.id for c in changes if isinstance(c, Opened)]
    closed = [c.incident for c in changes if isinstance(c, Closed)]
    assert sorted(opened) == sorted(i.id for i in closed)
    assert len(set(opened)) == len(opened)
    for incident in closed:
        assert set(incident.tracks) <= {actor.id for actor in actors}
        assert all(reason.ko and reason.en for reason in incident.reasons)
        assert incident.rule != "intrusion" or not is_open
