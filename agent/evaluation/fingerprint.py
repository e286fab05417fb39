"""What a result depends on, as one number: an earlier result is used again only where it would come out the same.

Comes in: settings, zones, files. Goes out: hexadecimal SHA-256. The program's own source is part of it, and so are the
models.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from agent import __version__
from agent.errors import SourceError
from agent.models import model_folders
from agent.settings import Settings

_PACKAGE = Path(__file__).resolve().parents[1]
_MODELS = ("*.onnx", "*.npz", "*.json", "*/*.xml", "*/*.bin", "*.xml", "*.bin", "*.pt")
_CHUNK = 1 << 20


def of_file(path: Path) -> str:
    """SHA-256 of the file's bytes. Raises SourceError."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError as wrong:
        raise SourceError(
            ko=f"파일 {path}을(를) 읽을 수 없습니다. 경로와 권한을 확인해 주세요.",
            en=f"The file {path} cannot be read ({wrong.strerror}). Check its path and permissions.",
        ) from wrong
    return digest.hexdigest()


def of_eyes(settings: Settings, running: Iterable[str]) -> str:
    """Of everything that decides what is seen and raised. running: the detectors in force."""
    parts = {
        "version": __version__,
        "source": of_source(),
        "models": _models(settings.detection.models),
        "running": list(running),
        "detection": _plain(dataclasses.replace(settings.detection, models=Path("models"))),
        "masking": _plain(settings.masking),
        "incidents": _plain(settings.incidents),
        "shop": _plain(settings.shop),
    }
    return of_values(parts)


def of_values(values: Any) -> str:
    """Of plain values, whatever the order of keys."""
    text = json.dumps(values, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _plain(settings: Any) -> dict[str, Any]:
    return dataclasses.asdict(settings)


@cache
def of_source() -> str:
    """Of the program's own source."""
    return _joined(sorted(_PACKAGE.rglob("*.py")), _PACKAGE)


@cache
def _models(folder: Path) -> str:
    digest = hashlib.sha256()
    for place in model_folders(folder):
        files = sorted({path for pattern in _MODELS for path in place.glob(pattern) if path.is_file()})
        digest.update(_joined(files, place).encode("ascii"))
    return digest.hexdigest()


def _joined(files: Iterable[Path], folder: Path) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(folder).as_posix()}\0{of_file(path)}\n".encode())
    return digest.hexdigest()
