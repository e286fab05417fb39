"""The ledger on the disk: one file a day, only ever appended to, synced record by record.

Comes in: bodies of records. Goes out: durable `Record`s and their replay. The chain goes on across the files; a record goes
into the newest file even when the clock was set back, so that the order of the names stays the order of the chain.
Not thread-safe: the vault's writer alone holds one that is open for appending; reading may go on beside it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from agent.vault.durable import disk_errors, sync_folder
from agent.vault.ledger import BadLine, Body, Head, Record, line_hash, next_line, parse

DAY_FILE = re.compile(r"\d{4}-\d{2}-\d{2}\.jsonl")


class Journal:
    """Holding one means: you may read the ledger below `folder`, and, after `open`, append to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._head = Head()
        self._fd: int | None = None
        self._file: Path | None = None
        self._size = 0
        self._unsure = False

    # reading

    def files(self) -> list[Path]:
        """The day files, oldest first."""
        if not self.folder.is_dir():
            return []
        return sorted(path for path in self.folder.iterdir() if DAY_FILE.fullmatch(path.name))

    def lines(self, files: Iterable[Path] | None = None) -> Iterator[bytes]:
        """All whole lines of `files` (default: all), oldest first; an unfinished last line is left out."""
        for path in self.files() if files is None else files:
            with path.open("rb") as file:
                yield from (line for line in file if line.endswith(b"\n"))

    def records(self, after: int = 0) -> Iterator[Record]:
        """All records with seq > after, oldest first. Damaged lines are left out: they are the check's business."""
        files = self.files()
        first = next((i for i in range(len(files) - 1, -1, -1) if _first_seq(files[i]) <= after + 1), 0)
        for line in self.lines(files[first:]):
            try:
                record = parse(line)
            except BadLine:
                continue
            if record.seq > after:
                yield record

    def end(self, files: list[Path] | None = None) -> Head:
        """The last record's number and hash, read from the files (default: all).

        A damaged last line still counts: its number follows from the last good line before it, so that the chain goes on
        over the damage and the damage stays visible.
        """
        files = self.files() if files is None else files
        for at in range(len(files) - 1, -1, -1):
            head = Head()
            known = False
            for line in self.lines([files[at]]):
                try:
                    record = parse(line)
                    head, known = record.head, True
                except BadLine:
                    head = Head(head.seq + 1, line_hash(line))
            if known:
                return head
            if head.seq:  # nothing but damaged lines in this file: count on from the file before it
                return Head(self.end(files[:at]).seq + head.seq, head.sha256)
        return Head()

    def torn(self) -> int:
        """Bytes of an unfinished last line in the newest file (0: none); left by a process that died while writing it."""
        files = self.files()
        return _torn_bytes(files[-1]) if files else 0

    # appending

    @property
    def head(self) -> Head:
        """The end of the chain, as of the last append."""
        return self._head

    def open(self) -> int:
        """Makes ready to append; cuts off a torn last line and gives the number of bytes cut. Raises StoreError."""
        with disk_errors(self.folder):
            if not self.folder.is_dir():
                self.folder.mkdir()
                sync_folder(self.folder.parent)
            cut = self.torn()
            files = self.files()
            if cut:
                _cut_tail(files[-1], cut)
            self._head = self.end()
            self._unsure = False
            if files:
                self._use(files[-1])
        return cut

    def append(self, utc: float, kind: str, body: Body) -> Record:
        """Adds one record; when this returns it is on the disk. Raises StoreError (DiskFull), and then nothing was added."""
        with disk_errors(self.folder):
            if self._unsure:
                self.close()
                self.open()
            day = self.folder / f"{datetime.fromtimestamp(utc, UTC):%Y-%m-%d}.jsonl"
            if self._file is None or day.name > self._file.name:
                self._use(day)
            line = next_line(self._head, utc, kind, body)
            self._write(line)
        record = parse(line)
        self._head = record.head
        self._size += len(line)
        return record

    def close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
            self._file = None

    def _use(self, path: Path) -> None:
        fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        if self._fd is not None:
            os.close(self._fd)
        self._fd, self._file, self._size = fd, path, os.fstat(fd).st_size
        sync_folder(self.folder)

    def _write(self, line: bytes) -> None:
        assert self._fd is not None
        try:
            view = memoryview(line)
            while view:
                view = view[os.write(self._fd, view) :]
            os.fsync(self._fd)
        except OSError:
            # What reached the disk is unknown: take it back, and read the end anew before the next append. After a failed
            # fsync the kernel may have dropped the dirty pages, so the descriptor is not to be trusted either.
            self._unsure = True
            os.ftruncate(self._fd, self._size)
            raise


def _first_seq(path: Path) -> int:
    """Seq of the first good record of a day file (0 when there is none: then it is read, to be safe)."""
    with path.open("rb") as file:
        for line in file:
            try:
                return parse(line).seq if line.endswith(b"\n") else 0
            except BadLine:
                continue
    return 0


def _torn_bytes(path: Path) -> int:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        step = 1 << 16
        tail = b""
        while len(tail) < size:
            at = max(0, size - len(tail) - step)
            file.seek(at)
            tail = file.read(size - len(tail) - at) + tail
            if b"\n" in tail:
                return len(tail) - tail.rindex(b"\n") - 1
        return size


def _cut_tail(path: Path, count: int) -> None:
    fd = os.open(path, os.O_WRONLY)
    try:
        os.ftruncate(fd, os.fstat(fd).st_size - count)
        os.fsync(fd)
    finally:
        os.close(fd)
