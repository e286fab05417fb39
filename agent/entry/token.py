"""The codes themselves: what stands in a QR code of a phone, a visitor or a card, and how one is known to be genuine. Pure.

Comes in: a pass id, a time step and a secret; or a text that somebody showed. Goes out: the text, or a `Token`.
docs/entry.md describes the format; web/static does the same in the phone's browser, and tests/unit/entry/vectors.json holds
both to the same texts. A code holds nothing of a person: a number that means nothing, a time, and the proof.

    text    = "A" BASE32(payload)                 RFC 4648 base32, upper case, no padding; "A" is the format's version
    payload = kind(1) pass-id(5) step(4) mac(10)  phone, staff, visitor: 33 characters, QR version 3 with error correction Q
            | kind(1) pass-id(5) signature(64)    card: 113 characters, QR version 4 with error correction L
    mac     = the first 10 bytes of HMAC-SHA256(secret, "A" and all of the payload before it)     RFC 2104
    step    = floor(Unix time / 30), 4 bytes big-endian (RFC 6238 with T0 = 0); 0 for a visitor's code, which has no time
    signature = Ed25519 (RFC 8032) of "A" and all of the payload before it, by the shop's card key
Both payloads fill their base32 characters to the last bit, so no second text says the same.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from agent.entry.records import PassKind

VERSION = "A"
STEP_S = 30
SKEW_STEPS = 1  # so many steps a phone's clock may be wrong, each way
ID_BYTES, STEP_BYTES, MAC_BYTES, SIGNATURE_BYTES = 5, 4, 10, 64
SECRET_BYTES = 32
LAST_STEP: int = 2 ** (8 * STEP_BYTES) - 1

_KINDS = {PassKind.PHONE: 1, PassKind.STAFF: 2, PassKind.VISITOR: 3, PassKind.CARD: 4}
_KIND_OF = {number: kind for kind, number in _KINDS.items()}
_HEAD_BYTES = 1 + ID_BYTES
_CODE_BYTES = _HEAD_BYTES + STEP_BYTES + MAC_BYTES
_CARD_BYTES = _HEAD_BYTES + SIGNATURE_BYTES
_TEXT = re.compile(rf"{VERSION}(?:[A-Z2-7]{{{_CODE_BYTES * 8 // 5}}}|[A-Z2-7]{{{_CARD_BYTES * 8 // 5}}})")
_PASS_ID = re.compile(r"[A-Z2-7]{8}")


@dataclass(frozen=True, slots=True)
class Token:
    """A text that has the form of a code. Holding one says nothing about whether it is genuine: ask `check_mac`, `check_card`.

    step: 0 for a visitor's code and a card. seal: its MAC or signature. signed: the bytes under it. sha256: of the text (hex).
    """

    kind: PassKind
    pass_id: str
    step: int = field(repr=False)
    seal: bytes = field(repr=False)
    signed: bytes = field(repr=False)
    sha256: str = field(repr=False)


def step_of(utc: float) -> int:
    """The time step of a Unix time."""
    return min(max(int(utc // STEP_S), 0), LAST_STEP)


def pass_id_of(random: bytes) -> str:
    """The pass id of ID_BYTES random bytes: 8 characters."""
    if len(random) != ID_BYTES:
        raise ValueError(f"a pass id has {ID_BYTES} bytes")
    return base64.b32encode(random).decode()


def is_pass_id(text: str) -> bool:
    """Whether `text` could be a pass id."""
    return _PASS_ID.fullmatch(text) is not None


def read_token(text: str) -> Token | None:
    """What stands in `text`; None when it is no code of this format. Raises nothing, whatever the text.

    Blanks around it and small letters are forgiven: scanners that type add the ones and may be set to the others.
    """
    if len(text) > 200 or not text.isascii():  # `upper` would make ASCII of some other letters
        return None
    plain = text.strip().upper()
    if _TEXT.fullmatch(plain) is None:
        return None
    payload = base64.b32decode(plain[len(VERSION) :])
    kind = _KIND_OF.get(payload[0])
    if kind is None or (kind is PassKind.CARD) != (len(payload) == _CARD_BYTES):
        return None
    end = _HEAD_BYTES if kind is PassKind.CARD else _HEAD_BYTES + STEP_BYTES
    step = int.from_bytes(payload[_HEAD_BYTES:end])
    if kind is PassKind.VISITOR and step:
        return None
    return Token(
        kind,
        base64.b32encode(payload[1:_HEAD_BYTES]).decode(),
        step,
        payload[end:],
        VERSION.encode() + payload[:end],
        hashlib.sha256(plain.encode()).hexdigest(),
    )


def make_code(secret: bytes, kind: PassKind, pass_id: str, step: int = 0) -> str:
    """The text of a phone's, staff's or visitor's code. Raises ValueError for a card, and for what cannot stand in a code."""
    if kind is PassKind.CARD or not 0 <= step <= LAST_STEP or (kind is PassKind.VISITOR and step):
        raise ValueError(f"no code of kind {kind.value} has step {step}")
    head = _head(kind, pass_id) + step.to_bytes(STEP_BYTES)
    return _text(head + _mac(secret, VERSION.encode() + head))


def make_card(seed: bytes, pass_id: str) -> str:
    """The text of a card. seed: of the shop's card key (Ed25519, 32 bytes)."""
    head = _head(PassKind.CARD, pass_id)
    return _text(head + Ed25519PrivateKey.from_private_bytes(seed).sign(VERSION.encode() + head))


def card_public(seed: bytes) -> bytes:
    """The public half (32 bytes) of the card key of `seed`."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def check_mac(token: Token, secret: bytes) -> bool:
    """Whether the code was made with `secret`; takes the same time however much of the MAC is right."""
    return token.kind is not PassKind.CARD and hmac.compare_digest(token.seal, _mac(secret, token.signed))


def check_card(token: Token, public: bytes) -> bool:
    """Whether the card was signed by the key whose public half (32 bytes) is `public`."""
    if token.kind is not PassKind.CARD:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(token.seal, token.signed)
    except InvalidSignature:
        return False
    return True


def _head(kind: PassKind, pass_id: str) -> bytes:
    if not is_pass_id(pass_id):
        raise ValueError("not a pass id")
    return bytes([_KINDS[kind]]) + base64.b32decode(pass_id)


def _mac(secret: bytes, data: bytes) -> bytes:
    return hmac.digest(secret, data, "sha256")[:MAC_BYTES]


def _text(payload: bytes) -> str:
    return VERSION + base64.b32encode(payload).decode()
