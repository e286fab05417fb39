"""What has to go, in which order, and what never goes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.clock import ManualClock
from agent.values import EventKind
from agent.vault import FileKind, Part, StoredFile
from agent.vault.journal import Journal
from agent.vault.retention import DAY_S, GB, Due, due, sweep
from tests.stored import UTC, hold, incident, keep_clip, keep_segment, opened


@dataclass(frozen=True)
class Limits:
    retention_days: int = 30
    max_gb: float = 0.0
    min_free_gb: float = 0.0


def row(seq: int, age_days: float, *, kind: FileKind = FileKind.SEGMENT, size: int = GB, hold_until: float | None = None):
    start = UTC - age_days * DAY_S
    part = Part(f"x/{seq}.mp4", size, "0" * 64)
    return StoredFile(seq, kind, "till", None, start, start + 10, 80, part, Part("x.json", 0, ""), hold_until=hold_until)


def going(rows: list[StoredFile], limits: Limits, free: int = 100 * GB) -> list[tuple[int, bool]]:
    used = sum(each.bytes for each in rows)
    return [(each.stored.seq, each.early) for each in due(UTC, limits, rows, used, free)]


def test_what_is_older_than_the_retention_time_goes() -> None:
    rows = [row(1, 40), row(2, 30.1, kind=FileKind.CLIP), row(3, 29.9), row(4, 1)]
    assert going(rows, Limits()) == [(1, False), (2, False)]


def test_a_hold_protects_until_its_end() -> None:
    rows = [row(1, 40, hold_until=UTC + 1), row(2, 40, hold_until=UTC), row(3, 20, hold_until=UTC + 1), row(4, 10)]
    assert going(rows, Limits(max_gb=2)) == [(2, False), (4, True)]


def test_over_the_limit_presence_goes_before_clips_and_old_before_new() -> None:
    rows = [row(1, 20, kind=FileKind.CLIP), row(2, 5), row(3, 10), row(4, 2, kind=FileKind.CLIP)]
    assert going(rows, Limits(max_gb=3)) == [(3, True)]
    assert going(rows, Limits(max_gb=1.5)) == [(3, True), (2, True), (1, True)]


def test_too_little_free_space_frees_just_enough() -> None:
    rows = [row(seq, 10 - seq) for seq in range(1, 5)]
    assert going(rows, Limits(min_free_gb=5), free=3 * GB) == [(1, True), (2, True)]
    assert going(rows, Limits(min_free_gb=5), free=5 * GB) == []


def test_what_expires_counts_towards_the_space() -> None:
    rows = [row(1, 40), row(2, 5)]
    assert going(rows, Limits(max_gb=1)) == [(1, False)]


def test_the_newest_is_not_sacrificed_to_a_disk_that_somebody_else_fills() -> None:
    rows = [row(1, 0.01), row(2, 0.5, kind=FileKind.CLIP), row(3, 0.5)]
    assert going(rows, Limits(min_free_gb=50), free=0) == [(3, True)]


def test_the_reason_is_told() -> None:
    assert "보관 기간이 지나" in Due(row(1, 40), early=False).reason.ko
    assert "space" in Due(row(1, 4), early=True).reason.en


@pytest.mark.parametrize("early", [False, True])
def test_a_sweep_erases_and_says_so_when_it_had_to_be_early(tmp_path: Path, early: bool) -> None:
    clock = ManualClock(UTC)
    with opened(tmp_path, clock) as vault:
        old = keep_segment(vault, UTC - 20 * DAY_S)
        held = keep_clip(vault, 1, UTC - 20 * DAY_S)
        clip = keep_clip(vault, 2, UTC - 19 * DAY_S)
        new = keep_segment(vault, UTC)
        vault.preserve(hold(incident(1).id, UTC + DAY_S))
        heard: list[tuple[int, int]] = []
        limits = Limits(max_gb=1e-9) if early else Limits(retention_days=10)
        swept = sweep(vault, limits, clock, lambda done, of: heard.append((done, of)))
        assert (swept.files, swept.early, swept.bytes) == (2, 2 * early, old.bytes + clip.bytes)
        assert heard[-1] == (2, 2)
        assert vault.stored(held.seq) is not None
        assert vault.segments(None, 0, 2 * UTC) == (new,)
        told = [each for each in vault.events() if each.event.kind is EventKind.RETENTION]
        assert len(told) == early
        assert sweep(vault, limits, clock).files == 0
        reasons = [
            record.body["reason"]["en"] for record in Journal(tmp_path / "ledger").records() if record.kind == "file.erased"
        ]
        assert len(reasons) == 2
        assert all(("space ran short" in reason) is early for reason in reasons)
        assert not (vault.folder / old.path).parent.exists()  # empty days go too
        clock.advance(2 * DAY_S)
        assert sweep(vault, Limits(retention_days=10), clock).files == 1  # the hold is over
