"""What the owner's word does to the thresholds, and what it may never do."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.incidents.feedback import LEAST, MOST, RECENT, factor, thresholds, tuned
from agent.settings import IncidentSettings, LoiteringSettings, TooManySettings
from agent.values import Verdict

REAL, FALSE = Verdict.REAL, Verdict.FALSE
SET = IncidentSettings()
VERDICTS = st.lists(st.sampled_from(Verdict), max_size=80)


def rules() -> list[str]:
    return [field.name for field in fields(SET) if is_dataclass(getattr(SET, field.name))]


def test_nothing_moves_without_a_word() -> None:
    assert tuned(SET, {}) == SET
    assert factor([]) == 1.0
    assert not any(threshold.moved for threshold in thresholds(SET, SET))


@pytest.mark.parametrize(
    ("verdicts", "seconds"),
    [([FALSE], 34), ([FALSE] * 5, 43), ([FALSE] * 50, 53), ([REAL], 29), ([REAL] * 50, 25)],
)
def test_false_alarms_raise_the_threshold_and_real_ones_lower_it_a_little(verdicts, seconds) -> None:
    assert tuned(SET, {"loitering": verdicts}).loitering.seconds == seconds


def test_as_many_real_as_false_change_almost_nothing() -> None:
    assert factor([REAL, FALSE] * 25) == pytest.approx(1.0, abs=0.05)


def test_a_newer_word_weighs_more() -> None:
    assert factor([FALSE] * 5 + [REAL] * 5) > 1.0 > factor([REAL] * 5 + [FALSE] * 5)


def test_only_the_last_fifty_count() -> None:
    assert factor([FALSE] * RECENT + [REAL] * 1000) == factor([FALSE] * RECENT)


def test_only_the_judged_rule_moves_and_unknown_rules_change_nothing() -> None:
    now = tuned(SET, {"loitering": [FALSE] * 9, "of a later version": [FALSE]})
    assert replace(now, loitering=SET.loitering) == SET


def test_a_number_of_people_stays_a_whole_number() -> None:
    now = tuned(SET, {"too_many": [FALSE] * 50}).too_many.people
    assert isinstance(now, int)
    assert 6 < now <= 12


def test_a_threshold_at_the_end_of_its_range_stays_there() -> None:
    longest = replace(SET, loitering=LoiteringSettings(seconds=540.0), too_many=TooManySettings(people=2))
    now = tuned(longest, {"loitering": [FALSE] * 50, "too_many": [REAL] * 50})
    assert (now.loitering.seconds, now.too_many.people) == (540.0, 2)


def test_a_threshold_that_is_reported_says_what_was_set_and_what_is_in_force() -> None:
    now = tuned(SET, {"loitering": [FALSE] * 5})
    (moved,) = [threshold for threshold in thresholds(SET, now) if threshold.moved]
    assert (moved.rule, moved.name, moved.set_to, moved.now) == ("loitering", "seconds", 30.0, now.loitering.seconds)


@pytest.mark.parametrize("rule", rules())
def test_no_rule_is_switched_off_or_leaves_its_bounds(rule: str) -> None:
    """Whatever is said, `enabled` and all that is not marked as tuned stay, and a score stays one that can be reached."""
    for verdicts in ([FALSE] * 200, [REAL] * 200):
        was, now = getattr(SET, rule), getattr(tuned(SET, {rule: verdicts}), rule)
        for field in fields(was):
            before, after = getattr(was, field.name), getattr(now, field.name)
            if not field.metadata.get("tuned"):
                assert after == before
                continue
            low, high = field.metadata["low"], field.metadata["high"]
            assert low <= after <= high
            assert LEAST * before <= after <= MOST * before
            assert high > 1.0 or after < 1.0, "a score of 1 is never reached: the rule would be off"


def test_faults_of_the_camera_are_moved_by_nobodys_word() -> None:
    assert tuned(SET, {"camera": [FALSE] * 50}).camera == SET.camera


@given(VERDICTS)
def test_the_factor_has_its_bounds(verdicts: list[Verdict]) -> None:
    assert LEAST <= factor(verdicts) <= MOST


@given(VERDICTS, st.floats(10.0, 540.0))
def test_a_threshold_never_leaves_its_bounds_whatever_is_set(verdicts: list[Verdict], seconds: float) -> None:
    """And reads well: whole seconds from ten on, unless they are what the owner has set."""
    changed = replace(SET, loitering=LoiteringSettings(seconds=seconds))
    now = tuned(changed, {"loitering": verdicts}).loitering.seconds
    assert max(10.0, LEAST * seconds - 1e-6) <= now <= min(540.0, MOST * seconds + 1e-6)
    assert now == seconds or now == int(now)


@given(VERDICTS, st.integers(0, 79))
def test_one_more_false_alarm_never_makes_a_rule_quicker(verdicts: list[Verdict], at: int) -> None:
    changed = [*verdicts]
    if at < len(changed):
        changed[at] = FALSE
    assert factor(changed) >= factor(verdicts)
