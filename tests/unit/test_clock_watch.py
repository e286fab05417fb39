"""A clock that is set, forward or back, is told of once; the ledger's order, its signatures and exports hold all the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.clock_watch import ClockWatch, newest_time
from agent.evidence.bag_files.bag_form import CUSTODY, SLICE
from agent.evidence.export import Exporter
from agent.evidence.order import ExportOrder
from agent.evidence.verify import verify
from agent.values import EventKind
from agent.vault import Vault
from agent.vault.check import check
from agent.vault.checkpoint import read_anchor
from agent.vault.journal import Journal
from agent.vault.ledger import verify_chain
from agent.vault.retention import DAY_S, sweep
from tests.bags import ORDER, SHOP, files_of, plain_report, unpacked
from tests.stored import UTC, event, incident, keep_clip, keep_segment
from tests.unit.vault.test_retention import Limits

HOUR_S = 3600.0


@dataclass
class SetClock:
    """A PC's clock that may be set while time goes on."""

    now: float = UTC
    since: float = 0.0

    def utc(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.since

    def pass_by(self, seconds: float) -> None:
        self.now += seconds
        self.since += seconds


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def vault(tmp_path: Path, clock: SetClock) -> Iterator[Vault]:
    with Vault(tmp_path / "data", clock) as vault:
        yield vault


def jumps(vault: Vault) -> list[tuple[float, float]]:
    vault.flush()
    bodies = [record.body for record in Journal(vault.folder / "ledger").records() if record.kind == "event"]
    return [(body["jump"]["from"], body["jump"]["to"]) for body in bodies if body["kind"] == EventKind.CLOCK_JUMPED]


# noticing


@pytest.mark.parametrize("shift", [-2 * HOUR_S, -6.0, 6.0, 40 * DAY_S])
def test_a_jump_is_told_once_with_both_times(vault: Vault, clock: SetClock, shift: float) -> None:
    watch = ClockWatch(vault, clock, "Asia/Seoul")
    clock.pass_by(30)
    watch.look()
    clock.now += shift
    clock.pass_by(30)
    watch.look()
    clock.pass_by(30)
    watch.look()
    assert jumps(vault) == [(UTC + 60, UTC + 60 + shift)]
    (told,) = vault.events()
    assert ("went back" in told.event.text.en) is (shift < 0)
    assert "2026-09-" in told.event.text.ko


def test_a_clock_that_is_only_drawn_into_line_is_not_told_of(vault: Vault, clock: SetClock) -> None:
    watch = ClockWatch(vault, clock, "Asia/Seoul")
    for _ in range(100):
        clock.pass_by(30)
        clock.now += 0.015  # 500 ppm, the most that a kernel slews
        watch.look()
    assert jumps(vault) == []


def test_at_the_start_a_clock_behind_the_ledger_is_told_of_and_only_then(tmp_path: Path, clock: SetClock) -> None:
    """The battery of the PC's clock is empty: after a power cut it begins in the past."""
    assert newest_time(tmp_path / "data") is None
    started: list[list[tuple[float, float]]] = []
    for now in (UTC, UTC + DAY_S, UTC - 30 * DAY_S, UTC - 29 * DAY_S):
        newest = newest_time(tmp_path / "data")
        clock.now = now
        with Vault(tmp_path / "data", clock) as vault:
            ClockWatch(vault, clock, "Asia/Seoul").compare(newest)
            vault.record_event(event())
            started.append(jumps(vault))
    assert started == [[], [], [(UTC + DAY_S, UTC - 30 * DAY_S)], [(UTC + DAY_S, UTC - 30 * DAY_S)]]


# what holds


def test_the_ledger_its_signatures_and_older_anchors_hold(vault: Vault, clock: SetClock) -> None:
    keep_clip(vault)
    before = vault.checkpoint()
    clock.now -= 3 * DAY_S
    for number in range(3):
        vault.record_event(event(str(number)))
    after = vault.checkpoint()
    assert (after.size > before.size, after.utc < before.utc) == (True, True)
    files = Journal(vault.folder / "ledger").files()
    assert len(files) == 1  # in the order of the chain, not of a clock that runs backwards
    assert verify_chain(Journal(vault.folder / "ledger").lines()) is None
    assert [row.event.text.en for row in vault.events()] == ["2", "1", "0"]
    assert check(vault.folder, clock, repair=False, deep=True, anchors=[before, after]).clean


def test_nothing_is_erased_by_a_clock_that_ran_back_and_what_is_held_stays_held(vault: Vault, clock: SetClock) -> None:
    clip = keep_clip(vault)
    clock.now -= 400 * DAY_S
    assert sweep(vault, Limits(), clock).files == 0
    assert vault.stored(clip.seq) is not None


def test_a_clock_that_leaps_a_year_ahead_costs_no_evidence_for_a_day(vault: Vault, clock: SetClock) -> None:
    watch = ClockWatch(vault, clock, "Asia/Seoul")
    clip, segment = keep_clip(vault), keep_segment(vault)
    clock.now += 365 * DAY_S
    watch.look()
    assert watch.is_doubtful
    assert sweep(vault, Limits(), clock, by_age=not watch.is_doubtful).files == 0
    assert sweep(vault, Limits(max_gb=segment.bytes / 1e9), clock, by_age=False).files > 0  # but space is made
    clock.pass_by(23 * HOUR_S)
    watch.look()
    assert watch.is_doubtful
    clock.pass_by(HOUR_S)
    watch.look()
    assert not watch.is_doubtful  # nobody set it back: so it is right
    sweep(vault, Limits(), clock, by_age=not watch.is_doubtful)
    assert vault.stored(clip.seq) is None


def test_after_days_switched_off_the_first_hours_are_spared_too(vault: Vault, clock: SetClock) -> None:
    for newest, doubtful in ((None, False), (UTC - HOUR_S, False), (UTC - 2 * DAY_S, True), (UTC + HOUR_S, False)):
        watch = ClockWatch(vault, clock, "Asia/Seoul")
        watch.compare(newest)
        assert watch.is_doubtful is doubtful, newest
        clock.pass_by(3 * HOUR_S)  # one that runs for some hours each week has to erase, too
        assert not watch.is_doubtful
        clock.now -= 3 * HOUR_S


@pytest.mark.parametrize("shift", [-2 * HOUR_S, -400 * DAY_S])
def test_an_export_after_it_verifies_and_tells_of_it(vault: Vault, clock: SetClock, tmp_path: Path, shift: float) -> None:
    watch = ClockWatch(vault, clock, "Asia/Seoul")
    keep_clip(vault)
    anchor = vault.checkpoint()
    clock.pass_by(60)
    clock.now += shift
    watch.look()
    exporter = Exporter(vault, vault.device, SHOP, clock, plain_report, vault.checkpoint)
    composed = exporter.compose(ORDER)
    bag = unpacked(files_of(composed.bag), tmp_path / composed.bag.name)
    found = verify(bag, composed.anchor, None)
    assert (found.verdict, [c.number for c in found.checks if c.state == "bad"]) == ("unchanged", [])
    custody = json.loads((bag / CUSTODY).read_bytes())
    assert any("시계가 뒤로" in step["what"]["ko"] for step in custody["steps"])
    assert read_anchor(composed.anchor).size > anchor.size


def test_a_jump_of_another_month_is_not_in_the_export(vault: Vault, clock: SetClock) -> None:
    watch = ClockWatch(vault, clock, "Asia/Seoul")
    clock.now -= HOUR_S
    watch.look()
    clock.now += HOUR_S
    watch.look()
    assert len(jumps(vault)) == 2
    clock.pass_by(30 * DAY_S)
    watch.look()
    late = keep_clip(vault, 5, clock.utc())
    exporter = Exporter(vault, vault.device, SHOP, clock, plain_report, vault.checkpoint)
    order = ExportOrder(incident=late.incident or "", operator="점주", purpose="절도 신고")
    text = files_of(exporter.compose(order).bag)[SLICE]
    assert b'"jump"' not in text
    assert incident(5).id.encode() in text
