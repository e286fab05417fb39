"""A disk that is full, read-only or slow, and many readers at once: on real small disks, mounted for the test."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.clock import ManualClock
from agent.errors import StoreError
from agent.values import ClipState, EventKind
from agent.vault import FileKind, Vault
from agent.vault.check import check
from agent.vault.durable import DiskFull
from agent.vault.journal import Journal
from agent.vault.ledger import verify_chain
from agent.vault.notes import Backlog
from agent.vault.vault import Kind
from tests.disks import fill, small_disk
from tests.stored import CAMERA, JPEG, UTC, event, incident, keep_clip, keep_segment, opened, put_partial, sidecar

SIZE = 3_000_000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 3 MB."""
    with small_disk(tmp_path / "disk", SIZE) as disk:
        yield disk


@pytest.mark.parametrize("reserve", [True, False])
def test_a_full_disk_loses_no_note_and_refuses_videos_until_there_is_space(disk: Path, reserve: bool) -> None:
    """With its reserve the vault still writes notes; when that is used up they wait in memory."""
    with opened(disk / "data") as vault:
        kept = keep_clip(vault)
        if not reserve:
            (vault.folder / "reserve").unlink()
        vault.open_incident(incident(2))
        partial = put_partial(vault, FileKind.SEGMENT)
        clip = put_partial(vault, FileKind.CLIP, incident(2).id)
        filler = fill(disk)

        with pytest.raises(DiskFull) as refused:
            vault.store_segment(CAMERA, partial, sidecar(), UTC, UTC + 3).result()
        assert "가득" in refused.value.text.ko
        assert partial.is_file()
        many = 8 if reserve else 40
        crowd = [vault.record_event(event("x" * 200, EventKind.DETECTOR_LATE)).result() for _ in range(many)]
        durable = [
            vault.record_event(event("the first failure", EventKind.CAMERA_LOST)).result(),
            vault.open_incident(incident(3, UTC + 5)).result(),
            vault.close_incident(incident(3, UTC + 5, closed_s=30.0, closed_utc=UTC + 9)).result(),
            vault.record_audit("owner", "view").result(),
        ]
        assert all(crowd + durable) if reserve else not any(durable)
        fill(disk)  # something else takes what the reserve set free
        with pytest.raises(StoreError):
            vault.store_clip(incident(2).id, clip, JPEG, sidecar())
        assert vault.trouble is not None
        assert not vault.flush()
        assert not (vault.folder / "reserve").exists()
        row = vault.incident(incident().id)  # what is kept can be read all the time
        assert row is not None
        assert vault.path_of(kept).is_file()

        filler.unlink()
        assert vault.flush()
        assert vault.trouble is None
        assert (vault.folder / "reserve").exists()
        stored = vault.store_segment(CAMERA, partial, sidecar(), UTC, UTC + 3).result()
        vault.store_clip(incident(2).id, clip, JPEG, sidecar())
        kinds = [row.event.kind for row in reversed(vault.events())]
        assert kinds.count(EventKind.DETECTOR_LATE) == many
        assert [kind for kind in kinds if kind is not EventKind.DETECTOR_LATE] == [
            EventKind.DISK_FULL,
            EventKind.CAMERA_LOST,
            EventKind.DISK_BACK,
        ]
        late = vault.incident(incident(3).id)
        assert late is not None
        assert late.incident.closed_utc == UTC + 9
        assert [line.action for line in vault.audit()] == ["view"]
        assert vault.stored(stored.seq) == stored
        assert verify_chain(Journal(vault.folder / "ledger").lines()) is None
        vault.set_clip_state(incident(3).id, ClipState.LOST)
    assert check(disk / "data", ManualClock(UTC), repair=False, deep=True).problems == ()


