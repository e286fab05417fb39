"""What is handed to the store: a finished partial video and all that is to be kept with it. Pure.

Comes in: paths and values. Goes out: an `Offer`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from agent.errors import StoreError
from agent.values import Sidecar
from agent.vault.rows import FileKind


@dataclass(frozen=True, slots=True)
class Offer:
    """A finished partial video with all that is to be kept of it. poster: JPEG bytes, for clips. Times in Unix seconds."""

    kind: FileKind
    camera: str
    partial: Path
    sidecar: Sidecar
    start_utc: float
    end_utc: float
    incident: str | None = None
    poster: bytes | None = None
    recovered: bool = False


def clip_offer(incident_id: str, partial: Path, poster: bytes, sidecar: Sidecar, *, recovered: bool = False) -> Offer:
    """An evidence clip; its times are those of its frames. Raises StoreError when it has none."""
    if not sidecar.frames:
        raise StoreError(ko="화면이 하나도 없는 영상은 저장하지 않습니다.", en="A clip without a single frame is not stored.")
    start, end = sidecar.frames[0].utc, sidecar.frames[-1].utc
    return Offer(FileKind.CLIP, sidecar.camera, partial, sidecar, start, end, incident_id, poster, recovered)
