"""Things to keep in a vault: small real MP4 files, incidents, sidecars, and a vault folder to keep them in."""

from __future__ import annotations

import functools
import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from agent.clock import ManualClock
from agent.values import (
    Box,
    Event,
    EventKind,
    FrameNote,
    Incident,
    MaskStep,
    Severity,
    Sidecar,
    Text,
    TrackPoint,
)
from agent.vault import FileKind, StoredFile, Vault
from agent.vault.hold_log import HoldOrder
from agent.vault.originals import SealedOffer

UTC = 1_790_000_000.0
CAMERA = "till"
FPS = 8
JPEG = b"\xff\xd8 a poster \xff\xd9"
WHY = Text(ko="시험입니다.", en="A test.")


@functools.cache
def mp4(seconds: float = 3.0, *, fragmented: bool = True) -> bytes:
    """A real H.264 MP4, 64 x 48, made as the recorder makes presence segments (fragmented) or clips."""
    file = io.BytesIO()
    flags = "frag_keyframe+empty_moov+default_base_moof" if fragmented else ""
    with av.open(file, "w", format="mp4", options={"movflags": flags} if flags else {}) as container:
        stream = container.add_stream(
            "libx264", rate=FPS, options={"preset": "ultrafast", "g": str(FPS), "tune": "zerolatency"}
        )
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.time_base = Fraction(1, 1000)
        for index in range(round(seconds * FPS)):
            frame = av.VideoFrame.from_ndarray(np.full((72, 64), index * 3 % 256, np.uint8), format="yuv420p")
            frame.pts, frame.time_base = index * 1000 // FPS, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def decoded_frames(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def incident(number: int = 1, opened_utc: float = UTC, **changes: object) -> Incident:
    fields: dict = {
        "id": f"20260921T131320Z-{CAMERA}-loitering-{number}",
        "camera": CAMERA,
        "rule": "loitering",
        "severity": Severity.SOON,
        "opened_s": 12.5,
        "opened_utc": opened_utc,
        "reasons": (Text(ko="계산대 앞에 30초 넘게 머물렀습니다.", en="Stayed at the till for over 30 s."),),
        "tracks": (3,),
        "zone": "till",
    }
    return Incident(**(fields | changes))


def sidecar(start_utc: float = UTC, seconds: float = 3.0, camera: str = CAMERA) -> Sidecar:
    notes = tuple(FrameNote(i / FPS, start_utc + i / FPS, MaskStep.NORMAL) for i in range(round(seconds * FPS)))
    return Sidecar(camera, notes, {3: (TrackPoint(0.125, Box(0.1, 0.2, 0.3, 0.4), True),)})


def event(text: str = "x", kind: EventKind = EventKind.STARTED, utc: float = UTC) -> Event:
    return Event(utc, kind, Text(ko=text, en=text), CAMERA)


def put_partial(vault: Vault, kind: FileKind, name: str = CAMERA, utc: float = UTC) -> Path:
    """A finished partial file, as a recorder leaves it."""
    path = vault.partial_path(kind, name, utc)
    path.write_bytes(mp4(fragmented=kind is FileKind.SEGMENT))
    return path


def keep_segment(vault: Vault, utc: float = UTC, camera: str = CAMERA) -> StoredFile:
    partial = put_partial(vault, FileKind.SEGMENT, camera, utc)
    return vault.store_segment(camera, partial, sidecar(utc, camera=camera), utc, utc + 3.0).result()


def keep_clip(vault: Vault, number: int = 1, utc: float = UTC) -> StoredFile:
    """An incident from opening to clip."""
    seen = incident(number, utc)
    vault.open_incident(seen)
    vault.close_incident(incident(number, utc, closed_s=20.0, closed_utc=utc + 7.5))
    return vault.store_clip(seen.id, put_partial(vault, FileKind.CLIP, seen.id, utc), JPEG, sidecar(utc))


def sealed_offer(part: int = 1, utc: float = UTC, number: int = 1) -> SealedOffer:
    """An original of `incident(number)`; to the vault it is any bytes."""
    data = b"".join(hashlib.sha256(f"{number}.{part}.{at}".encode()).digest() for at in range(4000))
    return SealedOffer(incident(number).id, UTC, part, data, data[:400], utc, utc + 7.5, ("age1test",))


def hold(incident_id: str, until_utc: float, review_utc: float = UTC, **changes: str) -> HoldOrder:
    return HoldOrder(incident_id, until_utc, review_utc, **({"reason": "수사 협조", "by": "점주"} | changes))


@contextmanager
def opened(folder: Path, clock: ManualClock | None = None) -> Iterator[Vault]:
    vault = Vault(folder, clock or ManualClock(UTC))
    vault.open()
    try:
        yield vault
    finally:
        vault.close()
