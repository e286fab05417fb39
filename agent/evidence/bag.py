"""Makes a bag: BagIt 1.0 (RFC 8493) with a signed list of its files, and the zip that it travels in.

Comes in: files (bytes in memory, or stored files that are read when they are needed), what signs. Goes out: `Bag`, as a stream
of bytes that nothing has to be written to the disk for. The report prints the digest of all the rest, so it comes in last.
"""

from __future__ import annotations

import base64
import hashlib
import io
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.errors import AnsimError, IntegrityError
from agent.evidence.bag_files.bag_form import (
    BAGIT,
    FILES_MOST,
    INFO,
    MANIFEST,
    NAME,
    REPORT,
    SIGNATURE,
    TAGS,
    ZIP_MOST,
    directory,
    local_header,
)
from agent.evidence.bag_files.checks import bag_digest

PIECE = 1 << 20
DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


class BagTooLarge(AnsimError):
    """More than fits into one export."""


@dataclass(frozen=True, slots=True)
class BagFile:
    """One file of a bag: its name there, and its bytes, or the file in which they are stored."""

    name: str
    content: bytes | Path

    def pieces(self) -> Iterator[bytes]:
        """Raises IntegrityError when the stored file cannot be read."""
        if isinstance(self.content, bytes):
            yield self.content
            return
        try:
            with self.content.open("rb") as file:
                while piece := file.read(PIECE):
                    yield piece
        except OSError as wrong:
            raise IntegrityError(
                ko=f"내보낼 파일({self.content.name})을 읽을 수 없습니다. `ansim check --deep`으로 확인해 주세요.",
                en=f"The file {self.content.name} cannot be read for the export. Run `ansim check --deep`.",
            ) from wrong


@dataclass(frozen=True, slots=True)
class Weighed:
    """A file with what was found when it was read once: size, sha256 (hex) and CRC-32."""

    file: BagFile
    size: int
    sha256: str
    crc: int


def weigh(file: BagFile) -> Weighed:
    """Raises ValueError when the name is none that may stand in a bag, IntegrityError when it cannot be read."""
    if not NAME.fullmatch(file.name):
        raise ValueError(f"no name for a file of a bag: {file.name!r}")
    digest, size, crc = hashlib.sha256(), 0, 0
    for piece in file.pieces():
        digest.update(piece)
        size, crc = size + len(piece), zlib.crc32(piece, crc)
    return Weighed(file, size, digest.hexdigest(), crc)


@dataclass(frozen=True, slots=True)
class Payload:
    """What is handed over, without the report. digest: what the report prints of it (32 bytes)."""

    files: tuple[Weighed, ...]

    @property
    def digest(self) -> bytes:
        return bag_digest(_manifest(self.files))


def payload(files: Sequence[BagFile]) -> Payload:
    return Payload(tuple(weigh(file) for file in files))


@dataclass(frozen=True, slots=True)
class Bag:
    """Holding one means: all that is handed over is known, listed and signed; nothing is on the disk yet.

    name: of its folder. files: in the order of their names. digest: as printed on the report.
    """

    name: str
    files: tuple[Weighed, ...]
    digest: bytes

    @property
    def size(self) -> int:
        """Of its zip, in bytes."""
        whole = sum(len(local_header(self._full(one), one.size, one.crc)) + one.size for one in self.files)
        return whole + len(directory(self._entries()))

    def zip_pieces(self) -> Iterator[bytes]:
        """The zip, piece by piece. Raises IntegrityError when a stored file is no longer what it was when it was listed."""
        for one in self.files:
            yield local_header(self._full(one), one.size, one.crc)
            digest = hashlib.sha256()
            for piece in one.file.pieces():
                digest.update(piece)
                yield piece
            if digest.hexdigest() != one.sha256:
                raise IntegrityError(
                    ko=f"내보내는 동안 파일({one.file.name})이 바뀌었습니다. `ansim check --deep`으로 확인해 주세요.",
                    en=f"{one.file.name} changed while it was exported. Run `ansim check --deep`.",
                )
        yield directory(self._entries())

    def open(self) -> io.BufferedReader:
        """The zip as a file to read from."""
        return io.BufferedReader(_Stream(self.zip_pieces()), PIECE)

    def _full(self, one: Weighed) -> str:
        return f"{self.name}/{one.file.name}"

    def _entries(self) -> list[tuple[str, int, int, int]]:
        entries, offset = [], 0
        for one in self.files:
            entries.append((self._full(one), one.size, one.crc, offset))
            offset += len(local_header(self._full(one), one.size, one.crc)) + one.size
        return entries


def make_bag(
    name: str, told: Payload, report: bytes, tags: Sequence[BagFile], info: Mapping[str, str], sign: Callable[[bytes], bytes]
) -> Bag:
    """tags: what lies beside the payload (README.txt, the verifiers). info: of bag-info.txt. Raises BagTooLarge."""
    inside = (*told.files, weigh(BagFile(REPORT, report)))
    size = sum(one.size for one in inside)
    lines = {**info, "External-Identifier": name, "Payload-Oxum": f"{size}.{len(inside)}"}
    about = "".join(f"{label}: {' '.join(value.split())}\n" for label, value in lines.items())
    beside = [BagFile(BAGIT, DECLARATION), BagFile(INFO, about.encode()), BagFile(MANIFEST, _manifest(inside)), *tags]
    weighed = tuple(weigh(file) for file in beside)
    listed = _manifest(weighed)
    signature = base64.b64encode(sign(listed)) + b"\n"
    whole = (*inside, *weighed, weigh(BagFile(TAGS, listed)), weigh(BagFile(SIGNATURE, signature)))
    bag = Bag(name, tuple(sorted(whole, key=lambda one: one.file.name)), told.digest)
    if len(bag.files) > FILES_MOST or bag.size > ZIP_MOST:
        raise BagTooLarge(
            ko="한 번에 내보낼 수 있는 크기(4GB)를 넘습니다. 봉인된 원본을 빼고 내보내 주세요.",
            en="This is more than one export can hold (4 GB). Export it without the sealed originals.",
        )
    return bag


def _manifest(files: Sequence[Weighed]) -> bytes:
    lines = sorted((one.file.name, one.sha256) for one in files)
    return "".join(f"{digest}  {name}\n" for name, digest in lines).encode()


class _Stream(io.RawIOBase):
    """Pieces of bytes as a file to read from."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces = pieces
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, into: object) -> int:
        room = memoryview(into).cast("B")  # type: ignore[arg-type]
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = memoryview(piece)
        count = min(len(room), len(self._left))
        room[:count] = self._left[:count]
        self._left = self._left[count:]
        return count
