"""No text but the genuine one is ever accepted, however it came about; and reading one never fails."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.entry.records import PassKind
from agent.entry.token import LAST_STEP, card_public, check_card, check_mac, make_card, make_code, pass_id_of, read_token

SECRETS = st.binary(min_size=32, max_size=32)
IDS = st.binary(min_size=5, max_size=5).map(pass_id_of)
STEPS = st.integers(0, LAST_STEP)
BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
SEED = bytes(range(32))


@given(SECRETS, IDS, STEPS, st.sampled_from([PassKind.PHONE, PassKind.STAFF]))
def test_what_was_made_is_read_and_genuine(secret: bytes, pass_id: str, step: int, kind: PassKind) -> None:
    text = make_code(secret, kind, pass_id, step)
    token = read_token(text)
    assert token is not None
    assert (token.kind, token.pass_id, token.step) == (kind, pass_id, step)
    assert check_mac(token, secret)


@given(st.text(max_size=250))
def test_reading_never_fails(text: str) -> None:
    token = read_token(text)
    assert token is None or text.strip().upper().startswith("A")


@given(st.text(BASE32, min_size=32, max_size=32) | st.text(BASE32, min_size=112, max_size=112))
def test_random_texts_of_the_right_form_are_not_genuine(rest: str) -> None:
    token = read_token("A" + rest)
    assert token is None or not (check_mac(token, SEED) or check_card(token, card_public(SEED)))


@given(IDS, STEPS, st.data())
def test_one_changed_character_is_enough(pass_id: str, step: int, data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([make_code(SEED, PassKind.PHONE, pass_id, step), make_card(SEED, pass_id)]))
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from(BASE32.replace(text[at], "")))
    token = read_token(text[:at] + other + text[at + 1 :])
    assert token is None or not (check_mac(token, SEED) or check_card(token, card_public(SEED)))


@given(IDS, STEPS)
def test_there_is_one_text_for_each_code(pass_id: str, step: int) -> None:
    """Otherwise a code that was used could be shown again in another spelling; the log knows it by the hash of its text."""
    text = make_code(SEED, PassKind.PHONE, pass_id, step)
    token = read_token(text)
    assert token is not None
    again = read_token(text.lower())
    assert again is not None
    assert again.sha256 == token.sha256
