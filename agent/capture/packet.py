"""One compressed picture as the camera sent it, with its repaired time.

Comes in: nothing. Goes out: `RingPacket` and the `StreamFormat` that says how to decode it; plain values.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from agent.values import FrameStamp

if TYPE_CHECKING:
    import av
    from av.video.stream import VideoStream

Sent: TypeAlias = "av.Packet[VideoStream]"  # a packet as FFmpeg read it

MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class StreamFormat:
    """How a run of packets is decoded; a new connection or a changed header makes a new one (compared by identity in a ring).

    codec: FFmpeg's decoder name, e.g. "h264". extradata: the decoder's header bytes, or None when they come in the stream.
    time_base: seconds per tick of the camera's own stamps. shown_in_order: packets come in the order in which they are shown,
    or carry the time at which they are shown; where neither holds (old AVI files) they are recoded (see RecodedConnection).
    pixels: FFmpeg's pixel format, for raw video only.
    """

    camera: str
    codec: str
    extradata: bytes | None
    width: int
    height: int
    time_base: Fraction
    shown_in_order: bool = True
    pixels: str | None = None


@dataclass(frozen=True, slots=True)
class RingPacket:
    """One compressed picture. data: exactly the bytes that the camera sent.

    pts_s, dts_s: when it is shown and decoded, in source seconds (repaired, whole microseconds). index: its number among
    all packets of this run, from 0. utc: Unix time at which it was taken. camera_pts, camera_dts: the camera's own stamps in
    ticks of format.time_base, as they came, before any repair.
    """

    data: bytes
    pts_s: float
    duration_s: float
    keyframe: bool
    index: int
    dts_s: float
    utc: float
    format: StreamFormat
    camera_pts: int | None = None
    camera_dts: int | None = None

    @property
    def stamp(self) -> FrameStamp:
        """The stamp of the picture in this packet: the same in the live pass and whenever it is decoded again."""
        return FrameStamp(self.format.camera, self.index, self.pts_s, self.utc)

    @property
    def pts_us(self) -> int:
        return round(self.pts_s * MICROSECONDS)

    @property
    def dts_us(self) -> int:
        return round(self.dts_s * MICROSECONDS)
