"""The `ansim` command as an owner runs it: in a process of its own, with none of this machine's settings in its environment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

KOREAN, ENGLISH = "ko_KR.UTF-8", "C.UTF-8"
PATIENCE_S = 180.0  # these machines are slow and shared
LOOK_S = 0.005
ROOT = Path(__file__).resolve().parent.parent


def environment(language: str = ENGLISH, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIM_", "LC_", "LANG"))}
    return kept | {"LC_ALL": language, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"} | more


def ansim(
    *arguments: object, language: str = ENGLISH, under: Sequence[str] = (), **more: str
) -> subprocess.CompletedProcess[str]:
    """Run it to its end. under: a command to run it under; more: environment variables (ANSIM_DATA__MIN_FREE_GB="0")."""
    return subprocess.run(
        [*under, *command(*arguments)], capture_output=True, text=True, check=False, timeout=PATIENCE_S,
        env=environment(language, **more), cwd="/",
    )  # fmt: skip


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "agent", *map(str, arguments)]


@contextmanager
def running(*arguments: object, language: str = ENGLISH, **more: str) -> Iterator[subprocess.Popen[str]]:
    """An agent that goes on until it is told to stop; nothing of it is left afterwards."""
    process = subprocess.Popen(
        command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment(language, **more), cwd="/",
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def stop(process: subprocess.Popen[str], how: int = signal.SIGTERM) -> tuple[int, str, str]:
    """Ask it to stop; its exit code and what it said."""
    process.send_signal(how)
    said, complained = process.communicate(timeout=PATIENCE_S)
    return process.returncode, said, complained


def until(
    condition: Callable[[], object], what: str = "it never came to that", process: subprocess.Popen[Any] | None = None
) -> None:
    """Wait until it is so. process: whose doing it is; once that has ended nothing more is waited for."""
    deadline = time.monotonic() + PATIENCE_S
    ended, never = False, threading.Event()
    while not condition():
        assert not ended, f"{what}; the process has ended"
        assert time.monotonic() < deadline, what
        if process is None:
            never.wait(LOOK_S)
        else:
            with suppress(subprocess.TimeoutExpired):
                ended = process.wait(LOOK_S) is not None
