"""Ways of tampering with a bag that somebody would try: whoever holds it, a forger with a key of his own, an owner with the
device's key.

Comes in: an untouched bag, its ledger, the keys. Goes out: `Tampered` bags, each with what the paper in the victim's hand says.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import rfc8785

from agent.evidence.bag import Bag, BagFile, weigh
from agent.evidence.bag_files.bag_form import (
    CLIPS,
    CUSTODY,
    DEVICE,
    ENTRIES,
    EVENT,
    MANIFEST,
    PEM,
    POINT,
    PROOFS,
    README,
    REPORT,
    SCRIPT,
    SIGNATURE,
    SLICE,
    STAMP,
    TAGS,
)
from agent.evidence.bag_files.checks import pem_of
from agent.evidence.event_data import certificate
from agent.vault.checkpoint import anchor_text, checkpoint_body, make_checkpoint
from agent.vault.device_key import DeviceKey
from agent.vault.ledger import Head, parse
from agent.vault.merkle import Tree, leaf_hash

Files = dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Untouched:
    """A bag, and all that a forger may have at hand. ledger: all its lines; other: a key that is not the device's; clip: of
    another incident. anchor: as printed on the report."""

    name: str
    files: Files
    anchor: str
    key: DeviceKey
    other: DeviceKey
    ledger: tuple[bytes, ...]
    clip: bytes


@dataclass(frozen=True, slots=True)
class Tampered:
    """data: the zip. given: what the one who checks it has on paper, or None."""

    what: str
    data: bytes
    given: str | None = None


def zip_of(name: str, files: Mapping[str, bytes]) -> bytes:
    """A zip as Ansim writes it, whatever is in it."""
    weighed = tuple(weigh(BagFile(path, files[path])) for path in sorted(files))
    return b"".join(Bag(name, weighed, b"").zip_pieces())


def relisted(files: Files, key: DeviceKey | None = None) -> Files:
    """With lists that fit; key: signs them anew (None: the old signature stays)."""
    out = dict(files)
    out[MANIFEST] = _list(out, lambda path: path.startswith("data/"))
    out[TAGS] = _list(out, lambda path: not path.startswith("data/") and path not in (TAGS, SIGNATURE))
    if key is not None:
        out[SIGNATURE] = base64.b64encode(key.sign(out[TAGS])) + b"\n"
    return out


def tampered(bag: Untouched) -> list[Tampered]:
    """All ways, each once."""
    made = [Tampered(what, zip_of(bag.name, change(dict(bag.files), bag))) for what, change in _RAW.items()]
    for what, change in _RAW.items():
        if what not in ("no signature", "no list of files", "no list of tags"):
            made.append(Tampered(f"{what}, lists made anew", zip_of(bag.name, relisted(change(dict(bag.files), bag)))))
    for what, change in _INSIDE.items():
        made.append(
            Tampered(f"{what}, signed by the device", zip_of(bag.name, relisted(change(dict(bag.files), bag), bag.key)))
        )
    for what, change in _ON_PAPER.items():
        data = zip_of(bag.name, relisted(change(dict(bag.files), bag), bag.key))
        made.append(Tampered(f"{what}, signed by the device, paper at hand", data, bag.anchor))
    return [*made, *_anchored(bag), *_forged(bag), *_packed(bag)]


# --- single changes


def _lines(files: Files) -> list[bytes]:
    return files[SLICE].split(b"\n")[:-1]


def _with_lines(files: Files, lines: list[bytes]) -> Files:
    return {**files, SLICE: b"".join(line + b"\n" for line in lines)}


def _proofs(files: Files) -> Any:
    return json.loads(files[PROOFS])


def _with_proofs(files: Files, proofs: Any) -> Files:
    return {**files, PROOFS: json.dumps(proofs, indent=1).encode() + b"\n", POINT: rfc8785.dumps(proofs["checkpoint"])}


def _clip(files: Files) -> str:
    return next(path for path in files if path.startswith(CLIPS) and path.endswith(".mp4"))


def _without(files: Files, *paths: str) -> Files:
    return {path: data for path, data in files.items() if path not in paths}


def _kind(lines: list[bytes], kind: str) -> int:
    return next(at for at, line in enumerate(lines) if parse(line).kind == kind)


def _drop_line(files: Files, kind: str) -> Files:
    lines = _lines(files)
    del lines[_kind(lines, kind)]
    return _with_lines(files, lines)


def _drop_with_proof(files: Files, kind: str) -> Files:
    lines, proofs = _lines(files), _proofs(files)
    seq = parse(lines.pop(_kind(lines, kind))).seq
    proofs["records"] = [one for one in proofs["records"] if one["seq"] != seq]
    return _with_proofs(_with_lines(files, lines), proofs)


def _drop_all(files: Files, kind: str) -> Files:
    while any(parse(line).kind == kind for line in _lines(files)):
        files = _drop_with_proof(files, kind)
    return files


def _rewrite(files: Files, kind: str, **changes: Any) -> Files:
    """A record of the slice says something else, in proper form."""
    lines = _lines(files)
    at = _kind(lines, kind)
    record = json.loads(lines[at])
    record["body"].update(changes)
    lines[at] = rfc8785.dumps(record)
    return _with_lines(files, lines)


def _swap_lines(files: Files) -> Files:
    lines = _lines(files)
    lines[0], lines[1] = lines[1], lines[0]
    return _with_lines(files, lines)


def _entry(files: Files, **changes: Any) -> Files:
    entries = json.loads(files[ENTRIES])
    entries[0]["details"].update(changes)
    return {**files, ENTRIES: json.dumps(entries).encode() + b"\n"}


def _made_up_entry(files: Files, bag: Untouched) -> Files:
    entries = json.loads(files[ENTRIES])
    made = json.loads(json.dumps(entries[0]))
    made["body"]["id"] += "x"
    bare = {name: value for name, value in made["body"].items() if name != "signature"}
    made["body"]["signature"] = base64.b64encode(bag.key.sign(rfc8785.dumps(bare))).decode()
    return {**files, ENTRIES: json.dumps([*entries, made]).encode() + b"\n"}


def _event(files: Files) -> Files:
    event = json.loads(files[EVENT])
    event["incident"]["opened_utc"] -= 3600
    return {**files, EVENT: json.dumps(event).encode() + b"\n"}


def _older_point(files: Files, bag: Untouched) -> Files:
    """The checkpoint before, with proofs for what it covers."""
    point = _first_point(bag)
    return _with_proofs(files, _proofs_for(files, bag.ledger[: point["size"]], point))


def _first_point(bag: Untouched) -> Any:
    """The body of the ledger's first checkpoint."""
    return json.loads(next(line for line in bag.ledger if b'"kind":"checkpoint"' in line))["body"]


