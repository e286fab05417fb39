"""Poses and labels in files, in the layout of PoseLift.

Comes in: a folder with `NAME.json.gz` or `NAME.json` ({person: {frame: {"keypoints": 17 times y, x, confidence}}}, flat or in
rows) and, beside it, `NAME.labels.npy` or `NAME.npy` (0 or 1 per frame). Goes out: `PoseVideo`s, or a sentence that names the
file and what is wrong with it. The camera is what stands before the first `_` of the name; without one it is not known.

Nothing in these files is trusted: no pickles are opened, and a file that unpacks to far more than poses need is refused.
"""

from __future__ import annotations

import gzip
import io
import json
import tokenize
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.errors import AnsimError, SourceError, SourceUnsupported
from agent.incidents.pose_cues import POINTS, PoseTrack

FPS = 15.0  # of PoseLift
LARGEST = 1 << 29  # bytes of unpacked JSON, and of labels
DIGITS = 8  # of a frame's number at most: two months at 15 frames a second
_PACKED, _PLAIN = ".json.gz", ".json"
_LABELS = (".labels.npy", ".npy")
_COORDINATES = 3
# What NumPy raises for a file whose heading is damaged or claims more than any memory holds.
_DAMAGE = (ValueError, TypeError, EOFError, SyntaxError, OverflowError, MemoryError, RecursionError, tokenize.TokenError)


@dataclass(frozen=True, slots=True)
class PoseFile:
    """One video's files. labels: None where none lie beside it."""

    name: str
    poses: Path
    labels: Path | None

    @property
    def camera(self) -> str:
        return self.name.partition("_")[0] if "_" in self.name else ""


@dataclass(frozen=True, slots=True)
class PoseVideo:
    """labels: (frames,) True where a theft is labelled; None where there are no labels."""

    name: str
    camera: str
    tracks: tuple[PoseTrack, ...]
    labels: NDArray[np.bool_] | None


def pose_files(folder: Path) -> tuple[PoseFile, ...]:
    """What lies in `folder`, by name; packed poses go before unpacked ones of the same name. Raises SourceError."""
    try:
        there = sorted(path for path in folder.iterdir() if path.is_file())
    except OSError as wrong:
        raise SourceError(
            ko=f"폴더 {folder}을(를) 열 수 없습니다. 경로와 권한을 확인해 주세요.",
            en=f"The folder {folder} cannot be opened ({wrong.strerror}). Check its path and permissions.",
        ) from wrong
    found: dict[str, Path] = {}
    for suffix in (_PACKED, _PLAIN):
        for path in there:
            if path.name.endswith(suffix):
                found.setdefault(path.name.removesuffix(suffix), path)
    return tuple(PoseFile(name, found[name], _labels_of(folder, name)) for name in sorted(found))


def read_pose_video(file: PoseFile) -> PoseVideo:
    """Raises SourceError where a file cannot be read, and SourceUnsupported where what it says makes no sense."""
    people = _json(file.poses)
    if not isinstance(people, dict):
        raise _wrong(file.poses, "맨 바깥이 사람별 묶음이 아닙니다", "the outermost value is not a mapping of people")
    tracks = [_track(file, str(person), frames) for person, frames in people.items()]
    known = tuple(track for track in tracks if len(track.frames))
    labels = None if file.labels is None else _labels(file.labels)
    if labels is not None and file.labels is not None:
        last = max((int(track.frames[-1]) for track in known), default=-1)
        if last >= len(labels):
            raise _wrong(
                file.labels,
                f"라벨은 {len(labels)}장인데 포즈는 {last}번 장면까지 있습니다",
                f"there are labels for {len(labels)} frames, but poses up to frame {last}",
            )
    return PoseVideo(file.name, file.camera, known, labels)


def _labels_of(folder: Path, name: str) -> Path | None:
    return next((folder / (name + suffix) for suffix in _LABELS if (folder / (name + suffix)).is_file()), None)


