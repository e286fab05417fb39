"""Ids of entries: each once, whatever the clock does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.entry.ids import EntryIds

STEMS = st.integers(0, 5).map(lambda number: f"20261121T22264{number}000Z")


@given(st.lists(STEMS), st.lists(STEMS))
def test_no_id_is_given_twice_also_not_after_a_restart(before: list[str], after: list[str]) -> None:
    first, second = EntryIds(), EntryIds()
    names = [first.new(stem) for stem in before]
    for name in names:
        second.seen(name)
    names += [second.new(stem) for stem in after]
    assert len(set(names)) == len(names)


def test_an_id_is_the_time_and_a_number() -> None:
    ids = EntryIds()
    assert [ids.new("20261121T222640000Z") for _ in range(2)] == ["20261121T222640000Z-e1", "20261121T222640000Z-e2"]
    assert ids.new("20261121T222641000Z") == "20261121T222641000Z-e1"
