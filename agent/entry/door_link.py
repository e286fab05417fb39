"""The link with which people at the door sign up themselves: a token that the screen there shows and that soon is out of date.

Comes in: a key of this device, the time. Goes out: tokens, and until when one is valid. Nothing of them is stored. A photograph
of the link does not let people sign up from afar for long.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode

SHOWN_S = 600.0  # how long a link is shown; it is valid as long again


class DoorLink:
    """Holding one means: you may make and check tokens of the door. key: 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def token(self, utc: float) -> str:
        """The token to show now."""
        return self._of(int(utc // SHOWN_S))

    def ends_utc(self, token: str, utc: float) -> float | None:
        """Until when `token` is valid (Unix time); None: it is not."""
        given = token.encode("utf-8", "replace")
        now = int(utc // SHOWN_S)
        fits = [window for window in (now, now - 1) if hmac.compare_digest(given, self._of(window).encode())]
        return (fits[0] + 2) * SHOWN_S if fits else None

    def _of(self, window: int) -> str:
        return urlsafe_b64encode(hmac.digest(self._key, window.to_bytes(8), "sha256")[:18]).decode()
