"""The owner's keys: one ceremony, a passphrase that nobody stores, a sheet that brings everything back."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pyrage
import pytest
from pyrage import passphrase as scrypt
from pyrage import x25519

from agent.clock import ManualClock
from agent.errors import StoreError
from agent.vault.age_secret import secret_words
from agent.vault.owner_keys import OWNER, RECIPIENTS, SECRETS, KeyRefused, NewKey, OwnerKeys, seal_to
from tests.quick_lock import QuickLock
from tests.stored import UTC

PASS = "우리 가게 열쇠는 하나뿐"
OTHER = "another long passphrase"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(UTC)


@pytest.fixture
def told() -> list[tuple[str, str, str]]:
    return []


@pytest.fixture
def keys(tmp_path: Path, clock: ManualClock, told: list[tuple[str, str, str]]) -> OwnerKeys:
    return OwnerKeys(tmp_path / "keys", clock, lambda *said: told.append(said), QuickLock())


def test_the_file_of_secrets_is_one_that_age_opens_with_the_passphrase(tmp_path: Path, clock: ManualClock) -> None:
    keys = OwnerKeys(tmp_path, clock)
    key = keys.make(PASS)
    assert keys.unlock(PASS).open(seal_to(keys.current(), b"original")) == b"original"
    with pytest.raises(KeyRefused, match="not right"):
        keys.unlock(OTHER)
    sealed = (tmp_path / SECRETS).read_bytes()
    assert sealed.startswith(b"age-encryption.org/v1\n-> scrypt ")
    assert json.loads(scrypt.decrypt(sealed, PASS))["identities"] == [key.text]


def test_what_is_sealed_to_the_owner_opens_with_the_passphrase_alone(keys: OwnerKeys) -> None:
    assert not keys.are_made
    assert keys.current() == ()
    key = keys.make(PASS)
    assert keys.are_made
    assert [(r.label, r.public, r.since_utc, r.until_utc) for r in keys.current()] == [(OWNER, key.public, UTC, None)]
    sealed = seal_to(keys.current(), b"original")
    assert b"original" not in sealed
    assert keys.unlock(PASS).open(sealed) == b"original"
    with pytest.raises(KeyRefused, match="not right"):
        keys.unlock(PASS + " ")


def test_neither_passphrase_nor_secret_lies_in_a_file_or_shows_in_a_repr(keys: OwnerKeys, tmp_path: Path) -> None:
    key = keys.make(PASS)
    for path in (tmp_path / "keys").iterdir():
        data = path.read_bytes()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        for clear in (PASS.encode(), key.secret, key.secret.hex().encode(), key.text.encode(), key.text[20:40].encode()):
            assert clear not in data
    assert key.text not in repr(key)
    assert key.text not in repr(keys.unlock(PASS))
    assert repr(key.secret) not in repr(key)


def test_a_second_ceremony_is_refused_and_changes_nothing(keys: OwnerKeys, tmp_path: Path) -> None:
    keys.make(PASS)
    before = {path.name: path.read_bytes() for path in (tmp_path / "keys").iterdir()}
    with pytest.raises(KeyRefused, match="rotate"):
        keys.make(OTHER)
    assert {path.name: path.read_bytes() for path in (tmp_path / "keys").iterdir()} == before


def test_a_short_passphrase_is_refused(keys: OwnerKeys) -> None:
    with pytest.raises(KeyRefused, match="too short"):
        keys.make("12345678901")
    assert not keys.are_made


def test_after_a_rotation_old_and_new_originals_open(keys: OwnerKeys, clock: ManualClock) -> None:
    first = keys.make(PASS)
    old = seal_to(keys.current(), b"old")
    clock.advance(60)
    second = keys.rotate(PASS)
    new = seal_to(keys.current(), b"new")
    assert first.public != second.public
    assert [(r.public, r.until_utc) for r in keys.recipients()] == [(first.public, UTC + 60), (second.public, None)]
    opened = keys.unlock(PASS)
    assert (opened.open(old), opened.open(new)) == (b"old", b"new")


def test_the_passphrase_can_be_changed(keys: OwnerKeys) -> None:
    keys.make(PASS)
    sealed = seal_to(keys.current(), b"original")
    with pytest.raises(KeyRefused, match="not right"):
        keys.change_passphrase(OTHER, PASS)
    with pytest.raises(KeyRefused, match="too short"):
        keys.change_passphrase(PASS, "short")
    keys.change_passphrase(PASS, OTHER)
    assert keys.unlock(OTHER).open(sealed) == b"original"
    with pytest.raises(KeyRefused, match="not right"):
        keys.unlock(PASS)


def words(key: NewKey) -> str:
    return " ".join(secret_words(key.secret, "korean"))


@pytest.mark.parametrize("form", [words, lambda key: key.text, lambda key: f"  {key.text.lower()}\n"])
def test_a_sheet_brings_the_key_back_when_the_passphrase_is_forgotten(keys: OwnerKeys, tmp_path: Path, form) -> None:
    key = keys.make(PASS)
    sealed = seal_to(keys.current(), b"original")
    assert keys.restore(form(key), OTHER) == key.public
    assert keys.unlock(OTHER).open(sealed) == b"original"
    assert [r.public for r in keys.current()] == [key.public]
    aside = [path.name for path in (tmp_path / "keys").iterdir() if path.name.startswith(f"{SECRETS}.")]
    assert len(aside) == 1  # the old file is kept: its passphrase may come back to mind


def test_a_sheet_brings_the_key_back_on_a_new_pc(keys: OwnerKeys, tmp_path: Path, clock: ManualClock) -> None:
    key = keys.make(PASS)
    sealed = seal_to(keys.current(), b"original")
    elsewhere = OwnerKeys(tmp_path / "new", clock, lock=QuickLock())
    elsewhere.restore(words(key), OTHER)
    assert elsewhere.unlock(OTHER).open(sealed) == b"original"


def test_each_sheet_of_a_rotated_key_is_added_under_the_same_passphrase(
    keys: OwnerKeys, tmp_path: Path, clock: ManualClock
) -> None:
    first = keys.make(PASS)
    old = seal_to(keys.current(), b"old")
    second = keys.rotate(PASS)
    new = seal_to(keys.current(), b"new")
    elsewhere = OwnerKeys(tmp_path / "new", clock, lock=QuickLock())
    elsewhere.restore(words(first), OTHER)
    elsewhere.restore(words(second), OTHER)
    opened = elsewhere.unlock(OTHER)
    assert (opened.open(old), opened.open(new)) == (b"old", b"new")
    assert [r.public for r in elsewhere.current()] == [second.public]


def test_a_sheet_that_was_replaced_opens_what_it_opened_and_seals_nothing_more(
    keys: OwnerKeys, told: list[tuple[str, str, str]]
) -> None:
    """Somebody saw the first sheet; the owner made a second, and later wants to open something old."""
    first = keys.make(PASS)
    old = seal_to(keys.current(), b"old")
    second = keys.rotate(PASS)
    assert keys.restore(words(first), PASS) == first.public
    assert [r.public for r in keys.current()] == [second.public]
    assert keys.unlock(PASS).open(old) == b"old"
    assert keys.unlock(PASS).open(seal_to(keys.current(), b"new")) == b"new"
    assert told[-1] == ("restored", OWNER, first.public)


def test_who_lost_everything_but_an_old_sheet_goes_on_with_it(keys: OwnerKeys) -> None:
    """With a key that nobody can open any more, whatever is sealed from now on would be lost."""
    first = keys.make(PASS)
    second = keys.rotate(PASS)
    keys.restore(words(first), OTHER)
    assert [r.public for r in keys.current()] == [first.public]
    keys.restore(words(second), OTHER)  # it was found again
    assert [r.public for r in keys.current()] == [second.public]
    assert keys.unlock(OTHER).open(seal_to([keys.recipients()[0]], b"old")) == b"old"


@pytest.mark.parametrize("damaged", [b"{}", b'{"identities": 5}'])
def test_a_damaged_file_of_secrets_is_set_aside_for_the_sheet(keys: OwnerKeys, tmp_path: Path, damaged: bytes) -> None:
    key = keys.make(PASS)
    (tmp_path / "keys" / SECRETS).write_bytes(QuickLock().lock(damaged, PASS))
    with pytest.raises(StoreError, match="recovery sheet"):
        keys.unlock(PASS)
    keys.restore(words(key), PASS)
    assert keys.unlock(PASS).open(seal_to(keys.current(), b"x")) == b"x"


@pytest.mark.parametrize("sheet", ["", "nonsense", "AGE-SECRET-KEY-1QQQQ", "가격 " * 24, "abandon " * 23])
def test_what_is_no_sheet_is_refused(keys: OwnerKeys, sheet: str) -> None:
    with pytest.raises(KeyRefused, match="recovery sheet"):
        keys.restore(sheet, PASS)
    assert not keys.are_made


def test_a_second_recipient_opens_what_is_sealed_from_then_until_it_ends(keys: OwnerKeys) -> None:
    keys.make(PASS)
    lawyer = x25519.Identity.generate()
    public = str(lawyer.to_public())
    before = seal_to(keys.current(), b"before")
    keys.add_recipient("변호사", f" {public}\n")
    between = seal_to(keys.current(), b"between")
    keys.end_recipient(public)
    after = seal_to(keys.current(), b"after")
    assert pyrage.decrypt(between, [lawyer]) == b"between"
    for closed in (before, after):
        with pytest.raises(pyrage.DecryptError):
            pyrage.decrypt(closed, [lawyer])
    assert keys.unlock(PASS).open(between) == b"between"


def test_unfit_recipients_are_refused(keys: OwnerKeys) -> None:
    key = keys.make(PASS)
    other = str(x25519.Identity.generate().to_public())
    for label, public, why in [
        ("", other, "whose key"),
        (OWNER, other, "whose key"),
        ("x" * 41, other, "whose key"),
        ("lawyer", "age1nonsense", "no public key"),
        ("lawyer", str(x25519.Identity.generate()), "no public key"),
        ("lawyer", key.public, "already"),
    ]:
        with pytest.raises(KeyRefused, match=why):
            keys.add_recipient(label, public)
    with pytest.raises(KeyRefused, match="cannot be taken off"):
        keys.end_recipient(key.public)
    with pytest.raises(KeyRefused, match="no such key"):
        keys.end_recipient(other)
    assert len(keys.recipients()) == 1


def test_each_change_is_told_for_the_ledger_without_any_secret(keys: OwnerKeys, told: list[tuple[str, str, str]]) -> None:
    key = keys.make(PASS)
    newer = keys.rotate(PASS)
    keys.change_passphrase(PASS, OTHER)
    public = str(x25519.Identity.generate().to_public())
    keys.add_recipient("head office", public)
    keys.end_recipient(public)
    assert told == [
        ("made", OWNER, key.public),
        ("rotated", OWNER, newer.public),
        ("passphrase", OWNER, ""),
        ("recipient_added", "head office", public),
        ("recipient_ended", "head office", public),
    ]


def test_nothing_can_be_sealed_to_nobody(keys: OwnerKeys) -> None:
    with pytest.raises(KeyRefused, match="Make the owner's key"):
        seal_to(keys.current(), b"x")
    with pytest.raises(KeyRefused, match="no owner's key"):
        keys.unlock(PASS)


@pytest.mark.parametrize("damage", [b"", b"{}", b'{"recipients":[{"label":1}]}', b"\xff"])
def test_a_damaged_list_is_reported(keys: OwnerKeys, tmp_path: Path, damage: bytes) -> None:
    keys.make(PASS)
    (tmp_path / "keys" / RECIPIENTS).write_bytes(damage)
    with pytest.raises(StoreError, match="damaged"):
        keys.current()


def test_a_damaged_file_of_secrets_is_reported(keys: OwnerKeys, tmp_path: Path) -> None:
    keys.make(PASS)
    (tmp_path / "keys" / SECRETS).write_bytes(QuickLock().lock(json.dumps({"version": 1}).encode(), PASS))
    with pytest.raises(StoreError, match="recovery sheet"):
        keys.unlock(PASS)
