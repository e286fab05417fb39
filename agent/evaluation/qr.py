"""How well codes are read from pictures, against the text that is known to be in them.

Comes in: a folder of pictures, the expected text beside each (`7.txt` for `7.png`). A picture without one is not judged,
unless its folder is called falsepositives...: there nothing may be read. Goes out: a plain report of one reader, with the
others beside it; its part `timing` is the only one that differs from machine to machine.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from agent.entry.code_reader import Grey
from agent.errors import ConfigError, SourceError, SourceUnsupported
from agent.evaluation import fingerprint
from agent.evaluation.qr_readers import Reader, empty_frame_ms
from agent.evaluation.resume import Plain
from agent.evaluation.work import Desk, Job

PICTURES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp"})
NOTHING = "falsepositives"  # how a folder is called in whose pictures nothing may be read
OUTCOMES = ("read", "wrong", "missed", "empty", "false", "not judged")


def evaluate_qr(
    folder: Path, readers: Sequence[Reader], desk: Desk, *, cost: Callable[[Reader], float] = empty_frame_ms
) -> Plain:
    """Read every picture under `folder` with each reader. The first is the one that is reported; the others are its peers.

    cost: milliseconds of processor time that a reader takes for a picture without a code. Raises ConfigError where there is
    not one picture.
    """
    pictures = _pictures(folder)

    def job(path: Path) -> Job:
        files = [file for file in (path, path.with_suffix(".txt")) if file.exists()]
        names = [reader.name for reader in readers]
        return Job(
            path.relative_to(folder).as_posix(),
            lambda: fingerprint.of_values(["qr", names, fingerprint.of_source(), *map(fingerprint.of_file, files)]),
            lambda: _measure(path, readers),
        )

    done = desk.work([job(path) for path in pictures])
    sheets = {
        reader.name: [{"file": file, **result[reader.name]} for file, result in done.results.items()] for reader in readers
    }
    first, *peers = (reader.name for reader in readers)
    times = {name: [row.pop("ms") for row in rows] for name, rows in sheets.items()}
    return {
        "kind": "qr",
        "reader": first,
        **_sums(sheets[first]),
        "peers": {name: _sums(sheets[name]) for name in peers},
        "pictures": sheets[first],
        "skipped": [left.plain() for left in done.left],
        "timing": {reader.name: {**_spread(times[reader.name]), "ms_720p_without_a_code": cost(reader)} for reader in readers},
    }


def _pictures(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURES)
    if not found:
        raise ConfigError(
            ko=f"{folder}에 사진({', '.join(sorted(PICTURES))})이 없습니다. 폴더를 확인해 주세요.",
            en=f"There are no pictures ({', '.join(sorted(PICTURES))}) in {folder}. Check the folder.",
        )
    return found


def _sums(rows: list[Plain]) -> Plain:
    folders = sorted({_folder(row["file"]) for row in rows})
    return {
        "overall": _counts(rows),
        "folders": {name: _counts([row for row in rows if _folder(row["file"]) == name]) for name in folders},
    }


def _spread(times: list[float]) -> Plain:
    ordered = sorted(times)
    return {"ms_median": ordered[len(ordered) // 2], "ms_most": ordered[-1]} if ordered else {}


def _folder(file: str) -> str:
    return file.rpartition("/")[0] or "."


def _measure(path: Path, readers: Sequence[Reader]) -> Plain:
    """What each reader made of one picture, by its name."""
    grey = _picture(path)
    expected = path.with_suffix(".txt")
    wanted = {_text(expected)} if expected.exists() else set()
    nothing = path.parent.name.startswith(NOTHING)
    return {reader.name: _judged(reader, grey, wanted, nothing=nothing) for reader in readers}


def _judged(reader: Reader, grey: Grey, wanted: set[str], *, nothing: bool) -> Plain:
    began = time.process_time()  # others may be busy on the same machine
    texts = {_lines(text) for text in reader.read(grey)}
    took = time.process_time() - began
    outcome = "not judged"
    if wanted:
        outcome = "read" if texts == wanted else "wrong" if texts else "missed"
    elif nothing:
        outcome = "false" if texts else "empty"
    return {"outcome": outcome, "codes": len(texts), "ms": round(took * 1000, 1)}


def _picture(path: Path) -> Grey:
    data = np.frombuffer(path.read_bytes(), np.uint8)
    grey = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE) if data.size else None
    if grey is None:
        raise SourceUnsupported(
            ko=f"그림 {path.name}을(를) 읽을 수 없습니다. 파일이 손상되지 않았는지 확인해 주세요.",
            en=f"The picture {path.name} cannot be read. Check that the file is whole.",
        )
    return np.asarray(grey, dtype=np.uint8)


def _text(path: Path) -> str:
    try:
        return _lines(path.read_bytes().decode("utf-8"))
    except UnicodeDecodeError as wrong:
        raise SourceError(
            ko=f"{path.name}은(는) UTF-8 글자가 아닙니다. 파일을 확인해 주세요.",
            en=f"{path.name} is not UTF-8 text. Check the file.",
        ) from wrong


def _lines(text: str) -> str:
    """Exact but for line ends, which editors change, and one at the very end."""
    return text.replace("\r\n", "\n").removesuffix("\n")


def _counts(rows: list[Plain]) -> dict[str, int]:
    counts = Counter(row["outcome"] for row in rows)
    return {outcome: counts[outcome] for outcome in OUTCOMES}
