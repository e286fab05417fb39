"""A process that is killed in the middle of a write: run as `python -m tests.integration.crash PROCEDURE FOLDER`.

For each step that the procedure calls out, a data folder FOLDER/<number>-<step> with some stored things in it is made, and a
fork of this process is killed (SIGKILL) just before that step there. Prints the names of the folders.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from agent.clock import ManualClock
from agent.entrance import EntranceDesk
from agent.entry.door import NoDoor, Opening
from agent.entry.records import Reader
from agent.settings import EntrySettings
from agent.values import Verdict
from agent.vault import FileKind, Vault
from agent.vault.day_keys import day_of
from tests.entrance import SEOUL, entrance_at, pin_hasher
from tests.stored import CAMERA, JPEG, UTC, WHY, event, incident, keep_clip, keep_segment, put_partial, sealed_offer, sidecar

NEW_UTC = UTC + 1000.0
NEW = incident(99, NEW_UTC)
ENTRY_UTC = NEW_UTC


def store_segment(vault: Vault) -> None:
    vault.store_segment(
        CAMERA, put_partial(vault, FileKind.SEGMENT, utc=NEW_UTC), sidecar(NEW_UTC), NEW_UTC, NEW_UTC + 3
    ).result()


def store_clip(vault: Vault) -> None:
    vault.store_clip(NEW.id, put_partial(vault, FileKind.CLIP, NEW.id, NEW_UTC), JPEG, sidecar(NEW_UTC))


def erase_clip(vault: Vault) -> None:
    clip = vault.incidents()[-1].clip
    assert clip is not None
    vault.erase(clip, WHY)


def note(vault: Vault) -> None:
    vault.record_event(event("the new one", utc=NEW_UTC))


def judge(vault: Vault) -> None:
    vault.judge(incident().id, Verdict.FALSE, "mina")


@dataclass
class MarkingDoor(NoDoor):
    """Leaves a mark in the folder when it is opened: what is done in the world is not undone by a crash."""

    folder: Path

    def open(self, entry_id: str) -> Opening:
        (self.folder / "opened").write_text(entry_id)
        return Opening(ok=True, how="webhook")


def admit(vault: Vault) -> None:
    clock = ManualClock(ENTRY_UTC)
    settings = EntrySettings(enabled=True)
    pins = pin_hasher(vault)
    desk = EntranceDesk(vault, clock, settings, SEOUL, MarkingDoor(vault.folder), pins)
    desk.present((vault.folder / "code").read_text(), Reader.KIOSK)
    vault.flush()  # what came of the door is noted, too


def prepare_admission(vault: Vault) -> None:
    """A phone is enrolled; what it shows now lies in the folder."""
    at = entrance_at(vault, ManualClock(ENTRY_UTC), EntrySettings(enabled=True))
    (vault.folder / "code").write_text(at.phone().code)


def erase_entries(vault: Vault) -> None:
    vault.erase_entries(day_of(ENTRY_UTC), WHY)


def seal(vault: Vault) -> None:
    vault.store_sealed(sealed_offer(2, NEW_UTC))


def unseal(vault: Vault) -> None:
    vault.erase_sealed(vault.sealed(incident().id)[0], WHY)


def torn(vault: Vault) -> None:
    """The kernel ends the process in the middle of the ledger's line: the file may not grow by more than 20 bytes."""
    newest = max((vault.folder / "ledger").iterdir())
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (newest.stat().st_size + 20, resource.RLIM_INFINITY))
    note(vault)


PROCEDURES = {
    each.__name__: each
    for each in (store_segment, store_clip, erase_clip, note, judge, admit, erase_entries, seal, unseal, torn)
}


class Killer:
    """Listens to the steps; ends the process at the given one. -1: only counts."""

    def __init__(self, at: int) -> None:
        self.heard: list[str] = []
        self.armed = False
        self._at = at

    def __call__(self, step: str) -> None:
        if self.armed:
            if len(self.heard) == self._at:
                os.kill(os.getpid(), signal.SIGKILL)
            self.heard.append(step)


def run(folder: Path, procedure: Callable[[Vault], None], at: int) -> list[str]:
    killer = Killer(at)
    vault = Vault(folder, ManualClock(NEW_UTC), steps=killer)
    vault.open()
    keep_clip(vault)
    keep_segment(vault, UTC)
    keep_segment(vault, UTC + 10)
    if procedure is store_clip:
        vault.open_incident(NEW)
        vault.close_incident(incident(99, NEW_UTC, closed_s=40.0, closed_utc=NEW_UTC + 30))
    if procedure in (seal, unseal):
        vault.store_sealed(sealed_offer())
    if procedure in (admit, erase_entries):
        prepare_admission(vault)
    if procedure is erase_entries:
        admit(vault)
    killer.armed = True
    procedure(vault)
    killer.armed = False
    vault.close()
    return killer.heard


def in_a_fork(folder: Path, procedure: Callable[[Vault], None], at: int) -> None:
    child = os.fork()
    if child == 0:
        run(folder, procedure, at)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    signals = {signal.SIGKILL, signal.SIGXFSZ}
    assert os.WIFSIGNALED(status), f"{folder.name} was not killed: {status}"
    assert os.WTERMSIG(status) in signals


def main(name: str, folder: Path) -> None:
    procedure = PROCEDURES[name]
    if procedure is torn:
        steps = ["in the middle of a line"]
    else:
        reading, writing = os.pipe()
        child = os.fork()  # a vault has a thread, and a process with threads must not fork: so this runs in one of its own too
        if child == 0:
            os.write(writing, "\n".join(run(folder / "whole", procedure, -1)).encode())
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            steps = pipe.read().split("\n")
        os.waitpid(child, 0)
    for at, step in enumerate(steps):
        target = folder / f"{at:02}-{step.replace(' ', '-')}"
        in_a_fork(target, procedure, -1 if procedure is torn else at)
        print(target.name)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
