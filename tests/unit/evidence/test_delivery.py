"""A bag reaches the stick whole and encrypted, or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pyrage
import pytest

from agent.errors import IntegrityError
from agent.evidence import delivery
from agent.evidence.bag import Bag, BagFile, BagTooLarge, weigh
from agent.evidence.delivery import NotDelivered, Protection, WeakProtection, deliver
from scripts.bench.tampering import Untouched, zip_of
from tests.bags import PASSPHRASE

CANARY = b"CANARY-OF-THE-CLEAR-BYTES"


@pytest.fixture
def bag() -> Bag:
    files = [BagFile("data/clips/a.mp4", CANARY * 4000), BagFile("manifest-sha256.txt", b"x")]
    return Bag("ansim-x", tuple(weigh(file) for file in files), b"")


def test_it_is_encrypted_with_the_passphrase_and_opens_to_the_same_zip(good: Untouched, tmp_path: Path) -> None:
    made = Bag(good.name, tuple(weigh(BagFile(name, good.files[name])) for name in sorted(good.files)), b"")
    done = deliver(made, tmp_path, Protection(PASSPHRASE))
    assert done.path == tmp_path / f"{good.name}.zip.age"
    assert pyrage.passphrase.decrypt(done.path.read_bytes(), PASSPHRASE) == zip_of(good.name, good.files)
    assert done.size == done.path.stat().st_size


def test_it_is_encrypted_to_each_recipient_as_it_is_read(bag: Bag, tmp_path: Path) -> None:
    police, lawyer = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    done = deliver(bag, tmp_path, Protection(recipients=(str(police.to_public()), str(lawyer.to_public()))))
    for key in (police, lawyer):
        assert pyrage.decrypt(done.path.read_bytes(), [key]) == b"".join(bag.zip_pieces())


def test_plain_is_what_somebody_has_to_ask_for(bag: Bag, tmp_path: Path) -> None:
    assert Protection().form == "plain"
    done = deliver(bag, tmp_path, Protection())
    assert done.path.name == "ansim-x.zip"
    assert CANARY in done.path.read_bytes()


@pytest.mark.parametrize("protection", [Protection(PASSPHRASE), Protection(recipients=("key",))])
def test_no_clear_byte_is_written_on_the_way(
    bag: Bag, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, protection: Protection
) -> None:
    if protection.recipients:
        protection = Protection(recipients=(str(pyrage.x25519.Identity.generate().to_public()),))
    written: list[bytes] = []
    write = delivery._Sink.write

    def note(sink: delivery._Sink, data: object) -> int:
        written.append(bytes(data))  # type: ignore[call-overload]
        return write(sink, data)

    monkeypatch.setattr(delivery._Sink, "write", note)
    done = deliver(bag, tmp_path, protection)
    assert CANARY not in b"".join(written)
    assert b"".join(written) == done.path.read_bytes()


@pytest.mark.parametrize("text", ["short", "x" * 11, "half a letter \udcff"])
def test_a_passphrase_that_can_be_guessed_is_refused(bag: Bag, tmp_path: Path, text: str) -> None:
    with pytest.raises(WeakProtection, match="12 characters"):
        deliver(bag, tmp_path, Protection(text))
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_age_key_is_refused(bag: Bag, tmp_path: Path) -> None:
    with pytest.raises(WeakProtection, match="age1"):
        deliver(bag, tmp_path, Protection(recipients=("age1nonsense",)))


def test_neither_passphrase_nor_keys_show(bag: Bag) -> None:
    assert PASSPHRASE not in repr(Protection(PASSPHRASE))


def refusing(why: int, takes: int = 1000) -> Callable[[delivery._Sink, object], int]:
    """A stick that takes so many bytes, and then refuses."""

    def write(sink: delivery._Sink, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]
        if sink.size + len(piece) > takes:
            sink.refused = OSError(why, os.strerror(why))
            raise sink.refused
        sink._file.write(piece)
        sink.size += len(piece)
        return len(piece)

    return write


@pytest.mark.parametrize(
    ("why", "said"),
    [
        (errno.EIO, "stick was pulled out"),
        (errno.ENOSPC, "not enough room"),
        (errno.EROFS, "write protection"),
        (errno.EFBIG, "exFAT"),
    ],
)
@pytest.mark.parametrize("form", ["passphrase", "recipients", "plain"])
def test_what_could_not_be_written_whole_is_not_there(
    bag: Bag, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: int, said: str, form: str
) -> None:
    key = str(pyrage.x25519.Identity.generate().to_public())
    protection = {"passphrase": Protection(PASSPHRASE), "recipients": Protection(recipients=(key,)), "plain": Protection()}[
        form
    ]
    monkeypatch.setattr(delivery._Sink, "write", refusing(why))
    with pytest.raises(NotDelivered, match=said):
        deliver(bag, tmp_path, protection)
    assert list(tmp_path.iterdir()) == []


def test_a_stick_without_room_is_named_before_anything_is_written(
    bag: Bag, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery.shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    with pytest.raises(NotDelivered, match="not enough room"):
        deliver(bag, tmp_path, Protection(PASSPHRASE))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_and_a_file_in_its_place_are_named(bag: Bag, tmp_path: Path) -> None:
    with pytest.raises(NotDelivered, match="no folder"):
        deliver(bag, tmp_path / "nowhere", Protection())
    (tmp_path / "file").touch()
    with pytest.raises(NotDelivered, match="is no folder"):
        deliver(bag, tmp_path / "file", Protection())


def test_a_bag_that_is_there_is_not_overwritten(bag: Bag, tmp_path: Path) -> None:
    (tmp_path / "ansim-x.zip").write_bytes(b"older")
    with pytest.raises(NotDelivered, match="already"):
        deliver(bag, tmp_path, Protection())
    assert (tmp_path / "ansim-x.zip").read_bytes() == b"older"


def test_a_clip_that_changes_meanwhile_stops_it(tmp_path: Path) -> None:
    clip, stick = tmp_path / "a.mp4", tmp_path / "stick"
    stick.mkdir()
    clip.write_bytes(b"before")
    bag = Bag("ansim-x", (weigh(BagFile("data/clips/a.mp4", clip)),), b"")
    clip.write_bytes(b"after.")
    key = str(pyrage.x25519.Identity.generate().to_public())
    for protection in (Protection(), Protection(recipients=(key,))):
        with pytest.raises(IntegrityError, match="changed while"):
            deliver(bag, stick, protection)
        assert list(stick.iterdir()) == []


def test_more_than_age_takes_in_memory_is_refused_with_a_way_out(
    bag: Bag, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "PASSPHRASE_MOST", 100)
    with pytest.raises(BagTooLarge, match="age key"):
        deliver(replace(bag), tmp_path, Protection(PASSPHRASE))
