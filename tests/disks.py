"""Small real disks, mounted for a test: one that is full soon, one whose every byte can be read, a stick that is pulled out.

Whoever may not mount gets a skipped test, with the reason.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(at: Path, size: int) -> Iterator[Path]:
    """A disk in memory of `size` bytes, mounted at `at` (made here)."""
    at.mkdir()
    _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(at))
    try:
        yield at
    finally:
        subprocess.run(["umount", "-l", str(at)], check=False, capture_output=True)


@contextmanager
def disk_image(image: Path, at: Path, size: int) -> Iterator[Path]:
    """An ext4 disk in the file `image`, mounted at `at` (made here); after it all is in that file."""
    with image.open("wb") as file:
        file.truncate(size)
    made = subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"no disk image can be made here: {made.stderr.strip()}")
    at.mkdir()
    with mounted_image(image, at):
        yield at


@contextmanager
def mounted_image(image: Path, at: Path) -> Iterator[Path]:
    """The same disk again."""
    _mount("-o", "loop", str(image), str(at))
    try:
        yield at
    finally:
        subprocess.run(["umount", str(at)], check=False, capture_output=True)


def pull_out(at: Path) -> None:
    """Nothing is reached any more under its path; what was open goes on into the void."""
    subprocess.run(["umount", "-l", str(at)], check=True)


def fill(disk: Path, name: str = "filler") -> Path:
    """Take all the space that is left, to the last byte."""
    filler = disk / name
    with filler.open("ab", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    return filler


def _mount(*how: str) -> None:
    done = subprocess.run(["mount", *how], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"this user may not mount a disk: {done.stderr.strip()}")
