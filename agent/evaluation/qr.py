"""How well codes are read from pictures, against the text that is known to be in them.

Comes in: a folder of pictures, the expected text beside each (`7.txt` for `7.png`). A picture without one is not judged,
unless its folder is called falsepositives...: there nothing may be read. Goes out: a plain report; its part `timing` is the
only one that differs from machine to machine. The reader is a protocol, so that the entry's own reader takes the place of the
plain one here.
"""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from agent.errors import ModelError, SourceError, SourceUnsupported
from agent.evaluation import fingerprint
from agent.evaluation.resume import Plain
from agent.evaluation.work import Desk, Job

PICTURES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp"})
NOTHING = "falsepositives"  # how a folder is called in whose pictures nothing may be read
OUTCOMES = ("read", "wrong", "missed", "empty", "false", "not judged")

Grey = npt.NDArray[np.uint8]


class Reader(Protocol):
    """Reads codes. name: for the report."""

    @property
    def name(self) -> str: ...

    def read(self, grey: Grey) -> tuple[str, ...]:
        """The texts of all codes in a picture, (height, width) uint8 luma, in any order."""
        ...


class ZbarReader:
    """pyzbar as it comes: one look at the whole picture, QR codes only."""

    name = "pyzbar"

    def __init__(self) -> None:
        """Raises ModelError where the library zbar is not installed."""
        try:
            from pyzbar.pyzbar import ZBarSymbol, decode
        except ImportError as wrong:
            raise ModelError(
                ko="QR 코드를 읽는 libzbar0가 없습니다. scripts/setup을 다시 실행해 주세요.",
                en="The library libzbar0, which reads QR codes, is missing. Run scripts/setup again.",
            ) from wrong
        self._decode = decode
        self._symbols = [ZBarSymbol.QRCODE]

    def read(self, grey: Grey) -> tuple[str, ...]:
        """See Reader.read. Bytes that are no UTF-8 are shown as replacement signs, so they equal no expected text."""
        return tuple(found.data.decode("utf-8", "replace") for found in self._decode(grey, symbols=self._symbols))


def evaluate_qr(folder: Path, reader: Reader, desk: Desk) -> Plain:
    """Read every picture under `folder`."""

    def job(path: Path) -> Job:
        files = [file for file in (path, path.with_suffix(".txt")) if file.exists()]
        return Job(
            path.relative_to(folder).as_posix(),
            lambda: fingerprint.of_values(["qr", reader.name, fingerprint.of_source(), *map(fingerprint.of_file, files)]),
            lambda: _measure(path, reader),
        )

    pictures = sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURES)
    done = desk.work([job(path) for path in pictures])
    rows = [{"file": name, **result} for name, result in done.results.items()]
    times = sorted(row.pop("ms") for row in rows)
    folders = sorted({_folder(row["file"]) for row in rows})
    return {
        "kind": "qr",
        "reader": reader.name,
        "overall": _counts(rows),
        "folders": {name: _counts([row for row in rows if _folder(row["file"]) == name]) for name in folders},
        "pictures": rows,
        "skipped": [left.plain() for left in done.left],
        "timing": {"ms_median": times[len(times) // 2], "ms_most": times[-1]} if times else {},
    }


def _folder(file: str) -> str:
    return file.rpartition("/")[0] or "."


def _measure(path: Path, reader: Reader) -> Plain:
    grey = _picture(path)
    expected = path.with_suffix(".txt")
    wanted = {_text(expected)} if expected.exists() else set()
    began = time.perf_counter()
    texts = {_lines(text) for text in reader.read(grey)}
    took = time.perf_counter() - began
    outcome = "not judged"
    if wanted:
        outcome = "read" if texts == wanted else "wrong" if texts else "missed"
    elif path.parent.name.startswith(NOTHING):
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