def _stamped_before(files: Files, bag: Untouched) -> Files:
    """An old checkpoint with the time stamp that it really got lies in the bag; what is proved is another."""
    point = rfc8785.dumps(_first_point(bag))
    return {**files, POINT: point, STAMP: b"0" + hashlib.sha256(point).digest()}


def _repeated(files: Files, name: str) -> Files:
    """The last entry or proof of a list stands there twice."""
    if name == ENTRIES:
        entries = json.loads(files[ENTRIES])
        return {**files, ENTRIES: json.dumps([*entries, entries[-1]]).encode() + b"\n"}
    proofs = _proofs(files)
    proofs["records"].append(proofs["records"][-1])
    return _with_proofs(files, proofs)


def _two_meanings(files: Files) -> Files:
    """One program reads the first time of the event, another the second."""
    return {**files, EVENT: b'{"incident": {"opened_utc": 1.0},' + files[EVENT].lstrip()[1:]}


def _proofs_for(files: Files, ledger: tuple[bytes, ...] | list[bytes], point: Any) -> Any:
    tree = Tree(leaf_hash(line) for line in ledger)
    seqs = [parse(line).seq for line in _lines(files)]
    records = [
        {"seq": seq, "path": [node.hex() for node in tree.inclusion(seq - 1)] if seq <= len(tree) else []} for seq in seqs
    ]
    return {"checkpoint": point, "records": records, "earlier": []}


def _point(files: Files, **changes: Any) -> Files:
    """The checkpoint says something else, with or without a new signature (`sign`)."""
    proofs = _proofs(files)
    key = changes.pop("sign", None)
    proofs["checkpoint"].update(changes)
    if key is not None:
        bare = {name: value for name, value in proofs["checkpoint"].items() if name != "signature"}
        proofs["checkpoint"]["signature"] = base64.b64encode(key.sign(rfc8785.dumps(bare))).decode()
    return _with_proofs(files, proofs)


