"""The desk at which the owner makes, renews and gets back the keys: who may, what is asked afterwards, what is written down."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyrage import x25519

from agent.clock import ManualClock, SystemClock
from agent.key_desk import CHECK_S, SHEET_CHECKED, TRIES, KeyDesk, KeysBusy, Sheet
from agent.vault import Vault
from agent.vault.day_keys import KEYS
from agent.vault.owner_keys import OWNER, RECIPIENTS, KeyRefused, OwnerKeys, seal_to
from agent.workers import Worker
from tests.quick_lock import QuickLock
from tests.stored import UTC

PASS, NEWER = "고구마 우체통 바람개비 가로등", "another long passphrase"
WHO = ("점주", "127.0.0.1")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(UTC)


@pytest.fixture
def vault(tmp_path: Path, clock: ManualClock) -> Iterator[Vault]:
    with Vault(tmp_path / "data", clock) as vault:
        vault.owner_keys = OwnerKeys(vault.folder / KEYS, clock, vault._note_owner_key, QuickLock())
        yield vault


@pytest.fixture
def desk(vault: Vault, clock: ManualClock) -> KeyDesk:
    return KeyDesk(vault, clock)


def log_of(vault: Vault) -> list[str]:
    return [row.action for row in reversed(vault.audit())]


def asked_words(sheet: Sheet) -> tuple[str, str]:
    first, second = sheet.asked
    return sheet.words[first - 1], sheet.words[second - 1]


def test_a_new_key_comes_with_its_sheet_once_and_the_log_says_who_made_it(desk: KeyDesk, vault: Vault) -> None:
    assert not desk.are_made
    sheet = desk.make(PASS, "korean", *WHO)
    assert desk.are_made
    assert len(sheet.words) == 24
    assert str(x25519.Identity.from_str(sheet.text).to_public()) == sheet.public
    assert (desk.owner() or sheet).public == sheet.public
    row = vault.audit(1)[0]
    assert (row.actor, row.action, row.address) == ("점주", "key_make", "127.0.0.1")
    assert sheet.text not in repr(sheet)
    assert sheet.words[0] not in repr(sheet)
    with pytest.raises(KeyRefused, match="already"):
        desk.make(PASS, "korean", *WHO)


@pytest.mark.parametrize("language", ["korean", "english"])
def test_two_words_of_the_sheet_show_that_it_is_on_paper(desk: KeyDesk, vault: Vault, language) -> None:
    sheet = desk.make(PASS, language, *WHO)
    first, second = asked_words(sheet)
    assert desk.asks() == (sheet.public, sheet.asked)
    assert desk.checked_utc(sheet.public) is None
    with pytest.raises(KeyRefused, match="not the words"):
        desk.check_words(second, first, *WHO)
    spelled = unicodedata.normalize("NFC", first).upper()
    assert desk.check_words(f"  {spelled} ", second, *WHO) == sheet.public
    assert desk.checked_utc(sheet.public) == UTC
    assert desk.asks() is None


def test_words_are_asked_for_a_few_times_and_half_an_hour_only(desk: KeyDesk, clock: ManualClock) -> None:
    sheet = desk.make(PASS, "english", *WHO)
    for _ in range(TRIES):
        with pytest.raises(KeyRefused, match="not the words"):
            desk.check_words("wrong", "words", *WHO)
    with pytest.raises(KeyRefused, match="over"):
        desk.check_words(*asked_words(sheet), *WHO)
    newer = desk.rotate(PASS, "english", *WHO)
    clock.advance(CHECK_S + 1)
    assert desk.asks() is None
    with pytest.raises(KeyRefused, match="over"):
        desk.check_words(*asked_words(newer), *WHO)


def test_a_whole_sheet_can_be_checked_at_any_time(desk: KeyDesk, vault: Vault, tmp_path: Path, clock: ManualClock) -> None:
    sheet = desk.make(PASS, "korean", *WHO)
    assert desk.check_sheet(" ".join(sheet.words), *WHO) == desk.check_sheet(sheet.text, *WHO) == sheet.public
    assert log_of(vault)[-2:] == [SHEET_CHECKED, SHEET_CHECKED]
    foreign = OwnerKeys(tmp_path / "elsewhere", clock, lock=QuickLock()).make(PASS)
    with pytest.raises(KeyRefused, match="another shop"):
        desk.check_sheet(foreign.text, *WHO)
    with pytest.raises(KeyRefused, match="recovery sheet"):
        desk.check_sheet("nonsense", *WHO)


def test_a_renewed_key_has_another_sheet_and_the_old_one_still_counts(desk: KeyDesk, vault: Vault) -> None:
    first = desk.make(PASS, "korean", *WHO)
    sealed = seal_to(vault.owner_keys.current(), b"original")
    second = desk.rotate(PASS, "korean", *WHO)
    assert second.public != first.public
    assert [r.public for r in desk.recipients()] == [second.public, first.public]
    assert vault.owner_keys.unlock(PASS).open(sealed) == b"original"
    assert desk.check_sheet(first.text, *WHO) == first.public


def test_a_forgotten_passphrase_is_replaced_with_the_sheet_of_this_shop_alone(
    desk: KeyDesk, vault: Vault, tmp_path: Path, clock: ManualClock
) -> None:
    sheet = desk.make(PASS, "korean", *WHO)
    foreign = OwnerKeys(tmp_path / "elsewhere", clock, lock=QuickLock()).make(PASS)
    with pytest.raises(KeyRefused, match="No key of this shop"):
        desk.restore(foreign.text, NEWER, *WHO)
    assert (desk.owner() or foreign).public == sheet.public
    assert desk.restore(" ".join(sheet.words), NEWER, *WHO) == sheet.public
    vault.owner_keys.unlock(NEWER)
    assert desk.restore(foreign.text, NEWER, *WHO) == foreign.public, "whoever knows the passphrase may add another PC's key"
    assert log_of(vault)[-3:] == ["key_restore_refused", "key_restore", "key_restore"]


def test_a_sheet_that_was_replaced_undoes_no_renewal(desk: KeyDesk, vault: Vault) -> None:
    seen = desk.make(PASS, "korean", *WHO)
    newest = desk.rotate(PASS, "korean", *WHO)  # because somebody had seen the first sheet
    with pytest.raises(KeyRefused, match="replaced by a newer one"):
        desk.restore(seen.text, NEWER, *WHO)
    assert [r.public for r in vault.owner_keys.current()] == [newest.public]
    vault.owner_keys.unlock(PASS)

    desk.restore(newest.text, NEWER, *WHO)  # the passphrase was forgotten: the newest sheet first, then the old one
    assert desk.restore(seen.text, NEWER, *WHO) == seen.public
    assert [r.public for r in vault.owner_keys.current()] == [newest.public]
    assert (
        vault.owner_keys.unlock(NEWER).open(seal_to([r for r in desk.recipients() if r.public == seen.public], b"old"))
        == b"old"
    )


def test_on_a_new_pc_any_sheet_is_taken(desk: KeyDesk, tmp_path: Path, clock: ManualClock) -> None:
    elsewhere = OwnerKeys(tmp_path / "elsewhere", clock, lock=QuickLock()).make(PASS)
    assert desk.restore(elsewhere.text, NEWER, *WHO) == elsewhere.public


def test_a_damaged_list_of_keys_does_not_keep_a_sheet_from_working(desk: KeyDesk, vault: Vault) -> None:
    sheet = desk.make(PASS, "korean", *WHO)
    (vault.folder / KEYS / RECIPIENTS).write_bytes(b"{")
    vault.owner_keys.restore(sheet.text, NEWER)
    assert [r.public for r in vault.owner_keys.current()] == [sheet.public]


def test_only_who_knows_the_passphrase_lets_others_in_and_out(desk: KeyDesk, vault: Vault) -> None:
    desk.make(PASS, "korean", *WHO)
    lawyer = str(x25519.Identity.generate().to_public())
    with pytest.raises(KeyRefused, match="not right"):
        desk.add_recipient("변호사", lawyer, NEWER, *WHO)
    assert [r.label for r in desk.recipients()] == [OWNER]
    desk.add_recipient("변호사", lawyer, PASS, *WHO)
    with pytest.raises(KeyRefused, match="not right"):
        desk.end_recipient(lawyer, NEWER, *WHO)
    desk.end_recipient(lawyer, PASS, *WHO)
    assert [(r.label, r.until_utc) for r in desk.recipients()] == [("변호사", UTC), (OWNER, None)]
    assert log_of(vault)[-4:] == ["key_add_refused", "key_add", "key_end_refused", "key_end"]


def test_the_passphrase_is_changed_by_who_knows_it(desk: KeyDesk, vault: Vault) -> None:
    desk.make(PASS, "korean", *WHO)
    for old, new, why in ((NEWER, NEWER, "not right"), (PASS, "short", "too short")):
        with pytest.raises(KeyRefused, match=why):
            desk.change_passphrase(old, new, *WHO)
    desk.change_passphrase(PASS, NEWER, *WHO)
    vault.owner_keys.unlock(NEWER)


def test_two_ceremonies_at_once_are_one_too_many(desk: KeyDesk, vault: Vault, clock: ManualClock) -> None:
    entered, leave = threading.Event(), threading.Event()

    class SlowLock(QuickLock):
        def lock(self, plain: bytes, passphrase: str) -> bytes:
            entered.set()
            assert leave.wait(20)
            return super().lock(plain, passphrase)

    vault.owner_keys = OwnerKeys(vault.folder / KEYS, clock, vault._note_owner_key, SlowLock())
    worker = Worker("ceremony", lambda _stop, _beat: desk.make(PASS, "korean", *WHO), SystemClock()).start()
    assert entered.wait(20)
    with pytest.raises(KeysBusy):
        desk.change_passphrase(PASS, NEWER, *WHO)
    leave.set()
    assert worker.join(20)
    desk.change_passphrase(PASS, NEWER, *WHO)


def test_no_secret_is_on_the_disk_or_on_the_ledger(desk: KeyDesk, vault: Vault) -> None:
    sheet = desk.make(PASS, "english", *WHO)
    desk.check_words(*asked_words(sheet), *WHO)
    desk.rotate(PASS, "english", *WHO)
    pair = " ".join(sheet.words[:2]).encode()
    for path in (p for p in vault.folder.rglob("*") if p.is_file()):
        data = path.read_bytes()
        for secret in (sheet.text.encode(), PASS.encode(), pair, sheet.text[16:40].lower().encode()):
            assert secret not in data, path
