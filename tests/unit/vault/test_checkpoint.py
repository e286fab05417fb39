"""Signed words about the ledger: as a record, as an anchor's text, and what is no such thing."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from agent.vault.checkpoint import (
    Checkpoint,
    anchor_text,
    checkpoint_body,
    checkpoint_of,
    is_signed,
    make_checkpoint,
    read_anchor,
)
from agent.vault.device_key import DeviceKey, verify
from agent.vault.ledger import Head

KEY = DeviceKey(bytes(range(32)), bytes(32))


def checkpoint(size: int = 12, utc: float = 1_795_297_990.5078) -> Checkpoint:
    return make_checkpoint(Head(size, "ab" * 32), b"r" * 32, utc, KEY.public, KEY.sign)


@given(st.integers(0, 2**40), st.floats(0, 4e9))
def test_record_and_anchor_lead_back_to_the_checkpoint(size: int, utc: float) -> None:
    made = checkpoint(size, utc)
    assert is_signed(made, verify)
    assert checkpoint_of(json.loads(json.dumps(checkpoint_body(made)))) == made
    read = read_anchor(anchor_text(made))
    assert read == made
    assert is_signed(read, verify)


def test_an_anchor_fits_a_small_qr_code_and_survives_a_letter_and_an_e_mail() -> None:
    text = anchor_text(checkpoint())
    code = segno.make_qr(text, error="m", boost_error=False)
    assert code.mode == "alphanumeric"
    assert code.version <= 10
    assert read_anchor(f"  {text[:100]}\n {text[100:200]}\r\n{text[200:].lower()}\n") == checkpoint()


@pytest.mark.parametrize(
    "change",
    [{"size": 13}, {"root": b"s" * 32}, {"head": b"h" * 32}, {"utc": 1.0}, {"key": bytes(32)}, {"signature": bytes(64)}],
)
def test_a_changed_checkpoint_is_not_signed(change: dict[str, object]) -> None:
    assert not is_signed(replace(checkpoint(), **change), verify)


@pytest.mark.parametrize(
    "text",
    ["", "ANSIM1:", "ANSIM1:AAAA", "ANSIM2:" + "A" * 282, "ANSIM1:" + "1" * 282, "https://example.org", "ANSIM1:" + "A" * 9000],
)
def test_what_is_no_anchor_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_anchor(text)


@pytest.mark.parametrize(
    "change",
    [
        {"size": None},
        {"size": -1},
        {"root": "zz"},
        {"root": "ab"},
        {"key": "?"},
        {"signature": ""},
        {"head": 5},
        {"utc": "soon"},
    ],
)
def test_a_record_that_is_no_checkpoint_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        checkpoint_of({**checkpoint_body(checkpoint()), **change})
    with pytest.raises(ValueError, match="not a checkpoint"):
        checkpoint_of({})
