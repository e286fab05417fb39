"""Small things that lie in the data folder so that nobody reads them there without the key.

Comes in: a key of 32 bytes, the plain bytes, and what they are about. Goes out: the sealed bytes, and back.
AES-256-GCM (NIST SP 800-38D): 12 random bytes, then the ciphertext with its tag of 16 bytes. What it is about is not in it, but
has to be named again to open it: one row's bytes put into another row do not open.
"""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12


def seal(key: bytes, plain: bytes, about: str) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, about.encode())


def unseal(key: bytes, sealed: bytes, about: str) -> bytes | None:
    """What was sealed; None when it was changed, belongs to something else, or was sealed with another key."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about.encode())
    except (InvalidTag, ValueError):  # ValueError: too short to be sealed at all
        return None
