"""What the ledger's records say: values turned into plain JSON and back. Pure.

Comes in: incidents, events, stored files, sidecars. Goes out: JSON-able dicts (the bodies), and the values again.
Kinds of records: see `Kind`. Times are rounded to 1 ms, places to 0.0001 of the picture: more would be noise.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping, Sequence
from typing import Any

from agent.values import (
    Box,
    ClipState,
    Event,
    FrameNote,
    Incident,
    MaskStep,
    Severity,
    Sidecar,
    Text,
    TrackPoint,
)
from agent.vault.rows import FileKind, Part, SealedFile, StoredFile

SIDECAR_VERSION = 1
LONGEST_TEXT = 500  # characters of a field of the access log; some come from whoever knocks at the panel


class Kind(enum.StrEnum):
    """Kinds of ledger records. Never rename one: old ledgers are read for ever."""

    INCIDENT = "incident"  # opened, updated or closed: the body says how it stands now
    CLIP = "incident.clip"  # what became of an incident's clip
    HOLD = "incident.hold"
    VERDICT = "incident.verdict"  # what the owner said of it; null: nothing any more
    UNUSUAL = "incident.unusual"  # how far the visit was from what is usual in this shop
    RESET = "rule.reset"  # verdicts before it no longer move the rule's threshold
    TILL_KEY = "till.key"  # a key for reporting sales was made or revoked; its sha256, never the key
    STORED = "file.stored"
    ERASED = "file.erased"
    EVENT = "event"
    ACCESS = "access"
    ACCOUNT = "account"
    ADMISSION = "pass"  # a pass was issued, changed, enrolled, revoked, removed; never whose it is, nor what opens it
    ENTRY = "entry"  # a code was shown or somebody crossed the entrance (agent.vault.entry_bodies)
    ENTRIES_ERASED = "entries.erased"  # the key of a day's entries goes: nobody can tell any more whose they were
    DOOR = "door"  # the door was opened, or should have been
    OWNER_KEY = "key"  # the owner's keys were made, renewed, restored; who else may open originals; public halves only
    ANCHOR_SENT = "anchor.sent"  # an anchor left the machine; by which ways, and how much of the ledger it covers
    CHECKPOINT = "checkpoint"  # the device signs what the ledger is up to the line before
    SEALED = "sealed.stored"  # the original of an incident, encrypted; only the owner's key opens it
    SEALED_ERASED = "sealed.erased"  # its key goes, and with it all that could be seen in it
    REVEAL = "reveal.step"  # somebody asked to see chosen people, approved, stopped it, opened the original
    REVEALED = "reveal.rendered"  # a clip was made that shows chosen people only; its sha256
    EXPORTED = "evidence.exported"  # a bag of evidence was handed over: who, to whom, what for, its digest

    @property
    def mark(self) -> bytes:
        """What stands in each line of this kind, to leave most lines unread; a body may hold it, too: the record tells."""
        return b'"kind":"%s"' % self.value.encode()


def sane(text: str) -> str:
    """Text that canonical JSON can hold (a lone surrogate cannot be written) and that nobody can fill the disk with."""
    return text[:LONGEST_TEXT].encode("utf-8", "replace").decode("utf-8")


def text_body(text: Text) -> dict[str, str]:
    return {"ko": text.ko, "en": text.en}


def text_of(body: Mapping[str, Any]) -> Text:
    return Text(ko=str(body["ko"]), en=str(body["en"]))


def incident_body(incident: Incident) -> dict[str, Any]:
    return {
        "id": incident.id,
        "camera": incident.camera,
        "rule": incident.rule,
        "severity": int(incident.severity),
        "opened_s": _ms(incident.opened_s),
        "opened_utc": _ms(incident.opened_utc),
        "closed_s": _ms(incident.closed_s),
        "closed_utc": _ms(incident.closed_utc),
        "zone": incident.zone,
        "tracks": list(incident.tracks),
        "reasons": [text_body(reason) for reason in incident.reasons],
        "clip": incident.clip.value,
    }


def incident_of(body: Mapping[str, Any]) -> Incident:
    return Incident(
        id=body["id"],
        camera=body["camera"],
        rule=body["rule"],
        severity=Severity(body["severity"]),
        opened_s=body["opened_s"],
        opened_utc=body["opened_utc"],
        reasons=tuple(text_of(reason) for reason in body["reasons"]),
        tracks=tuple(body["tracks"]),
        zone=body["zone"],
        closed_s=body["closed_s"],
        closed_utc=body["closed_utc"],
        clip=ClipState(body["clip"]),
    )


def event_body(event: Event) -> dict[str, Any]:
    return {"utc": _ms(event.utc), "kind": event.kind.value, "camera": event.camera, **text_body(event.text)}


def part_body(part: Part) -> dict[str, Any]:
    return {"path": part.path, "bytes": part.bytes, "sha256": part.sha256}


def part_of(body: Mapping[str, Any]) -> Part:
    return Part(path=body["path"], bytes=body["bytes"], sha256=body["sha256"])


def stored_body(stored: StoredFile) -> dict[str, Any]:
    """All of it but `seq`, which is the record's own, and the state, which is the index's."""
    return {
        "kind": stored.kind.value,
        "camera": stored.camera,
        "incident": stored.incident,
        "start_utc": _ms(stored.start_utc),
        "end_utc": _ms(stored.end_utc),
        "frames": stored.frames,
        "video": part_body(stored.video),
        "sidecar": part_body(stored.sidecar),
        "poster": None if stored.poster is None else part_body(stored.poster),
        "recovered": stored.recovered,
    }


def stored_of(seq: int, body: Mapping[str, Any]) -> StoredFile:
    return StoredFile(
        seq=seq,
        kind=FileKind(body["kind"]),
        camera=body["camera"],
        incident=body["incident"],
        start_utc=body["start_utc"],
        end_utc=body["end_utc"],
        frames=body["frames"],
        video=part_of(body["video"]),
        sidecar=part_of(body["sidecar"]),
        poster=None if body["poster"] is None else part_of(body["poster"]),
        recovered=body["recovered"],
    )


def sealed_body(sealed: SealedFile) -> dict[str, Any]:
    """All of it but `seq`, which is the record's own, and the state, which is the index's."""
    return {
        "incident": sealed.incident,
        "path": sealed.path,
        "bytes": sealed.bytes,
        "sha256": sealed.sha256,
        "key_sha256": sealed.key_sha256,
        "from_utc": _ms(sealed.from_utc),
        "to_utc": _ms(sealed.to_utc),
        "recipients": list(sealed.recipients),
    }


def sealed_of(seq: int, body: Mapping[str, Any]) -> SealedFile:
    return SealedFile(
        seq=seq,
        incident=body["incident"],
        path=body["path"],
        bytes=body["bytes"],
        sha256=body["sha256"],
        key_sha256=body["key_sha256"],
        from_utc=body["from_utc"],
        to_utc=body["to_utc"],
        recipients=tuple(body["recipients"]),
    )


def sidecar_bytes(sidecar: Sidecar) -> bytes:
    """The sidecar file: compact JSON, {"version", "camera", "frames", "tracks"} as agent.values.Sidecar says."""
    body = {
        "version": SIDECAR_VERSION,
        "camera": sidecar.camera,
        "frames": [{"source_s": _ms(f.source_s), "utc": _ms(f.utc), "step": f.step.value} for f in sidecar.frames],
        "tracks": {str(track): _path_body(path) for track, path in sorted(sidecar.tracks.items())},
    }
    return json.dumps(body, separators=(",", ":"), allow_nan=False).encode()


def sidecar_of(data: bytes) -> Sidecar:
    """Raises ValueError when `data` is not a whole sidecar of this version."""
    try:
        body = json.loads(data)
        if body["version"] != SIDECAR_VERSION:
            raise ValueError(f"sidecar version {body['version']}")
        frames = tuple(FrameNote(float(f["source_s"]), float(f["utc"]), MaskStep(f["step"])) for f in body["frames"])
        tracks = {int(track): tuple(_point_of(p) for p in path) for track, path in body["tracks"].items()}
        return Sidecar(camera=str(body["camera"]), frames=frames, tracks=tracks)
    except (KeyError, TypeError, AttributeError) as wrong:
        raise ValueError(f"not a sidecar: {wrong!r}") from wrong


def _path_body(path: Sequence[TrackPoint]) -> list[dict[str, Any]]:
    return [
        {
            "source_s": _ms(p.source_s),
            "box": [round(edge, 4) for edge in (p.box.left, p.box.top, p.box.right, p.box.bottom)],
            "seen": p.seen,
        }
        for p in path
    ]


def _point_of(body: Mapping[str, Any]) -> TrackPoint:
    left, top, right, bottom = body["box"]
    return TrackPoint(float(body["source_s"]), Box(left, top, right, bottom), bool(body["seen"]))


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
