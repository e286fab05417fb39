"""Who came in without a code, and who on somebody else's: one incident each, never with a pass or a person."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.entry.records import Crossing, CrossingKind, Scan
from agent.incidents.engine import IncidentEngine, Opened
from agent.incidents.rules import RULES
from agent.incidents.rules.entry_without_code import entry_without_code
from agent.incidents.rules.tailgating import tailgating
from agent.settings import IncidentSettings
from agent.values import Severity
from tests.unit.incidents.acting import scene

SET = IncidentSettings()
SCAN = Scan("20261121T203611250Z-e1", "CI2FM6E2", 1_795_297_990.0, "door")


def crossing(kind: CrossingKind, track: int = 7, at_s: float = 20.0, scan: Scan | None = None) -> Crossing:
    return Crossing("hall", track, kind, at_s, 1_795_297_992.0, scan)


def off(name: str) -> IncidentSettings:
    return replace(SET, **{name: replace(getattr(SET, name), enabled=False)})


def test_who_follows_on_anothers_code_is_told_and_the_ledger_never_says_on_whose() -> None:
    (sign,) = tailgating(scene(20.0, crossings=(crossing(CrossingKind.TAILGATING, scan=SCAN),)), SET)
    assert (sign.rule, sign.tracks, sign.severity, sign.since_s) == ("tailgating", (7,), Severity.SOON, 16.0)
    assert "right behind" in sign.reason.en
    for part in ("CI2F", "M6E2", SCAN.entry):
        assert part not in sign.reason.ko + sign.reason.en + sign.key


def test_without_knowing_the_pass_it_is_told_all_the_same() -> None:
    (sign,) = tailgating(scene(20.0, crossings=(crossing(CrossingKind.TAILGATING),)), SET)
    assert "right behind" in sign.reason.en


def test_who_shows_no_code_is_told() -> None:
    (sign,) = entry_without_code(scene(2.0, crossings=(crossing(CrossingKind.NO_CODE, at_s=2.0),)), SET)
    assert (sign.rule, sign.tracks, sign.since_s) == ("entry_without_code", (7,), 0.0)


@pytest.mark.parametrize("kind", [CrossingKind.VERIFIED, CrossingKind.EXIT])
def test_who_comes_in_on_a_code_or_leaves_is_no_incident(kind: CrossingKind) -> None:
    moment = scene(20.0, crossings=(crossing(kind, scan=SCAN),))
    assert [sign for rule in (tailgating, entry_without_code) for sign in rule(moment, SET)] == []


def test_a_rule_that_is_off_says_nothing() -> None:
    moment = scene(20.0, crossings=(crossing(CrossingKind.TAILGATING), crossing(CrossingKind.NO_CODE, 8)))
    assert list(tailgating(moment, off("tailgating"))) == []
    assert list(entry_without_code(moment, off("entry_without_code"))) == []


def test_nobody_is_named_as_subject_where_nobody_is_followed() -> None:
    (sign,) = entry_without_code(scene(20.0, crossings=(crossing(CrossingKind.NO_CODE, track=0),)), SET)
    assert sign.tracks == ()


def test_each_crossing_is_an_incident_of_its_own_though_it_lasts_a_moment() -> None:
    engine = IncidentEngine("hall", SET, rules=[rule for rule in RULES if rule in (tailgating, entry_without_code)])
    followed = crossing(CrossingKind.TAILGATING, 7, 20.0, SCAN)
    alone = [crossing(CrossingKind.NO_CODE, 8, 20.5), crossing(CrossingKind.NO_CODE, 9, 21.0)]
    changes = [change for at_s, found in ((20.0, followed), (20.5, alone[0]), (21.0, alone[1])) for change in engine.step(
        scene(at_s, crossings=(found,))
    )]  # fmt: skip
    opened = [change.incident for change in changes if isinstance(change, Opened)]
    assert [(one.rule, one.tracks) for one in opened] == [
        ("tailgating", (7,)), ("entry_without_code", (8,)), ("entry_without_code", (9,)),
    ]  # fmt: skip
