"""The reveal ceremony: what has to be said, who has to agree, and that nobody is quicker than the countdown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.evidence.ceremony import APPROVAL_S, COUNTDOWN_S, OPEN_S, Ceremony, RevealRefused, RevealRequest, Stage, begin
from agent.evidence.legal import BASES, Use, basis_of

WISH = RevealRequest("20260921T131320Z-till-loitering-1", "점주", (3,), "손님이 자기 영상을 보려고 함", "viewing")
POLICE = replace(WISH, basis="law", case="2026-1234", receiver="마포경찰서", persons=(3, 4))


def test_every_basis_says_where_it_stands_and_an_investigation_is_none() -> None:
    assert len({basis.key for basis in BASES}) == len(BASES)
    for basis in BASES:
        assert "개인정보 보호법 제" in basis.article.ko
        assert "고시 2025-4" in basis.source
        assert "제7호" not in basis.article.ko
        assert basis.name.en
        assert basis.advice.ko
    assert basis_of("investigation") is None


@pytest.mark.parametrize(
    "changes",
    [
        {"basis": ""},
        {"basis": "investigation"},
        {"by": " "},
        {"reason": "왜?"},
        {"reason": "가" * 301},
        {"persons": ()},
        {"persons": (3, 3)},
        {"persons": tuple(range(1, 22))},
        {"receiver": ""},
        {"case": " "},
        {"approver": "점주"},
        {"basis": "viewing"},  # of two people
    ],
)
def test_what_the_law_asks_for_may_not_be_missing(changes: dict[str, Any]) -> None:
    POLICE.check()
    with pytest.raises(RevealRefused):
        begin(replace(POLICE, **changes), 0.0)


def test_a_viewing_request_shows_one_person_and_needs_no_receiver() -> None:
    WISH.check()
    assert next(basis for basis in BASES if basis.key == "viewing").use is Use.VIEWING


def test_the_way_through() -> None:
    asked = begin(replace(POLICE, approver="본사"), 100.0)
    assert (asked.stage, asked.seconds_left(500.0)) == (Stage.ASKED, COUNTDOWN_S)
    counting = asked.approve("본사", 500.0)
    assert counting.seconds_left(500.0 + COUNTDOWN_S / 2) == COUNTDOWN_S / 2
    opened = counting.open(500.0 + COUNTDOWN_S)
    assert opened.finish(600.0).stage is Stage.DONE
    assert begin(POLICE, 0.0).open(COUNTDOWN_S).stage is Stage.OPEN


def test_only_who_was_named_approves() -> None:
    with pytest.raises(RevealRefused):
        begin(replace(POLICE, approver="본사"), 0.0).approve("점주", 1.0)
    with pytest.raises(RevealRefused):
        begin(POLICE, 0.0).approve("", 1.0)


@pytest.mark.parametrize(
    "late",
    [
        lambda: begin(replace(POLICE, approver="본사"), 0.0).approve("본사", APPROVAL_S + 1),
        lambda: begin(POLICE, 0.0).open(COUNTDOWN_S + OPEN_S + 1),
        lambda: begin(POLICE, 0.0).open(COUNTDOWN_S).finish(COUNTDOWN_S + OPEN_S + 1),
    ],
)
def test_a_ceremony_that_takes_too_long_has_ended(late: Callable[[], Ceremony]) -> None:
    with pytest.raises(RevealRefused):
        late()


def test_an_original_is_opened_once() -> None:
    opened = begin(POLICE, 0.0).open(COUNTDOWN_S)
    for again in (opened, opened.finish(COUNTDOWN_S)):
        with pytest.raises(RevealRefused):
            again.open(COUNTDOWN_S + 1)
        with pytest.raises(RevealRefused):
            again.stop(COUNTDOWN_S + 1)


@given(st.lists(st.tuples(st.sampled_from(["approve", "stop", "open", "finish"]), st.floats(-10, 100)), max_size=8))
def test_no_order_of_words_opens_without_approval_and_countdown(words: list[tuple[str, float]]) -> None:
    ceremony = begin(replace(POLICE, approver="본사"), 0.0)
    now, approved_at = 0.0, None
    for word, later in words:
        now += later
        before = ceremony
        try:
            ceremony = ceremony.approve("본사", now) if word == "approve" else getattr(ceremony, word)(now)
        except RevealRefused:
            continue
        if word == "approve":
            approved_at = now
        if ceremony.stage is Stage.OPEN:
            assert approved_at is not None
            assert now - approved_at >= COUNTDOWN_S
            assert before.stage is Stage.COUNTING


def test_the_ledger_learns_all_that_was_said() -> None:
    body = begin(POLICE, 0.0).body("asked", "점주")
    assert body == {
        "incident": POLICE.incident,
        "step": "asked",
        "by": "점주",
        "asked_by": "점주",
        "persons": [3, 4],
        "reason": POLICE.reason,
        "purpose": POLICE.reason,
        "basis": "law",
        "case": "2026-1234",
        "receiver": "마포경찰서",
        "approver": "",
    }
