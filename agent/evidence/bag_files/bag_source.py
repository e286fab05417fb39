"""Where a bag is read from: an unpacked folder, or the zip as Ansim wrote it. Nothing is unpacked or written.

Comes in: a path, or an open file. Goes out: a `Source`; a Finding says what makes it unreadable or unsafe to read.
"""

from __future__ import annotations

import os
import pathlib
import stat
import zlib
from collections.abc import Iterator
from typing import IO, Protocol

from agent.evidence.bag_files.bag_form import (
    FILES_MOST,
    FOLDER_MOST,
    LOCAL_BYTES,
    NAME,
    TAGS,
    directory,
    local_header,
    read_local_header,
)
from agent.evidence.bag_files.findings import Finding

PIECE = 1 << 20
LITTER = {".DS_Store", "Thumbs.db", "desktop.ini"}  # what looking at a folder leaves in it
AGE = b"age-encryption.org/v1\n"


class Source(Protocol):
    """Holding one means: you may read a bag's files.

    files: size by name. called: the bag's own name, where it still shows. whole: whether all that is no file's content is as
    Ansim writes it; known once every file was read.
    """

    files: dict[str, int]
    called: str | None
    whole: bool

    def pieces(self, name: str) -> Iterator[bytes]:
        """The content, piece by piece. Raises OSError."""


class Folder:
    """An unpacked bag; the folder may have any name. Links and what is no plain file are refused."""

    def __init__(self, path: pathlib.Path) -> None:
        self.files: dict[str, int] = {}
        self.called: str | None = None
        self.whole = True
        self._path, self._size = path, 0
        self._walk("")

    def _walk(self, under: str) -> None:
        with os.scandir(self._path / under) as items:
            for item in items:
                name, found = under + item.name, item.stat(follow_symlinks=False)
                if item.name in LITTER:
                    continue
                if not NAME.fullmatch(name) or not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
                    raise Finding("unsafe", "unknown")
                if stat.S_ISDIR(found.st_mode):
                    self._walk(name + "/")
                else:
                    self.files[name] = found.st_size
                    self._size += found.st_size
                if len(self.files) > FILES_MOST or self._size > FOLDER_MOST:
                    raise Finding("too_much", "unknown")

    def pieces(self, name: str) -> Iterator[bytes]:
        with (self._path / name).open("rb") as file:
            while piece := file.read(PIECE):
                yield piece


class Zip:
    """A zipped bag, read where it is."""

    def __init__(self, file: IO[bytes]) -> None:
        self.files: dict[str, int] = {}
        self.called: str | None = None
        self._at: dict[str, tuple[int, int, bytes]] = {}
        self._file = file
        self._end = file.seek(0, os.SEEK_END)
        found: list[tuple[str, int, int, int]] = []
        start = 0
        while (head := self._take(start, LOCAL_BYTES))[:4] == b"PK\3\4":
            start = self._enter(head, start, found)
        tail = directory(found)
        if not found or self._end < start + len(tail):
            raise Finding("no_zip", "unknown")
        self.whole = self._end == start + len(tail) and self._take(start, len(tail)) == tail and found == sorted(found)

    def _enter(self, head: bytes, start: int, found: list[tuple[str, int, int, int]]) -> int:
        if len(head) < LOCAL_BYTES:
            raise Finding("no_zip", "unknown")
        told = read_local_header(head)
        if told is None:
            raise Finding("repacked", "unknown")
        length, size, crc = told
        full = self._take(start + LOCAL_BYTES, length)
        data = start + LOCAL_BYTES + length
        if data + size > self._end:
            raise Finding("no_zip", "unknown")
        called, _, name = full.decode("ascii", "replace").partition("/")
        if not NAME.fullmatch(f"{called}/{name}") or name in self.files or self.called not in (None, called):
            raise Finding("unsafe", "unknown")
        if len(found) == FILES_MOST:
            raise Finding("too_much", "unknown")
        self.called, self.files[name], self._at[name] = called, size, (data, crc, head + full)
        found.append((f"{called}/{name}", size, crc, start))
        return data + size

    def _take(self, start: int, count: int) -> bytes:
        self._file.seek(start)
        return self._file.read(count)

    def pieces(self, name: str) -> Iterator[bytes]:
        (at, _, head), size, crc = self._at[name], self.files[name], 0
        end = at + size
        while at < end:
            piece = self._take(at, min(end - at, PIECE))
            if not piece:
                raise Finding("no_zip", "unknown")
            at, crc = at + len(piece), zlib.crc32(piece, crc)
            yield piece
        if head != local_header(f"{self.called}/{name}", size, crc):
            self.whole = False


def open_folder(path: pathlib.Path) -> Folder:
    """The bag in `path`, or in the only folder there: that is what an unzip into a new folder leaves."""
    inside = [item for item in path.iterdir() if item.name not in LITTER]
    nested = len(inside) == 1 and inside[0].is_dir() and not inside[0].is_symlink()
    return Folder(inside[0] if nested and not (path / TAGS).exists() else path)


def open_zip(file: IO[bytes]) -> Zip:
    """Raises Finding when it is encrypted, or no zip of a bag."""
    if file.read(len(AGE)) == AGE:
        raise Finding("encrypted", "unknown")
    return Zip(file)
