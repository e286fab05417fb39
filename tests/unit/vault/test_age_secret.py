"""An age secret key as bytes, text and words; what is mistyped is found."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyrage import x25519

from agent.vault.age_secret import Language, secret_of_text, secret_of_words, secret_text, secret_words

secrets = st.binary(min_size=32, max_size=32)


@given(secrets)
def test_age_itself_reads_the_text(secret: bytes) -> None:
    text = secret_text(secret)
    assert secret_of_text(text) == secret_of_text(text.lower()) == secret
    assert secret_text(secret_of_text(str(x25519.Identity.from_str(text)))) == text


def test_the_text_of_an_identity_that_age_made() -> None:
    text = str(x25519.Identity.generate())
    assert secret_text(secret_of_text(text)) == text


@given(secrets, st.sampled_from(["korean", "english"]))
def test_words_lead_back_to_the_secret(secret: bytes, language: Language) -> None:
    words = secret_words(secret, language)
    assert len(words) == 24
    typed = "  ".join(unicodedata.normalize("NFC", word) for word in words).upper()
    assert secret_of_words(typed) == secret


def test_words_of_bip_39() -> None:
    eight = "legal winner thank year wave sausage worth useful"  # BIP-39's own test vector of 32 bytes 0x7f
    words = f"{eight} {eight} legal winner thank year wave sausage worth title"
    assert " ".join(secret_words(bytes([0x7F]) * 32, "english")) == words


@given(secrets, st.integers(0, 57), st.sampled_from("qpzry9x8gf2tvdw0s3jn54khce6mua7l"))
def test_a_wrong_letter_is_found(secret: bytes, place: int, letter: str) -> None:
    text = secret_text(secret)
    at = len("AGE-SECRET-KEY-1") + place
    changed = text[:at] + letter.upper() + text[at + 1 :]
    if changed == text:
        return
    with pytest.raises(ValueError, match="checksum"):
        secret_of_text(changed)


@pytest.mark.parametrize("text", ["", "AGE-SECRET-KEY-1", "age1qqqq", "AGE-secret-KEY-1QQ", "AGE-SECRET-KEY-1BIO", "비밀"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        secret_of_text(text)


def test_a_wrong_or_missing_word_is_found() -> None:
    words = list(secret_words(bytes(range(32)), "english"))
    for wrong in (words[:-1], [*words[:-1], "zebra"], [*words[:-1], "가격"], ["hello"] * 24, []):
        with pytest.raises(ValueError, match="24 words"):
            secret_of_words(" ".join(wrong))
