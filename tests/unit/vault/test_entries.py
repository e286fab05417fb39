"""The entry log on the ledger: sealed, signed, found again; forgotten with its day's key, and the chain holds all the same."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import rfc8785

from agent.clock import ManualClock
from agent.entry.records import Answer, CrossingKind, Entry, PassKind, Reader
from agent.errors import StoreError
from agent.vault import Vault
from agent.vault.check import check
from agent.vault.day_keys import FOLDER, day_of
from agent.vault.device_key import verify
from agent.vault.entry_bodies import details_of, is_signed
from agent.vault.journal import Journal
from agent.vault.ledger import verify_chain
from agent.vault.report import ProblemKind
from agent.vault.retention import DAY_S, due_days, is_over, sweep
from tests.entrance import UTC, entrance_at
from tests.stored import WHY, hold, incident, opened
from tests.unit.vault.test_retention import Limits

DAY = day_of(UTC)
SHOWN = Entry(
    "20261121T222640000Z-e1", UTC, Answer.ADMITTED, None, "MFXHG2LN", PassKind.PHONE, Reader.CAMERA, "door", None, "ab" * 32
)
CAME = Entry(
    "20261121T222643000Z-e1", UTC + 3, None, CrossingKind.VERIFIED, "MFXHG2LN", PassKind.PHONE, None, "gate", 7, None, SHOWN.id
)
FORGED = Entry("20261121T222700000Z-e1", UTC + 20, Answer.UNKNOWN, reader=Reader.KIOSK, token_sha256="cd" * 32)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(UTC)


@pytest.fixture
def vault(tmp_path: Path, clock: ManualClock) -> Iterator[Vault]:
    with opened(tmp_path / "data", clock) as vault:
        vault.record_entry(SHOWN, 59_843_333)
        vault.note_entry(CAME).result()
        vault.record_entry(FORGED)
        yield vault


def bodies(vault: Vault) -> list[dict]:
    return [dict(r.body) for r in Journal(vault.folder / "ledger").records() if r.kind == "entry"]


def key_file(folder: Path, day: str = DAY) -> Path:
    return folder / FOLDER / f"{day}.key"


def lose_index(folder: Path) -> None:
    for name in ("ansim.db", "ansim.db-wal", "ansim.db-shm"):
        (folder / name).unlink(missing_ok=True)


# reading


def test_entries_are_found_newest_first_by_time_pass_and_answer(vault: Vault) -> None:
    assert vault.entries(UTC, UTC + 60) == (FORGED, CAME, SHOWN)
    assert vault.entries(UTC, UTC + 20) == (CAME, SHOWN)
    assert vault.entries(UTC, UTC + 60, pass_id="MFXHG2LN") == (CAME, SHOWN)
    assert vault.entries(UTC, UTC + 60, pass_id="MFXHG2LN", limit=1) == (CAME,)
    assert vault.entries(UTC, UTC + 60, answer=Answer.UNKNOWN) == (FORGED,)
    assert vault.entry(CAME.id) == CAME
    assert vault.entry("nothing") is None
    assert vault.entries_of_day(DAY) == ((SHOWN, 59_843_333), (CAME, None), (FORGED, None))


def test_the_people_of_an_incident_lead_to_their_codes_and_back(vault: Vault) -> None:
    seen = incident(1, UTC + 60, camera="gate", tracks=(7, 8))
    vault.open_incident(seen)
    vault.open_incident(incident(2, UTC + 60, camera="gate", tracks=(70,)))
    assert vault.entries_of("gate", seen.tracks, UTC - 60, UTC + 60) == (SHOWN, CAME)
    assert vault.entries_of("till", seen.tracks, UTC - 60, UTC + 60) == ()
    assert vault.crossings_on(SHOWN.id) == (CAME,)
    assert [row.id for row in vault.incidents_with("gate", 7, UTC, UTC + 100)] == [seen.id]


def test_the_log_is_the_same_after_the_index_was_made_anew(vault: Vault, clock: ManualClock) -> None:
    before = vault.signed_entries(0, UTC + 60)
    vault.close()
    lose_index(vault.folder)
    with opened(vault.folder, clock) as again:
        assert again.signed_entries(0, UTC + 60) == before
        assert again.entries(UTC, UTC + 60) == (FORGED, CAME, SHOWN)


# what is on the ledger


def test_the_ledger_does_not_say_whose_entry_it_was(vault: Vault) -> None:
    written = b"".join(path.read_bytes() for path in (vault.folder / "ledger").iterdir())
    for word in (b"MFXHG2LN", b"phone", b"ab" * 32, b"59843333"):
        assert word not in written


def test_the_format_is_the_documented_one(vault: Vault) -> None:
    """As docs/entry.md says, read with nothing but the standard: this is what others check an export with."""
    body, details, seq = vault.signed_entries(UTC, UTC + 1)[0]
    assert set(body) == {
        "id", "utc", "answer", "crossing", "reader", "camera", "track", "of", "details_sha256", "sealed", "signature",
    }  # fmt: skip
    assert details is not None
    assert set(details) == {"pass_id", "pass_kind", "token_sha256", "step", "nonce"}
    assert (details["pass_id"], details["pass_kind"], details["step"]) == ("MFXHG2LN", "phone", 59_843_333)
    assert hashlib.sha256(rfc8785.dumps(dict(details))).hexdigest() == body["details_sha256"]
    rest = {name: value for name, value in body.items() if name != "signature"}
    assert verify(vault.device.public, base64.b64decode(body["signature"]), rfc8785.dumps(rest))
    assert bodies(vault)[0] == body
    assert next(r for r in Journal(vault.folder / "ledger").records() if r.kind == "entry").seq == seq


def test_the_same_pass_looks_different_each_time(vault: Vault) -> None:
    vault.record_entry(replace(SHOWN, id="20261121T222740000Z-e1", utc=UTC + 60), 59_843_333)
    first, *_, last = bodies(vault)
    assert first["details_sha256"] != last["details_sha256"]
    assert first["sealed"] != last["sealed"]


@pytest.mark.parametrize(
    "change",
    [
        {"utc": UTC + 1},
        {"answer": "refused"},
        {"camera": None},
        {"details_sha256": "0" * 64},
        {"signature": "AAAA"},
        {"more": 1},
    ],
)
def test_a_changed_entry_does_not_verify(vault: Vault, change: dict) -> None:
    body = bodies(vault)[0]
    assert is_signed(body, vault.device.public)
    assert not is_signed({**body, **change}, vault.device.public)


def test_what_is_sealed_belongs_to_its_entry(vault: Vault) -> None:
    key = key_file(vault.folder).read_bytes()
    first, second, _ = bodies(vault)
    assert details_of(first, key) is not None
    assert details_of({**first, "sealed": second["sealed"]}, key) is None
    assert details_of(first, bytes(32)) is None
    assert details_of(first, None) is None


def test_an_entry_that_cannot_be_kept_is_an_error_and_not_kept_later(vault: Vault) -> None:
    (vault.folder / "ledger").chmod(0o500)
    vault._store.journal.close()
    late = replace(SHOWN, id="20261127T000000000Z-e1", utc=UTC + 6 * DAY_S)
    vault._clock.advance(6 * DAY_S)  # type: ignore[attr-defined]
    for path in (vault.folder / "ledger").iterdir():
        path.rename(path.with_suffix(".away"))
    (vault.folder / "ledger" / "2026-11-27.jsonl").mkdir()  # also root cannot write here
    with pytest.raises(StoreError):
        vault.record_entry(late)
    (vault.folder / "ledger" / "2026-11-27.jsonl").rmdir()
    for path in (vault.folder / "ledger").iterdir():
        path.rename(path.with_suffix(".jsonl"))
    (vault.folder / "ledger").chmod(0o700)
    vault.flush()
    assert vault.entry(late.id) is None


# forgetting


def test_erasing_a_day_makes_its_entries_nobodys_and_the_chain_holds(vault: Vault, clock: ManualClock) -> None:
    tomorrow = replace(SHOWN, id="20261122T222640000Z-e1", utc=UTC + DAY_S)
    vault.record_entry(tomorrow)
    sealed = bodies(vault)
    vault.erase_entries(DAY, WHY)
    assert not key_file(vault.folder).exists()
    assert vault.entries(0, UTC + 2 * DAY_S) == (tomorrow,)
    assert bodies(vault) == sealed  # the ledger is never rewritten
    assert verify_chain(Journal(vault.folder / "ledger").lines()) is None
    assert is_signed(sealed[0], vault.device.public)
    vault.close()
    lose_index(vault.folder)
    with opened(vault.folder, clock) as again:
        assert again.entries(0, UTC + 2 * DAY_S) == (tomorrow,)
    assert check(vault.folder, clock, repair=False, deep=True).problems == ()


def test_a_sweep_forgets_days_that_are_over_and_passes_that_ended(vault: Vault, clock: ManualClock) -> None:
    at = entrance_at(vault, clock)
    over = at.book.issue(PassKind.PHONE, "mina", until_utc=UTC + 60)
    revoked = at.book.issue(PassKind.CARD, "mina")
    at.book.revoke(revoked.id, "mina")
    going_on = at.book.issue(PassKind.PHONE, "mina")
    clock.advance(30 * DAY_S)
    first = sweep(vault, Limits(30), clock)
    assert (first.entry_days, first.passes) == (0, 1)  # the day's last minutes, and one pass, are younger than thirty days
    at.book.revoke(going_on.id, "mina")  # today
    clock.advance(DAY_S)
    swept = sweep(vault, Limits(30), clock)
    assert (swept.entry_days, swept.passes) == (1, 1)
    assert vault.entries(0, 2 * UTC) == ()
    assert [about.id for about in at.book.passes()] == [going_on.id]
    assert over.id != going_on.id
    vault.flush()
    removed = [r.body for r in Journal(vault.folder / "ledger").records() if r.kind == "pass" and r.body["action"] == "removed"]
    assert {body["id"] for body in removed} == {over.id, revoked.id}
    assert {body["by"] for body in removed} == {"retention"}


def test_entries_near_a_held_incident_stay_as_long_as_it_is_held(vault: Vault, clock: ManualClock) -> None:
    seen = incident(1, UTC + 60)
    vault.open_incident(seen)
    vault.preserve(hold(seen.id, UTC + 100 * DAY_S))
    clock.advance(60 * DAY_S)
    sweep(vault, Limits(30), clock)
    assert len(vault.entries(UTC, UTC + 60)) == 3
    clock.advance(41 * DAY_S)
    sweep(vault, Limits(30), clock)
    assert vault.entries(UTC, UTC + 60) == ()


def test_whose_a_pass_was_stays_known_as_long_as_an_incident_near_its_use_is_held(vault: Vault, clock: ManualClock) -> None:
    at = entrance_at(vault, clock)
    visitor, elsewhere = (at.book.issue(PassKind.PHONE, "mina", until_utc=UTC + 60) for _ in range(2))
    vault.record_entry(replace(SHOWN, id="20261121T222650000Z-e1", pass_id=visitor.id, utc=UTC + 10), 59_843_333)
    seen = incident(1, UTC + 60)
    vault.open_incident(seen)
    vault.preserve(hold(seen.id, UTC + 100 * DAY_S))
    clock.advance(60 * DAY_S)
    sweep(vault, Limits(30), clock)
    assert [about.id for about in at.book.passes()] == [visitor.id]
    assert elsewhere.id != visitor.id
    clock.advance(41 * DAY_S)
    sweep(vault, Limits(30), clock)
    assert at.book.passes() == ()


def test_days_around_a_held_incident_are_near_it() -> None:
    days = ["2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23"]
    midnight = UTC - UTC % DAY_S + DAY_S  # 2026-11-22T00:00Z
    held = incident(1, midnight + 600, closed_s=20.0, closed_utc=midnight + 700)
    assert due_days(days, 2 * UTC, [held]) == ["2026-11-20", "2026-11-23"]
    assert due_days(days, midnight, []) == ["2026-11-20", "2026-11-21"]


def test_a_pass_without_an_end_is_never_over(vault: Vault, clock: ManualClock) -> None:
    at = entrance_at(vault, clock)
    assert not is_over(at.book.issue(PassKind.PHONE, "mina"), 2 * UTC)
    visitor = at.book.issue(PassKind.VISITOR, "mina")
    assert is_over(replace(visitor, used_utc=UTC), UTC)
    assert not is_over(visitor, UTC)


# what a check finds


def found(folder: Path, clock: ManualClock, *, repair: bool = False, deep: bool = False) -> list[tuple[ProblemKind, bool]]:
    return [(problem.kind, problem.known) for problem in check(folder, clock, repair=repair, deep=deep).problems]


def test_a_lost_key_of_a_day_is_reported_and_makes_one_event(vault: Vault, clock: ManualClock) -> None:
    vault.close()
    key_file(vault.folder).unlink()
    assert found(vault.folder, clock) == [(ProblemKind.ENTRY_KEY_LOST, False)]
    assert found(vault.folder, clock, repair=True) == [(ProblemKind.ENTRY_KEY_LOST, False)]
    assert found(vault.folder, clock, repair=True) == [(ProblemKind.ENTRY_KEY_LOST, True)]
    with opened(vault.folder, clock) as again:
        assert [entry.pass_id for entry in again.entries(UTC, UTC + 60)] == [None] * 3
        assert [entry.answer for entry in again.entries(UTC, UTC + 60)] == [Answer.UNKNOWN, None, Answer.ADMITTED]


def test_another_device_key_shows_in_a_deep_check(vault: Vault, clock: ManualClock) -> None:
    vault.close()
    (vault.folder / "keys" / "device.json").unlink()
    assert found(vault.folder, clock) == [(ProblemKind.DEVICE_KEY_LOST, False)]
    with opened(vault.folder, clock):
        pass  # makes a new one
    assert found(vault.folder, clock) == []
    assert found(vault.folder, clock, deep=True) == [(ProblemKind.ENTRY_CHANGED, False)] * 3


def test_a_damaged_copy_of_the_passes_is_made_anew(vault: Vault, clock: ManualClock) -> None:
    made = entrance_at(vault, clock).book.issue(PassKind.CARD, "mina")
    vault.close()
    (vault.folder / "keys" / "passes.json.enc").write_bytes(b"half of")
    assert found(vault.folder, clock) == [(ProblemKind.PASSES_COPY, False)]
    assert check(vault.folder, clock, repair=True).clean
    assert found(vault.folder, clock) == []
    lose_index(vault.folder)
    with opened(vault.folder, clock) as again:
        assert again.passes.find(made.id) is not None


def test_a_row_of_one_pass_does_not_open_as_another(vault: Vault, clock: ManualClock) -> None:
    at = entrance_at(vault, clock)
    first, second = at.book.issue(PassKind.CARD, "mina"), at.book.issue(PassKind.CARD, "mina")
    db = vault._store.db
    private = db.execute("select private from passes where id = ?", [first.id]).fetchone()[0]
    db.execute("update passes set private = ? where id = ?", [private, second.id])
    assert at.book.find(second.id) is None
    assert at.book.find(first.id) == first


def test_a_leftover_of_erasing_is_finished(vault: Vault, clock: ManualClock) -> None:
    key = key_file(vault.folder).read_bytes()
    vault.erase_entries(DAY, WHY)
    vault.close()
    key_file(vault.folder).write_bytes(key)  # as if the process had died before removing it
    assert found(vault.folder, clock) == [(ProblemKind.ERASE_UNFINISHED, False)]
    assert check(vault.folder, clock, repair=True).clean
    assert not key_file(vault.folder).exists()


def test_bodies_are_plain_json(vault: Vault) -> None:
    assert all(json.loads(json.dumps(body)) == body for body in bodies(vault))
