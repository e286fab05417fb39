"""Looks for the canary in whatever somebody could get hold of: decodes each kind of picture, correlates it with the pattern.

Comes in: planes, bytes, files, folders, HTTP answers. Goes out: `Eyes.sightings`, the places where the pattern was seen.

The measure is the normalised cross-correlation (Pearson's, window by window). With N independent cells chance gives it a
deviation of 1 / sqrt(N): 0.06 for the 256 cells of the luma pattern, so LIMIT is eight deviations away, and what people would
recognise lies far above (0.8 and more for an ordinary compressed film).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import re
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import av
import cv2
import numpy as np

from tests.canary_film import FACE, TINT, WIDTH

LIMIT = 0.5
COLOUR_LIMIT = 0.6  # 144 cells
LARGE = 40  # pixels across
# How a plane could lie in a dump of memory: bytes a row, of how many bytes the first counts, and the pattern's scale there.
LAYOUTS = ((WIDTH, 1, 1.0), (512, 1, 1.0), (WIDTH * 2, 2, 1.0), (WIDTH * 3, 3, 1.0), (WIDTH // 2, 1, 0.5), (192, 1, 0.4))
BASE64 = re.compile(rb"[A-Za-z0-9+/]{400,}={0,2}")
JPEG, PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"


@dataclass
class Eyes:
    """Looks, and remembers where it saw the pattern; what it has looked at once it does not look at again.

    scales: how large the pattern may be in stored pictures, 1 being its size in the film.
    """

    scales: tuple[float, ...] = (1.0,)
    luma: np.ndarray = field(default_factory=lambda: FACE)
    colour: np.ndarray | None = field(default_factory=lambda: TINT)
    pictures: int = 0
    best: float = 0.0
    sightings: list[str] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)
    _known: set[bytes] = field(default_factory=set)

    def folder(self, folder: Path) -> None:
        """Every file below it, hidden and unfinished ones too."""
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                self.bytes(path.read_bytes(), str(path.relative_to(folder)))

    def bytes(self, data: bytes, where: str) -> None:
        """Whatever it is: what can be decoded is decoded; the rest is read as if it were pixels."""
        mark = hashlib.sha256(data).digest()
        if mark in self._known:
            return
        self._known.add(mark)
        if data[4:8] == b"ftyp" or data[:4] == b"\x1a\x45\xdf\xa3":
            self.kinds.add("video")
            for index, planes in enumerate(frames_of(data)):
                self.planes(planes, f"{where} frame {index}")
            return
        if data.startswith((JPEG, PNG)):
            self._still(data, where)
            return
        if data.startswith(b"SQLite format 3"):
            self._database(data, where)
        self.kinds.add("raw")
        self._inside(data, where)
        self._dump(data, where)

    def planes(self, planes: Iterable[np.ndarray], where: str) -> None:
        """A picture as Y, U, V."""
        y, u, v = planes
        self.pictures += 1
        self._look(y, self.luma, LIMIT, where)
        if self.colour is not None:
            for plane in (u, v):
                self._look(plane, self.colour, COLOUR_LIMIT, f"{where} (colour)")

    def _still(self, data: bytes, where: str) -> None:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        if picture is None or min(picture.shape[:2]) < 4:
            return
        self.kinds.add("still")
        even = picture[: picture.shape[0] // 2 * 2, : picture.shape[1] // 2 * 2]
        flat = cv2.cvtColor(np.ascontiguousarray(even), cv2.COLOR_BGR2YUV_I420)
        height, width = even.shape[:2]
        self.planes((flat[:height], *flat[height:].reshape(2, height // 2, width // 2)), where)

    def _database(self, data: bytes, where: str) -> None:
        self.kinds.add("database")
        db = sqlite3.connect(":memory:")
        try:
            db.deserialize(data[:18] + b"\1\1" + data[20:])  # a copy in memory has no write-ahead log
            tables = [name for (name,) in db.execute("select name from sqlite_master where type = 'table'")]
            for table in tables:
                for row in db.execute(f'select * from "{table}"'):
                    for cell in row:
                        whole = cell if isinstance(cell, bytes) else str(cell).encode("utf-8", "surrogatepass")
                        if len(whole) >= 400:
                            self.bytes(whole, f"{where} table {table}")
        finally:
            db.close()

    def _inside(self, data: bytes, where: str) -> None:
        """Pictures that lie in the middle of something else, also as base64."""
        for magic in (JPEG, PNG, b"ftyp"):
            at = data.find(magic, 1)
            while at >= 0:
                self.bytes(data[at - 4 if magic == b"ftyp" else at :], f"{where} at {at}")
                at = data.find(magic, at + 1)
        for found in BASE64.finditer(data):
            text = found.group()
            try:
                self.bytes(base64.b64decode(text[: len(text) // 4 * 4]), f"{where} base64 at {found.start()}")
            except binascii.Error:
                continue

    def _dump(self, data: bytes, where: str) -> None:
        """As pixels, in each of the ways that planes could lie in memory."""
        if len(data) < FACE.size:
            return
        flat = np.frombuffer(data, np.uint8)
        for stride, step, scale in LAYOUTS:
            rows = len(flat) // stride
            if rows >= FACE.shape[0] * scale:
                plane = flat[: rows * stride].reshape(rows, stride)[:, ::step]
                found = likeness(np.ascontiguousarray(plane), self.luma, (scale,))
                self._compare(found, LIMIT, f"{where} as bytes, {stride} a row")
        for first in range(4):  # the learnt picture of the shop is of such numbers
            with np.errstate(all="ignore"):
                numbers = np.nan_to_num(flat[first : first + (len(flat) - first) // 4 * 4].view(np.float32))
                grey = np.clip(numbers, 0, 255).astype(np.uint8)
            rows = len(grey) // 192
            if rows >= FACE.shape[0] * 0.4:
                plane = grey[: rows * 192].reshape(rows, 192)
                self._compare(likeness(plane, self.luma, (0.4,)), LIMIT, f"{where} as numbers")

    def _look(self, plane: np.ndarray, pattern: np.ndarray, limit: float, where: str) -> None:
        self._compare(likeness(plane, pattern, self.scales), limit, where)

    def _compare(self, score: float, limit: float, where: str) -> None:
        self.best = max(self.best, score)
        if score >= limit:
            self.sightings.append(f"{score:.2f} in {where}")


def likeness(plane: np.ndarray, pattern: np.ndarray, scales: Iterable[float] = (1.0,)) -> float:
    """The best correlation of `pattern` (or its negative) with any part of `plane`, at several scales."""
    best = 0.0
    for scale in scales:
        side = round(pattern.shape[0] * scale)
        views = [plane]
        if side >= LARGE:  # half the resolution does, where its pixels can lie in two ways
            side, views = side // 2, [_halved(plane), _halved(plane[1:, 1:])]
        small = pattern if side == len(pattern) else cv2.resize(pattern, (side, side), interpolation=cv2.INTER_AREA)
        best = max(best, *(_best(view, small) for view in views))
    return best


def _best(plane: np.ndarray, pattern: np.ndarray) -> float:
    side = len(pattern)
    if side > min(plane.shape):
        return 0.0
    found = np.abs(cv2.matchTemplate(plane, pattern, cv2.TM_CCOEFF_NORMED))
    if found.max() >= LIMIT:  # seldom, so that the dear question is seldom asked
        found = found[_shows_something(plane, side)]
    return float(found.max(initial=0.0))


def _halved(plane: np.ndarray) -> np.ndarray:
    return cv2.resize(plane, (max(1, plane.shape[1] // 2), max(1, plane.shape[0] // 2)), interpolation=cv2.INTER_AREA)


def _shows_something(plane: np.ndarray, side: int) -> np.ndarray:
    """For each window of side x side pixels whether it is more than one flat colour (there a correlation has no meaning)."""
    _, squares = cv2.integral2(plane)
    sums = cv2.integral(plane, sdepth=cv2.CV_64F)
    mean, square = (_window_sums(each, side) / side**2 for each in (sums, squares))
    return square - mean**2 > 1.0


def _window_sums(integral: np.ndarray, side: int) -> np.ndarray:
    return integral[side:, side:] - integral[:-side, side:] - integral[side:, :-side] + integral[:-side, :-side]


def frames_of(data: bytes) -> Iterator[tuple[np.ndarray, ...]]:
    """All frames of a video as Y, U, V; as many as can be decoded of one that breaks off."""
    try:
        with av.open(io.BytesIO(data)) as container:
            if not container.streams.video:
                return
            for frame in container.decode(video=0):
                yield planes_of(frame)
    except av.FFmpegError:
        return


def planes_of(frame: av.VideoFrame) -> tuple[np.ndarray, ...]:
    if frame.format.name not in ("yuv420p", "yuvj420p"):
        frame = frame.reformat(format="yuv420p")
    return tuple(
        np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width].copy()
        for plane in frame.planes
    )
