"""A process that is killed in the middle of a reveal: run as `python -m tests.integration.reveal_killed FOLDER INCIDENT PERSON
FRAMES`, with the owner's passphrase on standard input.

It opens the sealed original in the data folder FOLDER, and is killed (SIGKILL) when so many frames have been masked: the clear
original, decoded frames and half of the clip are in its memory then.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from types import FrameType

from agent.clock import ManualClock
from agent.evidence.ceremony import RevealRequest
from agent.evidence.reveal import Revealer
from agent.settings import RecordingSettings
from agent.vault import Vault
from agent.workers import leave_no_core

MASKS = "apply_mask"  # what each frame of the clip goes through


def main(folder: str, incident: str, person: str, frames: str) -> None:
    left = int(frames)

    def heed(frame: FrameType, event: str, _: object) -> None:
        nonlocal left
        if event == "return" and frame.f_code.co_name == MASKS:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    leave_no_core()
    clock = ManualClock()
    with Vault(Path(folder), clock) as vault:
        revealer = Revealer(vault, RecordingSettings(), clock)
        ceremony = revealer.ask(RevealRequest(incident, "점주", (int(person),), "손님이 요청함", "viewing", case="열람-7"))
        unlocked = revealer.unlock(ceremony, sys.stdin.readline().rstrip("\n"))
        clock.advance(revealer.seconds_left(ceremony))
        sys.setprofile(heed)
        revealer.open(ceremony, unlocked)


if __name__ == "__main__":
    main(*sys.argv[1:])
