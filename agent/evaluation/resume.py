"""Results that outlive the run that made them: one line per item, so that a run that was killed goes on where it was.

Comes in: results as plain values with the key that they depend on. Goes out: those of an earlier run, and at the end the
report. The lines lie in `OUT.partial` beside the report and are removed with it written. A last line that was cut short is
dropped.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from agent.errors import StoreError
from agent.vault.durable import replace_synced

Plain = dict[str, Any]


class Results:
    """Holding one means: you may keep results as they come; with no file they are kept for this run only."""

    def __init__(self, out: Path | None) -> None:
        """out: the report's path. Raises StoreError where its folder cannot be written."""
        self._out = out
        self._path = None if out is None else out.with_name(out.name + ".partial")
        self._known: dict[str, Plain] = {}
        self._file = None
        if self._path is not None:
            try:
                self._known = _read(self._path)
                self._file = self._path.open("a", encoding="utf-8")
            except OSError as wrong:
                raise _unwritable(self._path, wrong) from wrong

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()

    def known(self, key: str) -> Plain | None:
        """The result that was kept under `key`."""
        return self._known.get(key)

    def keep(self, key: str, result: Plain) -> Plain:
        """Keep `result` so that a power cut does not lose it; gives it as it will be read again."""
        line = json.dumps({"key": key, "result": result}, ensure_ascii=False, allow_nan=False)
        if self._file is not None and self._path is not None:
            try:
                self._file.write(line + "\n")
                self._file.flush()
                os.fsync(self._file.fileno())
            except OSError as wrong:
                raise _unwritable(self._path, wrong) from wrong
        self._known[key] = json.loads(line)["result"]
        return self._known[key]

    def finish(self, report: Plain) -> None:
        """Write the report whole or not at all, and forget the single results."""
        if self._out is None or self._path is None:
            return
        text = json.dumps(report, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
        write_whole(self._out, text.encode("utf-8"))
        self._path.unlink(missing_ok=True)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all. Raises StoreError."""
    try:
        replace_synced(path, data)
    except OSError as wrong:
        raise _unwritable(path, wrong) from wrong


def rounded(value: float | None) -> float | None:
    """A share as reports give it: four places."""
    return None if value is None else round(value, 4)


def _read(path: Path) -> dict[str, Plain]:
    found: dict[str, Plain] = {}
    if not path.exists():
        return found
    lines = path.read_bytes().split(b"\n")
    whole = b""
    for line in lines[:-1]:
        try:
            entry = json.loads(line)
            found[entry["key"]] = entry["result"]
        except (ValueError, KeyError, TypeError):
            break
        whole += line + b"\n"
    if whole != b"\n".join(lines):  # what was cut short must not run into the next line
        write_whole(path, whole)
    return found


def _unwritable(path: Path, wrong: OSError) -> StoreError:
    return StoreError(
        ko=f"{path}에 쓸 수 없습니다. 폴더가 있는지, 쓸 수 있는지, 디스크가 가득 차지 않았는지 확인해 주세요.",
        en=f"{path} cannot be written ({wrong.strerror}). Check that the folder is there, may be written and has space.",
    )
