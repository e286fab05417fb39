"""Sealed originals in the vault: kept with their keys, erased key first, missed when they are gone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.clock import ManualClock
from agent.errors import StoreError
from agent.vault import FileState, Part, SealedFile, Vault, layout
from agent.vault.check import check
from agent.vault.journal import Journal
from agent.vault.report import ProblemKind
from agent.vault.retention import DAY_S, due, sweep
from agent.vault.rows import FileKind, StoredFile
from tests.stored import UTC, WHY, hold, incident, keep_clip, opened, sealed_offer


@dataclass(frozen=True)
class Limits:
    retention_days: int = 30
    max_gb: float = 0.0
    min_free_gb: float = 0.0


def keep(vault: Vault) -> tuple[StoredFile, SealedFile]:
    return keep_clip(vault), vault.store_sealed(sealed_offer())


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / layout.SEALED_TREE).rglob("*") if path.is_file())


def ledger(folder: Path, kind: str) -> list[dict]:
    return [dict(record.body) for record in Journal(folder / "ledger").records() if record.kind == kind]


def test_an_original_lies_beside_its_key_and_stands_on_the_ledger(tmp_path: Path) -> None:
    with opened(tmp_path) as vault:
        _, sealed = keep(vault)
        assert vault.sealed(incident().id) == (sealed,)
        path, offer = vault.folder / sealed.path, sealed_offer()
        assert sealed.path == f"sealed/2026/09/21/{incident().id}.mkv.age"
        assert (path.read_bytes(), layout.key_of(path).read_bytes()) == (offer.sealed, offer.key)
        assert [one.stat().st_mode & 0o077 for one in (path, layout.key_of(path))] == [0, 0]
        assert ledger(tmp_path, "sealed.stored") == [
            {
                "incident": incident().id,
                "path": sealed.path,
                "bytes": len(offer.sealed),
                "sha256": sealed.sha256,
                "key_sha256": sealed.key_sha256,
                "from_utc": UTC,
                "to_utc": UTC + 7.5,
                "recipients": ["age1test"],
            }
        ]
        assert vault.totals().bytes > len(offer.sealed)
        with pytest.raises(StoreError):
            vault.store_sealed(sealed_offer())  # never written over
        with pytest.raises(StoreError):
            vault.store_sealed(sealed_offer(number=5))  # no such incident
        assert files(tmp_path) == [path.name, path.name + ".key"]
    assert check(tmp_path, ManualClock(UTC), repair=True, deep=True).problems == ()


def test_erasing_the_clip_erases_the_original(tmp_path: Path) -> None:
    with opened(tmp_path) as vault:
        clip, sealed = keep(vault)
        vault.erase(clip, WHY)
        assert vault.sealed(incident().id) == ()
        kinds = [record.kind for record in Journal(tmp_path / "ledger").records()]
        assert kinds.index("sealed.erased") < kinds.index("file.erased")
        assert ledger(tmp_path, "sealed.erased")[0]["sha256"] == sealed.sha256
    assert files(tmp_path) == []
    assert check(tmp_path, ManualClock(UTC), repair=True, deep=True).problems == ()


def test_the_rows_are_made_anew_from_the_ledger(tmp_path: Path) -> None:
    with opened(tmp_path) as vault:
        _, sealed = keep(vault)
        vault.erase_sealed(vault.store_sealed(sealed_offer(2)), WHY)
    (tmp_path / "ansim.db").unlink()
    with opened(tmp_path) as vault:
        assert vault.sealed(incident().id) == (sealed,)


def test_retention_takes_originals_too_and_a_hold_keeps_them(tmp_path: Path) -> None:
    clock = ManualClock(UTC)
    with opened(tmp_path, clock) as vault:
        keep(vault)
        lost = incident(2)
        vault.open_incident(lost)  # no clip was made of it
        vault.store_sealed(sealed_offer(number=2))
        vault.preserve(hold(incident().id, UTC + 60 * DAY_S))
        clock.advance(31 * DAY_S)
        swept = sweep(vault, Limits(), clock)
        assert (swept.files, swept.bytes) == (1, len(sealed_offer().sealed))
        assert (len(vault.sealed(incident().id)), len(vault.sealed(lost.id))) == (1, 0)
        clock.advance(30 * DAY_S)
        sweep(vault, Limits(), clock)
        assert vault.sealed(incident().id) == ()
    assert files(tmp_path) == []


def test_an_original_counts_when_space_runs_short() -> None:
    def clip(seq: int) -> StoredFile:
        part = Part(f"{seq}.mp4", 10**9, "")
        start = UTC - (20 - seq) * DAY_S
        return StoredFile(seq, FileKind.CLIP, "till", f"i{seq}", start, start, 1, part, Part("", 0, ""))

    rows = [clip(1), clip(2), clip(3)]
    assert [each.stored.seq for each in due(UTC, Limits(max_gb=4), rows, 9 * 10**9, 10**12, {"i1": 2 * 10**9})] == [1, 2, 3]
    assert [each.stored.seq for each in due(UTC, Limits(max_gb=4), rows, 7 * 10**9, 10**12, {"i1": 2 * 10**9})] == [1]


def test_a_check_misses_what_is_gone_and_sees_what_was_changed(tmp_path: Path) -> None:
    with opened(tmp_path) as vault:
        _, sealed = keep(vault)
    path = tmp_path / sealed.path
    key = layout.key_of(path)
    whole = key.read_bytes()

    def found(*, deep: bool = False) -> list[tuple[ProblemKind, bool]]:
        return [(p.kind, p.known) for p in check(tmp_path, ManualClock(UTC), repair=True, deep=deep).problems]

    key.unlink()
    assert found() == [(ProblemKind.FILE_MISSING, False)]
    assert found() == [(ProblemKind.FILE_MISSING, True)]
    with opened(tmp_path) as vault:
        assert vault.sealed(incident().id)[0].state is FileState.MISSING
    key.write_bytes(whole[:-1] + b"x")
    assert found() == [(ProblemKind.FILE_CHANGED, False)]
    key.write_bytes(whole)
    assert found(deep=True) == []
    data = bytearray(path.read_bytes())
    data[1000] ^= 1
    path.write_bytes(data)
    assert found() == []
    assert found(deep=True) == [(ProblemKind.FILE_CHANGED, False)]


def test_a_strange_file_is_reported_and_left_alone(tmp_path: Path) -> None:
    with opened(tmp_path) as vault:
        _, sealed = keep(vault)
    strange = (tmp_path / sealed.path).with_name("somebody.mkv.age")
    strange.write_bytes(b"?")
    report = check(tmp_path, ManualClock(UTC), repair=True)
    assert [(p.kind, p.repaired) for p in report.problems] == [(ProblemKind.UNKNOWN_FILE, False)]
    assert strange.read_bytes() == b"?"


def test_a_dry_check_of_an_erasing_that_was_cut_off_only_reports_it(tmp_path: Path) -> None:
    with opened(tmp_path) as vault:
        _, sealed = keep(vault)
        vault._store.db.execute('update sealed set erasing = \'{"ko": "x", "en": "x"}\'')
    report = check(tmp_path, ManualClock(UTC), repair=False)
    assert [p.kind for p in report.problems] == [ProblemKind.ERASE_UNFINISHED]
    assert (tmp_path / sealed.path).is_file()
