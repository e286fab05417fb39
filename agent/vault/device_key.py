"""The device's own keys: it signs what it writes with one, and derives from the other what shields members' data at rest.

Comes in: the folder of keys. Goes out: `DeviceKey`. The file is made on the first start and read by the agent's user only. It
lies on the PC in the clear, because an unattended shop starts without anybody who could type a passphrase: it keeps a copied
database from being read, not a stolen PC (docs/threat-model.md). It opens no sealed original: that key is the owner's.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from agent.errors import StoreError
from agent.vault.durable import disk_errors, replace_synced

FILE = "device.json"
KEY_BYTES = 32
NAMES = ("ed25519", "root")


class DeviceKey:
    """Holding one means: you may sign in the name of this device. Its private halves never show in a repr or a log."""

    def __init__(self, seed: bytes, root: bytes) -> None:
        """seed: of the Ed25519 key (RFC 8032); root: what other keys are derived from; 32 bytes each."""
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self._root = root
        self.public = self._private.public_key().public_bytes_raw()

    @property
    def fingerprint(self) -> str:
        """The sha256 (hex) of the raw public key."""
        return hashlib.sha256(self.public).hexdigest()

    def sign(self, data: bytes) -> bytes:
        """An Ed25519 signature, 64 bytes."""
        return self._private.sign(data)

    def derive(self, purpose: str) -> bytes:
        """32 bytes for one purpose, each time the same (HKDF-SHA256, RFC 5869); no purpose's key tells of another's."""
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"ansim/" + purpose.encode()).derive(self._root)


def verify(public: bytes, signature: bytes, data: bytes) -> bool:
    """Whether `signature` is that of the Ed25519 key `public` (32 bytes) under `data`."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def open_device_key(folder: Path) -> DeviceKey:
    """The keys in `folder`; made when there are none. Raises StoreError when they cannot be read or written.

    A damaged file is never replaced: that would make all that was signed before look like somebody else's.
    """
    path = folder / FILE
    with disk_errors(folder):
        if not path.exists():
            folder.mkdir(mode=0o700, exist_ok=True)
            fresh = {
                "version": 1,
                "ed25519": _text(secrets.token_bytes(KEY_BYTES)),
                "root": _text(secrets.token_bytes(KEY_BYTES)),
            }
            replace_synced(path, json.dumps(fresh).encode(), mode=0o600)
        data = path.read_bytes()
    try:
        held = json.loads(data)
        seed, root = (base64.b64decode(held[name], validate=True) for name in NAMES)
        if len(seed) != KEY_BYTES or len(root) != KEY_BYTES:
            raise ValueError("a key has the wrong length")
    except (ValueError, KeyError, TypeError) as wrong:
        raise StoreError(
            ko=f"기기 키 파일({path})이 손상되었습니다. 백업에서 되돌리거나 docs/keys.md를 따라 주세요.",
            en=f"The file of the device's keys ({path}) is damaged. Restore it from a backup, or see docs/keys.md.",
        ) from wrong
    return DeviceKey(seed, root)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