def _json(path: Path) -> Any:
    try:
        with gzip.open(path, "rb") if path.name.endswith(_PACKED) else path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as wrong:
        raise _wrong(path, "압축이 중간에서 끊겼거나 손상되었습니다", "its compression is cut short or damaged") from wrong
    except OSError as wrong:
        raise SourceError(
            ko=f"파일 {path}을(를) 읽을 수 없습니다. 경로와 권한을 확인해 주세요.",
            en=f"The file {path} cannot be read ({wrong.strerror}). Check its path and permissions.",
        ) from wrong
    if len(data) > LARGEST:
        raise _wrong(path, "포즈 파일이라기에는 너무 큽니다", "it is far too large for poses")
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as wrong:
        raise _wrong(path, "JSON이 중간에서 끊겼거나 형식이 틀립니다", "its JSON is cut short or malformed") from wrong


def _track(file: PoseFile, person: str, frames: Any) -> PoseTrack:
    if not isinstance(frames, dict):
        raise _wrong(
            file.poses, f"사람 {person}의 내용이 장면별 묶음이 아닙니다", f"person {person} is not a mapping of frames"
        )
    poses: dict[int, NDArray[np.float64]] = {}
    for number, entry in frames.items():
        poses[_frame(file, number)] = _pose(file, person, number, entry)
    order = sorted(poses)
    points = np.stack([poses[n] for n in order]) if order else np.empty((0, POINTS, _COORDINATES))
    return PoseTrack(file.camera, file.name, person, np.asarray(order, dtype=np.int64), points, FPS)


def _frame(file: PoseFile, number: str) -> int:
    if not (number.isascii() and number.isdigit()):
        raise _wrong(file.poses, f"장면 번호 {number!r}이(가) 숫자가 아닙니다", f"the frame number {number!r} is not a number")
    if len(number) > DIGITS:
        shown = f"{number[:DIGITS]}..."
        raise _wrong(
            file.poses,
            f"장면 번호 {shown}이(가) 너무 깁니다({len(number)}자리, {DIGITS}자리까지)",
            f"the frame number {shown} is too long ({len(number)} digits, {DIGITS} at most)",
        )
    return int(number)


def _pose(file: PoseFile, person: str, number: str, entry: Any) -> NDArray[np.float64]:
    """(17, 3) of x, y, confidence. Confidences may be NaN (PoseLift has such, where a pose was filled in); places may not."""
    where_ko, where_en = f"사람 {person}, 장면 {number}", f"person {person}, frame {number}"
    points = entry.get("keypoints") if isinstance(entry, Mapping) else None
    try:
        values = np.asarray(points, dtype=np.float64)
    except OverflowError as wrong:
        raise _wrong(file.poses, f"{where_ko}: 너무 큰 수가 있습니다", f"{where_en}: a number is too large") from wrong
    except (TypeError, ValueError):
        values = np.empty(0)
    if values.shape not in ((POINTS * _COORDINATES,), (POINTS, _COORDINATES)):
        raise _wrong(
            file.poses, f"{where_ko}: 점 17개(y, x, 신뢰도)가 아닙니다", f"{where_en}: not 17 points of y, x and confidence"
        )
    values = values.reshape(POINTS, _COORDINATES)
    if not np.isfinite(values[:, :2]).all():
        raise _wrong(file.poses, f"{where_ko}: 좌표가 숫자가 아닙니다(NaN)", f"{where_en}: a coordinate is not a number (NaN)")
    return values[:, [1, 0, 2]]


def _labels(path: Path) -> NDArray[np.bool_]:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as wrong:
        raise SourceError(
            ko=f"라벨 파일 {path}을(를) 읽을 수 없습니다. 경로와 권한을 확인해 주세요.",
            en=f"The labels {path} cannot be read. Check the path and permissions.",
        ) from wrong
    if len(data) > LARGEST:
        raise _wrong(path, "라벨 파일이라기에는 너무 큽니다", "it is far too large for labels")
    try:
        values: NDArray[Any] = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    except _DAMAGE as wrong:
        raise _wrong(path, "NumPy 배열 파일이 아니거나 손상되었습니다", "it is no NumPy array, or damaged") from wrong
    if values.ndim != 1 or values.dtype.kind not in "buif" or not np.isin(values, (0, 1)).all():
        raise _wrong(path, "장면마다 0 또는 1이 하나씩 있어야 합니다", "it must hold one 0 or 1 per frame")
    return values.astype(np.bool_)


def _wrong(path: Path, ko: str, en: str) -> AnsimError:
    return SourceUnsupported(
        ko=f"{path.name}: {ko}. 파일을 다시 받거나 고쳐 주세요.",
        en=f"{path.name}: {en}. Fetch the file again or repair it.",
    )
