"""Who is inside: of somebody who leaves nobody knows who it is, and nobody is kept out who could have left."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.entry.inside import STAY_S, Inside

PASSBACK_S = 43_200.0


def test_people_are_counted_in_and_out() -> None:
    inside = Inside(PASSBACK_S)
    inside.came(0.0, "a")
    inside.came(1.0)
    assert inside.count(2.0) == 2
    inside.left(3.0)
    assert inside.count(3.0) == 1
    inside.left(4.0)
    inside.left(5.0)  # somebody whom the gate had missed
    assert inside.count(5.0) == 0
    inside.came(6.0)
    assert inside.count(6.0) == 1


def test_what_the_gate_missed_is_forgotten_after_half_a_day() -> None:
    inside = Inside(PASSBACK_S)
    inside.came(0.0)
    inside.came(100.0)
    assert inside.count(STAY_S) == 1
    assert inside.count(STAY_S + 100) == 0


def test_a_pass_is_inside_until_somebody_leaves_who_could_be_its_holder() -> None:
    inside = Inside(PASSBACK_S)
    inside.left(0.5)
    inside.came(1.0, "a")
    assert inside.holds("a", 2.0)  # who left before it came was somebody else
    inside.left(3.0)
    assert not inside.holds("a", 4.0)
    assert not inside.holds("b", 4.0)


def test_one_who_left_sets_free_one_pass_and_not_two() -> None:
    inside = Inside(PASSBACK_S)
    inside.came(1.0, "a")
    inside.came(2.0, "b")
    inside.left(3.0)
    inside.again("b", 4.0)
    inside.came(5.0, "b")
    assert inside.holds("a", 6.0)
    assert inside.holds("b", 6.0)


def test_where_the_gate_knows_who_left_nobody_else_is_set_free() -> None:
    inside = Inside(PASSBACK_S)
    inside.came(1.0, "a")
    inside.came(2.0, "b")
    inside.left(3.0, "a")
    assert not inside.holds("a", 4.0)
    assert inside.holds("b", 4.0)


def test_after_the_time_that_is_set_a_pass_is_free_and_with_none_it_always_is() -> None:
    inside, open_house = Inside(600.0), Inside(0.0)
    for each in (inside, open_house):
        each.came(0.0, "a")
    assert inside.holds("a", 599.0)
    assert not inside.holds("a", 600.0)
    assert not open_house.holds("a", 0.0)


@given(st.lists(st.sampled_from(["a", "b", "c", "exit"]), max_size=40))
def test_never_more_come_in_on_a_pass_than_people_left_and_one(happenings: list[str]) -> None:
    """The promise of anti-passback, whatever happens in which order at the door."""
    inside = Inside(PASSBACK_S)
    came = {"a": 0, "b": 0, "c": 0}
    left = 0
    for second, what in enumerate(happenings):
        if what == "exit":
            inside.left(float(second))
            left += 1
        elif not inside.holds(what, float(second)):
            inside.again(what, float(second))
            inside.came(float(second), what)
            came[what] += 1
    again = sum(max(0, times - 1) for times in came.values())
    assert again <= left
