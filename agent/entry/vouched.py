"""Who an outside service has vouched for: what is kept of that, and the link with which such a person signs up.

Comes in: a key of this device, an issuer, the service's own number for somebody, the time. Goes out: `Vouched`, tokens. The
service's number itself is kept nowhere: who has the database, but not this PC's key, cannot tell whether a person is in it.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field

VALID_S = 1200.0  # to read the privacy notice, and to fetch a parent
MARK_BYTES = 32
TIME_BYTES = 8
MAC_BYTES = 18


@dataclass(frozen=True, slots=True)
class Vouched:
    """That a service knows whose pass it is. issuer: its address; mark: the same for the same person, of this PC only (hex)."""

    issuer: str
    mark: str = field(repr=False)


class VouchedLink:
    """Holding one means: you may say who was vouched for, and make and check tokens for their sign-up. key: 32 bytes.

    Nothing of the tokens is stored. One is worth something to whoever has it, so it stays in one browser's session.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def vouch(self, issuer: str, subject: str) -> Vouched:
        """subject: the service's number for the person."""
        said = b"\n".join((b"person", issuer.encode(), subject.encode("utf-8", "replace")))
        return Vouched(issuer, hmac.digest(self._key, said, "sha256").hex())

    def token(self, vouched: Vouched, utc: float) -> str:
        """For a sign-up within VALID_S."""
        said = bytes.fromhex(vouched.mark) + int(utc + VALID_S).to_bytes(TIME_BYTES) + vouched.issuer.encode()
        return urlsafe_b64encode(self._mac(said) + said).decode()

    def read(self, token: str, utc: float) -> tuple[Vouched, float] | None:
        """Who, and until when (Unix time); None: not a token of this PC, or too old. Never raises."""
        try:
            given = urlsafe_b64decode(token.encode("ascii"))
        except ValueError:
            return None
        mac, said = given[:MAC_BYTES], given[MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(said)):
            return None
        ends = int.from_bytes(said[MARK_BYTES : MARK_BYTES + TIME_BYTES])
        vouched = Vouched(said[MARK_BYTES + TIME_BYTES :].decode(), said[:MARK_BYTES].hex())
        return (vouched, float(ends)) if utc < ends else None

    def _mac(self, said: bytes) -> bytes:
        return hmac.digest(self._key, b"token\n" + said, "sha256")[:MAC_BYTES]