def _recomputed(files: Files, bag: Untouched, key: DeviceKey, swap: bool = True) -> Files:
    """The whole ledger is written anew so that another clip (swap) is the recorded one, sealed and proved again with `key`."""
    path, digest = _clip(files), hashlib.sha256(bag.clip).hexdigest()
    old = hashlib.sha256(files[path]).hexdigest()
    ledger: list[bytes] = []
    for line in bag.ledger:
        record = json.loads(line.replace(old.encode(), digest.encode()) if swap else line)
        if swap and record["kind"] == "file.stored" and record["body"]["video"]["sha256"] == digest:
            record["body"]["video"]["bytes"] = len(bag.clip)
        record["prev"] = hashlib.sha256(ledger[-1]).hexdigest() if ledger else "0" * 64
        ledger.append(rfc8785.dumps(record))
    wanted = {parse(line).seq for line in _lines(files)}
    last = parse(ledger[-1])
    utc = _proofs(files)["checkpoint"]["utc"]
    root = Tree(leaf_hash(line) for line in ledger).root()
    point = checkpoint_body(make_checkpoint(Head(last.seq, last.sha256), root, utc, key.public, key.sign))
    out = _with_lines(files, [line for line in ledger if parse(line).seq in wanted])
    if swap:
        out[path] = bag.clip
    return _with_proofs(out, _proofs_for(out, ledger, point))


# --- who has what

Change = Callable[[Files, Untouched], Files]


