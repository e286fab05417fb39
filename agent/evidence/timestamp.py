"""A time stamp of a third party (RFC 3161): that a checkpoint existed at a time which is not the shop's own clock's.

Comes in: the address of a time stamp server, the bytes to be stamped. Goes out: its reply, a file that `openssl ts` verifies.
The server gets a sha256 and learns nothing else. Only asked for when somebody names a server; without an answer the export goes
on, and says so.
"""

from __future__ import annotations

import hashlib
import http.client
import secrets
import urllib.request

from agent.errors import AnsimError

PATIENCE_S = 10.0
LARGEST = 64 * 1024  # bytes of a reply
SHA256 = bytes.fromhex("300d06096086480165030402010500")  # AlgorithmIdentifier of SHA-256, parameters NULL (RFC 5754)


class NoTimestamp(AnsimError):
    """The server did not answer, or not with a time stamp of what was asked."""


def query(digest: bytes, nonce: int) -> bytes:
    """A TimeStampReq in DER, which asks for the server's certificate, too. digest: sha256; nonce: positive, below 2**64."""
    number = nonce.to_bytes(9, "big").lstrip(b"\0")
    number = b"\0" + number if number[0] & 0x80 else number
    imprint = _of(0x30, SHA256 + _of(0x04, digest))
    return _of(0x30, _of(0x02, b"\1") + imprint + _of(0x02, number) + _of(0x01, b"\xff"))


def stamped(server: str, data: bytes) -> bytes:
    """The reply of `server` (http or https) about the sha256 of `data`, DER. Raises NoTimestamp."""
    if not server.startswith(("http://", "https://")):
        raise _refused(server, "http(s)://")
    digest, nonce = hashlib.sha256(data).digest(), secrets.randbits(63) | 1
    headers = {"Content-Type": "application/timestamp-query"}
    asked = urllib.request.Request(server, query(digest, nonce), headers)  # noqa: S310  # the scheme was looked at
    try:
        with urllib.request.urlopen(asked, timeout=PATIENCE_S) as answer:  # noqa: S310
            reply: bytes = answer.read(LARGEST + 1)
    except (OSError, ValueError, http.client.HTTPException) as failure:  # URLError is an OSError
        raise _refused(server, str(failure)) from failure
    number = nonce.to_bytes(8, "big").lstrip(b"\0")
    if len(reply) > LARGEST or not _granted(reply) or digest not in reply or number not in reply:
        raise _refused(server, "no time stamp of what was asked")
    return reply


def _granted(reply: bytes) -> bool:
    """Whether a TimeStampResp begins with PKIStatus granted (0) or grantedWithMods (1)."""
    if len(reply) < 9 or reply[0] != 0x30:
        return False
    start = 2 + (reply[1] & 0x7F if reply[1] & 0x80 else 0)
    inner = reply[start : start + 5]
    return len(inner) == 5 and inner[0] == 0x30 and inner[2:4] == b"\2\1" and inner[4] in (0, 1)


def _of(tag: int, content: bytes) -> bytes:
    """DER of less than 128 bytes."""
    return bytes((tag, len(content))) + content


def _refused(server: str, why: str) -> NoTimestamp:
    return NoTimestamp(
        ko=f"시점 확인 서버({server})에서 타임스탬프를 받지 못했습니다({why}). 묶음은 타임스탬프 없이 만들어집니다.",
        en=f"No time stamp was had from {server} ({why}). The bag is made without one.",
    )
