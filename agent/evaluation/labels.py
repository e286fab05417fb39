"""What clips are known to show: a table with a line for each clip.

Comes in: a TSV file with a heading; the columns `file` and `label` are needed, `actor` may be there, others are left alone.
Goes out: `Label`s by file name. Raises ConfigError with the line for whatever is wrong.

Korean names have two spellings that look the same: a Mac stores the letters of a syllable one by one, others the syllable. They
are compared as `spelled`.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from agent.config_file import Origin
from agent.errors import ConfigError

NORMAL = "normal"


@dataclass(frozen=True, slots=True)
class Label:
    """One clip. file: relative to the clips' folder, with forward slashes, as `spelled`.

    theft: whether it shows one; actor: who, if told.
    """

    file: str
    label: str
    actor: str | None

    @property
    def theft(self) -> bool:
        return self.label != NORMAL


def spelled(name: str) -> str:
    """A file's name with whole syllables (Unicode NFC)."""
    return unicodedata.normalize("NFC", name)


def read_labels(path: Path) -> dict[str, Label]:
    """All labels of the table, in its order. A label other than "normal" means that the clip shows a theft."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as wrong:
        raise ConfigError(
            ko=f"라벨 파일 {path}을(를) 읽을 수 없습니다. 경로를 확인하고 UTF-8로 저장해 주세요.",
            en=f"The labels {path} cannot be read. Check the path, and save the file as UTF-8.",
        ) from wrong
    columns = lines[0].split("\t") if lines else []
    if not {"file", "label"} <= set(columns):
        raise Origin(path.name, 1).error(
            ko="첫 줄에 'file'과 'label' 열 이름이 탭으로 나뉘어 있어야 합니다.",
            en="the first line must name the columns 'file' and 'label', separated by tabs",
        )
    found: dict[str, Label] = {}
    for number, line in enumerate(lines[1:], 2):
        if not line.strip():
            continue
        label = _label(dict(zip(columns, line.split("\t"), strict=False)), Origin(path.name, number))
        if label.file in found:
            raise Origin(path.name, number).error(
                ko=f"'{label.file}'이(가) 두 번 나옵니다. 한 줄만 남겨 주세요.",
                en=f"'{label.file}' is listed twice; leave one line",
            )
        found[label.file] = label
    return found


def _label(row: dict[str, str], place: Origin) -> Label:
    file, label = row.get("file", "").strip(), row.get("label", "").strip().lower()
    if not file or not label:
        raise place.error(ko="파일 이름이나 라벨이 비어 있습니다.", en="the file or its label is missing")
    path = PurePosixPath(file)
    if path.is_absolute() or ".." in path.parts:
        raise place.error(
            ko=f"'{file}'은(는) 영상 폴더 안의 경로가 아닙니다.", en=f"'{file}' does not lie in the folder of clips"
        )
    return Label(spelled(str(path)), label, row.get("actor", "").strip() or None)
