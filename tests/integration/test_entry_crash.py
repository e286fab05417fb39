"""A process is killed while it lets somebody in, or while it forgets whose entries they were: no code is accepted twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from agent.clock import ManualClock
from agent.entry.records import Answer
from agent.settings import EntrySettings
from agent.vault.check import check
from agent.vault.day_keys import FOLDER, day_of
from agent.vault.steps import Step
from tests.entrance import entrance
from tests.integration.crash import ENTRY_UTC

LATER = ENTRY_UTC + 20.0  # the same code is still in its time


def crashed(procedure: str, tmp_path: Path, root: Path) -> list[Path]:
    """Data folders, one for each step before which the process was killed there."""
    command = [sys.executable, "-m", "tests.integration.crash", procedure, str(tmp_path)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return [tmp_path / name for name in done.stdout.split()]


def test_a_code_for_which_the_door_opened_is_never_accepted_again(tmp_path: Path, root: Path) -> None:
    folders = crashed("admit", tmp_path, root)
    outcomes = []
    for folder in folders:
        assert check(folder, ManualClock(LATER), repair=True).clean
        with entrance(folder, ManualClock(LATER), EntrySettings(enabled=True)) as at:
            entered = any(entry.answer is Answer.ADMITTED for entry in at.vault.entries(0, LATER))
            opened = (folder / "opened").exists()
            reply = at.show((folder / "code").read_text())
        assert not (opened and not entered), f"{folder.name}: the door opened for an entry that is not in the log"
        assert reply.answer is (Answer.USED if entered else Answer.ADMITTED), folder.name
        outcomes.append((entered, opened))
    # Before the record nothing has happened; then the code is spent; then the door has opened.
    assert outcomes[0] == (False, False)
    assert (True, False) in outcomes
    assert outcomes[-1] == (True, True)


def test_erasing_a_days_entries_happens_whole_or_not_at_all(tmp_path: Path, root: Path) -> None:
    folders = crashed("erase_entries", tmp_path, root)
    assert {folder.name.partition("-")[2] for folder in folders} == {Step.ERASE_2, Step.ERASE_3, Step.ERASE_5, Step.ERASED}
    for folder in folders:
        assert check(folder, ManualClock(LATER), repair=True).clean
        assert check(folder, ManualClock(LATER), repair=False, deep=True).problems == ()
        began = not folder.name.endswith(Step.ERASE_2)
        with entrance(folder, ManualClock(LATER), EntrySettings(enabled=True)) as at:
            assert (at.vault.entries(0, LATER) == ()) == began
        assert (folder / FOLDER / f"{day_of(ENTRY_UTC)}.key").exists() != began
