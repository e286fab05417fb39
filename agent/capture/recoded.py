"""A camera that sends uncompressed pictures, made to look like one that compresses: so that its last minutes fit the ring.

Comes in: an open `Connection` of raw video (some USB cameras). Goes out: a `Connection` of H.264 in memory, same stamps.
"""

from __future__ import annotations

from collections.abc import Iterator

import av

from agent.capture.connection import Connection
from agent.capture.decoder import TICK, Decoder
from agent.capture.memory_encoder import MemoryEncoder
from agent.capture.packet import MICROSECONDS, RingPacket, Sent, StreamFormat

UNKNOWN_FPS = 30.0


class RecodedConnection:
    """Holding one means: `inner` is open, and each of its pictures is compressed as it comes."""

    audio = False

    def __init__(self, inner: Connection) -> None:
        self._inner = inner
        self.info = inner.info
        old = inner.format
        self._encoder = MemoryEncoder(old.width, old.height, inner.info.fps or UNKNOWN_FPS, TICK)
        self.format = StreamFormat(old.camera, "h264", None, self._encoder.width, self._encoder.height, TICK)

    def packets(self) -> Iterator[Sent]:
        """See Connection.packets."""
        decoder = Decoder(self._inner.format, quick=False)
        last = -1
        for index, sent in enumerate(self._inner.packets()):
            stamp = sent.pts if sent.pts is not None else sent.dts
            base = sent.time_base or self._inner.format.time_base
            ticks = round(stamp * base * MICROSECONDS) if stamp is not None else last + 1
            for picture in decoder.decode(_numbered(index, self._inner.format), sent):
                last = max(last + 1, ticks)  # an encoder refuses stamps that stand or run backwards
                yield from self._encoded(picture.frame, last)

    def close(self) -> None:
        self._inner.close()

    def _encoded(self, frame: av.VideoFrame, ticks: int) -> list[Sent]:
        frame.pts, frame.time_base = ticks, TICK
        return self._encoder.encode(frame)


def _numbered(index: int, form: StreamFormat) -> RingPacket:
    """A raw picture is complete in itself: its number serves as its time while it is decoded."""
    return RingPacket(b"", float(index), 0.0, True, index, float(index), 0.0, form)
