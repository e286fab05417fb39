"""How a bag leaves: encrypted with age on its way to the disk, whole or not at all.

Comes in: a bag, a folder, how it is to be protected. Goes out: `Delivered`. Nothing unencrypted is written unless that was
asked for; what could not be written whole is removed again. A recipient's bag is encrypted as it is read; with a passphrase age
needs it in memory, so that such a bag may have 1 GB at most.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import shutil
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pyrage

from agent.errors import AnsimError
from agent.evidence.bag import Bag, BagTooLarge
from agent.evidence.bag_files.bag_form import REVEALED
from agent.evidence.bag_tools import opening_note

PARTIAL = ".partial"
SHORTEST = 12  # characters of a passphrase: it has to withstand guessing for years
PASSPHRASE_MOST = 1 << 30  # bytes that are encrypted in memory
MARGIN = 1 << 20


class NotDelivered(AnsimError):
    """The export could not be written where it was to go; nothing of it is left there."""

    exit_code = 4


class WeakProtection(AnsimError):
    """The passphrase or recipient cannot be used."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Protection:
    """Holding one means: it was decided how the bag is encrypted. Neither given: not at all, which somebody has to confirm.

    passphrase: 12 characters or more. recipients: age public keys (age1...).
    """

    passphrase: str = field(default="", repr=False)
    recipients: tuple[str, ...] = ()

    @property
    def form(self) -> str:
        """For the register: "passphrase", "recipients" or "plain"."""
        return "passphrase" if self.passphrase else "recipients" if self.recipients else "plain"

    def check(self) -> None:
        """Raises WeakProtection."""
        if self.passphrase and (len(self.passphrase) < SHORTEST or not _can_be_typed(self.passphrase)):
            raise WeakProtection(
                ko=f"암호는 {SHORTEST}자 이상이어야 합니다. 낱말 네 개를 이어 쓰면 외우기 쉽습니다.",
                en=f"The passphrase needs {SHORTEST} characters or more; four words in a row are easy to keep in mind.",
            )
        _keys(self.recipients)

    def check_encrypted(self) -> None:
        """For what shows people. Raises WeakProtection."""
        if self.form == "plain":
            raise WeakProtection(
                ko="사람이 보이는 영상은 암호화해서만 내보냅니다. 암호를 정하거나 받는 사람의 공개키를 적어 주세요.",
                en="A clip that shows people is exported encrypted only. Choose a passphrase, or name the receiver's key.",
            )


def typed(passphrase: str) -> str:
    """In the one form in which keyboards give Korean letters (NFC): some systems take them apart, and age compares bytes."""
    return unicodedata.normalize("NFC", passphrase)


def _can_be_typed(passphrase: str) -> bool:
    """Half a character (another encoding at the terminal) could never be typed again elsewhere."""
    try:
        passphrase.encode()
    except UnicodeEncodeError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Delivered:
    """Holding one means: the export lies there, whole and synced. sha256 (hex), size: of the file as it lies there."""

    path: Path
    size: int
    sha256: str


def deliver(bag: Bag, folder: Path, protection: Protection) -> Delivered:
    """Writes <name>.zip.age (or .zip) into `folder`. Raises NotDelivered, WeakProtection, BagTooLarge, IntegrityError."""
    protection.check()
    if any(one.file.name.startswith(REVEALED) for one in bag.files):
        protection.check_encrypted()
    if protection.passphrase and bag.size > PASSPHRASE_MOST:
        raise BagTooLarge(
            ko="암호로 잠글 수 있는 크기(1GB)를 넘습니다. 받는 사람의 age 공개키로 암호화하거나 봉인된 원본을 빼 주세요.",
            en="Too large to encrypt with a passphrase (1 GB). Use the receiver's age key, or leave the sealed originals out.",
        )
    path = folder / f"{bag.name}.zip{'' if protection.form == 'plain' else '.age'}"
    partial = path.with_name(path.name + PARTIAL)
    with _target(folder):
        if shutil.disk_usage(folder).free < bag.size + MARGIN:
            raise OSError(errno.ENOSPC, "no space")
        if path.exists():
            raise FileExistsError(errno.EEXIST, "exists")
        done = False
        try:
            with partial.open("wb") as file:
                sink = _Sink(file)
                _write(bag, sink, protection)
                file.flush()
                os.fsync(file.fileno())
            _name(partial, path)
            done = True
        finally:
            if not done:
                with suppress(OSError):
                    partial.unlink(missing_ok=True)
    return Delivered(path, sink.size, sink.digest.hexdigest())


