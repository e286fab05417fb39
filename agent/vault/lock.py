"""One agent per data folder.

Comes in: the data folder. Goes out: a `FolderLock` that ends with the process, however that ends, or StoreError.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from agent.errors import StoreError
from agent.vault.durable import disk_errors

NAME = "agent.lock"


class FolderInUse(StoreError):
    """Another agent works on this data folder."""


class FolderLock:
    """Holding one that is taken means: no other process (nor another vault of this one) writes to the folder."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self._fd: int | None = None

    def take(self) -> None:
        """Raises FolderInUse when another agent has it, naming its process."""
        with disk_errors(self.path.parent):
            fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as taken:
            holder = os.read(fd, 32).decode("ascii", "replace").strip() or "?"
            os.close(fd)
            raise FolderInUse(
                ko=f"다른 안심 프로그램(프로세스 {holder})이 이 데이터 폴더({self.path.parent})를 사용하고 있습니다. "
                "먼저 그 프로그램을 종료하거나 --data로 다른 폴더를 지정해 주세요.",
                en=f"Another Ansim (process {holder}) is using the data folder {self.path.parent}. "
                "Stop it first, or choose another folder with --data.",
            ) from taken
        # The number is only for the message above: on a full disk the lock must still be had, or nothing could be erased.
        with suppress(OSError):
            os.ftruncate(fd, 0)
            os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        self._fd = fd

    def give_back(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
