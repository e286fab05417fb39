"""The desk hands over what is on the register, one thing at a time, and leaves nothing behind when it cannot."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pyrage import x25519

from agent.clock import ManualClock
from agent.errors import ConfigError
from agent.evidence.delivery import Protection, WeakProtection
from agent.evidence.jobs import Busy, Job, JobState
from agent.evidence.order import ExportOrder
from agent.evidence.report_facts import ReportFacts
from agent.evidence_desk import EvidenceDesk
from agent.settings import DataSettings
from agent.vault import Vault, layout
from agent.vault.durable import disk_full
from tests.bags import SHOP, plain_report
from tests.stored import UTC, incident, keep_clip

PATIENCE_S = 30.0
KEY = Protection(recipients=(str(x25519.Identity.generate().to_public()),))
ORDER = ExportOrder(incident().id, "점주", "절도 신고")


class Refusing(Vault):
    """A vault whose disk is full when an export is to go on the register."""

    refuses = False

    def record_export(self, body: Mapping[str, Any]) -> None:
        if self.refuses:
            raise disk_full(self.folder)
        super().record_export(body)


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Refusing]:
    with Refusing(tmp_path, ManualClock(UTC + 600)) as vault:
        keep_clip(vault)
        yield vault


@pytest.fixture
def desk(vault: Vault) -> Iterator[EvidenceDesk]:
    desk = EvidenceDesk(vault, SHOP, ManualClock(UTC + 600), plain_report)
    yield desk
    desk.close()


def ended(desk: EvidenceDesk, job: Job) -> Job:
    assert desk.drain(PATIENCE_S)
    found = desk.job(job.token)
    assert found is not None
    return found


def test_an_export_waits_in_the_folder_and_stands_on_the_register(vault: Vault, desk: EvidenceDesk) -> None:
    job = ended(desk, desk.export(ORDER, KEY))
    assert job.state is JobState.DONE
    assert job.made is not None
    offer = desk.offered(job.made.bag)
    assert offer is not None
    assert offer.path.parent == vault.folder / layout.EXPORTS
    assert (offer.bytes, offer.path.name) == (job.made.bytes, job.made.file)
    row = desk.handed(job.made.bag)
    assert row is not None
    assert row.sha256 == job.made.sha256
    assert [line.row for line in desk.register(10)] == [row]
    assert job.made.anchor.startswith("ANSIM1:")


def test_what_cannot_go_on_the_register_is_not_handed_over(vault: Refusing, desk: EvidenceDesk) -> None:
    vault.refuses = True
    job = ended(desk, desk.export(ORDER, KEY))
    assert job.state is JobState.FAILED
    assert job.wrong is not None
    assert list((vault.folder / layout.EXPORTS).iterdir()) == []


def test_while_one_is_made_another_has_to_wait(vault: Vault) -> None:
    drawing, go_on = threading.Event(), threading.Event()

    def slow(facts: ReportFacts) -> bytes:
        drawing.set()
        assert go_on.wait(PATIENCE_S)
        return plain_report(facts)

    desk = EvidenceDesk(vault, SHOP, ManualClock(UTC + 600), slow)
    job = desk.export(ORDER, KEY)
    assert drawing.wait(PATIENCE_S)
    with pytest.raises(Busy):
        desk.export(ORDER, KEY)
    go_on.set()
    assert ended(desk, job).state is JobState.DONE
    desk.close()
    with pytest.raises(Busy):
        desk.export(ORDER, KEY)


def test_recording_keeps_its_room(vault: Vault) -> None:
    greedy = replace(SHOP, data=DataSettings(vault.folder, min_free_gb=10_000.0))
    desk = EvidenceDesk(vault, greedy, ManualClock(UTC + 600), plain_report)
    job = ended(desk, desk.export(ORDER, KEY))
    assert job.state is JobState.FAILED
    assert job.wrong is not None
    assert "too little room" in job.wrong.en
    assert list((vault.folder / layout.EXPORTS).iterdir()) == []


def test_an_unknown_incident_and_a_plain_original_are_refused_at_once(desk: EvidenceDesk) -> None:
    with pytest.raises(ConfigError):
        desk.export(replace(ORDER, incident="20260101T000000Z-till-loitering-1"), KEY)
    with pytest.raises(WeakProtection):
        desk.export(replace(ORDER, sealed=True), Protection())
    with pytest.raises(WeakProtection):
        desk.export(ORDER, Protection("short"))
    assert desk.register(10) == ()


def test_whom_a_clip_shows_is_told_and_of_an_unknown_incident_nobody(desk: EvidenceDesk) -> None:
    (one,) = desk.people(incident().id)
    assert (one.number, one.part) == (3, 1)
    assert not desk.has_original(incident().id)
    assert desk.people("20260101T000000Z-till-loitering-1") == ()
