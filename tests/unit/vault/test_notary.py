"""The notary signs the whole ledger each time, and reads only what is new."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest

from agent.errors import IntegrityError, StoreError
from agent.vault.bodies import Kind
from agent.vault.checkpoint import checkpoint_body, is_signed
from agent.vault.device_key import DeviceKey, verify
from agent.vault.journal import Journal
from agent.vault.merkle import Tree, leaf_hash
from agent.vault.notary import Notary
from tests.stored import UTC

KEY = DeviceKey(bytes(range(32)), bytes(32))
DAY = 86_400.0


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "ledger")
    journal.open()
    yield journal
    journal.close()


def lines(journal: Journal) -> list[bytes]:
    return [line.removesuffix(b"\n") for line in journal.lines()]


def test_it_signs_all_that_is_there_across_days_and_starts(journal: Journal) -> None:
    notary = Notary(journal, KEY)
    for number in range(40):
        journal.append(UTC + number * DAY / 8, "event", {"n": number})
        if number % 7 == 6:
            whole = lines(journal)
            made = notary.draft(UTC)
            assert made is not None
            assert (made.size, made.root, made.head.hex()) == (
                len(whole),
                Tree(leaf_hash(line) for line in whole).root(),
                journal.head.sha256,
            )
            assert is_signed(made, verify)
            assert Notary(journal, KEY).draft(UTC) == made  # after a restart: the same from scratch
            journal.append(UTC + number * DAY / 8, Kind.CHECKPOINT.value, checkpoint_body(made))


def test_nothing_new_is_not_signed_again(journal: Journal) -> None:
    notary = Notary(journal, KEY)
    assert notary.draft(UTC) is None
    journal.append(UTC, "event", {})
    made = notary.draft(UTC)
    assert made is not None
    journal.append(UTC, Kind.CHECKPOINT.value, checkpoint_body(made))
    assert notary.draft(UTC) is None
    assert Notary(journal, KEY).draft(UTC) is None
    journal.append(UTC, "event", {})
    assert notary.draft(UTC) is not None


def test_a_checkpoint_that_could_not_be_written_is_offered_again(journal: Journal) -> None:
    notary = Notary(journal, KEY)
    journal.append(UTC, "event", {})
    assert notary.draft(UTC) == notary.draft(UTC)


def test_a_ledger_that_was_cut_behind_its_back_is_not_signed(journal: Journal) -> None:
    notary = Notary(journal, KEY)
    for number in range(3):
        journal.append(UTC, "event", {"n": number})
    notary.draft(UTC)
    path = journal.files()[0]
    path.write_bytes(b"".join(line + b"\n" for line in lines(journal)[:2]))
    with pytest.raises(IntegrityError, match="shorter"):
        notary.draft(UTC)


def test_a_disk_that_refuses_in_the_middle_makes_no_wrong_signature(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(6):
        journal.append(UTC, "event", {"n": number})
    notary, opened = Notary(journal, KEY), Path.open

    class Refusing:
        """The file gives three lines, then the disk fails."""

        def __init__(self, path: Path) -> None:
            self.file = opened(path, "rb")

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *failure: object) -> None:
            self.file.close()

        def seek(self, at: int) -> None:
            self.file.seek(at)

        def __iter__(self) -> Iterator[bytes]:
            yield from (self.file.readline() for _ in range(3))
            raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", lambda path, *_: Refusing(path))
        with pytest.raises(StoreError):
            notary.draft(UTC)
    assert notary.draft(UTC) == Notary(journal, KEY).draft(UTC)
