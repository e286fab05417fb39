"""Who is let in: one case for each thing that can be wrong, and that the worse reason is told first."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.entry.admission import (
    READER_REFUSALS,
    READER_S,
    Moment,
    PassState,
    PinWord,
    Shown,
    admit,
    pause_s,
    said,
    said_used,
)
from agent.entry.records import Answer, Pass, PassKind
from agent.entry.token import make_card, make_code, pass_id_of, read_token, step_of
from agent.settings import OpenHours

UTC = 1_795_300_000.0  # 2026-11-22 07:26:40 in Seoul, a Sunday
ID = pass_id_of(b"ansim")
SECRET = bytes(32)
NOW = Moment(UTC, datetime.fromtimestamp(UTC, ZoneInfo("Asia/Seoul")))
FRESH = PassState()


def known(kind: PassKind = PassKind.PHONE, **change: object) -> Pass:
    return replace(Pass(ID, kind, UTC - 100, "mina", UTC - 100), **change)


def shown(kind: PassKind = PassKind.PHONE, step: int = 0, pin: PinWord = PinWord.MISSING) -> Shown:
    """A genuine code, `step` steps ahead."""
    if kind is PassKind.CARD:
        text = make_card(SECRET, ID)
    else:
        text = make_code(SECRET, kind, ID, 0 if kind is PassKind.VISITOR else step_of(UTC) + step)
    token = read_token(text)
    assert token is not None
    return Shown(token, genuine=True, pin=pin)


@pytest.mark.parametrize("kind", PassKind)
def test_a_genuine_code_of_a_valid_pass_is_admitted(kind: PassKind) -> None:
    assert admit(shown(kind), known(kind), FRESH, NOW) is Answer.ADMITTED


def test_a_forged_code_is_unknown_whatever_the_pass() -> None:
    forged = replace(shown(), genuine=False)
    assert admit(forged, None, FRESH, NOW) is Answer.UNKNOWN
    assert admit(forged, known(), FRESH, NOW) is Answer.UNKNOWN
    assert admit(forged, known(revoked_utc=UTC - 1), FRESH, NOW) is Answer.UNKNOWN  # nothing about the pass is told


def test_a_code_of_another_kind_than_its_pass_is_unknown() -> None:
    assert admit(shown(PassKind.STAFF), known(PassKind.PHONE), FRESH, NOW) is Answer.UNKNOWN


@pytest.mark.parametrize(
    ("step", "answer"), [(-2, "expired"), (-1, "admitted"), (0, "admitted"), (1, "admitted"), (2, "expired")]
)
def test_a_phones_clock_may_be_wrong_by_one_step(step: int, answer: str) -> None:
    assert admit(shown(step=step), known(), FRESH, NOW) == answer


def test_a_code_is_accepted_once_and_no_older_one_after_it() -> None:
    state = PassState(last_step=step_of(UTC), admitted_utc=UTC - 60)
    assert admit(shown(step=0), known(), state, NOW) is Answer.USED
    assert admit(shown(step=-1), known(), state, NOW) is Answer.USED
    assert admit(shown(step=1), known(), state, NOW) is Answer.ADMITTED


def test_a_visitors_code_is_accepted_once() -> None:
    assert admit(shown(PassKind.VISITOR), known(PassKind.VISITOR, used_utc=UTC - 1), FRESH, NOW) is Answer.USED
    assert admit(shown(PassKind.VISITOR), known(PassKind.VISITOR), PassState(0, UTC - 999), NOW) is Answer.USED


def test_a_revoked_pass_opens_nothing() -> None:
    assert admit(shown(), known(revoked_utc=UTC), FRESH, NOW) is Answer.REVOKED


@pytest.mark.parametrize(
    "change",
    [
        {"from_utc": UTC + 1},
        {"until_utc": UTC},
        {"hours": OpenHours(((),) * 7)},
        {"hours": OpenHours((*(((0, 1440),),) * 6, ((8 * 60, 22 * 60),)))},  # on Sundays from eight
    ],
    ids=["too early", "too late", "never", "before eight"],
)
def test_outside_its_days_and_hours_a_pass_is_not_valid(change: dict[str, object]) -> None:
    assert admit(shown(), known(**change), FRESH, NOW) is Answer.NOT_VALID_NOW


def test_hours_are_those_of_the_shops_clock() -> None:
    sunday = known(hours=OpenHours((*((),) * 6, ((7 * 60, 8 * 60),))))  # in UTC it is still Saturday
    assert admit(shown(), sunday, FRESH, NOW) is Answer.ADMITTED


@pytest.mark.parametrize(
    ("pin", "answer"),
    [(PinWord.MISSING, "needs_pin"), (PinWord.WRONG, "wrong_pin"), (PinWord.LOCKED, "too_many"), (PinWord.RIGHT, "admitted")],
)
def test_a_card_with_a_pin_needs_it(pin: PinWord, answer: str) -> None:
    assert admit(shown(PassKind.CARD, pin=pin), known(PassKind.CARD, has_pin=True), FRESH, NOW) == answer


def test_a_phones_pin_is_for_its_number_only() -> None:
    assert admit(shown(), known(has_pin=True), FRESH, NOW) is Answer.ADMITTED


@pytest.mark.parametrize(
    ("pin", "answer"), [(PinWord.WRONG, "wrong_pin"), (PinWord.LOCKED, "wrong_pin"), (PinWord.RIGHT, "admitted")]
)
def test_a_number_is_worth_its_pin(pin: PinWord, answer: str) -> None:
    assert admit(Shown(None, genuine=False, pin=pin), known(has_pin=True), FRESH, NOW) == answer


def test_of_a_number_without_its_pin_nothing_is_told() -> None:
    wrong = Shown(None, genuine=False, pin=PinWord.WRONG)
    assert admit(wrong, None, FRESH, NOW) is Answer.WRONG_PIN  # as for a number that there is
    assert admit(wrong, known(revoked_utc=UTC), FRESH, NOW) is Answer.WRONG_PIN


def test_who_is_inside_cannot_come_in_again_but_staff_can() -> None:
    inside = PassState(admitted_utc=UTC - 600, inside=True)
    assert admit(shown(), known(), inside, NOW) is Answer.INSIDE
    assert admit(shown(PassKind.STAFF), known(PassKind.STAFF), inside, NOW) is Answer.ADMITTED


def test_a_phones_codes_of_three_steps_do_not_let_three_people_in() -> None:
    state = PassState(last_step=step_of(UTC) - 1, admitted_utc=UTC - 1)
    assert admit(shown(step=0), known(), state, NOW) is Answer.INSIDE


@given(st.lists(st.floats(0, 1000), max_size=60).map(sorted), st.floats(0, 1100))
def test_a_pause_ends_when_few_enough_refusals_are_recent(refusals: list[float], now: float) -> None:
    past = [at for at in refusals if at <= now]
    pause = pause_s(past, now)
    assert (pause > 0) == (sum(now - at < READER_S for at in past) >= READER_REFUSALS)
    assert pause <= READER_S
    assert pause_s(past, now + pause) == 0


def test_every_answer_has_a_sentence_that_says_what_to_do() -> None:
    for answer in Answer:
        text = said(answer, 299)
        assert text.ko.endswith(".")
        assert text.en.endswith(".")
    assert "5 minutes" in said(Answer.TOO_MANY, 299).en
    assert said_used(PassKind.VISITOR) != said_used(PassKind.PHONE)


@pytest.mark.parametrize("ago_s", [-11.0, -1.0, 1.0, 11.0])
def test_a_clock_that_was_set_back_a_little_lets_nobody_in_twice(ago_s: float) -> None:
    assert admit(shown(PassKind.CARD), known(PassKind.CARD), PassState(admitted_utc=UTC - ago_s), NOW) is Answer.INSIDE


def test_a_long_pause_is_told_in_hours() -> None:
    assert "24 hours" in said(Answer.TOO_MANY, 86_400).en
    assert "24시간" in said(Answer.TOO_MANY, 86_400).ko
