"""What the paper says of a bag, as somebody typed or scanned it.

Comes in: the text of an anchor (letters and digits alone, upper case). Goes out: an `Anchor`; findings about what was given.
"""

from __future__ import annotations

import base64
from typing import NamedTuple

from agent.evidence.bag_files.findings import Finding, short
from agent.evidence.bag_files.strict_json import EXACT


class Anchor(NamedTuple):
    """A checkpoint as it stands on paper (agent/vault/checkpoint.py). bag: the digest of a bag, or b""."""

    size: int
    utc: float
    root: bytes
    head: bytes
    key: bytes
    signature: bytes
    bag: bytes


def read_paper(given: str) -> Anchor:
    try:
        data = base64.b32decode(given[6:] + "=" * (-(len(given) - 6) % 8))
    except ValueError:
        data = b""
    size, ms = int.from_bytes(data[:8], "big"), int.from_bytes(data[8:16], "big")
    if given[:6] != "ANSIM1" or len(data) not in (176, 208) or max(size, ms) > EXACT:
        raise Finding("given7", "open")
    return Anchor(size, ms / 1000, data[16:48], data[48:80], data[80:112], data[112:176], data[176:])


def other_device(device: str, given: str) -> Finding:
    """With the sixteen digits of each fingerprint in which they first differ."""
    at = next(at for at in range(0, len(given), 16) if device[at : at + 16][: len(given) - at] != given[at : at + 16])
    return Finding("other7", device=short(device[at:]), given=short(given[at:]))
