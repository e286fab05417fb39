"""Disks that refuse while evidence is sealed or handed over: nothing is left that looks whole, and what to do is said."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pyrage
import pytest

from agent.clock import ManualClock
from agent.evidence.bag import Bag, BagFile, weigh
from agent.evidence.bag_files.verify import anchor_text
from agent.evidence.delivery import Delivered, NotDelivered, Protection, deliver
from agent.evidence.verify import Opener, verify
from agent.vault.check import check
from agent.vault.durable import DiskFull
from agent.vault.retention import DAY_S, sweep
from tests.bags import ORDER, PASSPHRASE, exporter, shop
from tests.disks import disk_image, fill, pull_out, small_disk
from tests.stored import UTC, WHY, event, hold, incident, keep_clip, opened, sealed_offer
from tests.unit.vault.test_retention import Limits

MB = 1 << 20
KEY = pyrage.x25519.Identity.generate()
PROTECTIONS = {
    "passphrase": Protection(PASSPHRASE),
    "recipients": Protection(recipients=(str(KEY.to_public()),)),
    "plain": Protection(),
}


@pytest.fixture
def stick(tmp_path: Path) -> Iterator[Path]:
    """A stick of 3 MB."""
    with small_disk(tmp_path / "stick", 3 * MB) as stick:
        yield stick


def bag_of(size: int, meanwhile: Callable[[], object] | None = None) -> Bag:
    """A bag of about `size` bytes. meanwhile: happens when half of it has been read (once, and not while it is weighed)."""
    half = os.urandom(size // 2)
    files = [weigh(BagFile("data/clips/a.mp4", half)), weigh(BagFile("data/clips/b.mp4", half[::-1]))]
    return Bag("ansim-x", tuple(files), b"") if meanwhile is None else _Interrupted("ansim-x", tuple(files), b"", meanwhile)


class _Interrupted(Bag):
    """A bag during whose export something happens."""

    def __init__(self, name: str, files: tuple, signature: bytes, meanwhile: Callable[[], object]) -> None:
        super().__init__(name, files, signature)
        object.__setattr__(self, "meanwhile", meanwhile)

    def zip_pieces(self) -> Iterator[bytes]:
        for number, piece in enumerate(super().zip_pieces()):
            if number == 2:
                self.meanwhile()  # type: ignore[attr-defined]
            yield piece


# the data folder is full


def test_a_disk_that_fills_up_while_an_original_is_sealed_leaves_nothing_of_it(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 3 * MB) as disk:
        with opened(disk / "data") as vault:
            keep_clip(vault)
            vault.store_sealed(sealed_offer())
            filler = fill(disk)
            with filler.open("r+b") as file:
                file.truncate(filler.stat().st_size - 65536)  # room for half of it
            with pytest.raises(DiskFull):
                vault.store_sealed(sealed_offer(2))
            assert [one.from_utc for one in vault.sealed(incident().id)] == [UTC]
            assert len([path for path in (vault.folder / "sealed").rglob("*") if path.is_file()]) == 2
            filler.unlink()
            vault.store_sealed(sealed_offer(2, UTC + 10))
            assert len(vault.sealed(incident().id)) == 2
        assert check(disk / "data", ManualClock(UTC), repair=False, deep=True).clean


def test_on_a_full_disk_an_incident_can_still_be_preserved(tmp_path: Path) -> None:
    """That is what the reserve is for."""
    with small_disk(tmp_path / "disk", 3 * MB) as disk, opened(disk / "data") as vault:
        keep_clip(vault)
        fill(disk)
        vault.preserve(hold(incident().id, UTC + 1000))
        assert [row.id for row in vault.held()] == [incident().id]


def test_where_not_even_the_index_can_be_written_a_hold_protects_all_the_same(tmp_path: Path) -> None:
    """The ledger took it, the index did not; a sweep that frees space must not take what was preserved a moment ago."""
    clock = ManualClock(UTC)
    with small_disk(tmp_path / "disk", 3 * MB) as disk, opened(disk / "data", clock) as vault:
        clip, sealed = keep_clip(vault), vault.store_sealed(sealed_offer())
        clock.advance(40 * DAY_S)
        vault.record_event(event())  # the day's file of the ledger is there
        (vault.folder / "reserve").unlink()
        fill(disk)
        for number in range(200):  # as long as the ledger's last block has room; then the index has none
            with suppress(DiskFull):
                vault.preserve(hold(incident().id, UTC + 100 * DAY_S + number))
        assert vault.held() == ()
        assert b"incident.hold" in b"".join(vault.ledger_lines())
        assert sweep(vault, Limits(), clock).files == 0
        assert not vault.erase(clip, WHY)
        assert not vault.erase_sealed(sealed, WHY)
        (disk / "filler").unlink()
        assert vault.flush()
        assert [row.id for row in vault.held()] == [incident().id]
        assert sweep(vault, Limits(), clock).files == 0


# the stick is full or pulled out


@pytest.mark.parametrize("form", PROTECTIONS)
def test_a_stick_without_room_is_refused_and_left_as_it_was(stick: Path, form: str) -> None:
    with pytest.raises(NotDelivered, match="not enough room"):
        deliver(bag_of(4 * MB), stick, PROTECTIONS[form])
    assert list(stick.iterdir()) == []


@pytest.mark.parametrize("form", ["recipients", "plain"])
def test_a_stick_that_fills_up_on_the_way_is_cleared_again(stick: Path, form: str) -> None:
    """Something else is copied to it at the same time."""
    bag = bag_of(MB, lambda: fill(stick))
    with pytest.raises(NotDelivered, match="not enough room"):
        deliver(bag, stick, PROTECTIONS[form])
    assert [path.name for path in stick.iterdir()] == ["filler"]


@pytest.mark.parametrize("form", ["recipients", "plain"])
def test_a_stick_that_is_pulled_out_is_no_handing_over(tmp_path: Path, form: str) -> None:
    with small_disk(tmp_path / "stick", 3 * MB) as stick:
        bag = bag_of(MB, lambda: pull_out(stick))
        with pytest.raises(NotDelivered, match="pulled out"):
            deliver(bag, stick, PROTECTIONS[form])
        assert list(stick.iterdir()) == []  # the empty folder beneath it, on the PC's own disk


def test_a_stick_that_fails_when_all_seems_written_is_no_handing_over(tmp_path: Path) -> None:
    """What was written is not yet on the stick; that it does not get there, only the last sync tells."""
    with small_disk(tmp_path / "memory", 12 * MB) as memory, disk_image(memory / "stick.img", tmp_path / "stick", 40 * MB):
        stick = tmp_path / "stick"
        bag = bag_of(6 * MB, lambda: fill(memory))
        with pytest.raises(NotDelivered):
            deliver(bag, stick, PROTECTIONS["recipients"])
        (memory / "filler").unlink()
        assert not (stick / "ansim-x.zip.age").exists()


def test_what_is_not_handed_over_is_not_on_the_register_and_can_be_exported_again(tmp_path: Path) -> None:
    with shop(tmp_path / "data") as vault:
        exports = exporter(vault)
        with small_disk(tmp_path / "stick", 65536) as small, pytest.raises(NotDelivered):
            exports.export(ORDER, small, PROTECTIONS["recipients"])
        kinds = [line for line in vault.ledger_lines() if b"evidence.exported" in line]
        assert kinds == []
        assert vault.audit(target=incident().id)[0].action == "export"  # that somebody tried is known
        done, composed = exports.export(ORDER, tmp_path, PROTECTIONS["recipients"])
        assert isinstance(done, Delivered)
        found = verify(done.path, anchor_text(composed.anchor), Opener(lambda: "", (str(KEY),)))
        assert found.verdict == "unchanged"
        assert len([line for line in vault.ledger_lines() if b"evidence.exported" in line]) == 1


def test_a_copy_that_broke_off_is_not_taken_for_a_bag(tmp_path: Path) -> None:
    """Half of the file, and the unfinished name that a killed program leaves."""
    with shop(tmp_path / "data") as vault:
        done, _ = exporter(vault).export(ORDER, tmp_path, PROTECTIONS["recipients"])
    whole = done.path.read_bytes()
    opener = Opener(lambda: "", (str(KEY),))
    for share in (0.0, 0.001, 0.5, 0.999):
        done.path.write_bytes(whole[: int(len(whole) * share)])
        found = verify(done.path, None, opener)
        assert found.verdict == "unknown", share
        assert found.text.ko
    wrong = verify(_whole(done.path, whole), None, Opener(lambda: "", (str(pyrage.x25519.Identity.generate()),)))
    assert wrong.verdict == "unknown"


def _whole(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path
