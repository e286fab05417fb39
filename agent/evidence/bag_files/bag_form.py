"""What a bag looks like: which files, which names, how it is zipped (docs/evidence.md). Shared by who writes and who checks.

Comes in: nothing. Goes out: names, limits and the bytes between a zip's contents. A bag's zip compresses nothing and carries no
attributes, so each of its bytes follows from names and contents: nothing in it can be changed unnoticed, and it cannot swell.
"""

from __future__ import annotations

import re
import struct

MANIFEST, TAGS, SIGNATURE = "manifest-sha256.txt", "tagmanifest-sha256.txt", "tagmanifest-sha256.txt.sig"
BAGIT, INFO, README = "bagit.txt", "bag-info.txt", "README.txt"
EVENT, CUSTODY, ENTRIES = "data/event.json", "data/custody.json", "data/entries.json"
SLICE, PROOFS = "data/ledger/slice.jsonl", "data/ledger/proofs.json"
POINT, STAMP = "data/ledger/checkpoint.json", "data/ledger/checkpoint.tsr"
DEVICE, PEM, REPORT = "data/device.json", "data/device.pem", "data/report.pdf"
CLIPS, SEALED, REVEALED = "data/clips/", "data/sealed/", "data/revealed/"
SCRIPT, PAGE = "verify.py", "verify.html"
NEEDED = (
    *(README, INFO, BAGIT, MANIFEST, TAGS, SIGNATURE, SCRIPT, PAGE),
    *(EVENT, CUSTODY, ENTRIES, SLICE, PROOFS, POINT, DEVICE, PEM, REPORT),
)
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,159}(/[A-Za-z0-9][A-Za-z0-9._-]{0,159}){0,7}")
FILES_MOST = 4096
TEXT_MOST = 64 << 20  # bytes of a file that is read as a whole
ZIP_MOST = (1 << 32) - 1  # beyond it a zip would need another form
FOLDER_MOST = 1 << 36
PEM_START = "302a300506032b6570032100"  # hex: what stands before an Ed25519 key in its DER form (RFC 8410)

_LOCAL, _CENTRAL, _END = struct.Struct("<4s5H3I2H"), struct.Struct("<4s6H3I5H2I"), struct.Struct("<4s4H2IH")
LOCAL_BYTES = _LOCAL.size
MIDNIGHT = 0x21  # 1980-01-01, the first day that a zip can name
PLAIN_FILE = 0o100644 << 16


def local_header(name: str, size: int, crc: int) -> bytes:
    """What stands before a file's content in the zip. name: with the bag's folder; crc: CRC-32 of the content."""
    text = name.encode("ascii")
    return _LOCAL.pack(b"PK\3\4", 20, 0, 0, 0, MIDNIGHT, crc, size, size, len(text), 0) + text


def read_local_header(data: bytes) -> tuple[int, int, int] | None:
    """(length of the name, size, CRC-32) when `data` begins a file of such a zip; None when it does not."""
    _, _, _, method, _, _, crc, packed, size, length, extra = _LOCAL.unpack_from(data)
    return None if method or packed != size or extra else (length, size, crc)


def directory(files: list[tuple[str, int, int, int]]) -> bytes:
    """The end of the zip. files: name, size, CRC-32 and offset of each, in their order."""
    out = b""
    for name, size, crc, offset in files:
        text = name.encode("ascii")
        numbers = (0x0314, 20, 0, 0, 0, MIDNIGHT, crc, size, size, len(text), 0, 0, 0, 0, PLAIN_FILE, offset)
        out += _CENTRAL.pack(b"PK\1\2", *numbers) + text
    start = files[-1][3] + _LOCAL.size + len(files[-1][0]) + files[-1][1] if files else 0
    return out + _END.pack(b"PK\5\6", 0, 0, len(files), len(files), len(out), start, 0)
