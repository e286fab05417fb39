"""Files that survive a power cut: write, sync, rename, erase, hash; and one place where the disk's refusals become StoreError.

Comes in: paths and bytes. Goes out: the same on the disk, for certain, or a StoreError that says what to do.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.errors import StoreError

CHUNK = 1 << 20
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
REFUSED = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
NO_FOLDER = frozenset({errno.EEXIST, errno.ENOTDIR})  # a file lies where the data folder is to be


class DiskRefuses(StoreError):
    """The disk or the database does not take anything now: what can wait in memory waits; the rest is to be offered again."""


class DiskFull(DiskRefuses):
    """There is no space left."""


def disk_full(folder: Path) -> DiskFull:
    return DiskFull(
        ko=f"저장 공간이 가득 찼습니다({folder}). 파일을 지우거나 보관 기간(retention_days)을 줄여 주세요.",
        en=f"The disk is full ({folder}). Delete files or lower retention_days.",
    )


def _unwritable(folder: Path) -> DiskRefuses:
    return DiskRefuses(
        ko=f"데이터 폴더에 쓸 수 없습니다({folder}). 폴더 권한과 디스크가 읽기 전용인지 확인해 주세요.",
        en=f"The data folder cannot be written ({folder}). Check its permissions and whether the disk is read-only.",
    )


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Maps OSError and sqlite3.Error of what is done inside to DiskRefuses (DiskFull when there is no space)."""
    try:
        yield
    except OSError as failure:
        if failure.errno in FULL:
            raise disk_full(folder) from failure
        if failure.errno in REFUSED:
            raise _unwritable(folder) from failure
        if failure.errno in NO_FOLDER:
            raise StoreError(
                ko=f"데이터 폴더로 쓸 {folder}은(는) 폴더가 아닙니다. --data나 설정의 [data] folder에 폴더를 적어 주세요.",
                en=f"The data folder {folder} is not a folder. Name a folder with --data or in [data] folder.",
            ) from failure
        raise DiskRefuses(
            ko=f"저장하지 못했습니다({folder}: {failure.strerror}). 디스크 연결 상태를 확인해 주세요.",
            en=f"Storing failed ({folder}: {failure.strerror}). Check that the disk is connected and healthy.",
        ) from failure
    except sqlite3.Error as failure:
        code = getattr(failure, "sqlite_errorcode", 0) & 0xFF  # the low byte is the primary code of an extended one
        if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and _nothing_free(folder)):
            raise disk_full(folder) from failure
        if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
            raise _unwritable(folder) from failure
        raise DiskRefuses(
            ko=f"색인 데이터베이스에 문제가 있습니다({failure}). `ansim check`를 실행해 주세요.",
            en=f"The index database has a problem ({failure}). Run `ansim check`.",
        ) from failure


def _nothing_free(folder: Path) -> bool:
    """SQLite calls it an I/O error when its shared-memory file finds no space."""
    try:
        return shutil.disk_usage(folder).free < 1 << 16
    except OSError:
        return False


def sync_file(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def sync_folder(path: Path) -> None:
    """Makes renames and removals in `path` durable."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def make_folders(path: Path, top: Path) -> None:
    """Makes `path` below `top` durably: each new folder is synced into its parent, which a rename into it relies on."""
    missing = []
    at = path
    while not at.is_dir() and at != top:
        missing.append(at)
        at = at.parent
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def write_synced(path: Path, data: bytes, mode: int = 0o644, *, exclusive: bool = False) -> None:
    """Writes the whole file and syncs it (not its folder). A file that could not be written whole is removed again.

    exclusive: a file that is there already is left as it is (FileExistsError).
    """
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | (os.O_EXCL if exclusive else os.O_TRUNC), mode)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view) :]
        os.fsync(fd)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    finally:
        os.close(fd)


def replace_synced(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Puts `data` in the place of `path` in one step: a reader and a power cut see the old or the new one, never half."""
    fresh = path.with_name(path.name + ".new")
    write_synced(fresh, data, mode)
    fresh.replace(path)
    sync_folder(path.parent)


def sha256_of(path: Path) -> str:
    """sha256 (hex) of a file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            digest.update(piece)
    return digest.hexdigest()
