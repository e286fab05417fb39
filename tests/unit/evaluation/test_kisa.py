"""KISA's score on written-out alarms: what is found, missed and false, and what follows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import ConfigError
from agent.evaluation.kisa import ITEMS, Due, Tally, chosen, item_of, judge

FOUND, MISSED, FALSE, LATE = Tally(found=1), Tally(missed=1), Tally(false=1), Tally(missed=1, false=1)


@pytest.mark.parametrize(
    ("alarms", "dues", "tally"),
    [
        ([], [], Tally()),
        ([], [100], MISSED),
        ([50], [], FALSE),
        ([50, 60, 70], [], FALSE),
        ([100], [100], FOUND),
        ([98], [100], FOUND),
        ([97.9], [100], LATE),
        ([110], [100], FOUND),
        ([110.1], [100], LATE),
        ([50, 100], [100], LATE),
        ([102, 150, 190], [100], FOUND),
        ([103, 300], [100, 300], Tally(found=2)),
        ([103], [100, 300], Tally(found=1, missed=1)),
        ([300], [100, 300], Tally(found=1, missed=1)),
        ([103, 200, 300], [100, 300], Tally(found=1, missed=1, false=1)),
    ],
)
def test_the_first_alarm_decides(alarms: list[float], dues: list[float], tally: Tally) -> None:
    assert judge(alarms, [Due(due) for due in dues]) == tally


def test_an_alarm_while_the_matter_lasts_repeats_it() -> None:
    assert judge([103, 200, 300], [Due(100, 150), Due(300, 20)]) == Tally(found=2)


def test_the_order_of_alarms_and_dues_does_not_matter() -> None:
    assert judge([300, 103], [Due(300), Due(100)]) == Tally(found=2)


@pytest.mark.parametrize(
    ("tally", "score"),
    [
        (Tally(found=10), 100.0),
        (Tally(), 0.0),
        (Tally(missed=3), 0.0),
        (Tally(found=9, missed=1), 100 * 2 * 0.9 / 1.9),
        (Tally(found=9, missed=1, false=1), 90.0),
        (Tally(found=1, missed=1, false=3), 100 * 2 * 0.5 * 0.25 / 0.75),
    ],
)
def test_the_score_is_the_harmonic_mean_of_recall_and_precision(tally: Tally, score: float) -> None:
    assert tally.score == pytest.approx(score)


def test_ninety_passes() -> None:
    assert Tally(found=9, missed=1, false=1).passed
    assert not Tally(found=8, missed=2, false=1).passed


@given(st.lists(st.floats(0, 1000)), st.lists(st.integers(0, 1000), max_size=5))
def test_each_due_is_found_or_missed_and_no_more_is_false_than_was_raised(alarms: list[float], dues: list[int]) -> None:
    tally = judge(alarms, [Due(due) for due in dues])
    assert tally.found + tally.missed == len(dues)
    assert tally.found + tally.false <= max(len(alarms), 0)
    assert 0.0 <= tally.score <= 100.0


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Loitering", "loitering"),
        ("Intrusion", "intrusion"),
        ("Abandonment", "left_object"),
        ("Falldown", "collapse"),
        ("FallDown", "collapse"),
        ("Violence", "fighting"),
        ("Fighting", "fighting"),
        ("FireDetection", "arson"),
        (" loitering ", "loitering"),
    ],
)
def test_items_are_known_by_the_names_that_truth_files_use(name: str, key: str) -> None:
    found = item_of(name)
    assert found is not None
    assert found.key == key


def test_no_name_means_two_items_and_no_rule_stands_for_two() -> None:
    names = [name for item in ITEMS for name in {item.key, item.name.lower(), *item.others}]
    rules = [rule for item in ITEMS for rule in item.rules]
    assert len(names) == len(set(names))
    assert len(rules) == len(set(rules))


def test_items_are_chosen_by_name_and_all_without_one() -> None:
    assert chosen([]) == ITEMS
    assert [item.key for item in chosen(["collapse", "Loitering"])] == ["loitering", "collapse"]
    with pytest.raises(ConfigError, match=r"no item 'sleeping'.*loitering, intrusion"):
        chosen(["loitering", "sleeping"])