def _anchored(bag: Untouched) -> list[Tampered]:
    """By the owner, who has the device's key, before whom somebody stands with an anchor that left the shop earlier."""
    files, ledger = dict(bag.files), list(bag.ledger)
    utc = _proofs(files)["checkpoint"]["utc"]
    cut = replace(bag, ledger=bag.ledger[:-1])
    shorter = _with_lines(files, [line for line in _lines(files) if parse(line).seq < len(ledger)])
    anew, less = _recomputed(files, bag, bag.key), _recomputed(shorter, cut, bag.key)
    early, late = (_anchor_of(ledger[:size], utc - 3600, bag.key) for size in (len(ledger) // 2, len(ledger)))
    return [
        Tampered(f"{what}, older anchor at hand", zip_of(bag.name, relisted(change, bag.key)), anchor)
        for what, change, anchor in (
            ("ledger written anew, proofs of before left out", anew, early),
            ("ledger written anew and cut", less, late),
        )
    ]


def _anchor_of(ledger: list[bytes], utc: float, key: DeviceKey) -> str:
    last = parse(ledger[-1])
    root = Tree(leaf_hash(line) for line in ledger).root()
    return anchor_text(make_checkpoint(Head(last.seq, last.sha256), root, utc, key.public, key.sign))


_RAW: dict[str, Change] = {
    "dropped record": lambda f, _: _drop_line(f, "access"),
    "dropped record of the clip": lambda f, _: _drop_line(f, "file.stored"),
    "dropped record with its proof": lambda f, _: _drop_with_proof(f, "access"),
    "no records at all": lambda f, _: {**f, SLICE: b""},
    "records in another order": lambda f, _: _swap_lines(f),
    "a record twice": lambda f, _: _with_lines(f, [*_lines(f), _lines(f)[-1]]),
    "a record says something else": lambda f, _: _rewrite(f, "incident", opened_utc=1.0),
    "swapped clip": lambda f, b: {**f, _clip(f): b.clip},
    "no clip": lambda f, _: _without(f, _clip(f)),
    "clip of another name": lambda f, _: {**_without(f, _clip(f)), CLIPS + "another.mp4": f[_clip(f)]},
    "one more clip": lambda f, b: {**f, CLIPS + "another.mp4": b.clip},
    "empty clip": lambda f, _: {**f, _clip(f): b""},
    "no still": lambda f, _: _without(f, _clip(f)[:-3] + "jpg"),
    "forged entry": lambda f, _: _entry(f, step=7),
    "made up entry": _made_up_entry,
    "no entries file": lambda f, _: _without(f, ENTRIES),
    "changed PDF": lambda f, _: {**f, REPORT: f[REPORT] + b"\n% more"},
    "no PDF": lambda f, _: _without(f, REPORT),
    "another time of the event": lambda f, _: _event(f),
    "changed custody": lambda f, _: {**f, CUSTODY: f[CUSTODY].replace(b"1", b"2")},
    "older checkpoint": _older_point,
    "another tool": lambda f, _: {**f, SCRIPT: b"print('unchanged')\n"},
    "another readme": lambda f, _: {**f, README: b"all is well\n"},
    "one more file": lambda f, _: {**f, "letter.txt": b"hello\n"},
    "no signature": lambda f, _: _without(f, SIGNATURE),
    "no list of files": lambda f, _: _without(f, MANIFEST),
    "no list of tags": lambda f, _: _without(f, TAGS),
}
_INSIDE: dict[str, Change] = {
    "swapped clip": _RAW["swapped clip"],
    "no clip": _RAW["no clip"],
    "one more clip": _RAW["one more clip"],
    "dropped record of the clip": lambda f, _: _drop_with_proof(f, "file.stored"),
    "dropped record": _RAW["dropped record"],
    "dropped incident": lambda f, _: _drop_all(f, "incident"),
    "a record says something else": _RAW["a record says something else"],
    "forged entry": _RAW["forged entry"],
    "made up entry": _RAW["made up entry"],
    "older checkpoint": _RAW["older checkpoint"],
    "checkpoint of another size": lambda f, b: _point(f, size=_proofs(f)["checkpoint"]["size"] - 1, sign=b.key),
    "checkpoint of another root": lambda f, b: _point(f, root="ab" * 32, sign=b.key),
    "checkpoint of another head": lambda f, _: _point(f, head="ab" * 32),
    "old checkpoint with its time stamp beside": _stamped_before,
    "time stamp of something else": lambda f, _: {**f, STAMP: b"0" + bytes(40)},
    "no checkpoint on its own": lambda f, _: _without(f, POINT),
    "an entry twice": lambda f, _: _repeated(f, ENTRIES),
    "a proof twice": lambda f, _: _repeated(f, PROOFS),
    "another time of the event": lambda f, _: _event(f),
    "an event with two meanings": lambda f, _: _two_meanings(f),
    "checkpoint of another key": lambda f, b: _point(f, key=base64.b64encode(b.other.public).decode(), sign=b.other),
}
_ON_PAPER: dict[str, Change] = {
    "ledger written anew for another clip": lambda f, b: _recomputed(f, b, b.key),
    "dropped record with its proof": lambda f, _: _drop_with_proof(f, "access"),
    "another time of the event": _RAW["another time of the event"],
    "changed custody": _RAW["changed custody"],
    "no entries": lambda f, _: {**f, ENTRIES: b"[]\n"},
    "older checkpoint": _RAW["older checkpoint"],
}


def _forged(bag: Untouched) -> list[Tampered]:
    """By somebody with a key of his own."""

    def own(files: Files) -> Files:
        out = {**files, DEVICE: certificate(bag.other, "another shop", 1.0), PEM: pem_of(bag.other.public)}
        entries = json.loads(out[ENTRIES])
        for entry in entries:
            bare = {name: value for name, value in entry["body"].items() if name != "signature"}
            entry["body"]["signature"] = base64.b64encode(bag.other.sign(rfc8785.dumps(bare))).decode()
        return {**out, ENTRIES: b"[]\n"}

    files = dict(bag.files)
    whole = zip_of(bag.name, relisted(own(_recomputed(files, bag, bag.other, swap=False)), bag.other))
    swapped = zip_of(bag.name, relisted(own(_recomputed(files, bag, bag.other)), bag.other))
    half = {**files, DEVICE: certificate(bag.other, "another shop", 1.0), PEM: pem_of(bag.other.public)}
    return [
        Tampered("other key on the list only", zip_of(bag.name, relisted(files, bag.other))),
        Tampered("other key, old checkpoint", zip_of(bag.name, relisted(half, bag.other))),
        Tampered("other key in the certificate only", zip_of(bag.name, relisted({**files, DEVICE: half[DEVICE]}, bag.key))),
        Tampered("other key for openssl only", zip_of(bag.name, relisted({**files, PEM: half[PEM]}, bag.key))),
        Tampered("other key on everything, paper at hand", whole, bag.anchor),
        Tampered("other key on everything, fingerprint at hand", whole, bag.key.fingerprint),
        Tampered("other key and clip, paper at hand", swapped, bag.anchor),
        Tampered("other key and clip, fingerprint at hand", swapped, bag.key.fingerprint[:16]),
    ]


def _packed(bag: Untouched) -> list[Tampered]:
    """The zip itself."""
    good = zip_of(bag.name, bag.files)
    repacked = io.BytesIO()
    with zipfile.ZipFile(repacked, "w", zipfile.ZIP_DEFLATED) as file:
        for path, data in bag.files.items():
            file.writestr(f"{bag.name}/{path}", data)
    first = len(bag.name)
    return [
        Tampered("packed again", repacked.getvalue()),
        Tampered("a byte more", good + b"\0"),
        Tampered("a byte before", b"\0" + good),
        Tampered("a byte less", good[:-1]),
        Tampered("half of it", good[: len(good) // 2]),
        Tampered("a comment", good[:-2] + b"\2\0hi"),
        Tampered("another name", zip_of("x" * first, bag.files)),
        Tampered("twice in one", good + good),
    ]


def _list(files: Files, fits: Callable[[str], bool]) -> bytes:
    rows = sorted((path, hashlib.sha256(data).hexdigest()) for path, data in files.items() if fits(path))
    return "".join(f"{digest}  {path}\n" for path, digest in rows).encode()
