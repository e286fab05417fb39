"""Whether an MP4 that was cut off in the middle can be played, and up to where.

Comes in: the path of a partial file (masked pictures only). Goes out: a `Playable`. Reads only; who keeps the file cuts it.
ISO/IEC 14496-12: a file is a row of boxes (32-bit size, 4-letter type; size 1: a 64-bit size follows; size 0: up to the end).
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av


@dataclass(frozen=True, slots=True)
class Playable:
    """The first `bytes` of the file are whole and show `frames` pictures over `seconds`."""

    bytes: int
    frames: int
    seconds: float


def fragments(path: Path) -> Playable | None:
    """For a fragmented MP4 (presence segments): what is there up to its last whole fragment; None when that is nothing."""
    end = _last_fragment_end(path)
    return None if end is None else _measured(path, end)


def whole(path: Path) -> Playable | None:
    """For a clip, which only plays when it is complete: its measure, or None when something is missing."""
    kinds = [kind for kind, _, complete in _boxes(path) if complete]
    complete = all(complete for _, _, complete in _boxes(path))
    if not complete or b"moov" not in kinds or b"mdat" not in kinds:
        return None
    return _measured(path, path.stat().st_size)


def _last_fragment_end(path: Path) -> int | None:
    header, fragment_open, end = False, False, None
    for kind, upto, complete in _boxes(path):
        if not complete:
            break
        if kind == b"moov":
            header = True
        elif kind == b"moof":
            fragment_open = True
        elif kind == b"mdat" and header and fragment_open:
            fragment_open, end = False, upto
    return end


def _boxes(path: Path) -> Iterator[tuple[bytes, int, bool]]:
    """(type, offset of the end, whether that is inside the file) of each box on the top level."""
    with path.open("rb") as file:
        length = os.fstat(file.fileno()).st_size
        at = 0
        while at < length:
            file.seek(at)
            head = file.read(16)
            if len(head) < 8:
                yield b"", length, False
                return
            size, kind = struct.unpack(">I4s", head[:8])
            if size == 1 and len(head) == 16:
                size = struct.unpack(">Q", head[8:])[0]
            if size < 8:
                yield kind, length, False
                return
            at += size
            yield kind, at, at <= length


def _measured(path: Path, end: int) -> Playable | None:
    """Demux it all, and decode the first picture, which shows that the header and the key frame are sound."""
    try:
        with av.open(str(path)) as container:
            video = container.streams.video[0]
            times = [
                (packet.pts * packet.time_base, (packet.pts + (packet.duration or 0)) * packet.time_base)
                for packet in container.demux(video)
                if packet.pts is not None and (packet.pos is None or packet.pos < end)
            ]
        with av.open(str(path)) as container:
            next(container.decode(container.streams.video[0]))
    except (av.FFmpegError, StopIteration, IndexError):
        return None
    if not times:
        return None
    return Playable(end, len(times), float(max(stop for _, stop in times) - min(start for start, _ in times)))
