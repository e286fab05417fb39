"""What the owner says of incidents, and the key of the till: kept, undone, and there again after the index is made anew."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from agent.clock import ManualClock
from agent.errors import StoreError
from agent.incidents.normality import Unusual
from agent.values import Text, Verdict
from agent.vault import Judgement, RuleRow, Vault
from agent.vault.check import check
from agent.vault.database import migrations, open_writer
from agent.vault.journal import Journal
from tests.stored import UTC, incident, opened

ODD = Unusual(0.97, (Text("오래 머물렀습니다.", "stayed long."), Text("드문 시간입니다.", "came at a rare hour.")))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(UTC)


@pytest.fixture
def vault(tmp_path: Path, clock: ManualClock):
    with opened(tmp_path / "data", clock) as vault:
        yield vault


def said(vault: Vault, number: int = 1) -> Judgement | None:
    row = vault.incident(incident(number).id)
    assert row is not None
    return row.judgement


def kinds(vault: Vault) -> list[str]:
    return [record.kind for record in Journal(vault.folder / "ledger").records()]


def test_a_verdict_is_kept_with_who_and_when_and_can_be_changed_and_taken_back(vault: Vault, clock: ManualClock) -> None:
    vault.open_incident(incident())
    assert said(vault) is None
    vault.judge(incident().id, Verdict.REAL, "mina")
    assert said(vault) == Judgement(Verdict.REAL, "mina", UTC)
    clock.advance(60)
    vault.judge(incident().id, Verdict.FALSE, "jun")
    assert said(vault) == Judgement(Verdict.FALSE, "jun", UTC + 60)
    vault.judge(incident().id, None, "jun")
    assert said(vault) is None
    assert kinds(vault).count("incident.verdict") == 3  # what was said and taken back stays on the ledger


def test_an_unknown_incident_cannot_be_judged(vault: Vault) -> None:
    with pytest.raises(StoreError):
        vault.judge("nothing", Verdict.REAL, "mina")
    assert kinds(vault) == []


def test_a_late_update_of_the_incident_leaves_the_verdict(vault: Vault) -> None:
    vault.open_incident(incident())
    vault.judge(incident().id, Verdict.FALSE, "mina")
    vault.close_incident(incident(closed_s=40.0, closed_utc=UTC + 27.5))
    assert said(vault) == Judgement(Verdict.FALSE, "mina", UTC)


def test_rules_are_counted_with_their_newest_verdicts_first(vault: Vault) -> None:
    for number in range(1, 6):
        vault.open_incident(incident(number, UTC + number))
    vault.open_incident(incident(9, UTC, rule="swept", id="swept-1"))
    for number, verdict in ((4, Verdict.REAL), (1, Verdict.FALSE), (2, Verdict.REAL)):
        vault.judge(incident(number).id, verdict, "mina")
    newest_first = (Verdict.REAL, Verdict.REAL, Verdict.FALSE)  # by when it happened, not by when it was judged
    assert vault.rules() == (RuleRow("loitering", 5, newest_first, newest_first), RuleRow("swept", 1))
    assert vault.rules(newest=1)[0].judged == (Verdict.REAL,)


def test_after_a_reset_only_what_is_said_from_then_on_counts(vault: Vault, clock: ManualClock) -> None:
    for number in (1, 2):
        vault.open_incident(incident(number, UTC + number))
        vault.judge(incident(number).id, Verdict.FALSE, "mina")
    clock.advance(5)
    vault.reset_rule("loitering", "mina")
    assert vault.rules() == (RuleRow("loitering", 2, (Verdict.FALSE,) * 2, (), UTC + 5),)
    vault.judge(incident(1).id, Verdict.REAL, "mina")
    assert vault.rules() == (RuleRow("loitering", 2, (Verdict.FALSE, Verdict.REAL), (Verdict.REAL,), UTC + 5),)


def test_there_is_one_key_at_a_time_and_only_its_hash_is_kept(vault: Vault) -> None:
    assert vault.till_key() is None
    first, second = vault.new_till_key("mina"), vault.new_till_key("jun")
    assert first != second
    key = vault.till_key()
    assert key is not None
    assert (key.sha256, key.made_by, key.made_utc) == (hashlib.sha256(second.encode()).hexdigest(), "jun", UTC)
    vault.revoke_till_key("mina")
    assert (vault.till_key(), vault.till_key_hash()) == (None, None)
    assert kinds(vault) == ["till.key"] * 3
    for path in vault.folder.rglob("*"):
        if path.is_file():
            assert first.encode() not in path.read_bytes(), path
            assert second.encode() not in path.read_bytes(), path


def test_verdicts_resets_and_key_come_back_when_the_index_is_made_anew(tmp_path: Path, clock: ManualClock) -> None:
    folder = tmp_path / "data"

    def everything() -> tuple:
        with opened(folder, clock) as vault:
            return vault.incidents(), vault.rules(), vault.till_key()

    with opened(folder, clock) as vault:
        for number in (1, 2, 3):
            vault.open_incident(incident(number, UTC + number))
            vault.judge(incident(number).id, Verdict.FALSE, "mina")
        vault.judge(incident(2).id, None, "mina")
        vault.reset_rule("loitering", "mina")
        vault.judge(incident(3).id, Verdict.REAL, "mina")
        vault.new_till_key("mina")
        vault.record_unusual(incident(1).id, ODD)
    before = everything()
    (folder / "ansim.db").unlink()
    assert check(folder, clock, repair=True).clean
    assert everything() == before
    assert before[1][0].counting == (Verdict.REAL,)
    assert before[0][-1].unusual == ODD


def test_the_newest_word_on_what_was_unusual_counts(vault: Vault) -> None:
    vault.open_incident(incident())
    vault.record_unusual(incident().id, Unusual(0.6, (Text("빨랐습니다.", "was fast."),)))
    vault.record_unusual(incident().id, ODD)
    vault.close_incident(incident(closed_s=40.0, closed_utc=UTC + 27.5))
    row = vault.incident(incident().id)
    assert row is not None
    assert row.unusual == ODD


def test_a_folder_of_the_version_before_is_brought_up_to_date(tmp_path: Path, clock: ManualClock) -> None:
    folder = tmp_path / "data"
    with opened(folder, clock) as vault:
        vault.open_incident(incident())
    db = open_writer(folder / "ansim.db")
    columns = ("verdict", "verdict_by", "verdict_utc", "verdict_seq", "unusual")
    for change in (
        "drop index incidents_rule", "drop index incidents_judged", "drop table resets", "drop table till_key",
        *(f"alter table incidents drop column {name}" for name in columns),
        "delete from _sqlite_migrations where name = 'm003_owner'",
    ):  # fmt: skip
        db.execute(change)
    assert [migration.name for migration in migrations.pending(db)] == ["m003_owner"]
    db.close()
    assert [p.kind for p in check(folder, clock, repair=False).problems] == ["incident_unfinished"]  # not that it is of before
    with opened(folder, clock) as vault:
        vault.judge(incident().id, Verdict.REAL, "mina")
        assert said(vault) == Judgement(Verdict.REAL, "mina", UTC)
