"""A short video that must not touch the disk: encoded in memory, for whoever encrypts it before it is written.

Comes in: `MaskedFrame`s of one size, in the order of time. Goes out: the bytes of an MP4 file.
"""

from __future__ import annotations

import io

import av

from agent.masking.masked import MaskedFrame
from agent.recording.encoder import MILLISECOND, picture_of, video_stream


class MemoryVideo:
    """Holding one means: a video in memory takes frames. Not thread-safe. `close` gives its bytes."""

    def __init__(self, size: tuple[int, int], *, crf: int, fps: float, full_range: bool = False) -> None:
        """size: (width, height), even. fps: frames a second to expect; the real times are each frame's own."""
        self.size = size
        self.frames = 0
        self._full_range = full_range
        self._start_s = 0.0
        self._last_ms = -1
        self._file = io.BytesIO()
        self._container = av.open(self._file, "w", format="mp4")
        self._stream = video_stream(self._container, size, crf=crf, fps=fps, full_range=full_range)

    def write(self, frame: MaskedFrame) -> None:
        """Append `frame`. Raises TypeError for anything but a MaskedFrame, ValueError for another size."""
        if type(frame) is not MaskedFrame:
            raise TypeError(f"only masked frames are encoded, not {type(frame).__name__}")
        if (frame.width, frame.height) != self.size:
            raise ValueError(f"a frame of {frame.width}x{frame.height} does not fit into a video of {self.size}")
        if self.frames == 0:
            self._start_s = frame.stamp.source_s
        self._last_ms = max(round((frame.stamp.source_s - self._start_s) * 1000), self._last_ms + 1)
        picture = picture_of(frame, full_range=self._full_range)
        picture.pts, picture.time_base = self._last_ms, MILLISECOND
        self._container.mux(self._stream.encode(picture))
        self.frames += 1

    def close(self) -> bytes:
        self._container.mux(self._stream.encode(None))
        self._container.close()
        return self._file.getvalue()
