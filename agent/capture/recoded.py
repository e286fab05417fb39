"""A source whose packets cannot serve as they are, made to look like one that sends H.264 in the order of showing.

Comes in: an open `Connection` of raw video (some USB cameras: too large for the ring), or of pictures that are reordered
without a time of showing (old AVI files: decoded from the middle, nothing says which stamp is whose, and a mask planned for one
frame would lie on another). Goes out: a `Connection` of H.264 in memory, each packet with the time at which it is shown.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import av

from agent.capture.connection import Connection
from agent.capture.decoder import TICK, Decoder
from agent.capture.memory_encoder import MemoryEncoder
from agent.capture.packet import MICROSECONDS, RingPacket, Sent, StreamFormat

UNKNOWN_FPS = 30.0
HELD = 16  # pictures that a decoder may hold back to bring them into order; no format allows more


class RecodedConnection:
    """Holding one means: `inner` is open, and each of its pictures is compressed as it comes."""

    def __init__(self, inner: Connection) -> None:
        self._inner = inner
        self.info = inner.info
        self.audio = inner.audio
        old = inner.format
        self._encoder = MemoryEncoder(old.width, old.height, inner.info.fps or UNKNOWN_FPS, TICK)
        self.format = StreamFormat(old.camera, "h264", None, self._encoder.width, self._encoder.height, TICK)
        self._times: deque[int] = deque()
        self._due = 0  # microseconds at which the next packet is due
        self._last = -1

    def packets(self) -> Iterator[Sent]:
        """See Connection.packets."""
        form = self._inner.format
        decoder = Decoder(form, quick=False)
        for index, sent in enumerate(self._inner.packets()):
            self._times.append(self._time(sent))
            for picture in decoder.decode(_numbered(index, form), sent):
                yield from self._encoded(picture.frame)
            while len(self._times) > HELD:
                self._times.popleft()  # of packets that gave no picture
        for picture in decoder.flush():
            yield from self._encoded(picture.frame)

    def close(self) -> None:
        self._inner.close()

    def _time(self, sent: Sent) -> int:
        """When the picture is shown whose turn this packet makes it: microseconds on the source's own clock.

        Where pictures are reordered without a time of showing, they come out evenly, at the times of decoding.
        """
        form = self._inner.format
        base = sent.time_base or form.time_base
        own = sent.pts if form.shown_in_order and sent.pts is not None else sent.dts
        now = self._due if own is None else round(own * base * MICROSECONDS)
        step = float(sent.duration * base) if sent.duration else 1 / (self.info.fps or UNKNOWN_FPS)
        self._due = now + round(step * MICROSECONDS)
        return now

    def _encoded(self, frame: av.VideoFrame) -> list[Sent]:
        # An encoder refuses stamps that stand or run backwards.
        self._last = max(self._last + 1, self._times.popleft() if self._times else 0)
        frame.pts, frame.time_base = self._last, TICK
        return self._encoder.encode(frame)


def _numbered(index: int, form: StreamFormat) -> RingPacket:
    """Its number serves as a packet's time while it is decoded."""
    return RingPacket(b"", float(index), 0.0, True, index, float(index), 0.0, form)
