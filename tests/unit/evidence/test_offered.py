"""An export waits for a day; then, or when a dead process left it half written, it is gone."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.clock import ManualClock
from agent.evidence.delivery import NotDelivered
from agent.evidence.offered import KEPT_S, OfferedFiles

NOW = 1_790_000_000.0


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def files(tmp_path: Path, clock: ManualClock) -> OfferedFiles:
    return OfferedFiles(tmp_path, clock, keep_free=0.0)


def laid_down(files: OfferedFiles, utc: float = NOW, ending: str = ".zip.age") -> str:
    bag = f"ansim-20260921T131320Z-till-loitering-1-{datetime.fromtimestamp(utc, UTC):%Y%m%dT%H%M%SZ}"
    (files.folder(10) / (bag + ending)).write_bytes(b"sealed")
    return bag


def test_it_can_be_fetched_for_a_day(files: OfferedFiles, clock: ManualClock) -> None:
    bag = laid_down(files)
    offer = files.find(bag)
    assert offer is not None
    assert (offer.bytes, offer.until_utc) == (6, NOW + KEPT_S)
    clock.advance(KEPT_S - 1)
    files.tidy()
    assert files.find(bag) is not None
    clock.advance(1)
    assert files.find(bag) is None
    files.tidy()
    assert not offer.path.exists()


def test_its_folder_is_nobody_else_s(files: OfferedFiles) -> None:
    assert files.folder(10).stat().st_mode & 0o777 == 0o700


def test_what_is_unfinished_goes_at_the_start_only(files: OfferedFiles) -> None:
    folder = files.folder(10)
    whole, half = laid_down(files), folder / "ansim-x-20260921T131320Z.zip.age.partial"
    half.write_bytes(b"se")
    files.tidy()
    assert half.exists()  # a job may be writing it just now
    files.clear_leftovers()
    assert not half.exists()
    assert files.find(whole) is not None


def test_a_clock_that_was_set_far_back_does_not_keep_it_for_ever(files: OfferedFiles) -> None:
    bag = laid_down(files, NOW + 3 * KEPT_S)
    assert files.find(bag) is None
    files.tidy()
    assert list(files.folder(10).iterdir()) == []


def test_other_files_are_left_alone_and_never_offered(files: OfferedFiles) -> None:
    other = files.folder(10) / "notes.txt"
    other.write_bytes(b"x")
    files.tidy()
    assert other.exists()
    assert files.all() == ()
    assert files.find("../notes") is None


def test_room_for_recording_is_left(tmp_path: Path, clock: ManualClock) -> None:
    free = shutil.disk_usage(tmp_path).free
    files = OfferedFiles(tmp_path, clock, keep_free=free / 2)
    assert files.folder(1000).is_dir()
    with pytest.raises(NotDelivered) as refused:
        files.folder(free)
    assert "ansim export" in refused.value.text.en


def test_before_the_first_export_there_is_nothing_to_tidy(files: OfferedFiles, tmp_path: Path) -> None:
    files.clear_leftovers()
    assert files.all() == ()
    assert list(tmp_path.iterdir()) == []
