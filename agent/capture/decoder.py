"""Turns compressed packets into clear pictures, the same way in the live pass and when a ring is decoded again.

Comes in: `RingPacket`s in the order of decoding. Goes out: `Picture`s (a stamp and FFmpeg's own frame), which `wrap` lends as a
`RawFrame` without copying where the decoder gives 8-bit YUV 4:2:0.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import NamedTuple

import av
import numpy as np
from av.codec.context import CodecContext
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import VideoReformatter

from agent.capture.packet import MICROSECONDS, RingPacket, Sent, StreamFormat
from agent.capture.raw import Plane, Planes, RawFrame
from agent.errors import SourceUnsupported
from agent.values import FrameStamp

TICK = Fraction(1, MICROSECONDS)
FULL_RANGE = 2  # AVCOL_RANGE_JPEG
DELAY = 64  # packets that a decoder may hold back; what is older was lost in it


class Picture(NamedTuple):
    """A decoded frame that nobody has wrapped yet, and whose stamp is known."""

    stamp: FrameStamp
    frame: av.VideoFrame


class Decoder:
    """Holding one means: a decoder of one `StreamFormat` is open. Not thread-safe: use it from one thread at a time."""

    def __init__(self, form: StreamFormat, *, quick: bool) -> None:
        """quick: decode with all processor cores, some frames behind; else one thread and no delay (live)."""
        try:
            context = CodecContext.create(form.codec, "r")
        except (av.FFmpegError, ValueError) as error:
            raise SourceUnsupported(
                ko=f"'{form.codec}' 형식의 영상은 읽을 수 없습니다. 카메라를 H.264로 설정해 주세요.",
                en=f"Video of the kind '{form.codec}' cannot be read. Set the camera to H.264.",
            ) from error
        if not isinstance(context, VideoCodecContext):
            raise SourceUnsupported(ko="영상이 아닙니다.", en="This is not video.")
        if form.extradata:
            context.extradata = form.extradata
        context.width, context.height = form.width, form.height
        if form.pixels is not None:
            context.pix_fmt = form.pixels
        context.thread_type = "AUTO" if quick else "SLICE"
        context.thread_count = 0 if quick else 1
        self._context = context
        self._stamps: dict[int, FrameStamp] = {}
        self._last_s = -1.0
        self.broken = 0

    def decode(self, packet: RingPacket, sent: Sent | None = None) -> Iterator[Picture]:
        """The pictures that are complete once `packet` is known; a packet that cannot be decoded is counted in `broken`.

        sent: the same packet as FFmpeg read it, so that its bytes need not be copied again.
        """
        self._remember(packet)
        whole = sent if sent is not None else _sent(packet)
        whole.time_base = TICK
        whole.pts, whole.dts = packet.pts_us, packet.dts_us
        return self._out(whole)

    def flush(self) -> Iterator[Picture]:
        """The pictures that the decoder still holds, at the end of a stream."""
        return self._out(None)

    def _remember(self, packet: RingPacket) -> None:
        while len(self._stamps) >= DELAY:
            del self._stamps[next(iter(self._stamps))]
        self._stamps[packet.pts_us] = packet.stamp

    def _out(self, packet: Sent | None) -> Iterator[Picture]:
        try:
            frames = self._context.decode(packet)
        except av.FFmpegError:
            self.broken += 1
            return
        for frame in frames:
            stamp = self._stamp_of(frame)
            if stamp is not None:
                yield Picture(stamp, frame)

    def _stamp_of(self, frame: av.VideoFrame) -> FrameStamp | None:
        # The decoder hands each packet's own time on to its picture, so this is exact wherever decoding began.
        stamp = self._stamps.pop(frame.pts, None) if frame.pts is not None else None
        if stamp is None:
            return None
        if stamp.source_s <= self._last_s:
            stamp = dataclasses.replace(stamp, source_s=self._last_s + 1 / MICROSECONDS)
        self._last_s = stamp.source_s
        return stamp


class Wrapper:
    """Lends decoded frames as RawFrames; keeps one converter for cameras that do not send 8-bit YUV 4:2:0."""

    def __init__(self) -> None:
        self._converter = VideoReformatter()

    def wrap(self, picture: Picture) -> RawFrame:
        """The picture as a RawFrame whose planes are views of the decoder's own memory (kept alive by them).

        Other formats (10 bit, 4:2:2, RGB) are converted. Raises SourceUnsupported for pictures below 32 x 32 pixels.
        """
        frame = picture.frame
        name = frame.format.name
        full = name.startswith("yuvj") or (frame.color_range == FULL_RANGE and name.startswith("yuv"))
        if name not in ("yuv420p", "yuvj420p"):
            frame = self._converter.reformat(frame, format="yuvj420p" if full else "yuv420p")
        y, u, v = (_view(plane) for plane in frame.planes)
        return RawFrame(picture.stamp, Planes(y, u, v), full_range=full)


def decode_all(packets: Iterable[RingPacket], *, take: Callable[[FrameStamp], bool], quick: bool = True) -> Iterator[RawFrame]:
    """Decode a run of packets, through changes of format; wrap the frames that `take` says yes to, in the order of showing."""
    decoder: Decoder | None = None
    form: StreamFormat | None = None
    wrapper = Wrapper()
    for packet in packets:
        if packet.format is not form or decoder is None:
            if decoder is not None:
                yield from (wrapper.wrap(p) for p in decoder.flush() if take(p.stamp))
            form, decoder = packet.format, Decoder(packet.format, quick=quick)
        yield from (wrapper.wrap(p) for p in decoder.decode(packet) if take(p.stamp))
    if decoder is not None:
        yield from (wrapper.wrap(p) for p in decoder.flush() if take(p.stamp))


def _sent(packet: RingPacket) -> Sent:
    whole: Sent = av.Packet(len(packet.data))  # type: ignore[assignment]  # allocated with the padding that decoders read into
    whole.update(packet.data)
    return whole


def _view(plane: av.video.plane.VideoPlane) -> Plane:
    # memoryview keeps the plane, and with it the decoder's frame, alive for as long as the view is.
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]
