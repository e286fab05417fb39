"""The seven checks of a bag, numbered as in docs/evidence.md.

Comes in: a `Source`, and what the paper says if anybody gave it. Goes out: for each check its good sentence, or a Finding.
`ansim verify` runs these checks with the agent's own cryptography, verify.py with the plain Python that lies beside this file,
and verify.html is written anew in JavaScript: each finds what the others find (scripts/bench/tamper.py).
"""

from __future__ import annotations

import base64
import hashlib
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
    POINT,
    PROOFS,
    REPORT,
    REVEALED,
    SEALED,
    SIGNATURE,
    SLICE,
    STAMP,
    TAGS,
    TEXT_MOST,
)
from agent.evidence.bag_files.bag_source import Source
from agent.evidence.bag_files.ed25519 import is_somebodys
from agent.evidence.bag_files.findings import Finding, short
from agent.evidence.bag_files.paper import Anchor, other_device, read_paper
from agent.evidence.bag_files.strict_json import items, members, strict, text, unix_time, whole

MALFORMED = (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, OverflowError)
RECORD = {"seq", "utc", "kind", "prev", "body"}
SIGNED = {"size", "root", "head", "utc", "key"}  # what a checkpoint's signature is made over
# What event.json says of the incident, and what the ledger calls it.
FACTS = {
    **{name: name for name in ("id", "camera", "rule", "severity", "opened_utc", "closed_utc", "zone", "reasons")},
    "people": "tracks",
}


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
        self._lines: list[tuple[bytes, Any]] = []
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
        label = "External-Identifier: "
        named = [line[len(label) :] for line in self._read(INFO).decode().split("\n") if line.startswith(label)]
        if self._source.called is not None and named != [self._source.called]:
            raise Finding("renamed")
        return "ok1", {"count": len(self._hashes)}

    def _list(self, name: str, *, payload: bool) -> dict[str, str]:
        lines = self._read(name).decode("ascii")
        listed = {line[66:]: line[:64] for line in lines.split("\n")[:-1]}
        exact = "".join(f"{digest}  {file}\n" for file, digest in sorted(listed.items()))
        if exact != lines or any(file.startswith("data/") != payload for file in listed):
            raise ValueError("not a manifest")
        return listed

    # 2

    def _signature(self) -> tuple[str, dict[str, object]]:
        device, public = members(self._parsed(DEVICE)), self._key()
        proof = _bytes(device.pop("signature"), 64)
        good = text(device["fingerprint"]) == _fingerprint(public) and self._tools.signed(
            public, proof, self._tools.canonical(device)
        )
        if not good or self._read(PEM) != pem_of(public):
            raise Finding("device")
        if SIGNATURE not in self._hashes:
            raise Finding("unsigned")
        line = self._read(SIGNATURE).decode("ascii")
        if line[-1:] != "\n":
            raise Finding("unsigned")
        if not self._tools.signed(public, _bytes(line[:-1], 64), self._read(TAGS)):
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
        erased = {whole(record["body"]["stored"]) for record in records if record["kind"] == "file.erased"}
        must: dict[str, str] = {}
        may: dict[str, str] = {}
        for record in records:
            kind, body = record["kind"], record["body"]
            if body.get("incident") != incident:
                continue
            if kind == "file.stored" and record["seq"] not in erased:
                self.since = max(self.since, record["utc"])
                for part in (body["video"], body["sidecar"], body["poster"]):
                    if part is not None:
                        must[CLIPS + _last(members(part)["path"])] = text(part["sha256"])
            elif kind == "sealed.stored":
                sealed = SEALED + _last(body["path"])
                may[sealed], may[sealed + ".key"] = text(body["sha256"]), text(body["key_sha256"])
            elif kind == "reveal.rendered":
                may[REVEALED + text(body["file"])] = text(body["sha256"])
        return must, may

    # 4

    def _proofs(self) -> tuple[str, dict[str, object]]:
        incident, records, (point, proofs) = self._incident(), self._records(), self._point()
        size, root = whole(point["size"]), _tree_hash(point["root"])
        paths = _paths(proofs["records"], "seq")
        last, before = 0, b""
        for line, record in records:
            seq = record["seq"]
            if seq <= last or (seq == last + 1 > 1 and record["prev"] != hashlib.sha256(before).hexdigest()):
                raise Finding("order", seq=seq)
            if seq not in paths or not self._tools.included(line, seq - 1, size, paths.pop(seq), root):
                raise Finding("unproven", seq=seq)
            last, before = seq, line
        bodies = [record["body"] for _, record in records if record["kind"] == "incident"]
        told = [body for body in bodies if body.get("id") == incident]
        if paths or not told:
            raise Finding("dropped")
        if self._facts() != self._tools.canonical({name: told[-1].get(of) for name, of in FACTS.items()}):
            raise Finding("facts")
        return "ok4", {"count": len(records)}

    def _facts(self) -> bytes:
        """What event.json says of the incident, as far as the ledger says it, too."""
        event = members(self._parsed(EVENT))
        camera = members(items(event["source"])[0]).get("line")
        said = {**members(event["incident"]), "camera": camera}
        return self._tools.canonical({name: said.get(name) for name in FACTS})

    # 5

    def _checkpoint(self) -> tuple[str, dict[str, object]]:
        public, lines, (point, _) = self._key(), self._records(), self._point()
        written = self._tools.canonical(point)
        key, proof = _bytes(point["key"], 32), _bytes(point.pop("signature"), 64)
        size, head, utc = whole(point["size"]), text(point["head"]), unix_time(point["utc"])
        if set(point) != SIGNED:
            raise ValueError("not a checkpoint")
        if key != public:
            raise Finding("foreign", device=short(_fingerprint(key)))
        heads = {hashlib.sha256(line).hexdigest() for line, record in lines if record["seq"] == size}
        if not self._tools.signed(key, proof, self._tools.canonical(point)) or not heads <= {head}:
            raise Finding("point")
        self._stamped(written)
        self.since = self.since or utc
        return "ok5", {"count": size, "time": utc}

    def _stamped(self, point: bytes) -> None:
        """What a third party stamped has to be this checkpoint: an older one's stamp would say that all this is older, too."""
        if self._read(POINT) != point:
            raise Finding("altered", file=POINT)
        if STAMP in self._hashes and hashlib.sha256(point).digest() not in self._read(STAMP):
            raise Finding("stamp")

    # 6

    def _entries(self) -> tuple[str, dict[str, object]]:
        public, lines = self._key(), {record["seq"]: record for _, record in self._records()}
        entries = items(self._parsed(ENTRIES))
        for entry in map(members, entries):
            body, seq = members(entry["body"]), whole(entry["seq"])
            bare = {name: value for name, value in body.items() if name != "signature"}
            told = hashlib.sha256(self._tools.canonical(entry["details"])).hexdigest() == text(body["details_sha256"])
            record, proof = lines.pop(seq, None), _bytes(body["signature"], 64)  # each once
            noted = record is not None and record["kind"] == "entry" and self._same(record["body"], body)
            if not (told and noted and self._tools.signed(public, proof, self._tools.canonical(bare))):
                raise Finding("entry", seq=seq)
        if not entries:
            raise Finding("absent6", "absent")
        return "ok6", {"count": len(entries)}

    def _same(self, one: Any, other: Any) -> bool:
        return self._tools.canonical(one) == self._tools.canonical(other)

    # 7

    def _paper(self) -> tuple[str, dict[str, object]]:
        if not self._given:
            raise Finding("absent7", "absent")
        fingerprint, given = _fingerprint(self._key()), re.sub(r"[^A-Za-z0-9]", "", self._given).upper()
        if re.fullmatch(r"[0-9A-F]{16,64}", given):
            if not fingerprint.startswith(given.lower()):
                raise other_device(fingerprint, given.lower())
            return "ok7", {}
        anchor = read_paper(given)
        said = {"size": anchor.size, "root": anchor.root.hex(), "head": anchor.head.hex(), "utc": anchor.utc}
        said["key"] = base64.b64encode(anchor.key).decode()
        signed = is_somebodys(anchor.key) and self._tools.signed(anchor.key, anchor.signature, self._tools.canonical(said))
        if not signed:  # mistyped, most likely: that says nothing of the bag
            raise Finding("given7", "open")
        if _fingerprint(anchor.key) != fingerprint:
            raise other_device(fingerprint, _fingerprint(anchor.key))
        if anchor.bag not in (b"", bag_digest(self._read(MANIFEST))):
            raise Finding("bag7")
        return self._held_against(anchor)

    def _held_against(self, anchor: Anchor) -> tuple[str, dict[str, object]]:
        point, proofs = self._point()
        size, root = whole(point["size"]), _tree_hash(point["root"])
        earlier = _paths(proofs["earlier"], "size")
        if anchor.size > size:
            raise Finding("later7" if anchor.utc >= unix_time(point["utc"]) else "cut7", "open")
        if anchor.size < size and anchor.size not in earlier:
            raise Finding("earlier7", "open")
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
        return strict(self._read(name))

    def _key(self) -> bytes:
        key = _bytes(members(self._parsed(DEVICE))["public_key"], 32)
        if not is_somebodys(key):
            raise ValueError("nobody's key")
        return key

    def _incident(self) -> str:
        return text(members(members(self._parsed(EVENT))["incident"])["id"])

    def _point(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The checkpoint, with its signature, and all that is proved with it."""
        proofs = members(self._parsed(PROOFS))
        return members(proofs["checkpoint"]), proofs

    def _records(self) -> list[tuple[bytes, Any]]:
        """The slice of the ledger: each line with what it says."""
        self._lines = self._lines or self._read_records()
        return self._lines

    def _read_records(self) -> list[tuple[bytes, Any]]:
        lines = self._read(SLICE).split(b"\n")
        if lines.pop():
            raise ValueError("the last line is cut off")
        found = [(line, _ledger_record(line)) for line in lines]
        for line, record in found:
            if self._tools.canonical(record) != line:
                raise Finding("line", seq=record["seq"])
        return found


def bag_digest(manifest: bytes) -> bytes:
    """What the report prints of the bag that it lies in: sha256 of the manifest without the report's own line."""
    lines = [line for line in manifest.splitlines(keepends=True) if not line.endswith(f"  {REPORT}\n".encode())]
    return hashlib.sha256(b"".join(lines)).digest()


def pem_of(public: bytes) -> bytes:
    """An Ed25519 key as openssl reads it (RFC 8410)."""
    text = base64.b64encode(bytes.fromhex(PEM_START) + public).decode()
    return f"-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n".encode()


def _ledger_record(line: bytes) -> dict[str, Any]:
    """A line of the ledger, if it has the form of one."""
    record = members(strict(line))
    if set(record) != RECORD:
        raise ValueError("not a record")
    whole(record["seq"]), unix_time(record["utc"]), text(record["kind"]), text(record["prev"]), members(record["body"])
    return record


def _paths(proofs: Any, of: str) -> dict[int, list[bytes]]:
    """Proofs by what they are of ("seq" or "size"), each once."""
    found = {whole(proof[of]): [_tree_hash(node) for node in items(proof["path"])] for proof in map(members, items(proofs))}
    if len(found) != len(proofs):
        raise ValueError("a proof stands twice")
    return found


def _tree_hash(digits: Any) -> bytes:
    """A hash of the tree."""
    if not re.fullmatch("[0-9a-f]{64}", text(digits)):
        raise ValueError("not a hash")
    return bytes.fromhex(digits)


def _last(path: Any) -> str:
    return text(path).split("/")[-1]


def _bytes(coded: Any, length: int) -> bytes:
    data = base64.b64decode(text(coded), validate=True)
    if len(data) != length or base64.b64encode(data).decode() != coded:
        raise ValueError("not base64 of that length")
    return data


def _fingerprint(public: bytes) -> str:
    return hashlib.sha256(public).hexdigest()
