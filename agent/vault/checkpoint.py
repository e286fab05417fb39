"""A checkpoint: the device signs how long its ledger is and what stands on it, in one hash; and its short form, the anchor.

Comes in: the ledger's head, the root over its lines, and what signs. Goes out: `Checkpoint`, its body for the ledger, its text
as an anchor. Pure. The body is {"size", "root", "head", "utc", "key", "signature"}: the number of lines, the RFC 6962 root over
them and the sha256 of the last one (hex), Unix time, and in base64 the public key and the Ed25519 signature over the RFC 8785
JSON of all the rest. An anchor is the same in one word that can be printed, e-mailed or typed: ANSIM1: and the base32 (RFC
4648, no padding) of
    8 bytes size, 8 bytes time (ms since 1970), both big-endian; 32 bytes root, 32 head, 32 key, 64 signature;
    and, on the report of an export, 32 bytes digest of its bag (docs/evidence.md)
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import rfc8785

from agent.vault.ledger import Head

PREFIX = "ANSIM1"
ANCHOR_BYTES, BAG_BYTES = 176, 32
HASH, SIGNATURE = 32, 64  # bytes

Sign = Callable[[bytes], bytes]
Verify = Callable[[bytes, bytes, bytes], bool]  # (public key, signature, data)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Holding one means: somebody with `key` is said to have signed that the first `size` lines had this root, and this head.

    root, head, key: 32 bytes; utc: Unix time to the millisecond; signature: 64 bytes.
    """

    size: int
    root: bytes
    head: bytes
    utc: float
    key: bytes
    signature: bytes


def make_checkpoint(head: Head, root: bytes, utc: float, key: bytes, sign: Sign) -> Checkpoint:
    """root: over all lines up to `head`; key: the public half of what `sign` signs with."""
    bare = Checkpoint(head.seq, root, bytes.fromhex(head.sha256), round(utc, 3), key, bytes(SIGNATURE))
    return replace(bare, signature=sign(_signed_part(bare)))


def is_signed(checkpoint: Checkpoint, verify: Verify) -> bool:
    """Whether its signature is that of its own key; whose key that is, the caller has to know."""
    return verify(checkpoint.key, checkpoint.signature, _signed_part(checkpoint))


def checkpoint_body(checkpoint: Checkpoint) -> dict[str, Any]:
    return {**_said(checkpoint), "signature": base64.b64encode(checkpoint.signature).decode()}


def checkpoint_of(body: Mapping[str, Any]) -> Checkpoint:
    """Raises ValueError when `body` is none; says nothing about the signature."""
    try:
        found = Checkpoint(
            size=int(body["size"]),
            root=_long(bytes.fromhex(body["root"]), HASH),
            head=_long(bytes.fromhex(body["head"]), HASH),
            utc=round(float(body["utc"]), 3),
            key=_long(base64.b64decode(body["key"], validate=True), HASH),
            signature=_long(base64.b64decode(body["signature"], validate=True), SIGNATURE),
        )
    except (KeyError, TypeError, AttributeError) as wrong:
        raise ValueError(f"not a checkpoint: {wrong!r}") from wrong
    if found.size < 0:
        raise ValueError("not a checkpoint: no ledger is that short")
    return found


def anchor_text(checkpoint: Checkpoint, bag: bytes = b"") -> str:
    """bag: the digest (32 bytes) of the bag in whose report it is printed."""
    numbers = checkpoint.size.to_bytes(8, "big") + round(checkpoint.utc * 1000).to_bytes(8, "big")
    data = numbers + checkpoint.root + checkpoint.head + checkpoint.key + checkpoint.signature + bag
    return f"{PREFIX}:{base64.b32encode(data).decode().rstrip('=')}"


def read_anchor(text: str) -> Checkpoint:
    """The checkpoint in an anchor's text; blanks, breaks, hyphens, an editor's marks, small letters do not matter.

    Raises ValueError.
    """
    data = _anchor_bytes(text)
    return Checkpoint(
        size=int.from_bytes(data[:8], "big"),
        utc=int.from_bytes(data[8:16], "big") / 1000,
        root=data[16:48],
        head=data[48:80],
        key=data[80:112],
        signature=data[112:176],
    )


def bag_of_anchor(text: str) -> bytes | None:
    """The digest of the bag that the anchor was printed for, or None. Raises ValueError when `text` is no anchor."""
    return _anchor_bytes(text)[ANCHOR_BYTES:] or None


def _anchor_bytes(text: str) -> bytes:
    bare = re.sub(r"[^A-Za-z0-9]", "", text[:2000]).upper()
    coded = bare.removeprefix(PREFIX)
    if coded == bare:
        raise ValueError("an anchor begins with ANSIM1")
    data = base64.b32decode(coded + "=" * (-len(coded) % 8))  # binascii.Error is a ValueError
    if len(data) not in (ANCHOR_BYTES, ANCHOR_BYTES + BAG_BYTES):
        raise ValueError("not a whole anchor")
    return data


def _long(data: bytes, length: int) -> bytes:
    if len(data) != length:
        raise ValueError(f"{length} bytes are expected, not {len(data)}")
    return data


def _said(checkpoint: Checkpoint) -> dict[str, Any]:
    return {
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "head": checkpoint.head.hex(),
        "utc": checkpoint.utc,
        "key": base64.b64encode(checkpoint.key).decode(),
    }


def _signed_part(checkpoint: Checkpoint) -> bytes:
    return rfc8785.dumps(_said(checkpoint))
