"""Drawn pictures for tests: a room with somebody walking through it, as raw frames, masked frames and a camera's packets."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np

from agent.capture.packet import RingPacket, StreamFormat
from agent.capture.raw import Planes, RawFrame
from agent.detection.findings import CELL_COLUMNS, Findings, cell_rows
from agent.masking.levels import FILL, MOSAIC, Mask
from agent.masking.masked import MaskedFrame, apply_mask
from agent.masking.plan import Seen
from agent.values import Box, FrameStamp, Incident, MaskStep, Severity, Text, Track

CAMERA = "till"
START_UTC = 1_790_000_000.0
SIZE = (320, 180)
NOISE = np.random.default_rng(5).integers(0, 256, (180, 320), np.uint8)


def stamp(index: int, fps: float = 8.0, camera: str = CAMERA) -> FrameStamp:
    return FrameStamp(camera, index, round(index / fps, 6), START_UTC + round(index / fps, 6))


def walker(source_s: float) -> Box:
    """Where somebody is at that time: from left to right in ten seconds, again and again."""
    left = (source_s % 10.0) / 10.0 * 0.8
    return Box(left, 0.3, left + 0.15, 0.9)


def drawn(source_s: float, size: tuple[int, int] = SIZE) -> Planes:
    """The room at that time: a gradient with the walker as a patch of fine noise."""
    width, height = size
    y = np.add.outer(np.linspace(40, 120, height), np.linspace(0, 60, width)).astype(np.uint8)
    u = np.full((-(-height // 2), -(-width // 2)), 110, np.uint8)
    v = np.full_like(u, 140)
    box = walker(source_s)
    rows = slice(round(box.top * height), round(box.bottom * height))
    columns = slice(round(box.left * width), round(box.right * width))
    noise = np.resize(NOISE, (height, width))
    y[rows, columns] = noise[: y[rows, columns].shape[0], : y[rows, columns].shape[1]]
    return Planes(y, u, v)


def happened(number: int) -> Incident:
    """Something the film shows, from its second to its third second."""
    return Incident(
        id=f"20260921T140000Z-till-loitering-{number}",
        camera=CAMERA,
        rule="loitering",
        severity=Severity.SOON,
        opened_s=2.0,
        opened_utc=START_UTC + 2.0,
        reasons=(Text(ko="오래 머물렀습니다.", en="Somebody stayed long."),),
        tracks=(1,),
        closed_s=3.0,
        closed_utc=START_UTC + 3.0,
    )


def raw_film(frames: int, fps: float = 8.0, size: tuple[int, int] = SIZE, first: int = 0) -> Iterator[RawFrame]:
    for index in range(first, first + frames):
        now = stamp(index, fps)
        yield RawFrame(now, drawn(now.source_s, size))


def masked_film(
    frames: int, fps: float = 8.0, size: tuple[int, int] = SIZE, first: int = 0, full_range: bool = False
) -> Iterator[MaskedFrame]:
    for index in range(first, first + frames):
        now = stamp(index, fps)
        raw = RawFrame(now, drawn(now.source_s, size), full_range=full_range)
        yield apply_mask(raw, walker_mask(now, size), (raw.width, raw.height))


def walker_mask(now: FrameStamp, size: tuple[int, int] = SIZE) -> Mask:
    rows = cell_rows(*size)
    levels = np.zeros((rows, CELL_COLUMNS), np.uint8)
    box = walker(now.source_s)
    across = slice(int(box.left * CELL_COLUMNS), int(box.right * CELL_COLUMNS) + 1)
    levels[int(box.top * rows) : int(box.bottom * rows) + 1, across] = MOSAIC
    levels[int(box.top * rows) : int(box.top * rows) + 8, across] = FILL
    return Mask(now, levels, 3, MaskStep.NORMAL)


def walker_seen(now: FrameStamp, size: tuple[int, int] = SIZE, *, looked: bool = False) -> Seen:
    """What the live pass would know: the walker differs from the empty room, and is track 1."""
    rows = cell_rows(*size)
    changed = walker_mask(now, size).levels > 0
    findings = Findings(now, (), (), changed, np.zeros((rows, CELL_COLUMNS), bool), looked)
    return Seen(now, findings, (walker_track(now),))


def walker_track(now: FrameStamp, seen: bool = True) -> Track:
    return Track(1, CAMERA, walker(now.source_s), seen, 0.9, "change", 0.0, now.source_s)


def camera_packets(
    frames: int, fps: float = 8.0, size: tuple[int, int] = SIZE, gop: int = 16, first: int = 0
) -> Iterator[RingPacket]:
    """The same room as H.264, as a camera would send it."""
    width, height = size
    codec = av.CodecContext.create("libx264", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
    codec.time_base, codec.framerate, codec.gop_size = Fraction(1, 1_000_000), Fraction(fps), gop
    codec.options = {"preset": "ultrafast", "tune": "zerolatency", "crf": "12"}
    form: StreamFormat | None = None
    for index in range(first, first + frames):
        now = stamp(index, fps)
        picture = av.VideoFrame(width, height, "yuv420p")
        for plane, pixels in zip(picture.planes, drawn(now.source_s, size), strict=True):
            np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width] = pixels
        picture.pts, picture.time_base = round(now.source_s * 1_000_000), Fraction(1, 1_000_000)
        (packet,) = codec.encode(picture)
        form = form or StreamFormat(CAMERA, "h264", None, width, height, Fraction(1, 1_000_000))
        yield RingPacket(bytes(packet), now.source_s, 1 / fps, packet.is_keyframe, index, now.source_s, now.utc, form)
