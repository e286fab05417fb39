"""The vault signs its ledger; a deep check, and one with anchors, find what was written anew."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.clock import ManualClock
from agent.errors import IntegrityError
from agent.values import Event, EventKind, Text
from agent.vault import Vault
from agent.vault.bodies import Kind
from agent.vault.check import check
from agent.vault.checkpoint import anchor_text, is_signed, read_anchor
from agent.vault.device_key import verify
from agent.vault.journal import Journal
from agent.vault.ledger import Head, next_line, parse
from agent.vault.report import ProblemKind
from tests.stored import UTC, opened


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(UTC)


def tell(vault: Vault, clock: ManualClock, number: int) -> None:
    clock.advance(60)
    vault.record_event(Event(clock.utc(), EventKind.CAMERA_LOST, Text(ko=f"{number}", en=f"{number}"), "till"))


def rewrite(folder: Path, change: str) -> None:
    """As somebody with the PC would: one word changed, and the whole chain made to fit again, in one file."""
    journal = Journal(folder / "ledger")
    head, lines = Head(), []
    for line in journal.lines():
        record = parse(line)
        body = {**record.body, "en": "nothing happened"} if record.body.get("en") == change else record.body
        lines.append(next_line(head, record.utc, record.kind, body))
        head = parse(lines[-1]).head
    first, *rest = journal.files()
    first.write_bytes(b"".join(lines))
    for path in rest:
        path.unlink()
    for path in folder.glob("ansim.db*"):
        path.unlink()  # the index remembers the last line's hash; it can be made anew


def kinds(folder: Path, clock: ManualClock, **how) -> list[tuple[ProblemKind, str]]:
    report = check(folder, clock, repair=False, **how)
    return [(p.kind, p.where) for p in report.problems if p.kind is not ProblemKind.DATABASE_LOST]


def test_a_checkpoint_covers_all_records_and_stands_on_the_ledger(tmp_path: Path, clock: ManualClock) -> None:
    with opened(tmp_path, clock) as vault:
        with pytest.raises(IntegrityError, match="nothing on the ledger"):
            vault.checkpoint()
        tell(vault, clock, 1)
        first = vault.checkpoint()
        assert (first.size, first.key) == (1, vault.device.public)
        assert is_signed(first, verify)
        assert vault.checkpoint() == first  # nothing was added since
        tell(vault, clock, 2)
        assert vault.checkpoint().size == 3
    with opened(tmp_path, clock) as vault:
        assert vault.checkpoint().size == 3
    records = [parse(line) for line in Journal(tmp_path / "ledger").lines()]
    assert [record.kind for record in records] == ["event", Kind.CHECKPOINT, "event", Kind.CHECKPOINT]
    assert kinds(tmp_path, clock, deep=True) == []


def test_a_rewritten_ledger_is_found_by_its_own_signatures_when_looked_at_deeply(tmp_path: Path, clock: ManualClock) -> None:
    with opened(tmp_path, clock) as vault:
        for number in range(6):
            tell(vault, clock, number)
            if number % 2:
                vault.checkpoint()
    rewrite(tmp_path, "3")
    assert kinds(tmp_path, clock) == []
    found = kinds(tmp_path, clock, deep=True)
    assert found[0] == (ProblemKind.LEDGER_REWRITTEN, "ledger #3-6")


def test_an_anchor_finds_what_was_signed_anew_too(tmp_path: Path, clock: ManualClock) -> None:
    with opened(tmp_path, clock) as vault:
        for number in range(4):
            tell(vault, clock, number)
        anchor = read_anchor(anchor_text(vault.checkpoint()))
        tell(vault, clock, 5)
    assert kinds(tmp_path, clock, anchors=[anchor]) == []
    rewrite(tmp_path, "2")
    lines = [line for line in Journal(tmp_path / "ledger").lines() if b'"kind":"checkpoint"' not in line]
    head, chained = Head(), []
    for line in lines:  # and the tell-tale signature left out
        record = parse(line)
        chained.append(next_line(head, record.utc, record.kind, record.body))
        head = parse(chained[-1]).head
    Journal(tmp_path / "ledger").files()[0].write_bytes(b"".join(chained))
    assert kinds(tmp_path, clock, deep=True) == []
    assert kinds(tmp_path, clock, anchors=[anchor]) == [(ProblemKind.LEDGER_REWRITTEN, "ledger #1-4")]


def test_a_check_makes_no_device_key(tmp_path: Path, clock: ManualClock) -> None:
    with opened(tmp_path, clock) as vault:
        tell(vault, clock, 1)
        vault.checkpoint()
    (tmp_path / "keys" / "device.json").unlink()
    kinds(tmp_path, clock, deep=True)
    assert not (tmp_path / "keys" / "device.json").exists()


def test_what_happens_to_the_owners_keys_is_on_the_ledger(tmp_path: Path, clock: ManualClock) -> None:
    with opened(tmp_path, clock) as vault:
        key = vault.owner_keys.make("우리 가게 열쇠는 하나뿐")
    text = b"".join(Journal(tmp_path / "ledger").lines())
    record = parse(text)
    assert (record.kind, record.body) == (Kind.OWNER_KEY, {"action": "made", "label": "owner", "public": key.public})
    assert key.text.encode() not in text
    assert json.loads((tmp_path / "keys" / "recipients.json").read_text())["recipients"][0]["public"] == key.public
