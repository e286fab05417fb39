"""The files of KISA's test: result XML written, truth XML and zone maps read.

Comes in: alarms, or a file. Goes out: bytes of a result file; `Truth`; zones. Nothing of a file is trusted: no document
types, no entities, a few megabytes at most; what does not fit is a ConfigError that names the file.

Form of the result: requirements-kr.md. Truth files and `.map` files are not published with a description; what is read here
is what several independent public readers of them agree on: `KisaLibraryIndex/Library/{Scenario, Clip/{Header,
Alarms/Alarm}}` with the areas of the map (`DetectArea`, `Loitering`, `Intrusion`: each a list of `Point`, "x,y" in pixels of
a 1280 x 720 picture) in the Header or in a `.map` file of its own, which may begin with a byte order mark.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from agent.errors import ConfigError
from agent.evaluation.kisa import Due
from agent.settings import Polygon, Zone, ZoneKind, crosses_itself
from agent.values import Point

LARGEST = 4_000_000  # bytes; a truth file has a few thousand
MAP_SIZE = (1280, 720)  # pixels that points of a map are given in
SMALLEST_CORNERS = 3

_AREAS: dict[str, ZoneKind] = {"Loitering": "loiter", "Intrusion": "staff"}
_TIME = re.compile(r"(\d{1,3}):([0-5]?\d):([0-5]?\d(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm for a result file: when it was raised (seconds), its item's name, and how long it lasts (seconds)."""

    start_s: float
    name: str
    duration_s: float


@dataclass(frozen=True, slots=True)
class Truth:
    """What a truth file says: what is due under which name (as written there), the item that was filmed, and its areas."""

    dues: tuple[tuple[str, Due], ...]
    scenario: str | None
    zones: tuple[Zone, ...]


def result_xml(filename: str, alarms: Sequence[Alarm]) -> bytes:
    """The result file of one video, alarms in the order of time; whole seconds, as the form asks."""
    return _written(filename, sorted(alarms, key=lambda alarm: (alarm.start_s, alarm.name)))


def is_result(path: Path) -> bool:
    """Whether the file is one that `result_xml` writes, byte for byte: truth tells more, or is laid out otherwise."""
    try:
        alarms = [Alarm(due.start_s, name, due.duration_s) for name, due in read_truth(path).dues]
        filename = _parsed(path).findtext("Library/Clip/Header/Filename", "")
        return path.read_bytes() == _written(filename, alarms)
    except (ConfigError, OSError):
        return False


def _written(filename: str, alarms: Sequence[Alarm]) -> bytes:
    rows = "".join(
        f"<Alarm><StartTime>{clock_time(alarm.start_s)}</StartTime>"
        f"<AlarmDescription>{escape(alarm.name)}</AlarmDescription>"
        f"<AlarmDuration>{clock_time(alarm.duration_s)}</AlarmDuration></Alarm>"
        for alarm in alarms
    )
    header = f"<Header><AlarmEvents>{len(alarms)}</AlarmEvents><Filename>{escape(filename)}</Filename></Header>"
    clip = f"<Clip>{header}<Alarms>{rows}</Alarms></Clip>"
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<KisaLibraryIndex><Library>{clip}</Library></KisaLibraryIndex>\n'
    return text.encode("utf-8")


def read_truth(path: Path) -> Truth:
    """Read a truth file (or a result file: the form is the same). Raises ConfigError."""
    root = _parsed(path)
    clip = root.find("Library/Clip") if root.tag == "KisaLibraryIndex" else None
    if clip is None:
        raise _wrong(path, "KisaLibraryIndex/Library/Clip가 없습니다", "it has no KisaLibraryIndex/Library/Clip")
    dues = []
    for alarm in clip.iterfind("Alarms/Alarm"):
        name, start, duration = (alarm.findtext(tag, "").strip() for tag in ("AlarmDescription", "StartTime", "AlarmDuration"))
        if not name:
            raise _wrong(path, "Alarm에 AlarmDescription이 없습니다", "an Alarm has no AlarmDescription")
        dues.append((name, Due(_seconds(path, start), _seconds(path, duration) if duration else 0.0)))
    header = clip.find("Header")
    areas = _zones(path, header) if header is not None else ()
    scenario = root.findtext("Library/Scenario", "").strip()
    return Truth(tuple(dues), scenario or None, areas)


