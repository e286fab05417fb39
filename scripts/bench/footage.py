"""Makes films as a shop's camera sends them: 1920 x 1080, 15 frames a second, H.264 at 3 Mbit/s, a keyframe each 2 s, noise.

Comes in: a recording of people. Goes out: two films in the cache folder (never in the project): `idle`, the empty room with
nothing but the sensor's noise, and `busy`, the same room with the people who come in and stay.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]

WIDTH, HEIGHT, FPS = 1920, 1080, 15
NOISE = 2.0  # standard deviation in grey levels, what is left after a camera's own noise reduction
CAMERA = {  # what a camera's hardware encoder does: no pictures out of order, one reference, constant-ish rate
    "preset": "veryfast",
    "profile": "main",
    "x264-params": "bframes=0:ref=1:keyint=30:min-keyint=30:scenecut=0:vbv-maxrate=3000:vbv-bufsize=6000:aq-mode=0",
    "b": "3000000",
}
VERSION = 2  # of this recipe


def films(recording: Path, cache: Path, seconds: float) -> dict[str, Path]:
    """The films by name, made when they are not there yet."""
    cache.mkdir(parents=True, exist_ok=True)
    made = {name: cache / f"{name}-{WIDTH}x{HEIGHT}-{FPS}-{seconds:.0f}s-v{VERSION}.mp4" for name in ("idle", "busy")}
    for name, path in made.items():
        if not path.exists():
            partial = path.with_suffix(".partial.mp4")
            _film(partial, _pictures(recording, seconds, still=name == "idle"))
            partial.rename(path)
    return made


def _pictures(recording: Path, seconds: float, *, still: bool) -> Iterator[Picture]:
    """Clean pictures at FPS: (HEIGHT * 3 / 2, WIDTH) YUV 4:2:0; the first one again and again, or the recording itself."""
    count, number = round(seconds * FPS), 0
    with av.open(str(recording)) as container:
        for frame in container.decode(video=0):
            big = frame.reformat(WIDTH, HEIGHT, "yuv420p", interpolation="BICUBIC").to_ndarray()
            until = count if still else min(count, round((float(frame.time or 0.0) + 0.1) * FPS))
            while number < until:
                yield np.asarray(big, np.uint8)
                number += 1
            if number >= count:
                return


def _film(path: Path, pictures: Iterator[Picture]) -> None:
    rng = np.random.default_rng(15)
    pool = rng.normal(0.0, NOISE, (HEIGHT + 64, WIDTH + 64)).astype(np.int8)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=FPS, options=CAMERA)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number, clean in enumerate(pictures):
            top, left = rng.integers(0, 64, 2)
            noisy = clean.copy()
            noise = pool[top : top + HEIGHT, left : left + WIDTH].astype(np.int16)
            noisy[:HEIGHT] = cv2.add(clean[:HEIGHT], noise, dtype=cv2.CV_8U)
            frame = av.VideoFrame.from_ndarray(noisy, format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
