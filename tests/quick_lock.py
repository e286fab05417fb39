"""A shield of the owner's secrets for tests that guess often: a passphrase as good as any, without age's second a try."""

from __future__ import annotations

import hashlib

import pyrage

from agent.vault.sealing import seal, unseal


class QuickLock:
    """A passphrase without the second that age's scrypt takes for each try."""

    def lock(self, plain: bytes, passphrase: str) -> bytes:
        return seal(self._key(passphrase), plain, "test")

    def unlock(self, locked: bytes, passphrase: str) -> bytes:
        plain = unseal(self._key(passphrase), locked, "test")
        if plain is None:
            raise pyrage.DecryptError
        return plain

    @staticmethod
    def _key(passphrase: str) -> bytes:
        return hashlib.sha256(passphrase.encode()).digest()
