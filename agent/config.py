"""Reads the owner's settings: config/default.toml, over it the owner's own file, over that the command line.

Comes in: a path and overrides by dotted key ("detection.engine"). Goes out: `Settings`, checked; every mistake is a
ConfigError that names file, line and, for an unknown key, the nearest valid one. The values are defined in `agent.settings`.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
import zoneinfo
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

from agent.config_entry import agree_on_entry
from agent.config_file import Address, ConfigFile, Origin, parse
from agent.config_value import Reader
from agent.errors import ConfigError
from agent.settings import (
    AfterClosingSettings,
    CameraFaultSettings,
    CameraSettings,
    CollapseSettings,
    ConcealmentSettings,
    DamageSettings,
    DataSettings,
    DetectionSettings,
    ForcedTillSettings,
    IncidentSettings,
    IntrusionSettings,
    LeftObjectSettings,
    LoiteringSettings,
    MaskingSettings,
    OpenHours,
    PanelSettings,
    PeopleSettings,
    Polygon,
    RecordingSettings,
    Settings,
    Shop,
    StaffOnlySettings,
    SweptSettings,
    TooManySettings,
    UnpaidSettings,
    ViolenceSettings,
    Zone,
    ZoneKind,
)

__all__ = [
    "AfterClosingSettings",
    "CameraFaultSettings",
    "CameraSettings",
    "CollapseSettings",
    "ConcealmentSettings",
    "DamageSettings",
    "DataSettings",
    "DetectionSettings",
    "ForcedTillSettings",
    "IncidentSettings",
    "IntrusionSettings",
    "LeftObjectSettings",
    "LoiteringSettings",
    "MaskingSettings",
    "OpenHours",
    "PanelSettings",
    "PeopleSettings",
    "Polygon",
    "RecordingSettings",
    "Settings",
    "Shop",
    "StaffOnlySettings",
    "SweptSettings",
    "TooManySettings",
    "UnpaidSettings",
    "ViolenceSettings",
    "Zone",
    "ZoneKind",
    "default_toml",
    "load_settings",
    "overrides_from",
    "with_sources",
]

_NONE: Mapping[str, object] = MappingProxyType({})


def load_settings(path: Path | None, overrides: Mapping[str, object] = _NONE) -> Settings:
    """The settings in force. path: the owner's TOML file or None; overrides: values by dotted key, text allowed for numbers.

    Relative paths in the file refer to its folder, those in overrides to the current one. Raises ConfigError.
    """
    files = [parse(default_toml(), "default.toml", None)]
    if path is not None:
        files.append(parse(_text_of(path), path.name, path.parent.absolute()))
    values, origins = _overlaid(files)
    _override(values, origins, overrides)
    settings = Reader(origins).read(Settings, values)
    settings = _placed(settings)
    _agree(settings, origins)
    return settings


def default_toml() -> str:
    """The text of the settings that Ansim comes with."""
    return resources.files("config").joinpath("default.toml").read_text(encoding="utf-8")


def overrides_from(environ: Mapping[str, str]) -> dict[str, object]:
    """Overrides from environment variables with a double underscore: ANSIM_DETECTION__ENGINE=reference is detection.engine."""
    found = ((name.removeprefix("ANSIM_"), value) for name, value in environ.items() if name.startswith("ANSIM_"))
    return {name.lower().replace("__", "."): value for name, value in found if "__" in name}


def with_sources(settings: Settings, sources: Sequence[str]) -> Settings:
    """The same settings with one camera ("camera-1", ...) for each given URL or file in place of the configured ones."""
    cameras = tuple(
        CameraSettings(id=f"camera-{n}", name=f"카메라 {n}" if settings.shop.language == "ko" else f"Camera {n}", source=source)
        for n, source in enumerate(sources, 1)
    )
    return dataclasses.replace(settings, cameras=cameras)


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as wrong:
        raise ConfigError(
            ko=f"설정 파일 {path}의 글자를 읽을 수 없습니다. UTF-8로 저장해 주세요.",
            en=f"The settings file {path} is not UTF-8 text. Save it as UTF-8.",
        ) from wrong
    except OSError as wrong:
        raise ConfigError(
            ko=f"설정 파일을 열 수 없습니다: {path}. 경로와 권한을 확인해 주세요.",
            en=f"The settings file {path} cannot be opened ({wrong.strerror}). Check its path and permissions.",
        ) from wrong


def _overlaid(files: Sequence[ConfigFile]) -> tuple[dict[str, Any], dict[Address, Origin]]:
    """Later files over earlier ones: tables are merged, anything else is replaced as a whole."""
    values: dict[str, Any] = {}
    origins: dict[Address, Origin] = {}
    for file in files:
        for address, value in _leaves(file.values, ()):
            _put(values, address, value)
            origins[address] = file.origin(address)
        origins.update({address: file.origin(address) for address in file.lines})
    return values, origins


def _leaves(table: Mapping[str, Any], at: Address) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in table.items():
        here = (*at, key)
        if isinstance(value, dict) and value:
            yield from _leaves(value, here)
        else:
            yield here, value  # type: ignore[misc]  # dict keys are text, so this address has no numbers


def _put(values: dict[str, Any], address: tuple[str, ...], value: Any) -> None:
    for key in address[:-1]:
        inner = values.get(key)
        if not isinstance(inner, dict):
            inner = values[key] = {}
        values = inner
    values[address[-1]] = value


def _override(values: dict[str, Any], origins: dict[Address, Origin], overrides: Mapping[str, object]) -> None:
    for name, value in overrides.items():
        address = tuple(name.split("."))
        _put(values, address, value)
        origins[address] = Origin(f"--{name}", folder=Path.cwd(), loose=True)


def _placed(settings: Settings) -> Settings:
    """Paths made absolute: what default.toml leaves relative lies in the data folder."""
    folder = settings.data.folder.expanduser().absolute()
    models = folder / settings.detection.models.expanduser()
    return dataclasses.replace(
        settings,
        data=dataclasses.replace(settings.data, folder=folder),
        detection=dataclasses.replace(settings.detection, models=models),
    )


def _agree(settings: Settings, origins: Mapping[Address, Origin]) -> None:
    """Checks that involve more than one key."""
    _timezone(settings.shop.timezone, origins[("shop", "timezone")])
    detection, recording, incidents = settings.detection, settings.recording, settings.incidents
    if detection.weak > detection.sure:
        raise origins[("detection", "weak")].error(
            ko=f"detection.weak({detection.weak})는 detection.sure({detection.sure})보다 클 수 없습니다.",
            en=f"detection.weak ({detection.weak}) must not be above detection.sure ({detection.sure})",
        )
    needed = recording.clip_before_s + incidents.longest_s + recording.clip_after_s
    if recording.ring_s < needed:
        raise origins[("recording", "ring_s")].error(
            ko=f"recording.ring_s는 {needed:g}초 이상이어야 합니다. 그래야 가장 긴 사건의 증거 영상을 만들 수 있습니다.",
            en=f"recording.ring_s must be at least {needed:g}: clips of the longest incident are cut from it",
        )
    if bool(settings.panel.certificate) != bool(settings.panel.private_key):
        raise origins[("panel", "certificate" if settings.panel.certificate else "private_key")].error(
            ko="panel.certificate와 panel.private_key는 함께 적어야 합니다.",
            en="panel.certificate and panel.private_key belong together; set both or neither",
        )
    _cameras(settings.cameras, origins)
    agree_on_entry(settings, origins)


def _timezone(name: str, place: Origin) -> None:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as wrong:
        near = difflib.get_close_matches(name, zoneinfo.available_timezones(), 1)
        raise place.error(
            ko=f"'{name}' 시간대를 찾을 수 없습니다."
            + (f" 혹시 '{near[0]}'인가요?" if near else " 한국은 'Asia/Seoul'입니다."),
            en=f"unknown time zone '{name}'" + (f" - did you mean '{near[0]}'?" if near else "; Korea is 'Asia/Seoul'"),
        ) from wrong


def _cameras(cameras: Sequence[CameraSettings], origins: Mapping[Address, Origin]) -> None:
    seen: set[str] = set()
    for number, camera in enumerate(cameras):
        place = origins.get(("cameras", number, "id"), Origin("cameras"))
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", camera.id) or len(camera.id) > 40:
            raise place.error(
                ko=f"카메라 id '{camera.id}'에는 영문 소문자, 숫자, 붙임표(-)만 40자까지 쓸 수 있습니다.",
                en=f"camera id '{camera.id}' may hold only a-z, 0-9 and single hyphens, at most 40",
            )
        if camera.id in seen:
            raise place.error(
                ko=f"같은 카메라 id가 두 번 쓰였습니다: '{camera.id}'. 카메라마다 다른 id를 주세요.",
                en=f"camera id '{camera.id}' is used twice; give each camera its own",
            )
        seen.add(camera.id)
        names = [zone.name for zone in camera.zones]
        for index, name in enumerate(names):
            if name in names[:index]:
                raise origins.get(("cameras", number, "zones", index), place).error(
                    ko=f"한 카메라에서 같은 구역 이름이 두 번 쓰였습니다: '{name}'. 서로 다르게 적어 주세요.",
                    en=f"zone name '{name}' is used twice on one camera; give each zone its own",
                )
