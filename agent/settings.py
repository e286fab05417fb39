"""What the owner can set, as plain values with ranges; pure, so that the thinking parts may hold their own settings.

Comes in: nothing. Goes out: `Settings` and its parts. `agent.config` reads them from TOML and offers the same names;
config/default.toml explains each key to the owner, and a test keeps the two in step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from agent.entry_settings import DoorSettings, EntrySettings, KioskSettings, OutsideSettings
from agent.rule_settings import (
    AfterClosingSettings,
    CameraFaultSettings,
    CollapseSettings,
    ConcealmentSettings,
    DamageSettings,
    EntryWithoutCodeSettings,
    ForcedTillSettings,
    IncidentSettings,
    IntrusionSettings,
    LeftObjectSettings,
    LoiteringSettings,
    PeopleSettings,
    StaffOnlySettings,
    SweptSettings,
    TailgatingSettings,
    TooManySettings,
    UnpaidSettings,
    ViolenceSettings,
    ZoneKind,
    number,
)
from agent.values import Point

__all__ = [
    "DAYS",
    "DAY_MINUTES",
    "AfterClosingSettings",
    "AnchorSettings",
    "CameraFaultSettings",
    "CameraSettings",
    "CollapseSettings",
    "ConcealmentSettings",
    "DamageSettings",
    "DataSettings",
    "DetectionSettings",
    "DoorSettings",
    "EntrySettings",
    "EntryWithoutCodeSettings",
    "ForcedTillSettings",
    "IncidentSettings",
    "IntrusionSettings",
    "KioskSettings",
    "LeftObjectSettings",
    "LoiteringSettings",
    "MaskingSettings",
    "OpenHours",
    "OutsideSettings",
    "PanelSettings",
    "PeopleSettings",
    "Polygon",
    "RecordingSettings",
    "Settings",
    "Shop",
    "Span",
    "StaffOnlySettings",
    "SweptSettings",
    "TailgatingSettings",
    "TooManySettings",
    "UnpaidSettings",
    "ViolenceSettings",
    "Zone",
    "ZoneKind",
    "crosses_itself",
    "enclosed_area",
]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")  # in the order of datetime.weekday()
DAY_MINUTES = 24 * 60

Span = tuple[int, int]  # minutes after midnight, from and to; `to` may pass midnight (up to 2880)
Polygon = tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class OpenHours:
    """When the shop is open: for each weekday from Monday the spans that begin on that day."""

    days: tuple[tuple[Span, ...], ...] = (((0, DAY_MINUTES),),) * 7

    def within(self, local: datetime, margin_minutes: int = 0) -> bool:
        """Whether `local` (shop time) lies in a span widened by the margin on both sides; a span's end is outside it."""
        minute = local.hour * 60 + local.minute + local.second / 60
        return any(
            start - margin_minutes <= minute - shift * DAY_MINUTES < end + margin_minutes
            for shift in (-1, 0, 1)
            for start, end in self.days[(local.weekday() + shift) % 7]
        )


@dataclass(frozen=True, slots=True)
class Shop:
    """The shop itself. staff_minutes: so long before opening and after closing somebody may be inside without alarm."""

    name: str = "우리 가게"
    language: Literal["ko", "en"] = "ko"
    timezone: str = "Asia/Seoul"
    open_hours: OpenHours = OpenHours()
    staff_minutes: int = number(30, 0, 240)

    def is_open(self, local: datetime) -> bool:
        """Whether people are expected in the shop at `local` (shop time): opening hours and `staff_minutes` around them."""
        return self.open_hours.within(local, self.staff_minutes)


@dataclass(frozen=True, slots=True)
class DataSettings:
    """Where recordings lie and how long. max_gb 0: no limit but the disk.

    preserve_days: an incident may be kept beyond its time until so many days ahead; then it may be extended.
    """

    folder: Path = Path("~/ansim-data")
    retention_days: int = number(30, 1, 3650)
    preserve_days: int = number(90, 1, 3650)
    max_gb: float = number(0.0, 0.0, 1_000_000.0)
    min_free_gb: float = number(1.0, 0.0, 10_000.0)


@dataclass(frozen=True, slots=True)
class PanelSettings:
    """The web panel's address. Port 0: any free port. certificate, private_key: PEM files for TLS; both "": plain HTTP."""

    enabled: bool = True
    host: str = "127.0.0.1"
    port: int = number(8787, 0, 65535)
    certificate: str = ""
    private_key: str = ""


