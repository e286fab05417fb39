"""What follows from the entry log: one person for the gate on each showing of a pass, however many codes its phone showed."""

from __future__ import annotations

import pytest

from agent.entry.admission import SHOWN_TWICE_S
from agent.entry.records import Answer, CrossingKind, Entry, PassKind
from agent.entry.register import Register
from agent.entry.token import pass_id_of

UTC = 1_795_300_000.0
MINE, OTHER = pass_id_of(b"first"), pass_id_of(b"other")


def admitted(entry: str, after_s: float, pass_id: str = MINE) -> Entry:
    return Entry(entry, UTC + after_s, Answer.ADMITTED, pass_id=pass_id, pass_kind=PassKind.STAFF)


def codes(register: Register, after_s: float = 30.0) -> list[str]:
    """The entries of the codes on which the gate lets somebody in."""
    return [scan.entry for scan in register.scans(UTC + after_s)]


@pytest.fixture
def register() -> Register:
    return Register(3600.0, sees_exits=True)


def test_the_next_code_of_a_phone_that_is_held_there_lets_no_second_person_in(register: Register) -> None:
    register.put(admitted("e1", 0.0), step=7)
    register.put(admitted("e2", 0.4), step=8)
    assert codes(register) == ["e1"]
    assert register.state(MINE, UTC + 1).last_step == 8, "each code is accepted once all the same"


def test_a_third_code_counts_from_the_first_that_the_gate_knows(register: Register) -> None:
    for number, after_s in enumerate((0.0, SHOWN_TWICE_S - 1, SHOWN_TWICE_S)):
        register.put(admitted(f"e{number}", after_s), step=number)
    assert codes(register) == ["e0", "e2"]


def test_another_pass_a_moment_later_is_another_person(register: Register) -> None:
    register.put(admitted("e1", 0.0))
    register.put(admitted("e2", 0.4, OTHER))
    assert codes(register) == ["e1", "e2"]


def test_who_left_and_comes_back_at_once_is_expected_again(register: Register) -> None:
    register.put(admitted("e1", 0.0), step=7)
    register.put(Entry("x1", UTC + 2, crossing=CrossingKind.VERIFIED, pass_id=MINE, of="e1"))
    register.put(Entry("x2", UTC + 6, crossing=CrossingKind.EXIT))
    register.put(admitted("e2", 10.0), step=8)
    assert codes(register) == ["e1", "e2"]


def test_somebody_who_left_before_the_first_code_changes_nothing(register: Register) -> None:
    register.put(Entry("x1", UTC - 1, crossing=CrossingKind.EXIT))
    register.put(admitted("e1", 0.0), step=7)
    register.put(admitted("e2", 0.4), step=8)
    assert codes(register) == ["e1"]
