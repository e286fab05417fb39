"""A process is killed at each step of each procedure of the vault; a check repairs that and nothing stored is lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from agent.clock import ManualClock
from agent.values import ClipState, Verdict
from agent.vault import Judgement, StoredFile, Vault, layout
from agent.vault.check import check
from agent.vault.journal import Journal
from agent.vault.layout import stamp
from agent.vault.ledger import verify_chain
from agent.vault.steps import Step
from tests.integration.crash import NEW, NEW_UTC
from tests.stored import CAMERA, UTC, decoded_frames, incident, opened

AFTER = NEW_UTC + 500.0


def crashed(procedure: str, tmp_path: Path, root: Path) -> dict[str, Path]:
    """Data folders by the step before which the process was killed there."""
    command = [sys.executable, "-m", "tests.integration.crash", procedure, str(tmp_path)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return {name.partition("-")[2]: tmp_path / name for name in done.stdout.split()}


def mended(folder: Path):
    """The folder's vault after a restart; the check must have left nothing to do."""
    report = check(folder, ManualClock(AFTER), repair=True)
    assert report.clean, report.unrepaired
    again = check(folder, ManualClock(AFTER), repair=False, deep=True)
    assert again.problems == ()
    assert verify_chain(Journal(folder / "ledger").lines()) is None
    assert not list(folder.rglob("*.partial"))
    return opened(folder, ManualClock(AFTER))


def whole(vault: Vault, stored: StoredFile | None) -> bool:
    return stored is not None and decoded_frames(vault.path_of(stored)) == 24 and vault.path_of(stored).is_file()


def the_old_things_are_there(vault: Vault, *, clip: bool = True) -> None:
    segments = vault.segments(CAMERA, UTC, UTC + 60)
    assert len(segments) == 2
    assert all(whole(vault, row) for row in segments)
    if clip:
        row = vault.incident(incident().id)
        assert row is not None
        assert row.clip_state is ClipState.READY
        assert whole(vault, row.clip)


def test_storing_a_segment(tmp_path: Path, root: Path) -> None:
    folders = crashed("store_segment", tmp_path, root)
    assert set(folders) == {step.value for step in Step if step.value.startswith("write")}
    for folder in folders.values():
        with mended(folder) as vault:
            the_old_things_are_there(vault)
            (new,) = vault.segments(CAMERA, NEW_UTC, NEW_UTC + 60)  # it was all written: at no step may it be lost
            assert whole(vault, new), folder.name
            assert (new.start_utc, round(new.end_utc - new.start_utc)) == (NEW_UTC, 3)


def test_storing_a_clip(tmp_path: Path, root: Path) -> None:
    folders = crashed("store_clip", tmp_path, root)
    assert set(folders) == {step.value for step in Step if step.value.startswith("write")}
    for step, folder in folders.items():
        with mended(folder) as vault:
            the_old_things_are_there(vault)
            row = vault.incident(NEW.id)
            assert row is not None
            if step == Step.WRITE_1:  # without its sidecar nobody can say what the clip shows
                assert (row.clip_state, row.clip) == (ClipState.LOST, None)
                assert row.lost is not None
            else:
                assert row.clip_state is ClipState.READY, step
                assert whole(vault, row.clip)
                assert row.clip is not None
                poster = vault.poster_of(row.clip)
                assert poster is not None
                assert poster.is_file()
                assert len(vault.sidecar_of(row.clip).frames) == 24


def test_erasing_a_clip(tmp_path: Path, root: Path) -> None:
    folders = crashed("erase_clip", tmp_path, root)
    assert set(folders) == {step.value for step in Step if step.value.startswith("erase")}
    for step, folder in folders.items():
        with mended(folder) as vault:
            kept = step == Step.ERASE_1  # from the mark on it is going to be erased
            the_old_things_are_there(vault, clip=kept)
            row = vault.incident(incident().id)
            assert row is not None
            assert (row.clip is not None, row.erased_utc is None) == (kept, kept), step
            kinds = [record.kind for record in Journal(folder / "ledger").records()]
            assert kinds.count("file.erased") == (0 if kept else 1), step
            assert bool(list((folder / "clips").rglob("*.*"))) is kept


def test_noting_an_event(tmp_path: Path, root: Path) -> None:
    folders = crashed("note", tmp_path, root)
    assert set(folders) == {step.value for step in Step if step.value.startswith("note")}
    for step, folder in folders.items():
        with mended(folder) as vault:
            the_old_things_are_there(vault)
            texts = [row.event.text.en for row in vault.events()]
            assert texts.count("the new one") == (0 if step == Step.NOTE_1 else 1), step


def test_judging_an_incident(tmp_path: Path, root: Path) -> None:
    folders = crashed("judge", tmp_path, root)
    assert set(folders) == {step.value for step in Step if step.value.startswith("note")}
    for step, folder in folders.items():
        with mended(folder) as vault:
            the_old_things_are_there(vault)
            row = vault.incident(incident().id)
            assert row is not None
            if step == Step.NOTE_1:
                assert row.judgement is None
            else:
                assert row.judgement == Judgement(Verdict.FALSE, "mina", NEW_UTC)
                assert [rule.counting for rule in vault.rules() if rule.rule == "loitering"] == [(Verdict.FALSE,)]


def test_a_ledger_line_cut_in_the_middle(tmp_path: Path, root: Path) -> None:
    (folder,) = crashed("torn", tmp_path, root).values()
    assert Journal(folder / "ledger").torn() == 20
    with mended(folder) as vault:
        the_old_things_are_there(vault)
        assert "20 bytes" in vault.events(1)[0].event.text.en


def test_a_check_that_is_itself_cut_off_can_be_repeated(tmp_path: Path, root: Path) -> None:
    """Adopting is the same procedure as storing: killed in the middle of it, the next check finds the same things again."""
    folder = crashed("store_segment", tmp_path, root)[Step.WRITE_5]
    video = next((folder / "presence").rglob(f"{stamp(NEW_UTC)}.mp4"))
    video.rename(layout.partial(video))  # as if the first adoption had renamed the sidecar only
    with mended(folder) as vault:
        the_old_things_are_there(vault)
        assert len(vault.segments(CAMERA, NEW_UTC, NEW_UTC + 60)) == 1
