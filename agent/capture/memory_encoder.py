"""Compresses pictures that come uncompressed (the drawn shop, some USB cameras), so that they fit the ring like a camera's own.

Comes in: FFmpeg frames. Goes out: H.264 packets in memory, one for each frame and without delay; nothing is written anywhere.
"""

from __future__ import annotations

from fractions import Fraction

import av
from av.codec.context import CodecContext
from av.video.codeccontext import VideoCodecContext

from agent.capture.packet import Sent

KEY_S = 2.0  # seconds between keyframes: a cut from the ring begins at one


class MemoryEncoder:
    """Holding one means: an H.264 stream in memory has begun, of one size and rate."""

    def __init__(self, width: int, height: int, fps: float, time_base: Fraction, *, crf: int = 20) -> None:
        """width, height: even; an odd last row or column is cut off. time_base: seconds per tick of the frames' stamps."""
        context = CodecContext.create("libx264", "w")
        if not isinstance(context, VideoCodecContext):
            raise TypeError("libx264 is no video encoder")
        self.width, self.height = width - width % 2, height - height % 2
        context.width, context.height = self.width, self.height
        context.pix_fmt = "yuv420p"
        context.time_base = time_base
        context.framerate = Fraction(fps).limit_denominator(1000)
        context.gop_size = max(1, round(fps * KEY_S))
        context.thread_count = 1
        context.options = {"preset": "ultrafast", "tune": "zerolatency", "crf": str(crf)}
        self._context = context
        self._time_base = time_base

    def encode(self, frame: av.VideoFrame) -> list[Sent]:
        """The packets that `frame` completes (its pts and time base must be set)."""
        if (frame.width, frame.height, frame.format.name) != (self.width, self.height, "yuv420p"):
            pts, base = frame.pts, frame.time_base
            frame = frame.reformat(width=self.width, height=self.height, format="yuv420p")
            frame.pts, frame.time_base = pts, base
        frame.pict_type = 0
        packets = self._context.encode(frame)
        for packet in packets:
            packet.time_base = self._time_base
        return packets