def read_map(path: Path) -> tuple[Zone, ...]:
    """The zones of a `.map` file: "Loitering" becomes a loiter zone, "Intrusion" a staff zone, else both the DetectArea."""
    return _zones(path, _parsed(path))


def clock_time(seconds: float) -> str:
    """HH:MM:SS, to the nearest second; half a second goes up."""
    whole = int(max(seconds, 0.0) + 0.5)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"


def _parsed(path: Path) -> ET.Element:
    try:
        data = path.read_bytes()
    except OSError as wrong:
        raise _wrong(path, "열 수 없습니다", f"it cannot be opened ({wrong.strerror})") from wrong
    data = data.removeprefix(b"\xef\xbb\xbf")
    if len(data) > LARGEST:
        raise _wrong(path, "너무 큽니다", "it is too large")
    if re.search(rb"<!\s*(DOCTYPE|ENTITY)", data, re.IGNORECASE):
        raise _wrong(path, "문서 형식 선언은 받지 않습니다", "document types and entities are not accepted")
    try:
        # No entity can be declared without a document type, so none can be expanded; size is bounded above.
        return ET.fromstring(data)  # noqa: S314
    except ET.ParseError as wrong:
        line = wrong.position[0]
        raise _wrong(path, f"{line}번째 줄에서 XML이 깨져 있습니다", f"the XML is broken at line {line}") from wrong
    except (ValueError, LookupError) as wrong:
        raise _wrong(path, "글자 인코딩을 읽을 수 없습니다", "its encoding cannot be read") from wrong


def _zones(path: Path, parent: ET.Element) -> tuple[Zone, ...]:
    """Areas of their own for loitering and intrusion; where there are none, the detection area stands for both."""
    found = [
        Zone(tag, kind, corners)
        for tag, kind in _AREAS.items()
        for corners in (_polygon(path, parent.find(tag)),)
        if corners is not None
    ]
    whole = _polygon(path, parent.find("DetectArea"))
    if not found and whole is not None:
        found = [Zone(f"DetectArea-{tag}", kind, whole) for tag, kind in _AREAS.items()]
    return tuple(found)


def _polygon(path: Path, area: ET.Element | None) -> Polygon | None:
    if area is None:
        return None
    corners = tuple(dict.fromkeys(_point(path, point.text or "") for point in area.iterfind("Point")))
    if not corners:
        return None
    if len(corners) < SMALLEST_CORNERS or crosses_itself(corners):
        raise _wrong(
            path,
            f"{area.tag} 영역의 점이 모자라거나 선이 서로 엇갈립니다",
            f"area {area.tag} has too few corners or crosses itself",
        )
    return corners


def _point(path: Path, text: str) -> Point:
    numbers = re.fullmatch(r"\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*", text)
    if numbers is None:
        raise _wrong(path, f"Point '{text}'는 'x,y'가 아닙니다", f"Point '{text}' is not 'x,y'")
    x, y = (float(number) / size for number, size in zip(numbers.groups(), MAP_SIZE, strict=True))
    if not (0.0 <= x <= 1.0 and 0.0 <= y <= 1.0):
        raise _wrong(
            path, f"Point '{text}'가 {MAP_SIZE[0]}x{MAP_SIZE[1]} 화면 밖입니다", f"Point '{text}' lies outside the picture"
        )
    return Point(x, y)


def _seconds(path: Path, text: str) -> float:
    parts = _TIME.fullmatch(text)
    if parts is None:
        raise _wrong(path, f"시각 '{text}'는 HH:MM:SS가 아닙니다", f"the time '{text}' is not HH:MM:SS")
    hours, minutes, seconds = parts.groups()
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def _wrong(path: Path, ko: str, en: str) -> ConfigError:
    return ConfigError(
        ko=f"KISA 파일 {path.name}을(를) 쓸 수 없습니다: {ko}. 파일을 확인해 주세요.",
        en=f"The KISA file {path.name} cannot be used: {en}. Check the file.",
    )
