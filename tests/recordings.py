"""Makes small video files for the tests, and reads frames for comparison; nothing of it comes from a real camera."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from agent.capture.demo import DemoShop, DrawnConnection
from agent.capture.raw import RawFrame
from agent.values import EventKind, Text


def picture(number: int, width: int, height: int) -> np.ndarray:
    """A soft pattern that moves with the number: (height, width, 3) uint8 RGB."""
    y, x = np.mgrid[0:height, 0:width]
    bright = (np.sin(x / 17 + number / 3) + np.cos(y / 13 - number / 5)) * 60 + 128
    return np.stack([bright, np.roll(bright, 5, 1), 255 - bright], axis=2).astype(np.uint8)


def film(
    path: Path,
    *,
    seconds: float = 3.0,
    fps: int = 10,
    size: tuple[int, int] = (320, 240),
    codec: str = "libx264",
    pixels: str = "yuv420p",
    form: str | None = None,
    sound: bool = False,
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
    stamps: Sequence[int] | None = None,
    key: int = 10,
) -> Path:
    """Write a film of `seconds`; returns `path`. stamps: frame times in ms, instead of even ones."""
    with av.open(str(path), "w", format=form, options=container_options or {}) as out:
        stream = out.add_stream(codec, rate=fps, options={"preset": "ultrafast"} if options is None else options)
        stream.width, stream.height = size
        stream.pix_fmt = pixels
        stream.gop_size = key
        stream.codec_context.time_base = Fraction(1, 1000)
        tone = out.add_stream("aac", rate=8000) if sound else None
        for i in range(round(seconds * fps)):
            frame = av.VideoFrame.from_ndarray(picture(i, *size), format="rgb24").reformat(format=pixels)
            frame.pts, frame.time_base = (stamps[i] if stamps is not None else i * 1000 // fps), Fraction(1, 1000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if tone is not None:
            for i in range(round(seconds * 8000 / 1024)):
                silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
                silence.sample_rate, silence.pts = 8000, i * 1024
                out.mux(tone.encode(silence))
            out.mux(tone.encode(None))
    return path


def shop_film(path: Path, shop: DemoShop, seconds: float) -> Path:
    """The drawn shop as a recording, for instance one with a canary on each face; returns `path`."""
    connection = DrawnConnection("film", shop, seconds)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=round(connection.info.fps), options={"preset": "ultrafast", "crf": "16"})
        stream.width, stream.height, stream.pix_fmt = connection.info.width, connection.info.height, "yuv420p"
        for i in range(round(seconds * connection.info.fps)):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(shop.picture(i / connection.info.fps), format="bgr24")))
        out.mux(stream.encode(None))
    return path


def camera_packets(path: Path) -> list[bytes]:
    """The video packets of a file, as FFmpeg reads them."""
    with av.open(str(path)) as container:
        return [bytes(p) for p in container.demux(video=0) if p.size]


def seen(frames: Iterator[RawFrame] | Sequence[RawFrame]) -> list[tuple[float, bytes]]:
    """Of each frame its source time and all its pixels."""
    return [(f.stamp.source_s, b"".join(p.tobytes() for p in f.look())) for f in frames]


class Heard:
    """Keeps the events that a source tells."""

    def __init__(self) -> None:
        self.told: list[tuple[EventKind, Text]] = []

    def __call__(self, kind: EventKind, text: Text) -> None:
        self.told.append((kind, text))

    def count(self, kind: EventKind) -> int:
        return sum(1 for told, _ in self.told if told is kind)

    @property
    def kinds(self) -> list[EventKind]:
        return [kind for kind, _ in self.told]
