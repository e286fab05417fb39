"""Writes masked frames as H.264 in MP4, the only video writer of the program.

Comes in: `MaskedFrame`s of one size, in the order of time. Goes out: a file that browsers play: fragmented (playable up to the
last second whatever happens, for the presence recording) or with its index in front (for clips).
"""

from __future__ import annotations

import contextlib
import errno
import os
import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.container import OutputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from agent.errors import StoreError
from agent.masking.masked import MaskedFrame
from agent.vault.durable import disk_errors

MILLISECOND = Fraction(1, 1000)
KEYFRAME_S = 2.0  # seeking is exact to this, and a browser decodes at most this much to show any frame
BOX_HEAD = 8  # bytes: size and name
FULL_RANGE = 2  # AVCOL_RANGE_JPEG

# Measured on masked shop footage at 768x432 (CPU a frame, MB an hour): ultrafast 1.0 ms, 142; with CABAC, the 8x8 transform and
# small intra blocks, which it leaves out, 1.15 ms, 123; superfast 2.5 ms, 83; veryfast 3.4 ms, 50. One thread: what the other
# cores do belongs to detection, and the same frames give the same bytes.
PRESET = {
    "preset": "ultrafast",
    "x264-params": "cabac=1:8x8dct=1:partitions=i4x4,i8x8",
}
# A fragment a second, each handed to the system at once: a killed process loses at most the second or two that it was in.
FRAGMENTED = {"movflags": "empty_moov+default_base_moof", "frag_duration": "1000000", "flush_packets": "1"}
INDEX_FIRST = {"movflags": "faststart"}


class _Sink:
    """What FFmpeg wrote and the disk has not got yet. FFmpeg itself must not meet a full disk: it crashes or says nothing."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb", buffering=0)
        self._waiting = bytearray()

    def write(self, data: bytes) -> int:
        self._waiting += data
        return len(data)

    def flush_to_disk(self) -> None:
        view = memoryview(bytes(self._waiting))
        self._waiting.clear()
        while view:
            view = view[self._file.write(view) :]

    def close_file(self) -> None:
        self._file.close()


class Encoder:
    """Holding one means: a video file is open and takes masked frames. Not thread-safe. `close` finishes the file.

    After a StoreError the file is closed and what was flushed of it stays on the disk.
    """

    def __init__(
        self, path: Path, size: tuple[int, int], *, crf: int, fps: float, fragmented: bool, full_range: bool = False
    ) -> None:
        """path: written anew. size: (width, height), even. fps: frames a second to expect; the real times are each frame's own.

        Raises StoreError when the file cannot be made.
        """
        self.path = path
        self.size = size
        self.full_range = full_range
        self.frames = 0
        self._start_s = 0.0
        self._last_ms = -1
        with _writing(path):
            path.write_bytes(b"")
            self._sink = _Sink(path) if fragmented else None
        options = FRAGMENTED if fragmented else INDEX_FIRST
        self._container: OutputContainer | None = av.open(self._sink or str(path), "w", format="mp4", container_options=options)
        self._stream = video_stream(self._container, size, crf=crf, fps=fps, full_range=full_range)

    def write(self, frame: MaskedFrame) -> None:
        """Append `frame`. Raises TypeError for anything but a MaskedFrame, ValueError for another size, StoreError."""
        if type(frame) is not MaskedFrame:
            raise TypeError(f"only masked frames are written, not {type(frame).__name__}")
        if frame.reveals:
            raise TypeError("a frame that reveals somebody is not written")
        if (frame.width, frame.height) != self.size:
            raise ValueError(f"a frame of {frame.width}x{frame.height} does not fit into a video of {self.size}")
        if self._container is None:
            raise ValueError("the video is closed")
        if self.frames == 0:
            self._start_s = frame.stamp.source_s
        self._last_ms = max(round((frame.stamp.source_s - self._start_s) * 1000), self._last_ms + 1)
        picture = picture_of(frame, full_range=self.full_range)
        picture.pts, picture.time_base = self._last_ms, MILLISECOND
        try:
            with _writing(self.path):
                self._container.mux(self._stream.encode(picture))
                if self._sink is not None:
                    self._sink.flush_to_disk()
        except StoreError:
            self.drop()
            raise
        self.frames += 1

    def close(self) -> None:
        """Finish the file; it is complete afterwards, though not yet synced. Raises StoreError. A second call does nothing."""
        if self._container is None:
            return
        try:
            with _writing(self.path):
                if self.frames:
                    self._container.mux(self._stream.encode(None))
                self._close_container()
                if self._sink is not None:
                    self._sink.flush_to_disk()
                elif self.frames and not is_whole(self.path):
                    # FFmpeg does not tell when the disk refuses the last bytes; a file that ends too soon does.
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            self.drop()

    def drop(self) -> None:
        """Close without finishing the file: it is not wanted, or the disk refused it already."""
        with contextlib.suppress(OSError, av.FFmpegError):
            self._close_container()
        if self._sink is not None:
            self._sink.close_file()

    def _close_container(self) -> None:
        container, self._container = self._container, None
        if container is not None:
            container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None:
            self.close()
        else:
            self.drop()


def is_whole(path: Path) -> bool:
    """Whether an MP4 file of this writer was finished: its boxes fill it exactly, the one that is written last included."""
    names, at, end = [], 0, path.stat().st_size
    with path.open("rb") as file:
        while at + BOX_HEAD <= end:
            file.seek(at)
            size, name, large = struct.unpack(">I4sQ", file.read(BOX_HEAD + 8).ljust(BOX_HEAD + 8, b"\0"))
            names.append(name)
            size = large if size == 1 else size
            if size < BOX_HEAD:
                return False
            at += size
    return (
        at == end and names[-1:] in ([b"mfra"], [b"mdat"]) and b"moov" in names and (b"moof" not in names or b"mfra" in names)
    )


def video_stream(container: OutputContainer, size: tuple[int, int], *, crf: int, fps: float, full_range: bool) -> VideoStream:
    stream = container.add_stream("libx264", options={**PRESET, "crf": str(crf)})
    context = stream.codec_context
    assert isinstance(context, VideoCodecContext)
    context.width, context.height = size
    context.pix_fmt = "yuv420p"
    context.time_base = stream.time_base = MILLISECOND
    context.framerate = Fraction(fps).limit_denominator(1000)
    context.gop_size = max(1, round(fps * KEYFRAME_S))
    context.max_b_frames = 0
    context.thread_count = 1
    if full_range:
        context.color_range = FULL_RANGE
    return stream


def picture_of(frame: MaskedFrame, *, full_range: bool) -> av.VideoFrame:
    picture = av.VideoFrame(frame.width, frame.height, "yuv420p")
    for plane, pixels in zip(picture.planes, frame.planes, strict=True):
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        rows[: plane.height, : plane.width] = pixels
    if full_range:
        picture.color_range = FULL_RANGE
    return picture


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    """FFmpeg's errors as the operating system's, and those as StoreError."""
    with disk_errors(path.parent):
        try:
            yield
        except av.FFmpegError as error:
            raise OSError(error.errno, error.strerror) from error
