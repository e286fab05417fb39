"""A code that stays in view is new once."""

from __future__ import annotations

from agent.clock import ManualClock
from agent.entry.sightings import AGAIN_S, Sightings


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
