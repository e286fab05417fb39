"""Accounts, and the one-time owner link."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.clock import ManualClock
from agent.errors import StoreError
from agent.vault import Vault
from tests.stored import UTC, opened

HASH = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$c29tZWhhc2g"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(UTC)


@pytest.fixture
def vault(tmp_path: Path, clock: ManualClock):
    with opened(tmp_path, clock) as vault:
        yield vault


def test_an_account_is_added_changed_and_removed(vault: Vault, clock: ManualClock) -> None:
    vault.add_user("mina", HASH, "viewer")
    clock.advance(60)
    vault.set_password("mina", HASH + "2")
    row = vault.user("mina")
    assert row is not None
    assert (row.password_hash, row.role, row.created_utc, row.changed_utc) == (HASH + "2", "viewer", UTC, UTC + 60)
    vault.remove_user("mina")
    assert vault.users() == ()


def test_a_taken_name_and_an_unknown_one_are_refused(vault: Vault) -> None:
    vault.add_user("mina", HASH, "viewer")
    with pytest.raises(StoreError, match="already"):
        vault.add_user("mina", HASH, "owner")
    with pytest.raises(StoreError, match="no account"):
        vault.set_password("nobody", HASH)
    with pytest.raises(StoreError, match="no account"):
        vault.remove_user("nobody")
    vault.add_user("jun", HASH, "viewer")


def test_the_owner_link_works_once(vault: Vault) -> None:
    token = vault.new_setup_token()
    assert vault.setup_token_valid(token)
    assert vault.create_owner("guessed", "eve", HASH) is None
    owner = vault.create_owner(token, "mina", HASH)
    assert owner is not None
    assert (owner.name, owner.role) == ("mina", "owner")
    assert vault.create_owner(token, "eve", HASH) is None
    assert not vault.setup_token_valid(token)
    assert [row.name for row in vault.users()] == ["mina"]


def test_a_token_ends_by_time_and_by_a_newer_one(vault: Vault, clock: ManualClock) -> None:
    first = vault.new_setup_token()
    second = vault.new_setup_token(valid_s=100)
    assert vault.create_owner(first, "mina", HASH) is None
    clock.advance(101)
    assert vault.create_owner(second, "mina", HASH) is None


def test_when_the_name_is_taken_the_token_is_not_used_up(vault: Vault) -> None:
    vault.add_user("mina", HASH, "viewer")
    token = vault.new_setup_token()
    with pytest.raises(StoreError):
        vault.create_owner(token, "mina", HASH)
    assert vault.setup_token_valid(token)


def test_hashes_and_tokens_are_in_no_ledger_log_or_readable_file(vault: Vault, capsys: pytest.CaptureFixture[str]) -> None:
    token = vault.new_setup_token()
    vault.create_owner(token, "mina", HASH)
    assert all(HASH not in path.read_text() for path in (vault.folder / "ledger").iterdir())
    for name in ("ansim.db", "ansim.db-wal", "accounts.json"):
        assert (vault.folder / name).stat().st_mode & 0o077 == 0
        assert token.encode() not in (vault.folder / name).read_bytes()
    assert HASH not in repr(vault.user("mina"))


def test_accounts_survive_the_loss_of_the_database(tmp_path: Path, clock: ManualClock) -> None:
    with opened(tmp_path, clock) as vault:
        vault.add_user("mina", HASH, "owner")
        before = vault.users()
    (tmp_path / "ansim.db").unlink()
    with opened(tmp_path, clock) as vault:
        assert vault.users() == before


def test_a_damaged_mirror_is_no_reason_not_to_start(tmp_path: Path, clock: ManualClock) -> None:
    for wrong in ("", "[]", json.dumps({"accounts": [{"name": 1}]})):
        (tmp_path / "accounts.json").write_text(wrong)
        with opened(tmp_path, clock) as vault:
            assert vault.users() == ()
