"""PINs: what may be one, and how one is kept so that a copied database does not give it away.

Comes in: digits as typed. Goes out: a slow hash, and whether digits fit it. A PIN has few possibilities, so it is hashed with
argon2id (RFC 9106) over an HMAC under a key of this device: without that key, guessing does not even begin.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 4, 8
NUMBER_DIGITS = 6


class PinHasher:
    """Holding one means: you may check PINs. pepper: 32 bytes of this device."""

    def __init__(self, pepper: bytes, hasher: PasswordHasher | None = None) -> None:
        self._pepper = pepper
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash(secrets.token_hex(16))

    def hash(self, pin: str) -> str:
        return self._hasher.hash(self._keyed(pin))

    def fits(self, pin_hash: str | None, pin: str) -> bool:
        """Whether `pin` is the one; takes as long where there is none (pin_hash None)."""
        try:
            self._hasher.verify(pin_hash or self._nobody, self._keyed(pin))
        except (VerificationError, InvalidHashError):
            return False
        return pin_hash is not None

    def _keyed(self, pin: str) -> str:
        return hmac.new(self._pepper, pin[: LONGEST + 1].encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def is_pin(pin: str) -> bool:
    """Whether `pin` is SHORTEST to LONGEST digits that are not guessed at once (1111, 1234, 4321)."""
    if not (SHORTEST <= len(pin) <= LONGEST and pin.isascii() and pin.isdigit()):
        return False
    steps = {int(b) - int(a) for a, b in pairwise(pin)}
    return steps not in ({0}, {1}, {-1})


def new_number() -> str:
    """Six random digits, the first not 0."""
    return str(secrets.randbelow(9 * 10 ** (NUMBER_DIGITS - 1)) + 10 ** (NUMBER_DIGITS - 1))
