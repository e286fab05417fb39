"""A little space kept back, so that on a full disk it can still be written down that it is full, and erasing can begin.

Comes in: the data folder. Goes out: a file of zeros that is given up when the disk is full, and made again when there is room.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

NAME = "reserve"
BYTES = 4 << 20  # a few thousand notes, or SQLite's log of what it takes to erase a few hundred videos
SHARE = 16  # of a small disk no more than this part


class Reserve:
    """Holding one means: you may free some space once, in need. Not thread-safe."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME

    def release(self) -> bool:
        """Give it up; True when that freed something."""
        try:
            self._path.unlink()
        except OSError:
            return False
        return True

    def refill(self) -> None:
        """Make it again if it is gone and there is ample room. Silent when the disk does not want to: there is none then."""
        if self._path.exists():
            return
        with suppress(OSError):
            disk = shutil.disk_usage(self._path.parent)
            size = min(BYTES, disk.total // SHARE)
            if disk.free < 4 * size:
                return
            fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                os.posix_fallocate(fd, 0, size)
            except OSError:
                self._path.unlink()
            finally:
                os.close(fd)
