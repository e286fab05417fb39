"""Codes are made and read as docs/entry.md says; nothing else is taken for one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent.entry.records import PassKind
from agent.entry.token import (
    LAST_STEP,
    card_public,
    check_card,
    check_mac,
    make_card,
    make_code,
    pass_id_of,
    read_token,
    step_of,
)

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "vectors.json").read_text("utf-8"))
SECRET = bytes(range(32))
ID = pass_id_of(b"ansim")
ALPHANUMERIC = set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")  # of QR codes, ISO/IEC 18004


@pytest.mark.parametrize("vector", VECTORS["codes"], ids=lambda v: f"{v['kind']}-{v['step']}")
def test_codes_are_those_of_the_vectors(vector: dict[str, Any]) -> None:
    secret, kind = bytes.fromhex(vector["secret"]), PassKind(vector["kind"])
    step = 0 if vector["utc"] is None else step_of(vector["utc"])
    assert step == vector["step"]
    assert make_code(secret, kind, vector["pass_id"], step) == vector["text"]
    token = read_token(vector["text"])
    assert token is not None
    assert (token.kind, token.pass_id, token.step) == (kind, vector["pass_id"], step)
    assert check_mac(token, secret)
    assert not check_mac(token, bytes(32))


@pytest.mark.parametrize("vector", VECTORS["cards"], ids=lambda v: v["pass_id"])
def test_cards_are_those_of_the_vectors(vector: dict[str, Any]) -> None:
    seed = bytes.fromhex(vector["seed"])
    assert card_public(seed).hex() == vector["public"]
    assert make_card(seed, vector["pass_id"]) == vector["text"]
    token = read_token(vector["text"])
    assert token is not None
    assert (token.kind, token.pass_id, token.step) == (PassKind.CARD, vector["pass_id"], 0)
    assert check_card(token, card_public(seed))
    assert not check_card(token, card_public(bytes(32)))
    assert not check_mac(token, seed)  # a card is proven by its signature alone


@pytest.mark.parametrize("text", VECTORS["refused"])
def test_what_is_no_code_is_none(text: str) -> None:
    assert read_token(text) is None


def test_a_code_fits_a_small_qr_code() -> None:
    code, card = make_code(SECRET, PassKind.PHONE, ID, LAST_STEP), make_card(SECRET, ID)
    assert len(code) <= 47  # version 3 with error correction Q
    assert len(card) <= 114  # version 4 with error correction L
    assert set(code + card) <= ALPHANUMERIC


def test_what_a_typing_scanner_does_to_a_code_is_forgiven() -> None:
    code = make_code(SECRET, PassKind.PHONE, ID, 7)
    typed = read_token(f" {code.lower()}\r\n")
    assert typed == read_token(code)


def test_a_code_without_its_secret_shows_neither_in_a_repr() -> None:
    token = read_token(make_code(SECRET, PassKind.STAFF, ID, 7))
    assert token is not None
    assert repr(token) == f"Token(kind=<PassKind.STAFF: 'staff'>, pass_id='{ID}')"


def test_a_code_of_one_kind_is_not_genuine_as_another() -> None:
    phone = make_code(SECRET, PassKind.PHONE, ID, 7)
    staff = make_code(SECRET, PassKind.STAFF, ID, 7)
    swapped = read_token(staff[:3] + phone[3:])  # the kind is in the first characters
    assert swapped is None or not check_mac(swapped, SECRET)


@pytest.mark.parametrize(
    ("kind", "step"), [(PassKind.CARD, 0), (PassKind.VISITOR, 1), (PassKind.PHONE, -1), (PassKind.PHONE, 2**32)]
)
def test_codes_that_cannot_be_are_not_made(kind: PassKind, step: int) -> None:
    with pytest.raises(ValueError, match="no code"):
        make_code(SECRET, kind, ID, step)


@pytest.mark.parametrize("pass_id", ["", "abcdefgh", "ABCDEFG1", "ABCDEFGHI"])
def test_ids_that_cannot_be_make_no_code(pass_id: str) -> None:
    with pytest.raises(ValueError, match="pass id"):
        make_code(SECRET, PassKind.PHONE, pass_id, 1)


def test_steps_are_those_of_rfc_6238() -> None:
    assert [step_of(utc) for utc in (0, 29.999, 30, 59, 1_111_111_109, 20_000_000_000)] == [0, 0, 1, 1, 0x23523EC, 0x27BC86AA]
    assert step_of(-5) == 0
    assert step_of(1e15) == LAST_STEP
