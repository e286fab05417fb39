"""The register says what was destroyed: how many, when and why, a line for each of the shop's days."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.clock import ManualClock
from agent.evidence.register import destroyed
from agent.vault import Vault
from agent.vault.retention import DAY_S, EXPIRED
from tests.stored import UTC, keep_clip, opened, sealed_offer

SEOUL = ZoneInfo("Asia/Seoul")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(UTC)


@pytest.fixture
def vault(tmp_path: Path, clock: ManualClock) -> Iterator[Vault]:
    with opened(tmp_path, clock) as vault:
        yield vault


def told(vault: Vault) -> list[tuple[int, bool]]:
    return [(each.count, each.originals) for each in destroyed(vault.ledger_lines(), SEOUL)]


def test_what_went_on_one_day_for_one_reason_is_one_line(vault: Vault, clock: ManualClock) -> None:
    kept = [keep_clip(vault, number, UTC + 60 * number) for number in (1, 2, 3)]
    vault.store_sealed(sealed_offer())
    assert destroyed(vault.ledger_lines(), SEOUL) == ()
    vault.erase(kept[0], EXPIRED)  # its original goes along
    vault.erase(kept[1], EXPIRED)
    assert sorted(told(vault)) == [(1, True), (2, False)]
    clock.advance(DAY_S)
    vault.erase(kept[2], EXPIRED)
    found = destroyed(vault.ledger_lines(), SEOUL)
    assert (found[-1].count, found[-1].reason, found[-1].utc) == (1, EXPIRED, UTC + DAY_S)
    assert len(found) == 3


def test_what_somebody_wrote_is_no_erasure(vault: Vault) -> None:
    vault.record_audit("점주", "view_register", '"kind":"file.erased"')
    vault.record_audit("점주", "view_register", "x", '"kind":"file.erased","body":{}')
    assert destroyed(vault.ledger_lines(), SEOUL) == ()
    assert destroyed([b'{"kind":"file.erased"}\n', b'"kind":"sealed.erased"'], SEOUL) == ()
