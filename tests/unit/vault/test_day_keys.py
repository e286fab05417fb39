"""Keys of days: never written over, and gone for good when they are removed."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from agent.errors import StoreError
from agent.vault.day_keys import DayKeys

DAY = "2026-11-22"


def test_a_key_that_cannot_be_read_now_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = DayKeys(tmp_path).make(DAY)

    def fails(_path: Path) -> bytes:
        raise OSError(errno.EIO, "I/O error")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_bytes", fails)
        assert DayKeys(tmp_path).find(DAY) is None
        with pytest.raises(StoreError):
            DayKeys(tmp_path).make(DAY)
    assert DayKeys(tmp_path).find(DAY) == key


def test_a_key_that_is_not_whole_never_sealed_anything_and_is_made_anew(tmp_path: Path) -> None:
    keys = DayKeys(tmp_path)
    keys.make(DAY)
    (tmp_path / "keys" / "entries" / f"{DAY}.key").write_bytes(b"torn")
    fresh = DayKeys(tmp_path).make(DAY)
    assert DayKeys(tmp_path).find(DAY) == fresh


def test_who_reads_while_a_key_is_removed_does_not_bring_it_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = DayKeys(tmp_path)
    keys.make(DAY)
    unlink = Path.unlink

    def read_before(path: Path, missing_ok: bool = False) -> None:
        keys.find(DAY)
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", read_before)
    keys.remove(DAY)
    assert keys.find(DAY) is None
    keys.remove(DAY)  # again: nothing is left to do
