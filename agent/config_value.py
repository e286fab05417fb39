"""Turns plain TOML values into the settings' own types, field by field.

Comes in: nested dicts, and the `Origin` of each address. Goes out: filled dataclasses of `agent.settings`; a wrong type,
range or key is a ConfigError that names its line. Ranges stand in the dataclass fields themselves.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from agent.config_file import Address, Origin
from agent.settings import DAY_MINUTES, DAYS, CameraSettings, OpenHours, Settings, Span, Zone, crosses_itself, enclosed_area
from agent.values import Point, Text

_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_SMALLEST_AREA = 1e-4  # of the picture; less is a slip of the hand, not an area
_TRUTHS = {"true": True, "yes": True, "1": True, "on": True, "false": False, "no": False, "0": False, "off": False}
_KINDS = {
    bool: Text(ko="true 또는 false", en="true or false"),
    int: Text(ko="정수", en="a whole number"),
    float: Text(ko="숫자", en="a number"),
    str: Text(ko='따옴표로 묶은 글자("...")', en='text in quotes ("...")'),
    Path: Text(ko='따옴표로 묶은 경로("...")', en='a path in quotes ("...")'),
}


def dotted(cls: type[Any], before: str = "") -> Iterator[str]:
    """The dotted keys of a settings dataclass and of those inside it."""
    for name, kind in typing.get_type_hints(cls).items():
        if _is_table(kind):
            yield from dotted(kind, f"{before}{name}.")
        else:
            yield before + name


def _is_table(kind: Any) -> bool:
    return dataclasses.is_dataclass(kind) and kind is not OpenHours and kind is not Point


class Reader:
    """Reads values whose places are known, so that each complaint names its line."""

    def __init__(self, origins: Mapping[Address, Origin]) -> None:
        self._origins = origins

    def read(self, kind: Any, value: Any, at: Address = (), rule: Mapping[str, Any] | None = None) -> Any:
        """`value` as an instance of `kind`. rule: the field's metadata with its range. Raises ConfigError."""
        outer = typing.get_origin(kind)
        if kind is OpenHours:
            return self._hours(value, at)
        if kind is Point:
            return self._point(value, at)
        if _is_table(kind):
            return self._table(kind, value, at)
        if outer is Literal:
            return self._choice(typing.get_args(kind), value, at)
        if outer is tuple:
            return self._list(typing.get_args(kind)[0], value, at)
        return self._plain(kind, value, at, rule or {})

    def _place(self, at: Address) -> Origin:
        while at and at not in self._origins:
            at = at[:-1]
        return self._origins.get(at, Origin("config"))

    def _table(self, cls: type[Any], value: Any, at: Address) -> Any:
        if not isinstance(value, dict):
            name = _name(at)
            raise self._place(at).error(
                ko=f"'{name}' 자리에는 표([{name}])가 와야 합니다.", en=f"'{name}' must be a table ([{name}])"
            )
        hints = typing.get_type_hints(cls)
        for key in value:
            if key not in hints:
                raise self._unknown(key, tuple(hints), at)
        if cls is CameraSettings:
            value = {"name": value.get("id", ""), **value}
        fields = {f.name: f for f in dataclasses.fields(cls)}
        filled = {}
        for name, field in fields.items():
            if name in value:
                filled[name] = self.read(hints[name], value[name], (*at, name), field.metadata)
            elif field.default is dataclasses.MISSING:
                raise self._place(at).error(
                    ko=f"'{_name(at)}'에 '{name}' 항목이 빠졌습니다. 추가해 주세요.", en=f"'{_name(at)}' needs the key '{name}'"
                )
        made = cls(**filled)
        if isinstance(made, CameraSettings):
            made = self._camera(made, at)
        if isinstance(made, Zone):
            self._polygon(made.polygon, (*at, "polygon"), Text(ko=f"구역 '{made.name}'", en=f"zone '{made.name}'"))
        return made

    def _unknown(self, key: str, siblings: tuple[str, ...], at: Address) -> Exception:
        elsewhere = {name.rpartition(".")[2]: name for name in dotted(Settings)}
        shown = elsewhere | dict(zip(siblings, siblings, strict=True))
        near = next((shown[name] for name in difflib.get_close_matches(key, shown, 1)), None)
        return self._place((*at, key)).error(
            ko=f"'{key}' 설정은 없습니다." + (f" 혹시 '{near}'인가요?" if near else f" 쓸 수 있는 항목: {', '.join(siblings)}"),
            en=f"unknown key '{key}'" + (f" - did you mean '{near}'?" if near else f"; known here: {', '.join(siblings)}"),
        )

    def _plain(self, kind: type[Any], value: Any, at: Address, rule: Mapping[str, Any]) -> Any:
        place = self._place(at)
        if place.loose and kind is not str:
            value = _from_text(kind, value)
        fits: Any = {bool: bool, int: int, float: (int, float), str: str, Path: (str, Path)}[kind]
        if not isinstance(value, fits) or (kind in (int, float) and isinstance(value, bool)):
            want = _KINDS[kind]
            raise place.error(
                ko=f"'{_name(at)}' 값은 {want.ko}여야 하는데 {value!r}입니다.",
                en=f"'{_name(at)}' must be {want.en}, not {value!r}",
            )
        if "low" in rule and not rule["low"] <= value <= rule["high"]:
            raise place.error(
                ko=f"'{_name(at)}' 값은 {rule['low']:g}에서 {rule['high']:g} 사이여야 하는데 {value}입니다.",
                en=f"'{_name(at)}' must be between {rule['low']:g} and {rule['high']:g}, not {value}",
            )
        if kind is Path:
            path = Path(value).expanduser()
            return place.folder / path if place.folder else path
        return kind(value)

    def _choice(self, choices: tuple[str, ...], value: Any, at: Address) -> Any:
        if value in choices:
            return value
        near = difflib.get_close_matches(str(value), choices, 1)
        listed = ", ".join(choices)
        raise self._place(at).error(
            ko=f"'{_name(at)}' 값은 {listed} 중 하나여야 하는데 {value!r}입니다."
            + (f" 혹시 '{near[0]}'인가요?" if near else ""),
            en=f"'{_name(at)}' must be one of {listed}, not {value!r}" + (f" - did you mean '{near[0]}'?" if near else ""),
        )

    def _list(self, kind: Any, value: Any, at: Address) -> tuple[Any, ...]:
        if kind is str and isinstance(value, str) and self._place(at).loose:
            value = value.split()
        if not isinstance(value, list | tuple):
            raise self._place(at).error(
                ko=f"'{_name(at)}' 값은 목록([...])이어야 합니다.", en=f"'{_name(at)}' must be a list ([...])"
            )
        made = tuple(self.read(kind, element, (*at, number)) for number, element in enumerate(value))
        if at[-1:] == ("privacy",):
            for number, polygon in enumerate(made):
                self._polygon(polygon, (*at, number), Text(ko=f"가림 구역 {number + 1}", en=f"privacy area {number + 1}"))
        return made

    def _point(self, value: Any, at: Address) -> Point:
        numbers = isinstance(value, list) and len(value) == 2 and all(type(v) in (int, float) for v in value)
        if not numbers or not all(0 <= v <= 1 for v in value):
            raise self._place(at).error(
                ko=f"꼭짓점은 0에서 1 사이의 두 수 [x, y]여야 하는데 {value!r}입니다. (0, 0)은 왼쪽 위입니다.",
                en=f"a corner is two numbers [x, y] between 0 and 1, not {value!r}; (0, 0) is the upper left",
            )
        return Point(float(value[0]), float(value[1]))

    def _polygon(self, polygon: tuple[Point, ...], at: Address, what: Text) -> None:
        place = self._place(at)
        if len(polygon) < 3:
            raise place.error(ko=f"{what.ko}에는 꼭짓점이 셋 이상 있어야 합니다.", en=f"{what.en} needs at least three corners")
        if crosses_itself(polygon):
            raise place.error(
                ko=f"{what.ko}의 선이 서로 엇갈립니다. 꼭짓점을 둘레를 따라 차례로 적어 주세요.",
                en=f"the outline of {what.en} crosses itself; list the corners in order around it",
            )
        if enclosed_area(polygon) < _SMALLEST_AREA:
            raise place.error(
                ko=f"{what.ko}의 넓이가 없습니다. 꼭짓점을 확인해 주세요.", en=f"{what.en} encloses no area; check its corners"
            )

    def _camera(self, camera: CameraSettings, at: Address) -> CameraSettings:
        source, folder = camera.source.strip(), self._place((*at, "source")).folder
        if not source:
            raise self._place((*at, "source")).error(
                ko="카메라 source가 비어 있습니다. rtsp:// 주소, usb:0, demo: 또는 파일 경로를 적어 주세요.",
                en="the camera's source is empty; give an rtsp:// address, usb:0, demo: or a file",
            )
        if not re.match(r"[a-z]+:", source) and folder is not None:  # a file
            source = str(folder / Path(source).expanduser())
        return dataclasses.replace(camera, source=source)

    def _hours(self, value: Any, at: Address) -> OpenHours:
        if not isinstance(value, dict):
            return OpenHours((self._spans(value, at),) * 7)
        for day in value:
            if day not in DAYS:
                raise self._unknown(day, DAYS, at)
        return OpenHours(tuple(self._spans(value.get(day, "closed"), (*at, day)) for day in DAYS))

    def _spans(self, value: Any, at: Address) -> tuple[Span, ...]:
        """One day: "24h", "closed", "09:00-23:00", or a list of such spans; an end not after its start is on the next day."""
        if value == "24h":
            return ((0, DAY_MINUTES),)
        if value == "closed":
            return ()
        found = [_span(part) for part in (value if isinstance(value, list) and value else [value])]
        spans = tuple(span for span in found if span is not None)
        if len(spans) < len(found):
            raise self._place(at).error(
                ko=f'영업시간을 읽을 수 없습니다: {value!r}. "24h", "closed" 또는 "09:00-23:00"처럼 적어 주세요.',
                en=f'opening hours {value!r} are not understood; write "24h", "closed" or "09:00-23:00"',
            )
        return spans


def _span(value: Any) -> Span | None:
    match = _SPAN.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    h1, m1, h2, m2 = map(int, match.groups())
    start, end = h1 * 60 + m1, h2 * 60 + m2
    if m1 > 59 or m2 > 59 or start >= DAY_MINUTES or end > DAY_MINUTES:
        return None
    return start, end if end > start else end + DAY_MINUTES


def _from_text(kind: type[Any], value: Any) -> Any:
    """A number or truth value written as text on the command line; anything else stays as it is."""
    if not isinstance(value, str):
        return value
    if kind is bool:
        return _TRUTHS.get(value.lower(), value)
    if kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            return value
    return value


def _name(at: Address) -> str:
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in at)
