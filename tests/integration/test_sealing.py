"""An incident's original is sealed on its way from the camera: only the owner opens it, and nothing clear touches the disk."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyrage
import pytest
from pyrage import x25519

from agent import darkroom
from agent.capture.packet import RingPacket
from agent.capture.ring import RingCut
from agent.clock import ManualClock, SystemClock
from agent.darkroom import Darkroom
from agent.detection.detectors import PeopleDesk
from agent.detection.engine import Engine
from agent.detection.findings import Findings
from agent.masking.plan import Seen
from agent.recording.evidence import ClipJob
from agent.recording.original import unpack
from agent.recording.sealed import Envelope, disclose
from agent.settings import Settings
from agent.values import ClipState, EventKind, Incident, Person, Text
from agent.vault import Vault, layout
from agent.vault.owner_keys import KeyRefused, OwnerKeys, Recipient
from tests.film import camera_packets, happened, stamp, walker, walker_seen, walker_track
from tests.unit.vault.test_owner_keys import QuickLock

PASS = "네 낱말을 이어 쓴 암호 문구"
PATIENCE_S = 60.0
PIECE = 48  # bytes of a packet that would be found on the disk; far more than chance gives


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with Vault(tmp_path / "data", ManualClock()) as vault:
        vault.owner_keys = OwnerKeys(vault.folder / "keys", ManualClock(), lock=QuickLock())
        yield vault


@pytest.fixture(scope="module")
def packets() -> tuple[RingPacket, ...]:
    return tuple(camera_packets(40))


class Shop:
    """A darkroom and what it told."""

    def __init__(self, vault: Vault, desk: PeopleDesk) -> None:
        self.vault = vault
        self.told: list[tuple[EventKind, Text]] = []
        self.room = Darkroom(vault, Settings(), desk, SystemClock(), patient=True)
        self.room.start()

    def incident(self, number: int, cut: RingCut | None, seen: tuple[Seen, ...] = ()) -> Incident:
        """Something happened; gives it once its clip is made and its original is sealed, or both are given up."""
        incident = self.happened(number)
        self.order(incident, cut, seen)
        assert self.room.drain(PATIENCE_S)
        return incident

    def order(self, incident: Incident, cut: RingCut | None, seen: tuple[Seen, ...] = ()) -> None:
        self.room.order(ClipJob(incident, cut, seen, 1.0, 4.0), None, lambda kind, text: self.told.append((kind, text)))

    def happened(self, number: int) -> Incident:
        incident = happened(number)
        self.vault.open_incident(incident)
        return incident


@pytest.fixture
def shop(vault: Vault) -> Iterator[Shop]:
    desk = PeopleDesk(Engine(None, None, (), ()), 0.1, SystemClock())
    shop = Shop(vault, desk)
    yield shop
    shop.room.close()
    desk.close()


def found(index: int) -> Seen:
    """The walker as a person detector sees them, and the tracker follows them."""
    seen = walker_seen(stamp(index), looked=True)
    assert isinstance(seen.findings, Findings)
    person = Person(walker(seen.stamp.source_s), 0.9)
    return Seen(seen.stamp, replace(seen.findings, people=(person,)), (replace(walker_track(seen.stamp), by="person"),))


def test_the_owner_and_nobody_else_opens_the_original(vault: Vault, shop: Shop, packets: tuple[RingPacket, ...]) -> None:
    lawyer = x25519.Identity.generate()
    vault.owner_keys.make(PASS)
    vault.owner_keys.add_recipient("변호사", str(lawyer.to_public()))
    cut = RingCut(packets[8:33], 1.0, 4.0)
    incident = shop.incident(1, cut, tuple(found(index) for index in range(8, 33)))
    assert shop.told == []

    (sealed,) = vault.sealed(incident.id)
    path = vault.folder / sealed.path
    envelope = Envelope(path.read_bytes(), layout.key_of(path).read_bytes())
    original = disclose(envelope, vault.owner_keys.unlock(PASS))
    assert original.packets == cut.packets
    assert original.tracks == (1,)
    assert (sealed.from_utc, sealed.to_utc) == (packets[8].utc, packets[32].utc)
    assert sealed.recipients == tuple(recipient.public for recipient in vault.owner_keys.current())

    identity = pyrage.decrypt(envelope.key, [lawyer])  # with age's own tools, two commands
    assert unpack(pyrage.decrypt(envelope.sealed, [x25519.Identity.from_str(identity.decode())])).packets == cut.packets
    other = OwnerKeys(vault.folder / "other", ManualClock(), lock=QuickLock())
    other.make(PASS)
    with pytest.raises(KeyRefused):
        disclose(envelope, other.unlock(PASS))


def test_without_a_key_nothing_is_sealed_and_that_is_said_once(
    vault: Vault, shop: Shop, packets: tuple[RingPacket, ...]
) -> None:
    cut = RingCut(packets, 1.0, 4.0)
    for number in (1, 2):
        row = vault.incident(shop.incident(number, cut).id)
        assert row is not None
        assert row.clip_state is ClipState.READY
    assert [kind for kind, _ in shop.told] == [EventKind.NOT_SEALED]
    assert "ansim keys make" in shop.told[0][1].ko
    assert not (vault.folder / layout.SEALED_TREE).exists()
    vault.owner_keys.make(PASS)
    assert vault.sealed(shop.incident(3, cut).id)


def test_a_camera_that_connected_anew_gives_two_parts(vault: Vault, shop: Shop, packets: tuple[RingPacket, ...]) -> None:
    vault.owner_keys.make(PASS)
    both = (*packets[:16], *camera_packets(16, size=(640, 360), first=16))
    incident = shop.incident(1, RingCut(both, 0.0, 4.0))
    paths = [vault.folder / sealed.path for sealed in vault.sealed(incident.id)]
    assert [path.name for path in paths] == [f"{incident.id}.mkv.age", f"{incident.id}.2.mkv.age"]
    unlocked = vault.owner_keys.unlock(PASS)
    again = [disclose(Envelope(path.read_bytes(), layout.key_of(path).read_bytes()), unlocked) for path in paths]
    assert again[0].packets + again[1].packets == both


def test_a_lost_clip_still_has_its_original(vault: Vault, shop: Shop, packets: tuple[RingPacket, ...]) -> None:
    vault.owner_keys.make(PASS)
    broken = tuple(replace(packet, data=b"\0" * len(packet.data)) for packet in packets)
    incident = shop.incident(1, RingCut(broken, 1.0, 4.0))
    row = vault.incident(incident.id)
    assert row is not None
    assert row.clip_state is ClipState.LOST
    assert len(vault.sealed(incident.id)) == 1


def test_a_disk_that_refuses_is_told_of_and_leaves_nothing_behind(
    vault: Vault, shop: Shop, packets: tuple[RingPacket, ...]
) -> None:
    vault.owner_keys.make(PASS)
    (vault.folder / layout.SEALED_TREE).write_bytes(b"a file where a folder has to be")
    shop.incident(1, RingCut(packets, 1.0, 4.0))
    assert [kind for kind, _ in shop.told] == [EventKind.NOT_SEALED]
    assert "20260921T140000Z-till-loitering-1" in shop.told[0][1].en
    assert not [path for path in vault.folder.rglob("*.age*") if path.parent.name != "keys"]


class SlowKeys(OwnerKeys):
    """Keys on a disk that does not answer until it is `back`."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, ManualClock(), lock=QuickLock())
        self.asked, self.back = threading.Event(), threading.Event()

    def current(self) -> tuple[Recipient, ...]:
        self.asked.set()
        assert self.back.wait(PATIENCE_S)
        return super().current()


