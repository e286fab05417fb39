"""Zones in a file of their own, for recordings that belong to no camera of the settings.

Comes in: a TOML file with `[[zones]]` as in a camera's settings (and, if need be, `privacy`). Goes out: a `View`. Read by the
same reader as the settings: whatever is wrong is a ConfigError that names file and line.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from agent.config_file import parse
from agent.config_value import Reader
from agent.errors import ConfigError
from agent.settings import Polygon, Zone


@dataclass(frozen=True, slots=True)
class View:
    """What is drawn into a camera's picture: zones, and areas that are never looked at."""

    zones: tuple[Zone, ...] = ()
    privacy: tuple[Polygon, ...] = ()


def read_view(path: Path) -> View:
    """The zones in `path`. Raises ConfigError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        raise ConfigError(
            ko=f"구역 파일 {path}을(를) 읽을 수 없습니다. 경로를 확인하고 UTF-8로 저장해 주세요.",
            en=f"The zones {path} cannot be read. Check the path, and save the file as UTF-8.",
        ) from wrong
    file = parse(text, path.name, path.parent)
    if "cameras" in file.values:
        raise file.origin(("cameras", 0)).error(
            ko="이 파일은 구역 파일이 아니라 설정 파일입니다. 잴 카메라의 구역만 새 파일에 옮기고, "
            "[[cameras.zones]]를 [[zones]]로 바꿔 적어 주세요.",
            en="this is a settings file, not a file of zones; copy the zones of the one camera into a new file, "
            "and write [[zones]] instead of [[cameras.zones]]",
        )
    places = {(): file.origin(())} | {address: file.origin(address) for address in file.lines}
    view: View = Reader(places).read(View, file.values)
    names = [zone.name for zone in view.zones]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise file.origin(("zones", index)).error(
                ko=f"같은 구역 이름이 두 번 쓰였습니다: '{name}'. 서로 다르게 적어 주세요.",
                en=f"zone name '{name}' is used twice; give each zone its own",
            )
    return view
