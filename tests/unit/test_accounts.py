"""Accounts: what a guesser can and cannot do."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from agent.accounts import LOCK_S, REMEMBERED, WRONG_MOST, AccountRefused, Accounts, lock_text
from agent.clock import ManualClock
from agent.errors import StoreError
from agent.vault import Vault

GOOD = "바람개비 우체통 고구마"
QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def vault(tmp_path: Path, clock: ManualClock) -> Iterator[Vault]:
    with Vault(tmp_path / "data", clock) as opened:
        yield opened


@pytest.fixture
def accounts(vault: Vault, clock: ManualClock) -> Accounts:
    made = Accounts(vault, clock, QUICK)
    made.create_owner(made.new_link_token(), "주인", GOOD)
    return made


def test_the_owner_is_the_first_and_the_link_makes_no_second(accounts: Accounts) -> None:
    assert not accounts.needs_owner
    account = accounts.sign_in("주인", GOOD)
    assert (account.name, account.role) == ("주인", "owner")
    with pytest.raises(AccountRefused):
        accounts.create_owner("no such token", "다른 사람", GOOD)


def test_further_accounts_have_a_role_and_a_name_of_their_own(accounts: Accounts) -> None:
    assert accounts.add("직원", GOOD, "staff").role == "staff"
    with pytest.raises(StoreError):
        accounts.add("직원", GOOD, "staff")
    with pytest.raises(AccountRefused):
        accounts.add("직원2", "짧다", "staff")


def test_no_hash_is_kept_that_shows_the_password(vault: Vault, accounts: Accounts) -> None:
    row = vault.user("주인")
    assert row is not None
    assert row.password_hash.startswith("$argon2id$")
    assert GOOD not in row.password_hash
    assert row.password_hash not in repr(row)


def test_wrong_passwords_at_the_same_time_are_all_counted(accounts: Accounts) -> None:
    def guess(number: int) -> bool:
        try:
            accounts.sign_in("주인", f"틀린 비밀번호 {number}")
        except AccountRefused as refused:
            return refused.locked
        return False

    with ThreadPoolExecutor(8) as pool:
        locked = list(pool.map(guess, range(24)))
    assert locked.count(False) <= WRONG_MOST - 1


def test_a_right_password_forgets_the_wrong_ones_before_it(accounts: Accounts) -> None:
    for _ in range(3):
        for _ in range(WRONG_MOST - 1):
            with pytest.raises(AccountRefused):
                accounts.sign_in("주인", "틀린 비밀번호")
        accounts.sign_in("주인", GOOD)


def test_the_lock_ends_by_itself_and_says_when(accounts: Accounts, clock: ManualClock) -> None:
    for _ in range(WRONG_MOST):
        with pytest.raises(AccountRefused):
            accounts.sign_in("주인", "틀린 비밀번호")
    clock.advance(LOCK_S - 1)
    with pytest.raises(AccountRefused) as closed:
        accounts.sign_in("주인", GOOD)
    assert closed.value.text == lock_text(1)
    clock.advance(2)
    accounts.sign_in("주인", GOOD)


def test_made_up_names_neither_fill_the_memory_nor_open_a_closed_account(accounts: Accounts) -> None:
    for _ in range(WRONG_MOST):
        with pytest.raises(AccountRefused):
            accounts.sign_in("주인", "틀린 비밀번호")
    for number in range(REMEMBERED + 20):
        with pytest.raises(AccountRefused):
            accounts.sign_in(f"아무개 {number}", "x")
    assert len(accounts._tries) <= REMEMBERED
    with pytest.raises(AccountRefused) as closed:
        accounts.sign_in("주인", GOOD)
    assert closed.value.locked


def test_a_hash_of_older_settings_is_renewed_at_the_next_sign_in(vault: Vault, accounts: Accounts, clock: ManualClock) -> None:
    stronger = Accounts(vault, clock, PasswordHasher(time_cost=2, memory_cost=128, parallelism=1))
    before = vault.user("주인")
    account = stronger.sign_in("주인", GOOD)
    after = vault.user("주인")
    assert before is not None
    assert after is not None
    assert before.password_hash != after.password_hash
    assert account == stronger.find("주인")
