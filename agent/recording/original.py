"""An incident's original as one file in memory: the camera's packets, and whose place each cell of each chosen frame is.

Comes in: packets of one format, frames' `Owned` masks. Goes out: the bytes of a Matroska file with notes, and all of it again.
The notes (ansim.json, attached) hold what Matroska has no place for: each packet's number and stamps to the last bit, and the
masks that show nobody, with the owners of their cells, so that a reveal needs no detector and cannot guess.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from typing import Any

import av
import numpy as np

from agent.capture.packet import RingPacket, StreamFormat
from agent.capture.ring import RingCut
from agent.detection.findings import CELL_COLUMNS
from agent.errors import IntegrityError
from agent.masking.levels import Mask
from agent.masking.owners import NOBODY, Owned, Owners
from agent.recording.matroska import NOTES, matroska
from agent.values import MaskStep

VERSION = 1
MOST_CELLS = 1 << 28  # of all frames together; an hour at 30 frames a second has less


@dataclass(frozen=True, slots=True)
class Original:
    """Holding one means: you have clear pictures of people in memory. packets: as the camera sent them, in the order of
    decoding, all of one format. owned: by the packet's number, what may be shown of the frames that the evidence clip shows."""

    packets: tuple[RingPacket, ...]
    owned: Mapping[int, Owned]
    from_s: float
    to_s: float

    @property
    def cut(self) -> RingCut:
        """The packets, ready to be decoded again."""
        return RingCut(self.packets, self.from_s, self.to_s)

    @property
    def tracks(self) -> tuple[int, ...]:
        """Everybody who owns a cell somewhere, and so can be shown."""
        found: set[int] = set()
        for one in self.owned.values():
            found.update(np.unique(one.owners).tolist())
        return tuple(sorted(found - {NOBODY}))


def parts(cut: RingCut) -> list[tuple[RingPacket, ...]]:
    """The packets of a cut, parted where the format changes (the camera connected anew): a file holds one."""
    return [tuple(group) for _, group in groupby(cut.packets, key=lambda packet: id(packet.format))]


def pack(original: Original) -> bytes:
    """A Matroska file that FFmpeg's players play, and that `unpack` takes apart to the last bit."""
    form = original.packets[0].format
    notes = {
        "version": VERSION,
        "camera": form.camera,
        "codec": form.codec,
        "extradata": None if form.extradata is None else base64.b64encode(form.extradata).decode(),
        "width": form.width,
        "height": form.height,
        "time_base": [form.time_base.numerator, form.time_base.denominator],
        "shown_in_order": form.shown_in_order,
        "pixels": form.pixels,
        "from_s": original.from_s,
        "to_s": original.to_s,
        "sha256": _digest(original.packets),
        "packets": [
            [p.index, p.pts_s, p.dts_s, p.duration_s, p.keyframe, p.utc, p.camera_pts, p.camera_dts] for p in original.packets
        ],
        **_masks_body(original.owned),
    }
    return matroska(original.packets, json.dumps(notes, separators=(",", ":"), allow_nan=False).encode())


def unpack(data: bytes) -> Original:
    """Raises IntegrityError when `data` is not a whole original."""
    try:
        with av.open(io.BytesIO(data), "r") as container:
            notes = json.loads(next(a.data for a in container.streams.attachments if a.name == NOTES))
            sent = [bytes(packet) for packet in container.demux(container.streams.video[0]) if packet.size]
        if notes["version"] != VERSION:
            raise ValueError(f"version {notes['version']}")
        packets = _packets(notes, sent)
        if _digest(packets) != notes["sha256"]:
            raise ValueError("other packets")
        return Original(packets, _masks(notes, packets), float(notes["from_s"]), float(notes["to_s"]))
    except (av.FFmpegError, ValueError, KeyError, TypeError, IndexError, StopIteration, AttributeError, zlib.error) as wrong:
        raise IntegrityError(
            ko="봉인한 원본이 온전하지 않아 열 수 없습니다. 백업이 있으면 되돌려 주세요.",
            en="The sealed original is not whole and cannot be used. Restore it from a backup.",
        ) from wrong


def _digest(packets: Sequence[RingPacket]) -> str:
    digest = hashlib.sha256()
    for packet in packets:
        digest.update(len(packet.data).to_bytes(8))
        digest.update(packet.data)
    return digest.hexdigest()


def _packets(notes: Mapping[str, Any], sent: Sequence[bytes]) -> tuple[RingPacket, ...]:
    extradata = notes["extradata"]
    form = StreamFormat(
        camera=str(notes["camera"]),
        codec=str(notes["codec"]),
        extradata=None if extradata is None else base64.b64decode(extradata),
        width=int(notes["width"]),
        height=int(notes["height"]),
        time_base=Fraction(*notes["time_base"]),
        shown_in_order=bool(notes["shown_in_order"]),
        pixels=notes["pixels"],
    )
    return tuple(
        RingPacket(data, pts_s, duration_s, key, index, dts_s, utc, form, camera_pts, camera_dts)
        for data, (index, pts_s, dts_s, duration_s, key, utc, camera_pts, camera_dts) in zip(
            sent, notes["packets"], strict=True
        )
    )


def _masks_body(owned: Mapping[int, Owned]) -> dict[str, Any]:
    """The frames' tables one behind the other; owners as places in the list of tracks, as ids grow without bound."""
    frames = [[index, one.mask.step.value, one.mask.block, len(one.owners)] for index, one in owned.items()]
    levels = b"".join(one.mask.levels.tobytes() for one in owned.values())
    tracks = sorted({int(track) for one in owned.values() for track in np.unique(one.owners)} - {NOBODY})
    known = np.array([NOBODY, *tracks], np.uint32)
    places = b"".join(np.searchsorted(known, one.owners).astype("<u2").tobytes() for one in owned.values())
    return {"frames": frames, "tracks": tracks, "levels": _packed(levels), "owners": _packed(places)}


def _masks(notes: Mapping[str, Any], packets: Sequence[RingPacket]) -> dict[int, Owned]:
    rows = [int(frame[3]) for frame in notes["frames"]]
    cells = sum(rows) * CELL_COLUMNS
    levels = np.frombuffer(_unpacked(notes["levels"], cells), np.uint8)
    known = np.array([NOBODY, *notes["tracks"]], np.uint32)
    owners = known[np.frombuffer(_unpacked(notes["owners"], cells * 2), "<u2")]
    stamps = {packet.index: packet.stamp for packet in packets}
    found, at = {}, 0
    for (index, step, block, _), high in zip(notes["frames"], rows, strict=True):
        part = slice(at, at + high * CELL_COLUMNS)
        mask = Mask(stamps[index], levels[part].reshape(high, CELL_COLUMNS), int(block), MaskStep(step))
        found[int(index)] = Owned(mask, _table(owners[part], high))
        at += high * CELL_COLUMNS
    return found


def _table(flat: Owners, rows: int) -> Owners:
    return flat.reshape(rows, CELL_COLUMNS)


def _packed(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data, 6)).decode()


def _unpacked(text: str, size: int) -> bytes:
    if size > MOST_CELLS:
        raise ValueError("too many masks")
    data = zlib.decompressobj().decompress(base64.b64decode(text), size + 1)
    if len(data) != size:
        raise ValueError("masks of another size")
    return data
