"""Reads one camera's pictures across connections, on one source clock: packets to the ring, wrapped frames to the consumer.

Comes in: a `Connection` at a time. Goes out: `RawFrame`s on the frame grid; each packet goes to the ring before it is decoded.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from fractions import Fraction

from agent.capture.connection import Connection
from agent.capture.decoder import Decoder, Picture, Wrapper
from agent.capture.packet import MICROSECONDS, RingPacket, Sent, StreamFormat
from agent.capture.raw import RawFrame
from agent.capture.timestamps import FrameGrid, Placed, Timeline
from agent.clock import Clock
from agent.values import EventKind, Text

OnEvent = Callable[[EventKind, Text], None]
OnPacket = Callable[[RingPacket], None]
Pace = Callable[[float], bool]


class Reader:
    """Holding one means: you follow one camera through this run; frames never run backwards, whatever its connections do."""

    def __init__(
        self,
        clock: Clock,
        *,
        take_fps: float,
        quick: bool,
        on_packet: OnPacket | None,
        on_event: OnEvent,
        ended_utc: float | None = None,
    ) -> None:
        """quick: decode with all cores (recordings). ended_utc: Unix time at which a recording is taken to have ended."""
        self._clock = clock
        self._quick = quick
        self._on_packet = on_packet
        self._on_event = on_event
        self._ended_utc = ended_utc
        self._start_utc: float | None = None
        self._timeline = Timeline()
        self._grid = FrameGrid(take_fps)
        self._wrapper = Wrapper()
        self._index = 0
        self._arrived: float | None = None
        self._size: tuple[int, int] | None = None
        self._audio_told = False
        self._live = False
        self.frames = 0

    @property
    def end_s(self) -> float:
        """Where the source clock stands (seconds)."""
        return self._timeline.end_s

    def read(self, connection: Connection, pace: Pace | None = None) -> Iterator[RawFrame]:
        """The frames of this connection. pace: called with the source time of each packet; it waits, and says no to stop.

        Raises what the connection raises, and SourceUnsupported for a picture below 32 x 32 pixels.
        """
        self._begin(connection)
        decoder = Decoder(connection.format, quick=self._quick)
        form = connection.format
        for sent in connection.packets():
            if sent.has_sidedata("new_extradata"):
                yield from self._wrapped(decoder.flush())
                form = dataclasses.replace(form, extradata=bytes(sent.get_sidedata("new_extradata")))
                decoder = Decoder(form, quick=self._quick)
            placed = self._place(sent, form)
            if pace is not None and not pace(placed.dts / MICROSECONDS):
                return
            packet = self._packet(sent, form, placed)
            if self._on_packet is not None:
                self._on_packet(packet)
            yield from self._wrapped(decoder.decode(packet, sent))
        yield from self._wrapped(decoder.flush())

    def _begin(self, connection: Connection) -> None:
        if connection.audio and not self._audio_told:
            self._audio_told = True
            self._on_event(
                EventKind.AUDIO_REFUSED,
                Text(
                    ko="이 카메라는 소리도 보내지만, 안심은 소리를 받지도 저장하지도 않습니다.",
                    en="This camera offers sound; it is neither received nor stored.",
                ),
            )
        info = connection.info
        if info.fps > 0:
            self._timeline.step = round(MICROSECONDS / info.fps)
        self._timeline.resume(self._clock.monotonic() - self._arrived if info.live and self._arrived is not None else 0.0)
        if self._ended_utc is not None and self._start_utc is None:
            self._start_utc = self._ended_utc - (info.duration_s or 0.0)
        self._live = info.live

    def _place(self, sent: Sent, form: StreamFormat) -> Placed:
        self._arrived = self._clock.monotonic()
        base = sent.time_base or form.time_base
        arrival = round(self._arrived * MICROSECONDS) if self._live else None
        pts, dts = _microseconds(sent.pts, base), _microseconds(sent.dts, base)
        return self._timeline.place(pts, dts, _microseconds(sent.duration, base) or 0, arrival)

    def _packet(self, sent: Sent, form: StreamFormat, placed: Placed) -> RingPacket:
        base = sent.time_base or form.time_base
        index, self._index = self._index, self._index + 1
        if self._start_utc is not None:
            utc = self._start_utc + placed.pts / MICROSECONDS
        else:
            utc = self._clock.utc() + (placed.pts - placed.dts if placed.dts >= 0 else 0) / MICROSECONDS
        return RingPacket(
            data=bytes(sent) if self._on_packet is not None else b"",
            pts_s=placed.pts / MICROSECONDS,
            duration_s=(_microseconds(sent.duration, base) or self._timeline.step) / MICROSECONDS,
            keyframe=sent.is_keyframe,
            index=index,
            dts_s=placed.dts / MICROSECONDS,
            utc=utc,
            format=form,
            camera_pts=sent.pts,
            camera_dts=sent.dts,
        )

    def _wrapped(self, pictures: Iterator[Picture]) -> Iterator[RawFrame]:
        for picture in pictures:
            self.frames += 1
            self._watch_size(picture)
            if self._grid.takes(picture.stamp.source_s):
                yield self._wrapper.wrap(picture)

    def _watch_size(self, picture: Picture) -> None:
        size = (picture.frame.width, picture.frame.height)
        if self._size is not None and size != self._size:
            (w, h), (old_w, old_h) = size, self._size
            self._on_event(
                EventKind.CAMERA_CHANGED,
                Text(
                    ko=f"카메라 해상도가 {old_w}x{old_h}에서 {w}x{h}(으)로 바뀌었습니다.",
                    en=f"The camera's resolution changed from {old_w} x {old_h} to {w} x {h}.",
                ),
            )
        self._size = size


def _microseconds(ticks: int | None, base: Fraction) -> int | None:
    """Whole microseconds, rounded half up in integers, so that a recording's stamps never lose a tick to floating point."""
    if ticks is None:
        return None
    return (2 * ticks * base.numerator * MICROSECONDS + base.denominator) // (2 * base.denominator)
