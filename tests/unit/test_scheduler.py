"""What the clock does: chores are called as soon as the program runs, and one that fails takes nothing along."""

from __future__ import annotations

import threading
from pathlib import Path

from agent.clock import SystemClock
from agent.scheduler import make_scheduler
from agent.settings import DataSettings
from agent.vault import Vault

PATIENCE_S = 30.0


def test_chores_are_called_at_once_and_one_that_fails_harms_no_other(tmp_path: Path) -> None:
    called = threading.Event()
    clock = SystemClock()

    def fail() -> None:
        raise ValueError("a chore's own mistake")

    with Vault(tmp_path, clock) as vault:
        settings = DataSettings(folder=tmp_path)
        chores = {"fails": fail, "works": called.set}
        scheduler = make_scheduler(vault, settings, clock, "Asia/Seoul", lambda: None, lambda: False, chores)
        scheduler.start()
        try:
            assert called.wait(PATIENCE_S)
        finally:
            scheduler.shutdown(wait=True)
