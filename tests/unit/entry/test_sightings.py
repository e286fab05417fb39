"""A code that stays in view is new once."""

from __future__ import annotations

import pytest

from agent.clock import ManualClock
from agent.entry.records import PassKind
from agent.entry.sightings import AGAIN_S, Sightings
from agent.entry.token import STEP_S, make_code, pass_id_of, step_of

MINE, OTHER = pass_id_of(b"first"), pass_id_of(b"other")


def phone(clock: ManualClock, pass_id: str = MINE, late_s: float = 0.0) -> str:
    """What a phone shows now."""
    return make_code(bytes(32), PassKind.PHONE, pass_id, step_of(clock.utc() - late_s))


def test_a_code_held_still_is_new_once_however_long_it_is_held() -> None:
    clock = ManualClock()
    sightings = Sightings(clock)
    seen = []
    for _ in range(100):
        seen.append(sightings.is_new("A"))
        clock.advance(0.1)
    assert seen == [True] + [False] * 99


def test_a_code_is_new_again_after_three_seconds_out_of_view() -> None:
    clock = ManualClock()
    sightings = Sightings(clock)
    assert sightings.is_new("A")
    clock.advance(AGAIN_S - 0.1)
    assert not sightings.is_new("A")
    clock.advance(AGAIN_S)
    assert sightings.is_new("A")


def test_codes_side_by_side_are_kept_apart() -> None:
    sightings = Sightings(ManualClock())
    assert [sightings.is_new(text) for text in "ABABC"] == [True, True, False, False, True]


@pytest.mark.parametrize("late_s", [-55.0, -29.0, 0.0, 29.0, 55.0])
def test_while_a_phone_that_was_let_in_stays_in_view_its_next_codes_are_the_same_sight(late_s: float) -> None:
    clock = ManualClock()
    sightings = Sightings(clock)
    assert sightings.is_new(phone(clock, late_s=late_s))
    sightings.let_in(phone(clock, late_s=late_s))
    for _ in range(200):  # a hundred seconds: three changes
        clock.advance(0.5)
        assert sightings.in_view(phone(clock, late_s=late_s))
        assert not sightings.is_new(phone(clock, late_s=late_s))


def test_the_next_code_of_a_phone_that_was_refused_is_new() -> None:
    clock = ManualClock()
    sightings = Sightings(clock)
    assert sightings.is_new(phone(clock))
    clock.advance(STEP_S)  # "wait for a new code"
    assert sightings.is_new(phone(clock))


def test_another_pass_is_new_beside_one_that_was_let_in() -> None:
    clock = ManualClock()
    sightings = Sightings(clock)
    sightings.is_new(phone(clock))
    sightings.let_in(phone(clock))
    assert not sightings.in_view(phone(clock, OTHER))
    assert sightings.is_new(phone(clock, OTHER))


def test_a_pass_that_was_let_in_is_new_again_after_three_seconds_out_of_view() -> None:
    clock = ManualClock()
    sightings = Sightings(clock)
    sightings.is_new(phone(clock))
    sightings.let_in(phone(clock))
    clock.advance(AGAIN_S)
    assert sightings.is_new(phone(clock))


def test_a_picture_of_an_old_code_that_hangs_in_view_does_not_keep_its_pass_from_being_new() -> None:
    clock = ManualClock()
    sightings = Sightings(clock)
    picture = phone(clock)
    sightings.is_new(picture)
    sightings.let_in(picture)
    for _ in range(100):
        clock.advance(1.5)
        assert not sightings.is_new(picture)
    assert sightings.is_new(phone(clock))


def test_what_stays_while_nobody_looks_did_not_leave() -> None:
    clock = ManualClock()
    sightings = Sightings(clock)
    sightings.is_new("A")
    sightings.is_new(phone(clock))
    sightings.let_in(phone(clock))
    clock.advance(10)  # the door took so long
    sightings.looked_away(10)
    assert not sightings.is_new("A")
    assert not sightings.is_new(phone(clock))
    clock.advance(AGAIN_S)
    assert sightings.is_new("A")


def test_asking_whether_a_code_is_in_view_does_not_bring_it_there() -> None:
    sightings = Sightings(ManualClock())
    assert not sightings.in_view("A")
    assert sightings.is_new("A")
    assert sightings.in_view("A")
