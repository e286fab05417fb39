"""Texts that a spreadsheet would take for formulas, and numbers that it may have as they are."""

from __future__ import annotations

import pytest

from web.spreadsheet import cell, phone_cell

FORMULAS = ["=1+cmd|'/C calc'!A0", "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "=1", "＝1+1", "＋1", "－1", "＠A1"]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_begins_like_a_formula_is_text(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["김하늘", "A=1", "", "12-3"])
def test_other_texts_are_as_they_were(text: str) -> None:
    assert cell(text) == text


@pytest.mark.parametrize("text", ["010-1234-5678", "+82 10-1234-5678", "(02) 123", "", "+82(0)10"])
def test_a_phone_number_keeps_its_plus(text: str) -> None:
    assert phone_cell(text) == text


@pytest.mark.parametrize("text", ["+1+cmd|'/C calc'!A0", "=1", "-1", "@1", "+8210\n=1", "+x"])
def test_what_is_no_phone_number_is_text(text: str) -> None:
    assert phone_cell(text) == f"'{text}"
