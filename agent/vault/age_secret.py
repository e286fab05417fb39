"""An age secret key as its 32 bytes, its text and its words, so that a recovery sheet can carry it in either form.

Comes in: 32 bytes, "AGE-SECRET-KEY-1...", or 24 words. Goes out: the same in the other forms. Pure.
The text is Bech32 (BIP-173) in upper case with the prefix of age's X25519 identities; the words are BIP-39's (24 words of 256
bits and 8 bits of checksum), in Korean or English. A mistyped letter or word is found by either checksum.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import cache
from typing import Literal

from mnemonic import Mnemonic

PREFIX = "age-secret-key-"
SECRET_BYTES = 32
WORDS = 24

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)

Language = Literal["korean", "english"]


def secret_text(secret: bytes) -> str:
    """ "AGE-SECRET-KEY-1..." of 32 bytes, as age's own tools read it."""
    if len(secret) != SECRET_BYTES:
        raise ValueError("an age secret has 32 bytes")
    values = _regroup(secret, 8, 5, padded=True)
    checked = _polymod([*_expanded(PREFIX), *values, 0, 0, 0, 0, 0, 0]) ^ 1
    tail = [(checked >> 5 * (5 - place)) & 31 for place in range(6)]
    return (PREFIX + "1" + "".join(_ALPHABET[value] for value in [*values, *tail])).upper()


def secret_of_text(text: str) -> bytes:
    """The 32 bytes in "AGE-SECRET-KEY-1...". Raises ValueError when a letter is wrong or missing."""
    bare = text.strip()
    if bare not in (bare.upper(), bare.lower()):
        raise ValueError("upper and lower case are mixed")
    prefix, separator, rest = bare.lower().rpartition("1")
    if not separator or prefix != PREFIX or any(letter not in _ALPHABET for letter in rest):
        raise ValueError("not an age secret key")
    values = [_ALPHABET.index(letter) for letter in rest]
    if _polymod([*_expanded(prefix), *values]) != 1:
        raise ValueError("the checksum does not fit")
    secret = bytes(_regroup(values[:-6], 5, 8, padded=False))
    if len(secret) != SECRET_BYTES:
        raise ValueError("an age secret has 32 bytes")
    return secret


def secret_words(secret: bytes, language: Language) -> tuple[str, ...]:
    """The 24 words of 32 bytes, in whole Hangul syllables (the list has their letters apart, which few terminals can show)."""
    return tuple(unicodedata.normalize("NFC", _list(language).to_mnemonic(secret)).split())


def secret_of_words(words: str) -> bytes:
    """The 32 bytes of 24 words in either language, however they are spaced. Raises ValueError when one is wrong or missing."""
    given = unicodedata.normalize("NFKD", " ".join(words.lower().split()))
    for language in ("korean", "english"):
        try:
            if len(given.split(" ")) == WORDS and _list(language).check(given):
                return bytes(_list(language).to_entropy(given))
        except LookupError:  # not of this list
            continue
    raise ValueError("these are not the 24 words of a key")


@cache
def _list(language: str) -> Mnemonic:
    return Mnemonic(language)


def _expanded(prefix: str) -> list[int]:
    return [*(ord(letter) >> 5 for letter in prefix), 0, *(ord(letter) & 31 for letter in prefix)]


def _polymod(values: Iterable[int]) -> int:
    """The checksum of BIP-173."""
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for place, factor in enumerate(_GENERATOR):
            check ^= factor if (top >> place) & 1 else 0
    return check


def _regroup(values: Iterable[int], from_bits: int, to_bits: int, *, padded: bool) -> list[int]:
    """The same bits in groups of another size. Raises ValueError when what is left over is not empty padding."""
    held, bits, groups = 0, 0, []
    for value in values:
        held = held << from_bits | value
        bits += from_bits
        while bits >= to_bits:
            bits -= to_bits
            groups.append(held >> bits & ((1 << to_bits) - 1))
    left = held & ((1 << bits) - 1)
    if padded and bits:
        groups.append(left << (to_bits - bits))
    elif not padded and (bits >= from_bits or left):
        raise ValueError("bits are left over")
    return groups
