"""Where things lie in the data folder, and which names are safe there. Pure but for nothing: paths in, paths out, no I/O.

    ansim.db  accounts.json  agent.lock  reserve  ledger/YYYY-MM-DD.jsonl
    clips/YYYY/MM/DD/<incident>[.N].mp4 .jpg .json
    presence/<camera>/YYYY/MM/DD/<utc stamp>.mp4 .json
    sealed/YYYY/MM/DD/<incident>[.N].mkv.age .mkv.age.key
    exports/<bag>.zip.age   made by the panel, to be fetched within a day; no part of what is kept, and not looked at by checks
While it is being written, each of these files has ".partial" behind its name. Days are UTC days.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from agent.errors import StoreError
from agent.vault.rows import FileKind

PARTIAL = ".partial"
VIDEO = ".mp4"
POSTER = ".jpg"
SIDECAR = ".json"
SEALED = ".mkv.age"
KEY = ".key"
NOTE = ".note"
SEALED_TREE = "sealed"
EXPORTS = "exports"
TREES = {FileKind.CLIP: "clips", FileKind.SEGMENT: "presence"}

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}")
_STAMP = re.compile(r"(\d{8}T\d{6})(\d{3})Z")
_PART = re.compile(r"(.+?)(?:\.(\d+))?")


def safe_name(name: str) -> str:
    """`name`, if it can be a file name and nothing more. Raises StoreError (it must not lead out of its folder)."""
    if not _SAFE.fullmatch(name) or name.endswith("."):
        raise StoreError(
            ko=f"파일 이름으로 쓸 수 없는 이름입니다: {name[:80]!r}. 영문자, 숫자, '-', '_', '.'만 사용해 주세요.",
            en=f"Not usable as a file name: {name[:80]!r}. Use letters, digits, '-', '_' and '.' only.",
        )
    return name


def day_folder(utc: float) -> str:
    return f"{datetime.fromtimestamp(utc, UTC):%Y/%m/%d}"


def stamp(utc: float) -> str:
    """A time as a name that sorts like the time, to the millisecond: 20261121T203611250Z."""
    ms = round(utc * 1000)
    return f"{datetime.fromtimestamp(ms // 1000, UTC):%Y%m%dT%H%M%S}{ms % 1000:03d}Z"


def utc_of(stamped: str) -> float | None:
    """The time in a name made by `stamp`, or None."""
    found = _STAMP.fullmatch(stamped)
    if found is None:
        return None
    try:
        whole = datetime.strptime(found[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return whole.timestamp() + int(found[2]) / 1000


def video_path(kind: FileKind, name: str, utc: float) -> str:
    """Path of a video below the data folder. CLIP: name is its stem. SEGMENT: name is the camera, the time is the stem."""
    name = safe_name(name)
    if kind is FileKind.CLIP:
        return f"clips/{day_folder(utc)}/{name}{VIDEO}"
    return f"presence/{name}/{day_folder(utc)}/{stamp(utc)}{VIDEO}"


def sealed_path(incident: str, part: int, opened_utc: float) -> str:
    """Path of a sealed original below the data folder. part: 1, 2, ... of the incident."""
    name = safe_name(incident if part == 1 else f"{incident}.{part}")
    return f"{SEALED_TREE}/{day_folder(opened_utc)}/{name}{SEALED}"


def key_of(original: Path) -> Path:
    """Where the key of a sealed original lies."""
    return original.with_name(original.name + KEY)


def note_of(original: Path) -> Path:
    """What is going to be stored, while it is being stored."""
    return original.with_name(original.name + NOTE + PARTIAL)


def original_of(path: Path) -> Path:
    """The sealed original that a file of the sealed tree belongs to."""
    return path.with_name(path.name.removesuffix(PARTIAL).removesuffix(KEY).removesuffix(NOTE))


def sibling(video: Path, suffix: str) -> Path:
    """The poster or sidecar of a video, as "x.jpg" for "x.mp4"."""
    return video.with_suffix(suffix)


def partial(path: Path) -> Path:
    return path.with_name(path.name + PARTIAL)


def final(path: Path) -> Path:
    """What a partial file will be called."""
    return path.with_name(path.name.removesuffix(PARTIAL))


def kind_of(path: str) -> FileKind | None:
    """Which kind of video a path below the data folder belongs to."""
    top = PurePosixPath(path).parts[:1]
    return next((kind for kind, tree in TREES.items() if top == (tree,)), None)


def incident_of_clip(path: str) -> str:
    """The incident that a clip is named after (a further part has ".N" behind the id)."""
    found = _PART.fullmatch(PurePosixPath(path).stem)
    return found[1] if found else PurePosixPath(path).stem


def camera_of_segment(path: str) -> str:
    return PurePosixPath(path).parts[1]
