"""What a check finds and repairs in a data folder that something happened to."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agent.clock import ManualClock
from agent.errors import StoreError
from agent.values import ClipState, EventKind
from agent.vault import FileKind, FileState, Vault
from agent.vault.check import check
from agent.vault.report import ProblemKind
from tests.stored import CAMERA, UTC, WHY, decoded_frames, event, incident, keep_clip, keep_segment, mp4, opened, sidecar

LATER = UTC + 3600.0


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(UTC)


@pytest.fixture
def folder(tmp_path: Path, clock: ManualClock) -> Path:
    """A data folder with a clip, three segments and an event; no agent is running on it."""
    with opened(tmp_path / "data", clock) as vault:
        keep_clip(vault)
        for at in range(3):
            keep_segment(vault, UTC + 10 * at)
        vault.record_event(event("hello"))
        vault.add_user("mina", "hash", "owner")
    clock.advance(LATER - UTC)
    return tmp_path / "data"


def kinds(problems) -> list[ProblemKind]:
    return [problem.kind for problem in problems]


def everything(folder: Path, clock: ManualClock) -> tuple:
    with opened(folder, clock) as vault:
        return vault.incidents(), vault.segments(None, 0, 2 * UTC), vault.totals().bytes, vault.users(), vault.rules()


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file() and "ansim.db" not in p.name}


def test_a_folder_in_order_has_no_problems(folder: Path, clock: ManualClock) -> None:
    for deep in (False, True):
        report = check(folder, clock, repair=False, deep=deep)
        assert (report.problems, report.files, report.deep) == ((), 9, deep)
        assert report.records == 8
    assert report.bytes > 4 * len(mp4())


def test_looking_changes_nothing(folder: Path, clock: ManualClock) -> None:
    segment = min((folder / "presence").rglob("*.mp4"))
    segment.unlink()
    (segment.parent / "20260921T131400000Z.mp4.partial").write_bytes(mp4())
    before = snapshot(folder)
    report = check(folder, clock, repair=False)
    assert set(kinds(report.problems)) == {ProblemKind.FILE_MISSING, ProblemKind.PARTIAL}
    assert not any(problem.repaired for problem in report.problems)
    after = snapshot(folder)
    after.pop(str(folder / "agent.lock"))
    before.pop(str(folder / "agent.lock"))
    assert after == before


def test_a_missing_folder_is_a_clear_error(tmp_path: Path, clock: ManualClock) -> None:
    with pytest.raises(StoreError, match="no data folder"):
        check(tmp_path / "nowhere", clock, repair=False)


def test_repairing_under_a_running_agent_is_refused_and_looking_is_not(folder: Path, clock: ManualClock) -> None:
    with opened(folder, clock) as vault:
        vault.open_incident(incident(2))
        vault.partial_path(FileKind.SEGMENT, CAMERA, LATER).write_bytes(b"being written")
        with pytest.raises(StoreError, match="Another Ansim"):
            check(folder, clock, repair=True)
        assert check(folder, clock, repair=False, deep=True).problems == ()


@pytest.mark.parametrize("deep", [False, True])
def test_a_missing_file_is_found_told_once_and_found_again(folder: Path, clock: ManualClock, deep: bool) -> None:
    segment = min((folder / "presence").rglob("*.mp4"))
    data = segment.read_bytes()
    segment.unlink()
    first, second = (check(folder, clock, repair=True, deep=deep) for _ in range(2))
    assert [(p.kind, p.known) for p in first.problems] == [(ProblemKind.FILE_MISSING, False)]
    assert [(p.kind, p.known) for p in second.problems] == [(ProblemKind.FILE_MISSING, True)]
    assert not first.clean
    with opened(folder, clock) as vault:
        events = [row.event for row in vault.events() if row.event.kind is EventKind.STORE_REPAIRED]
        assert len(events) == 1
        assert segment.name in events[0].text.ko
        assert vault.segments(None, 0, LATER)[0].state is FileState.MISSING
    segment.write_bytes(data)
    assert check(folder, clock, repair=True, deep=deep).clean
    with opened(folder, clock) as vault:
        assert vault.segments(None, 0, LATER)[0].state is FileState.GOOD


def test_a_changed_size_is_found_at_once_and_a_flipped_byte_by_a_deep_check(folder: Path, clock: ManualClock) -> None:
    short, flipped = sorted((folder / "presence").rglob("*.mp4"))[:2]
    short.write_bytes(short.read_bytes()[:-1])
    data = bytearray(flipped.read_bytes())
    data[len(data) // 2] ^= 1
    flipped.write_bytes(data)
    assert [p.where for p in check(folder, clock, repair=True).problems] == [short.relative_to(folder).as_posix()]
    deep = check(folder, clock, repair=True, deep=True)
    assert [p.where for p in deep.problems] == [path.relative_to(folder).as_posix() for path in (short, flipped)]
    assert set(kinds(deep.problems)) == {ProblemKind.FILE_CHANGED}
    with opened(folder, clock) as vault:  # the check at the start, which is not deep, does not forget it
        states = [row.state for row in vault.segments(None, 0, LATER)]
    assert states == [FileState.DAMAGED, FileState.DAMAGED, FileState.GOOD]


@pytest.mark.parametrize("damage", ["gone", "zeroed", "no database", "torn pages", "empty", "other tables"])
def test_a_lost_or_damaged_database_is_made_anew_from_the_ledger(folder: Path, clock: ManualClock, damage: str) -> None:
    before = everything(folder, clock)
    path = folder / "ansim.db"
    size = path.stat().st_size
    if damage == "gone":
        path.unlink()
    elif damage == "zeroed":
        path.write_bytes(bytes(size))
    elif damage == "no database":
        path.write_bytes(b"this is not a database" * 1000)
    elif damage == "torn pages":
        with path.open("r+b") as file:
            for page in range(2, size // 4096, 2):
                file.seek(page * 4096)
                file.write(os.urandom(4096))
    elif damage == "empty":
        path.write_bytes(b"")
    else:
        import sqlite3

        path.unlink()
        with sqlite3.connect(path) as other:
            other.execute("create table meta (something)")
        other.close()
    looked = check(folder, clock, repair=False)
    assert set(kinds(looked.problems)) & {
        ProblemKind.DATABASE_DAMAGED,
        ProblemKind.DATABASE_LOST,
        ProblemKind.INDEX_BEHIND,
    }
    report = check(folder, clock, repair=True)
    assert report.clean
    assert report.problems
    assert everything(folder, clock) == before
    assert check(folder, clock, repair=False, deep=True).problems == ()


def test_what_was_erased_stays_erased_after_a_rebuild(folder: Path, clock: ManualClock) -> None:
    with opened(folder, clock) as vault:
        vault.erase(vault.segments(None, 0, LATER)[0], WHY)
        clip = vault.incidents()[0].clip
        assert clip is not None
        vault.erase(clip, WHY)
    before = everything(folder, clock)
    (folder / "ansim.db").unlink()
    assert check(folder, clock, repair=True).clean
    assert everything(folder, clock) == before


def test_a_torn_ledger_line_is_cut_off_and_told(folder: Path, clock: ManualClock) -> None:
    newest = max((folder / "ledger").iterdir())
    with newest.open("ab") as file:
        file.write(b'{"body":{"ca')
    assert kinds(check(folder, clock, repair=False).problems) == [ProblemKind.LEDGER_TORN]
    with opened(folder, clock) as vault:
        assert "12 bytes" in vault.events(1)[0].event.text.en
    assert check(folder, clock, repair=False, deep=True).problems == ()


def test_a_flipped_byte_in_the_ledger_is_found(folder: Path, clock: ManualClock) -> None:
    newest = max((folder / "ledger").iterdir())
    lines = newest.read_bytes().splitlines(keepends=True)
    lines[2] = lines[2].replace(b"till", b"tell", 1)
    newest.write_bytes(b"".join(lines))
    report = check(folder, clock, repair=True)
    assert [(p.kind, p.where) for p in report.unrepaired] == [(ProblemKind.LEDGER_BROKEN, "ledger #4")]
    with opened(folder, clock) as vault:
        assert vault.record_event(event("life goes on")).result()


def test_a_change_of_the_very_last_line_is_found_by_what_the_index_remembers(folder: Path, clock: ManualClock) -> None:
    newest = max((folder / "ledger").iterdir())
    data = newest.read_bytes()
    assert data.count(b"mina") == 1
    newest.write_bytes(data.replace(b"mina", b"nina"))
    assert kinds(check(folder, clock, repair=False).problems) == [ProblemKind.LEDGER_CHANGED]
    assert ProblemKind.LEDGER_CHANGED in kinds(check(folder, clock, repair=True).problems)


def test_a_ledger_that_lost_its_end_is_told_and_its_videos_are_entered_again(folder: Path, clock: ManualClock) -> None:
    """As after a disk that claimed to have written: the videos are there, so nothing of them is lost."""
    before = everything(folder, clock)
    newest = max((folder / "ledger").iterdir())
    lines = newest.read_bytes().splitlines(keepends=True)
    newest.write_bytes(b"".join(lines[:4]))
    report = check(folder, clock, repair=True)
    assert kinds(report.problems).count(ProblemKind.LEDGER_CHANGED) == 1
    assert kinds(report.problems).count(ProblemKind.NOT_ENTERED) == 2
    after = everything(folder, clock)
    assert [row.path for row in after[1]] == [row.path for row in before[1]]
    assert after[1][2].recovered
    assert after[3] == before[3]
    assert check(folder, clock, repair=False, deep=True).problems == ()


def test_a_whole_ledger_that_is_gone_leaves_the_videos(folder: Path, clock: ManualClock) -> None:
    before = everything(folder, clock)
    for path in (folder / "ledger").iterdir():
        path.unlink()
    (folder / "ansim.db").unlink()
    check(folder, clock, repair=True)
    after = everything(folder, clock)
    assert after[2] == before[2]
    assert [row.path for row in after[1]] == [row.path for row in before[1]]


def test_an_index_that_lags_is_filled_in(folder: Path, clock: ManualClock) -> None:
    before = everything(folder, clock)
    saved = {path.name: path.read_bytes() for path in folder.glob("ansim.db*")}
    with opened(folder, clock) as vault:
        new = keep_segment(vault, LATER)
    for path in folder.glob("ansim.db*"):
        path.unlink()
    for name, data in saved.items():
        (folder / name).write_bytes(data)
    assert ProblemKind.INDEX_BEHIND in kinds(check(folder, clock, repair=False).problems)
    assert ProblemKind.INDEX_BEHIND in kinds(check(folder, clock, repair=True).problems)
    assert everything(folder, clock)[1] == (*before[1], new)


@pytest.mark.parametrize("share", [1.0, 0.999, 0.7])
def test_a_segment_that_was_being_written_is_kept_up_to_its_last_whole_fragment(
    folder: Path, clock: ManualClock, share: float
) -> None:
    with opened(folder, clock) as vault:
        partial = vault.partial_path(FileKind.SEGMENT, CAMERA, LATER)
        partial.write_bytes(mp4()[: round(len(mp4()) * share)])
    report = check(folder, clock, repair=True)
    assert [(p.kind, p.repaired) for p in report.problems] == [(ProblemKind.PARTIAL, True)]
    with opened(folder, clock) as vault:
        (row,) = vault.segments(CAMERA, LATER, LATER + 60)
        assert row.recovered
        assert row.start_utc == LATER
        assert decoded_frames(vault.path_of(row)) == round((row.end_utc - row.start_utc) * 8) >= 8
        assert vault.sidecar_of(row).frames == ()
    assert check(folder, clock, repair=False, deep=True).problems == ()


@pytest.mark.parametrize("data", [b"", b"\0" * 5, b"not a video" * 100, mp4()[:400], mp4()[:900]], ids=len)
def test_a_segment_that_shows_nothing_is_removed_and_told(folder: Path, clock: ManualClock, data: bytes) -> None:
    with opened(folder, clock) as vault:
        partial = vault.partial_path(FileKind.SEGMENT, CAMERA, LATER)
        partial.write_bytes(data)
    report = check(folder, clock, repair=True)
    assert [(p.kind, p.repaired) for p in report.problems] == [(ProblemKind.BROKEN_PARTIAL, True)]
    assert not partial.exists()
    with opened(folder, clock) as vault:
        assert vault.events(1)[0].event.kind is EventKind.STORE_REPAIRED
        assert vault.segments(CAMERA, LATER, LATER + 60) == ()


def test_an_incident_left_open_is_closed_and_points_to_the_presence_recording(folder: Path, clock: ManualClock) -> None:
    with opened(folder, clock) as vault:
        vault.open_incident(incident(7, UTC + 12))
        vault.open_incident(incident(8, UTC + 5000, camera="door"))
        vault.partial_path(FileKind.CLIP, incident(7).id, UTC).write_bytes(mp4()[:500])
    assert kinds(check(folder, clock, repair=True).problems).count(ProblemKind.INCIDENT_UNFINISHED) == 2
    with opened(folder, clock) as vault:
        seen, unseen = vault.incident(incident(7).id), vault.incident(incident(8).id)
        assert seen is not None
        assert unseen is not None
        assert (seen.clip_state, unseen.clip_state) == (ClipState.LOST, ClipState.LOST)
        assert seen.incident.closed_utc == LATER
        assert seen.lost is not None
        assert unseen.lost is not None
        assert "재실 녹화가 남아" in seen.lost.ko
        assert "no presence" in unseen.lost.en
    assert check(folder, clock, repair=False).problems == ()


def test_files_that_are_not_ours_are_left_alone(folder: Path, clock: ManualClock) -> None:
    day = next((folder / "presence").rglob("*.mp4")).parent
    strangers = [day / "notes.txt", day / "holiday.mp4", folder / "clips" / "README"]
    for path in strangers:
        path.write_bytes(b"mine")
    report = check(folder, clock, repair=True)
    assert set(kinds(report.problems)) == {ProblemKind.UNKNOWN_FILE}
    assert all(path.read_bytes() == b"mine" for path in strangers)


def test_progress_is_told_to_the_end(folder: Path, clock: ManualClock) -> None:
    heard: list[tuple[int, int]] = []
    check(folder, clock, repair=False, deep=True, progress=lambda done, of: heard.append((done, of)))
    assert heard == [(1, 2), (2, 2)]  # the clip's day and the segments' day


def test_a_recovered_sidecar_is_used_when_it_was_written(folder: Path, clock: ManualClock) -> None:
    from agent.vault.bodies import sidecar_bytes

    with opened(folder, clock) as vault:
        partial = vault.partial_path(FileKind.SEGMENT, CAMERA, LATER)
        partial.write_bytes(mp4())
        partial.with_name(partial.name.replace(".mp4", ".json")).write_bytes(sidecar_bytes(sidecar(LATER)))
    assert check(folder, clock, repair=True).clean
    with opened(folder, clock) as vault:
        (row,) = vault.segments(CAMERA, LATER, LATER + 60)
        assert vault.sidecar_of(row) == sidecar(LATER)


def test_opening_a_vault_gives_the_report(folder: Path, clock: ManualClock) -> None:
    next((folder / "clips").rglob("*.jpg")).unlink()
    vault = Vault(folder, clock)
    report = vault.open()
    vault.close()
    assert kinds(report.problems) == [ProblemKind.FILE_MISSING]


def test_the_check_at_a_start_leaves_out_days_that_nothing_touched(folder: Path, clock: ManualClock) -> None:
    """Else a start would take longer with each day of recordings; the folder's own time tells what was touched."""
    day = min((folder / "presence").rglob("*.mp4")).parent
    clip = next((folder / "clips").rglob("*.mp4"))
    long_ago = day.stat().st_mtime - 10 * 86_400
    os.utime(day, (long_ago, long_ago))
    vault = Vault(folder, clock)
    assert vault.open().files == 3  # the clip's day was touched just now
    vault.close()
    clip.unlink()
    min(day.iterdir()).unlink()  # this touches the day
    vault = Vault(folder, clock)
    assert sorted(kinds(vault.open().problems)) == [ProblemKind.FILE_MISSING] * 2
    vault.close()
