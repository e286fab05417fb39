"""The seven checks of a bag, numbered as in docs/evidence.md.

Comes in: a `Source`, and what the paper says if anybody gave it. Goes out: for each check its good sentence, or a Finding.
`ansim verify` runs these checks with the agent's own cryptography, verify.py with the plain Python that lies beside this file,
and verify.html is written anew in JavaScript: each finds what the others find (scripts/bench/tamper.py).
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from agent.evidence.bag_files.bag_form import (
    CLIPS,
    DEVICE,
    ENTRIES,
    EVENT,
    INFO,
    MANIFEST,
    NEEDED,
    PEM,
    PEM_START,
    PROOFS,
    REPORT,
    REVEALED,
    SEALED,
    SIGNATURE,
    SLICE,
    TAGS,
    TEXT_MOST,
)
from agent.evidence.bag_files.bag_source import Source
from agent.evidence.bag_files.findings import Finding, short

MALFORMED = (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, OverflowError)


class Tools(NamedTuple):
    """The mathematics that the checks stand on. signed: of (public key, signature, data); canonical: RFC 8785.

    included: of (line, index, size, path, root); consistent: of (old size, old root, size, root, path).
    """

    signed: Callable[[bytes, bytes, bytes], bool]
    canonical: Callable[[Any], bytes]
    included: Callable[[bytes, int, int, list[bytes], bytes], bool]
    consistent: Callable[[int, bytes, int, bytes, list[bytes]], bool]


class Bag:
    """Holding one means: each file of the bag was read and hashed. since: the clips stood on the ledger by then (Unix time)."""

    def __init__(self, source: Source, tools: Tools, given: str | None) -> None:
        """given: the text of an anchor, or a fingerprint (16 hex digits or more)."""
        self.since, self.reading = 0.0, ""
        self._source, self._tools, self._given = source, tools, given
        if TAGS not in source.files or MANIFEST not in source.files:
            raise Finding("no_bag", "unknown")
        self._hashes = {name: self._hash(name) for name in source.files}

    def _hash(self, name: str) -> str:
        digest = hashlib.sha256()
        for piece in self._source.pieces(name):
            digest.update(piece)
        return digest.hexdigest()

    @property
    def checks(self) -> list[Callable[[], tuple[str, dict[str, object]]]]:
        """In their order; each gives the key and the fields of its good sentence, or raises Finding or one of MALFORMED."""
        return [self._files, self._signature, self._clips, self._proofs, self._checkpoint, self._entries, self._paper]

    def device(self) -> str | None:
        """The fingerprint of the device whose certificate lies in the bag."""
        try:
            return _fingerprint(self._key())
        except (Finding, *MALFORMED):
            return None

    # 1

    def _files(self) -> tuple[str, dict[str, object]]:
        listed = {**self._list(TAGS, payload=False), **self._list(MANIFEST, payload=True)}
        for name in [*NEEDED, *listed]:
            if name not in self._hashes:
                raise Finding("missing", file=name)
        for name, digest in sorted(self._hashes.items()):
            if name not in (TAGS, SIGNATURE) and listed.get(name) != digest:
                raise Finding("altered" if name in listed else "extra", file=name)
        named = re.findall(r"^External-Identifier: (.*)$", self._read(INFO).decode(), re.MULTILINE)
        if self._source.called is not None and named != [self._source.called]:
            raise Finding("renamed")
        return "ok1", {"count": len(self._hashes)}

    def _list(self, name: str, *, payload: bool) -> dict[str, str]:
        text = self._read(name).decode("ascii")
        listed = {line[66:]: line[:64] for line in text.split("\n")[:-1]}
        exact = "".join(f"{digest}  {file}\n" for file, digest in sorted(listed.items()))
        if exact != text or any(file.startswith("data/") != payload for file in listed):
            raise ValueError("not a manifest")
        return listed

    # 2

    def _signature(self) -> tuple[str, dict[str, object]]:
        device, public = self._parsed(DEVICE), self._key()
        proof = _bytes(device.pop("signature"), 64)
        good = device["fingerprint"] == _fingerprint(public) and self._tools.signed(
            public, proof, self._tools.canonical(device)
        )
        if not good or self._read(PEM) != pem_of(public):
            raise Finding("device")
        if SIGNATURE not in self._hashes:
            raise Finding("unsigned")
        text = self._read(SIGNATURE).decode("ascii")
        if text[-1:] != "\n":
            raise Finding("unsigned")
        if not self._tools.signed(public, _bytes(text[:-1], 64), self._read(TAGS)):
            raise Finding("signature")
        return "ok2", {"device": short(device["fingerprint"])}

    # 3

    def _clips(self) -> tuple[str, dict[str, object]]:
        must, may = self._told_files()
        media = [name for name in self._hashes if name.startswith((CLIPS, SEALED, REVEALED))]
        for name in sorted({*must, *media}):
            if name not in self._hashes:
                raise Finding("missing", file=name)
            if {**may, **must}.get(name) != self._hashes[name]:
                raise Finding("unrecorded", file=name)
        if not media:
            raise Finding("absent3", "absent")
        return "ok3", {"count": len(media)}

    def _told_files(self) -> tuple[dict[str, str], dict[str, str]]:
        """What the ledger says of the incident's files: those that have to be in the bag, and those that may."""
        incident, records = self._incident(), [record for _, record in self._records()]
        erased = {record["body"]["stored"] for record in records if record["kind"] == "file.erased"}
        must: dict[str, str] = {}
        may: dict[str, str] = {}
        for record in records:
            kind, body = record["kind"], record["body"]
            if body.get("incident") != incident:
                continue
            if kind == "file.stored" and record["seq"] not in erased:
                self.since = max(self.since, record["utc"])
                for part in filter(None, (body["video"], body["sidecar"], body["poster"])):
                    must[CLIPS + part["path"].split("/")[-1]] = part["sha256"]
            elif kind == "sealed.stored":
                sealed = SEALED + body["path"].split("/")[-1]
                may[sealed], may[sealed + ".key"] = body["sha256"], body["key_sha256"]
            elif kind == "reveal.rendered":
                may[REVEALED + body["file"]] = body["sha256"]
        return must, may

    # 4

    def _proofs(self) -> tuple[str, dict[str, object]]:
        incident, records, proofs = self._incident(), self._records(), self._parsed(PROOFS)
        size, root = proofs["checkpoint"]["size"], bytes.fromhex(proofs["checkpoint"]["root"])
        paths = {proof["seq"]: _nodes(proof["path"]) for proof in proofs["records"]}
        last, before = 0, b""
        for line, record in records:
            seq = record["seq"]
            if seq <= last or (seq == last + 1 > 1 and record["prev"] != hashlib.sha256(before).hexdigest()):
                raise Finding("order", seq=seq)
            if seq not in paths or not self._tools.included(line, seq - 1, size, paths.pop(seq), root):
                raise Finding("unproven", seq=seq)
            last, before = seq, line
        if paths or not any(record["kind"] == "incident" and record["body"]["id"] == incident for _, record in records):
            raise Finding("dropped")
        return "ok4", {"count": len(records)}

    # 5

    def _checkpoint(self) -> tuple[str, dict[str, object]]:
        public, lines, point = self._key(), self._records(), self._parsed(PROOFS)["checkpoint"]
        key, proof = _bytes(point["key"], 32), _bytes(point.pop("signature"), 64)
        if key != public:
            raise Finding("foreign", device=short(_fingerprint(key)))
        heads = {hashlib.sha256(line).hexdigest() for line, record in lines if record["seq"] == point["size"]}
        if not self._tools.signed(key, proof, self._tools.canonical(point)) or not heads <= {point["head"]}:
            raise Finding("point")
        self.since = self.since or point["utc"]
        return "ok5", {"count": point["size"], "time": point["utc"]}

    # 6

    def _entries(self) -> tuple[str, dict[str, object]]:
        public, lines = self._key(), {record["seq"]: record for _, record in self._records()}
        entries = self._parsed(ENTRIES)
        if not isinstance(entries, list):
            raise TypeError("not a list")
        for entry in entries:
            body, record = entry["body"], lines.get(entry["seq"])
            bare = {name: value for name, value in body.items() if name != "signature"}
            told = hashlib.sha256(self._tools.canonical(entry["details"])).hexdigest() == body["details_sha256"]
            noted = record is not None and record["kind"] == "entry" and self._same(record["body"], body)
            proof = _bytes(body["signature"], 64)
            if not (told and noted and self._tools.signed(public, proof, self._tools.canonical(bare))):
                raise Finding("entry", seq=entry["seq"])
        if not entries:
            raise Finding("absent6", "absent")
        return "ok6", {"count": len(entries)}

    def _same(self, one: Any, other: Any) -> bool:
        return self._tools.canonical(one) == self._tools.canonical(other)

    # 7

    def _paper(self) -> tuple[str, dict[str, object]]:
        if not self._given:
            raise Finding("absent7", "absent")
        fingerprint, given = _fingerprint(self._key()), re.sub(r"[\s:-]", "", self._given).upper()
        if re.fullmatch(r"[0-9A-F]{16,64}", given):
            if not fingerprint.startswith(given.lower()):
                raise Finding("other7", device=short(fingerprint), given=short(given.lower()))
            return "ok7", {}
        anchor = _anchor(given)
        if _fingerprint(anchor.key) != fingerprint:
            raise Finding("other7", device=short(fingerprint), given=short(_fingerprint(anchor.key)))
        said = {"size": anchor.size, "root": anchor.root.hex(), "head": anchor.head.hex(), "utc": anchor.utc}
        said["key"] = base64.b64encode(anchor.key).decode()
        if not self._tools.signed(anchor.key, anchor.signature, self._tools.canonical(said)):
            raise Finding("given7")
        if anchor.bag not in (b"", bag_digest(self._read(MANIFEST))):
            raise Finding("bag7")
        return self._held_against(anchor)

    def _held_against(self, anchor: Anchor) -> tuple[str, dict[str, object]]:
        proofs = self._parsed(PROOFS)
        size, root = proofs["checkpoint"]["size"], bytes.fromhex(proofs["checkpoint"]["root"])
        earlier = {proof["size"]: _nodes(proof["path"]) for proof in proofs["earlier"]}
        if anchor.size > size:
            raise Finding("later7", "absent")
        if anchor.size < size and anchor.size not in earlier:
            raise Finding("earlier7", "absent")
        path = earlier[anchor.size] if anchor.size < size else []
        if not self._tools.consistent(anchor.size, anchor.root, size, root, path):
            raise Finding("root7")
        return "ok7", {}

    # reading

    def _read(self, name: str) -> bytes:
        self.reading = name
        if name not in self._source.files:
            raise Finding("missing", file=name)
        if self._source.files[name] > TEXT_MOST:
            raise Finding("too_much", "unknown")
        return b"".join(self._source.pieces(name))

    def _parsed(self, name: str) -> Any:
        return json.loads(self._read(name).decode())

    def _key(self) -> bytes:
        return _bytes(self._parsed(DEVICE)["public_key"], 32)

    def _incident(self) -> str:
        return str(self._parsed(EVENT)["incident"]["id"])

    def _records(self) -> list[tuple[bytes, Any]]:
        """The slice of the ledger: each line with what it says."""
        lines = self._read(SLICE).split(b"\n")
        if lines.pop():
            raise ValueError("the last line is cut off")
        found = [(line, json.loads(line.decode())) for line in lines]
        for line, record in found:
            if self._tools.canonical(record) != line:
                raise Finding("line", seq=record["seq"])
        return found


