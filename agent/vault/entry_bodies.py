"""How a line of the entry log stands on the ledger: who it was sealed, all of it signed.

Comes in: an `Entry`, the key of its day, the device's key. Goes out: the body of its record, and the entry again.

    {"id", "utc", "answer", "crossing", "reader", "camera", "track", "of", "details_sha256", "sealed", "signature"}
    details        {"pass_id", "pass_kind", "token_sha256", "step", "nonce"}: whose entry it was
    details_sha256 sha256 (hex) of the RFC 8785 canonical JSON of the details; the nonce (16 random bytes, hex) keeps anybody
                   from finding the pass by trying them all
    sealed         base64 of that JSON under the key of its UTC day (agent.vault.sealing, about the entry's id)
    signature      base64 of the device's Ed25519 signature over the canonical JSON of all other fields
Without the day's key the record still proves that it is unchanged, and tells nobody who it was.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from typing import Any

import rfc8785

from agent.entry.records import Answer, CrossingKind, Entry, PassKind, Reader
from agent.vault.device_key import DeviceKey, verify
from agent.vault.ledger import Body
from agent.vault.sealing import seal, unseal

NONCE_BYTES = 16

Details = Mapping[str, Any]


def entry_body(entry: Entry, step: int | None, key: bytes, device: DeviceKey) -> dict[str, Any]:
    """The body of an entry's record. step: time step of the code that was shown, if it has one. key: of the entry's day."""
    details: dict[str, Any] = {
        "pass_id": entry.pass_id,
        "pass_kind": entry.pass_kind,
        "token_sha256": entry.token_sha256,
        "step": step,
        "nonce": secrets.token_hex(NONCE_BYTES),
    }
    plain = _canonical(details)
    body: dict[str, Any] = {
        "id": entry.id,
        "utc": round(entry.utc, 3),
        "answer": entry.answer,
        "crossing": entry.crossing,
        "reader": entry.reader,
        "camera": entry.camera,
        "track": entry.track,
        "of": entry.of,
        "details_sha256": hashlib.sha256(plain).hexdigest(),
        "sealed": base64.b64encode(seal(key, plain, entry.id)).decode(),
    }
    return {**body, "signature": base64.b64encode(device.sign(_canonical(body))).decode()}


def entry_of(body: Body, details: Details | None) -> Entry:
    """The entry in a record's body; details None: nobody can tell any more whose it was."""
    whose = details or {}
    return Entry(
        id=body["id"],
        utc=body["utc"],
        answer=None if body["answer"] is None else Answer(body["answer"]),
        crossing=None if body["crossing"] is None else CrossingKind(body["crossing"]),
        pass_id=whose.get("pass_id"),
        pass_kind=None if whose.get("pass_kind") is None else PassKind(whose["pass_kind"]),
        reader=None if body["reader"] is None else Reader(body["reader"]),
        camera=body["camera"],
        track=body["track"],
        token_sha256=whose.get("token_sha256"),
        of=body["of"],
    )


def details_of(body: Body, key: bytes | None) -> Details | None:
    """Whose entry it was; None without the day's key, or when what was sealed is not what was signed."""
    plain = None if key is None else unseal(key, base64.b64decode(body["sealed"]), body["id"])
    if plain is None or hashlib.sha256(plain).hexdigest() != body["details_sha256"]:
        return None
    details: Details = json.loads(plain)
    return details


def is_signed(body: Body, public: bytes) -> bool:
    """Whether the record's body bears the signature of the device with that public key (32 bytes)."""
    rest = {name: value for name, value in body.items() if name != "signature"}
    try:
        signature = base64.b64decode(body["signature"], validate=True)
    except (KeyError, TypeError, ValueError):
        return False
    return verify(public, signature, _canonical(rest))


def _canonical(value: Mapping[str, Any]) -> bytes:
    return rfc8785.dumps(dict(value))