def test_a_disk_that_fills_up_on_the_way_leaves_a_consistent_store(disk: Path) -> None:
    """Segments until the disk is full, wherever in the procedure that happens, again and again."""
    with opened(disk / "data") as vault:
        stored, refused = [], 0
        for at in range(4000):
            try:
                stored.append(keep_segment(vault, UTC + 10 * at))
            except (StoreError, OSError):  # OSError: the recorder itself has no space for its file
                refused += 1
                if refused == 3:
                    break
        assert refused == 3
        assert vault.segments(None, 0, 2 * UTC) == tuple(stored) or len(stored) > 10
    report = check(disk / "data", ManualClock(UTC), repair=False, deep=True)
    assert {problem.kind.value for problem in report.problems} <= {"partial", "broken_partial", "index_behind"}
    with opened(disk / "data") as vault:
        rows = vault.segments(None, 0, 2 * UTC)
        assert [row.path for row in rows if not row.recovered] == [row.path for row in stored]
        assert len(rows) - len(stored) <= 3  # of the refused ones those that were whole on the disk
        for row in stored[:40]:
            vault.erase(row, event().text)
        keep_segment(vault, UTC - 100)


@pytest.mark.parametrize("reserve", [True, False])
def test_starting_on_a_full_disk_works_with_the_reserve_and_harms_nothing_without(disk: Path, reserve: bool) -> None:
    with opened(disk / "data") as vault:
        first, second = keep_segment(vault), keep_segment(vault, UTC + 10)
    if not reserve:
        (disk / "data" / "reserve").unlink()
    filler = fill(disk)
    if reserve:
        with opened(disk / "data") as vault:
            assert len(vault.segments(None, 0, 2 * UTC)) == 2
            vault.erase(first, event().text)  # so that retention can do its work
    else:
        with pytest.raises(StoreError, match="full"):
            Vault(disk / "data", ManualClock(UTC)).open()
    filler.unlink()
    assert check(disk / "data", ManualClock(UTC), repair=True, deep=True).clean
    with opened(disk / "data") as vault:
        assert vault.segments(None, 0, 2 * UTC) == ((second,) if reserve else (first, second))


def test_a_read_only_data_folder_is_a_clear_error_and_can_still_be_checked(disk: Path) -> None:
    with opened(disk / "data") as vault:
        keep_clip(vault)
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    with pytest.raises(StoreError, match="cannot be written") as refused:
        Vault(disk / "data", ManualClock(UTC)).open()
    assert "읽기 전용" in refused.value.text.ko
    with pytest.raises(StoreError, match="cannot be written"):
        Vault(disk / "new", ManualClock(UTC)).open()
    assert check(disk / "data", ManualClock(UTC), repair=False, deep=True).problems == ()


def test_a_folder_that_is_a_file_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("x")
    with pytest.raises(StoreError):
        Vault(tmp_path / "data", ManualClock(UTC)).open()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_a_clear_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="cannot be written"):
        Vault(tmp_path / "data", ManualClock(UTC)).open()


def test_readers_see_whole_states_while_things_are_written(tmp_path: Path) -> None:
    """A clip that a reader is shown is on the disk, and nothing that was seen once goes away again."""
    wrong: list[str] = []
    stop = threading.Event()

    def read(vault: Vault) -> None:
        seen = 0
        while not stop.is_set():
            rows = vault.incidents(limit=1000)
            ready = [row for row in rows if row.clip_state is ClipState.READY]
            totals = vault.totals()
            if len(ready) < seen or totals.clips < len(ready):
                wrong.append(f"{seen} ready clips became {len(ready)} (totals: {totals.clips})")
            seen = len(ready)
            wrong.extend(
                f"{row.id} is ready without a clip"
                for row in ready
                if row.clip is None or not vault.path_of(row.clip).is_file()
            )

    with opened(tmp_path) as vault:
        readers = [threading.Thread(target=read, args=(vault,)) for _ in range(6)]
        for reader in readers:
            reader.start()
        for number in range(25):
            keep_clip(vault, number, UTC + number)
        stop.set()
        for reader in readers:
            reader.join()
        assert vault.totals().clips == 25
    assert wrong == []


def test_a_backlog_keeps_the_first_and_the_newest() -> None:
    backlog = Backlog(each=3)
    for number in range(10):
        backlog.add((Kind.EVENT, {"n": number}))
    kept = []
    while (note := backlog.first()) is not None:
        kept.append(note[1]["n"])
        backlog.done()
    assert (kept, backlog.dropped) == ([0, 1, 2, 7, 8, 9], 4)