def test_stopping_in_the_middle_of_sealing_does_not_call_the_clip_lost(
    vault: Vault, shop: Shop, packets: tuple[RingPacket, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(darkroom, "CLOSE_S", 0.1)
    vault.owner_keys = keys = SlowKeys(vault.folder / "keys")
    incident = shop.happened(1)
    shop.order(incident, RingCut(packets, 1.0, 4.0))
    assert keys.asked.wait(PATIENCE_S)
    shop.room.close()
    row = vault.incident(incident.id)
    assert row is not None
    assert row.clip_state is ClipState.READY
    assert [kind for kind, _ in shop.told] == [EventKind.NOT_SEALED]
    keys.back.set()


def test_no_packet_and_no_key_lies_anywhere_on_the_disk(
    tmp_path: Path, vault: Vault, shop: Shop, packets: tuple[RingPacket, ...]
) -> None:
    secret = vault.owner_keys.make(PASS)
    shop.incident(1, RingCut(packets, 1.0, 4.0))
    pieces = [packet.data[at : at + PIECE] for packet in packets for at in (len(packet.data) // 2, len(packet.data) - PIECE)]
    pieces += [b"AGE-SECRET-KEY-", secret.secret, secret.text.encode(), b"ansim.json"]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name.endswith(".mkv.age") for path in files)
    for path in files:
        data = path.read_bytes()
        assert [piece for piece in pieces if piece in data] == [], path