def _name(partial: Path, path: Path) -> None:
    """It is whole: it gets its name. Raises OSError; EIO when what was written is no longer there: the stick is gone."""
    try:
        partial.replace(path)
        _sync(path.parent)
    except FileNotFoundError as gone:
        raise OSError(errno.EIO, "pulled out") from gone


def leave_note(delivered: Delivered) -> Path:
    """Beside an encrypted bag: how to open it, as nobody can read the README.txt in it before. Raises NotDelivered."""
    locked = delivered.path.name
    bare = locked.removesuffix(".age")
    path = delivered.path.with_name(bare.removesuffix(".zip") + ".txt")
    with _target(path.parent):
        path.write_bytes(opening_note({"file": locked, "zip": bare, "sha256": delivered.sha256}))
    return path


class _Sink(io.RawIOBase):
    """A file that hashes what it is given, and remembers why it refused: pyrage only says that it did."""

    def __init__(self, file: io.BufferedWriter) -> None:
        super().__init__()
        self._file = file
        self.digest = hashlib.sha256()
        self.size = 0
        self.refused: OSError | None = None

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]
        try:
            self._file.write(piece)
        except OSError as refused:
            self.refused = refused
            raise
        self.digest.update(piece)
        self.size += len(piece)
        return len(piece)


def _write(bag: Bag, sink: _Sink, protection: Protection) -> None:
    if protection.passphrase:
        with bag.open() as file:
            sink.write(pyrage.passphrase.encrypt(file.read(), typed(protection.passphrase)))
    elif protection.recipients:
        source = _Source(bag)
        try:
            pyrage.encrypt_io(source, sink, _keys(protection.recipients))
        except pyrage.EncryptError as failure:
            raise source.failure or sink.refused or OSError(errno.EIO, str(failure)) from failure
    else:
        for piece in bag.zip_pieces():
            sink.write(piece)


class _Source(io.RawIOBase):
    """The bag's zip as pyrage reads it; remembers why it could not be read."""

    def __init__(self, bag: Bag) -> None:
        super().__init__()
        self._file = bag.open()
        self.failure: AnsimError | None = None

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        try:
            return self._file.read(size)
        except AnsimError as failure:
            self.failure = failure
            raise


def _keys(recipients: tuple[str, ...]) -> list[pyrage.x25519.Recipient]:
    try:
        return [pyrage.x25519.Recipient.from_str(text) for text in recipients]
    except pyrage.RecipientError as wrong:
        raise WeakProtection(
            ko="받는 사람의 age 공개키가 아닙니다. age1로 시작하는 글자를 모두 옮겨 주세요.",
            en="That is no age public key. Copy all of the text that begins with age1.",
        ) from wrong


@contextmanager
def _target(folder: Path) -> Iterator[None]:
    """Maps what a disk or stick refuses to NotDelivered, with what to do about it."""
    try:
        yield
    except OSError as failure:
        ko, en = _REFUSED.get(failure.errno or 0, _GONE)
        raise NotDelivered(ko=ko.format(folder), en=en.format(folder)) from failure


def _sync(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    except OSError as failure:
        if failure.errno != errno.EINVAL:  # some file systems of sticks cannot sync a folder; the file itself is synced
            raise
    finally:
        os.close(fd)


_GONE = (
    "{}에 쓰지 못했습니다. USB를 뺐다면 다시 꽂고 처음부터 내보내 주세요. 쓰다 만 파일은 증거가 아닙니다.",
    "Writing to {} failed. If the stick was pulled out, put it back and export again. An unfinished file is no evidence.",
)
_FULL = (
    "{}에 자리가 모자랍니다. 다른 USB를 쓰거나 파일을 지운 뒤 다시 내보내 주세요.",
    "There is not enough room in {}. Use another stick, or delete files, and export again.",
)
_LOCKED = (
    "{}에 쓸 수 없습니다. 쓰기 방지나 권한을 확인해 주세요.",
    "{} cannot be written. Check its write protection and permissions.",
)
_REFUSED = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: (
        "{}의 파일 시스템(FAT32)에는 4GB가 넘는 파일을 쓸 수 없습니다. exFAT로 포맷한 USB를 써 주세요.",
        "The file system of {} (FAT32) takes no file of over 4 GB. Use a stick formatted as exFAT.",
    ),
    errno.EROFS: _LOCKED,
    errno.EACCES: _LOCKED,
    errno.EPERM: _LOCKED,
    errno.ENOENT: ("{} 폴더가 없습니다. 경로와 USB를 확인해 주세요.", "There is no folder {}. Check the path and the stick."),
    errno.ENOTDIR: ("{}은(는) 폴더가 아닙니다.", "{} is no folder."),
    errno.EEXIST: ("{}에 같은 이름의 묶음이 이미 있습니다.", "There is a bag of this name in {} already."),
}
