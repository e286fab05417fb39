"""The device's own keys: they sign, derive, stay the same, and are never replaced when damaged."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from agent.errors import StoreError
from agent.vault.device_key import FILE, DeviceKey, open_device_key, verify

# RFC 8032, section 7.1, test 2
SEED = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
PUBLIC = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
SIGNATURE = bytes.fromhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)


def test_it_signs_as_rfc_8032_says() -> None:
    key = DeviceKey(SEED, bytes(32))
    assert key.public == PUBLIC
    assert key.sign(b"\x72") == SIGNATURE
    assert verify(PUBLIC, SIGNATURE, b"\x72")


@pytest.mark.parametrize(
    ("public", "signature", "data"),
    [
        (PUBLIC, SIGNATURE, b"\x73"),
        (PUBLIC, bytes(64), b"\x72"),
        (PUBLIC, SIGNATURE[:-1], b"\x72"),
        (PUBLIC[:-1], SIGNATURE, b"\x72"),
        (bytes(32), SIGNATURE, b"\x72"),
        (b"", b"", b""),
    ],
)
def test_what_was_not_signed_does_not_verify(public: bytes, signature: bytes, data: bytes) -> None:
    assert not verify(public, signature, data)


def test_the_keys_are_made_once_and_stay(tmp_path: Path) -> None:
    first = open_device_key(tmp_path / "keys")
    again = open_device_key(tmp_path / "keys")
    assert (first.public, first.fingerprint) == (again.public, again.fingerprint)
    assert first.derive("passes") == again.derive("passes")
    assert first.derive("passes") != first.derive("cards")
    assert open_device_key(tmp_path / "other").public != first.public


def test_only_the_agents_user_reads_them(tmp_path: Path) -> None:
    open_device_key(tmp_path / "keys")
    assert stat.S_IMODE((tmp_path / "keys" / FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


@pytest.mark.parametrize("damage", [b"", b"{}", b"[]", b'{"ed25519":"AAAA","root":"AAAA"}', b'{"ed25519":1,"root":2}', b"\xff"])
def test_damaged_keys_are_reported_and_left_alone(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / FILE).write_bytes(damage)
    with pytest.raises(StoreError, match=r"docs/keys\.md"):
        open_device_key(tmp_path)
    assert (tmp_path / FILE).read_bytes() == damage


def test_nothing_secret_shows_in_a_repr(tmp_path: Path) -> None:
    key = DeviceKey(SEED, b"r" * 32)
    assert SEED.hex() not in repr(key)
    assert "r" * 32 not in repr(key)
