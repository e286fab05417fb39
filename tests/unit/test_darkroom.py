"""The darkroom: every clip that was ordered is made, or called lost with the reason; nobody waits for ever."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent import darkroom
from agent.capture.ring import RingCut, SourceRing
from agent.clock import ManualClock, SystemClock
from agent.darkroom import Darkroom
from agent.detection.detectors import PeopleDesk
from agent.detection.engine import Engine
from agent.recording.evidence import ClipJob
from agent.settings import Settings
from agent.values import ClipState, EventKind
from agent.vault import Vault
from tests.film import camera_packets, happened

PATIENCE_S = 60.0


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with Vault(tmp_path / "data", ManualClock()) as vault:
        yield vault


@pytest.fixture
def desk() -> Iterator[PeopleDesk]:
    desk = PeopleDesk(Engine(None, None, (), ()), 0.1, SystemClock())
    yield desk
    desk.close()


@pytest.fixture(scope="module")
def cut() -> RingCut:
    ring = SourceRing(150.0, 96_000_000)
    for packet in camera_packets(40):
        ring.add(packet)
    found = ring.cut(1.0, 4.0)
    assert found is not None
    return found


class Shop:
    """A darkroom and what it told; `order` has the clip of incident number n made."""

    def __init__(self, vault: Vault, desk: PeopleDesk, cut: RingCut, *, patient: bool = False) -> None:
        self.vault, self.cut = vault, cut
        self.told: list[EventKind] = []
        self.room = Darkroom(vault, Settings(), desk, SystemClock(), patient=patient)

    def order(self, number: int) -> str:
        incident = happened(number)
        self.vault.open_incident(incident)
        self.room.order(ClipJob(incident, self.cut, (), 1.0, 4.0), None, lambda kind, _: self.told.append(kind))
        return incident.id

    def lost(self, incident: str) -> str:
        """Why that clip is lost; "" when it is not."""
        self.vault.flush()
        row = self.vault.incident(incident)
        assert row is not None
        return row.lost.en if row.clip_state is ClipState.LOST and row.lost is not None else ""


def test_clips_are_made_one_after_the_other(vault: Vault, desk: PeopleDesk, cut: RingCut) -> None:
    shop = Shop(vault, desk, cut)
    shop.room.start()
    ids = [shop.order(n) for n in range(3)]
    assert shop.room.drain(PATIENCE_S)
    shop.room.close()
    rows = [vault.incident(i) for i in ids]
    assert [row and row.clip_state for row in rows] == [ClipState.READY] * 3
    assert shop.told == [EventKind.NOT_SEALED]  # there is no owner's key; the clips are made all the same


def test_clips_that_still_wait_when_the_program_stops_are_lost_with_a_reason(
    vault: Vault, desk: PeopleDesk, cut: RingCut
) -> None:
    shop = Shop(vault, desk, cut)  # never started: nothing is made
    ids = [shop.order(n) for n in range(3)]
    assert shop.room.waiting == 3
    assert not shop.room.drain(0.01)
    shop.room.close()
    assert shop.room.drain(PATIENCE_S)
    late = shop.order(3)
    assert all("stopped" in shop.lost(i) for i in (*ids, late))
    assert shop.told == [EventKind.CLIP_LOST] * 4


def test_more_than_fit_into_memory_are_lost_with_a_reason(
    vault: Vault, desk: PeopleDesk, cut: RingCut, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(darkroom, "MOST_BYTES", cut.size * 2 + 10)
    shop = Shop(vault, desk, cut)
    ids = [shop.order(n) for n in range(3)]
    assert [bool(shop.lost(i)) for i in ids] == [False, False, True]
    assert "Too many" in shop.lost(ids[2])


def test_one_clip_alone_may_be_as_large_as_it_is(
    vault: Vault, desk: PeopleDesk, cut: RingCut, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(darkroom, "MOST_BYTES", 1)
    shop = Shop(vault, desk, replace(cut), patient=True)
    shop.room.start()
    ids = [shop.order(n) for n in range(2)]  # the second waits for the first
    assert shop.room.drain(PATIENCE_S)
    shop.room.close()
    assert [shop.lost(i) for i in ids] == ["", ""]


@pytest.mark.parametrize("end", ["hurry", "close"])
def test_who_waits_for_a_free_place_is_let_go_when_the_program_stops(
    vault: Vault, desk: PeopleDesk, cut: RingCut, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.setattr(darkroom, "MOST_JOBS", 1)
    shop = Shop(vault, desk, cut, patient=True)
    shop.order(0)
    ids: list[str] = []
    waits = threading.Thread(target=lambda: ids.append(shop.order(1)))
    waits.start()
    getattr(shop.room, end)()
    waits.join(PATIENCE_S)
    assert not waits.is_alive()
    assert shop.lost(ids[0])