@dataclass(frozen=True, slots=True)
class AnchorSettings:
    """Where anchors of the ledger are sent, and when. Without an address: nowhere.

    urls: addresses of apprise (mailto://..., tgram://...); they hold passwords. urls_file: a file with one of them a line.
    every: each day, or each week on `weekday`; hour: of the shop's day. shop_name: whether it goes along; nothing else of the
    shop ever does.
    """

    urls: tuple[str, ...] = ()
    urls_file: Path = Path()
    every: Literal["day", "week"] = "week"
    weekday: Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"] = "mon"
    hour: int = number(9, 0, 23)
    shop_name: bool = False

    @property
    def is_on(self) -> bool:
        return bool(self.urls) or self.file is not None

    @property
    def file(self) -> Path | None:
        """urls_file, if one is set: an empty one is, like any relative path, a place below the folder of the settings."""
        return None if self.urls_file == Path() or self.urls_file.is_dir() else self.urls_file

    def __repr__(self) -> str:  # addresses hold passwords
        return f"AnchorSettings(every={self.every!r}, hour={self.hour})"


@dataclass(frozen=True, slots=True)
class DetectionSettings:
    """Which detectors look, how often (frames a second) and from which score (0 to 1) on they are believed."""

    engine: Literal["auto", "reference", "own", "pose"] = "auto"
    models: Path = Path("models")
    device: str = "CPU"
    fps: float = number(8.0, 1.0, 30.0)
    people_fps: float = number(3.0, 0.2, 30.0)
    weak: float = number(0.10, 0.01, 0.99)
    sure: float = number(0.40, 0.01, 0.99)


@dataclass(frozen=True, slots=True)
class MaskingSettings:
    """How masks reach beyond what was detected. margin: share of a person's box, each side. *_s: seconds."""

    look_ahead_s: float = number(1.5, 0.0, 5.0)
    margin: float = number(0.05, 0.0, 1.0)
    memory_s: float = number(2.0, 0.0, 60.0)
    late_s: float = number(2.0, 0.2, 30.0)


@dataclass(frozen=True, slots=True)
class RecordingSettings:
    """Size and length of what is stored, and of the ring in memory that evidence is cut from."""

    height: int = number(720, 144, 2160)
    fps: float = number(8.0, 1.0, 30.0)
    crf: int = number(28, 15, 45)
    segment_s: float = number(10.0, 2.0, 600.0)
    linger_s: float = number(4.0, 0.0, 60.0)
    clip_before_s: float = number(5.0, 0.0, 60.0)
    clip_after_s: float = number(5.0, 0.0, 60.0)
    ring_s: float = number(150.0, 10.0, 900.0)
    ring_mb: float = number(96.0, 4.0, 4096.0)


@dataclass(frozen=True, slots=True)
class Zone:
    """A named area of one camera's picture; polygon: at least three corners in order, not crossing itself."""

    name: str
    kind: ZoneKind
    polygon: Polygon


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """One camera. source: rtsp(s)://, http(s)://, usb:0, demo: or a file; may hold a password, so it is never logged.

    privacy: areas that are always filled (PIN pad, window to the street). loop: a file begins again at its end.
    """

    id: str
    name: str
    source: str = field(repr=False)
    zones: tuple[Zone, ...] = ()
    privacy: tuple[Polygon, ...] = ()
    loop: bool = False
    record: bool = True


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the owner can set, checked."""

    shop: Shop = Shop()
    data: DataSettings = DataSettings()
    panel: PanelSettings = PanelSettings()
    anchors: AnchorSettings = field(default=AnchorSettings())
    detection: DetectionSettings = DetectionSettings()
    masking: MaskingSettings = MaskingSettings()
    recording: RecordingSettings = RecordingSettings()
    incidents: IncidentSettings = field(default=IncidentSettings())
    entry: EntrySettings = field(default=EntrySettings())
    cameras: tuple[CameraSettings, ...] = ()


def crosses_itself(polygon: Sequence[Point]) -> bool:
    """Whether two edges that are not neighbours meet, or two corners coincide; such an outline has no clear inside."""
    if len(set(polygon)) < len(polygon):
        return True
    edges = [(polygon[i], polygon[(i + 1) % len(polygon)]) for i in range(len(polygon))]
    return any(
        _meet(*edges[i], *edges[j]) for i in range(len(edges)) for j in range(i + 2, len(edges)) if (j + 1) % len(edges) != i
    )


def enclosed_area(polygon: Sequence[Point]) -> float:
    """Area inside a simple polygon as a share of the picture (Gauss's shoelace formula)."""
    pairs = zip(polygon, (*polygon[1:], *polygon[:1]), strict=True)
    return abs(sum(a.x * b.y - b.x * a.y for a, b in pairs)) / 2


def _meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether the closed segments a-b and c-d share a point."""

    def side(p: Point, q: Point, r: Point) -> int:
        turn = (q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x)
        return (turn > 0) - (turn < 0)

    def between(p: Point, q: Point, r: Point) -> bool:
        return min(p.x, q.x) <= r.x <= max(p.x, q.x) and min(p.y, q.y) <= r.y <= max(p.y, q.y)

    s1, s2, s3, s4 = side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)
    if s1 != s2 and s3 != s4:
        return True
    ends = ((s1, a, b, c), (s2, a, b, d), (s3, c, d, a), (s4, c, d, b))
    return any(s == 0 and between(p, q, r) for s, p, q, r in ends)
