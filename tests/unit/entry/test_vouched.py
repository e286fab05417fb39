"""Links for those whom an outside service has vouched for: who it is shows to nobody, and only this PC makes them."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode

from hypothesis import given
from hypothesis import strategies as st

from agent.entry.vouched import VALID_S, VouchedLink

LINK = VouchedLink(bytes(range(32)))
ISSUER = "https://login.example.kr"
UTC = 1_795_000_000.0


def test_the_same_person_at_the_same_service_has_the_same_mark() -> None:
    mine = LINK.vouch(ISSUER, "198-2")
    assert LINK.vouch(ISSUER, "198-2") == mine
    others = [
        LINK.vouch(ISSUER, "198-3"),
        LINK.vouch("https://elsewhere.kr", "198-2"),
        VouchedLink(b"k" * 32).vouch(ISSUER, "198-2"),
    ]
    assert mine.mark not in {other.mark for other in others}
    assert mine.mark not in repr(mine)


def test_a_link_is_valid_for_twenty_minutes() -> None:
    mine = LINK.vouch(ISSUER, "198-2")
    token = LINK.token(mine, UTC)
    assert LINK.read(token, UTC) == (mine, UTC + VALID_S)
    assert LINK.read(token, UTC + VALID_S - 1) is not None
    assert LINK.read(token, UTC + VALID_S) is None
    assert b"198-2" not in urlsafe_b64decode(token)


def test_a_link_of_another_pc_is_none() -> None:
    other = VouchedLink(b"k" * 32)
    assert LINK.read(other.token(other.vouch(ISSUER, "198-2"), UTC), UTC) is None


@given(st.data())
def test_a_link_in_which_a_bit_was_changed_is_none(data: st.DataObject) -> None:
    raw = bytearray(urlsafe_b64decode(LINK.token(LINK.vouch(ISSUER, "198-2"), UTC)))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert LINK.read(urlsafe_b64encode(raw).decode(), UTC) is None


@given(st.text())
def test_a_made_up_link_is_none(token: str) -> None:
    assert LINK.read(token, UTC) is None