class Anchor(NamedTuple):
    """A checkpoint as it stands on paper (agent/vault/checkpoint.py). bag: the digest of a bag, or b""."""

    size: int
    utc: float
    root: bytes
    head: bytes
    key: bytes
    signature: bytes
    bag: bytes


def _anchor(text: str) -> Anchor:
    try:
        data = base64.b32decode(text[6:] + "=" * (-(len(text) - 6) % 8))
    except ValueError:
        data = b""
    if text[:6] != "ANSIM1" or len(data) not in (176, 208):
        raise Finding("given7")
    size, utc = int.from_bytes(data[:8], "big"), int.from_bytes(data[8:16], "big") / 1000
    return Anchor(size, utc, data[16:48], data[48:80], data[80:112], data[112:176], data[176:])


def bag_digest(manifest: bytes) -> bytes:
    """What the report prints of the bag that it lies in: sha256 of the manifest without the report's own line."""
    lines = [line for line in manifest.splitlines(keepends=True) if not line.endswith(f"  {REPORT}\n".encode())]
    return hashlib.sha256(b"".join(lines)).digest()


def pem_of(public: bytes) -> bytes:
    """An Ed25519 key as openssl reads it (RFC 8410)."""
    text = base64.b64encode(bytes.fromhex(PEM_START) + public).decode()
    return f"-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n".encode()


def _nodes(path: Any) -> list[bytes]:
    return [bytes.fromhex(node) for node in path]


def _bytes(text: str, length: int) -> bytes:
    data = base64.b64decode(text, validate=True)
    if len(data) != length or base64.b64encode(data).decode() != text:
        raise ValueError("not base64 of that length")
    return data


def _fingerprint(public: bytes) -> str:
    return hashlib.sha256(public).hexdigest()
