"""What the owner can set, as plain values with ranges; pure, so that the thinking parts may hold their own settings.

Comes in: nothing. Goes out: `Settings` and its parts. `agent.config` reads them from TOML and offers the same names;
config/default.toml explains each key to the owner, and a test keeps the two in step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from agent.values import Point

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")  # in the order of datetime.weekday()
DAY_MINUTES = 24 * 60

Span = tuple[int, int]  # minutes after midnight, from and to; `to` may pass midnight (up to 2880)
ZoneKind = Literal["entrance", "shelf", "till", "staff", "exit", "loiter", "fixture"]
Polygon = tuple[Point, ...]


def _number(default: Any, low: float, high: float) -> Any:
    """A field whose value must lie in low..high, both included."""
    return field(default=default, metadata={"low": low, "high": high})


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
    staff_minutes: int = _number(30, 0, 240)

    def is_open(self, local: datetime) -> bool:
        """Whether people are expected in the shop at `local` (shop time): opening hours and `staff_minutes` around them."""
        return self.open_hours.within(local, self.staff_minutes)


@dataclass(frozen=True, slots=True)
class DataSettings:
    """Where recordings lie and how long. max_gb 0: no limit but the disk."""

    folder: Path = Path("~/ansim-data")
    retention_days: int = _number(30, 1, 3650)
    max_gb: float = _number(0.0, 0.0, 1_000_000.0)
    min_free_gb: float = _number(1.0, 0.0, 10_000.0)


@dataclass(frozen=True, slots=True)
class PanelSettings:
    """The web panel's address. Port 0: any free port."""

    enabled: bool = True
    host: str = "127.0.0.1"
    port: int = _number(8787, 0, 65535)


@dataclass(frozen=True, slots=True)
class DetectionSettings:
    """Which detectors look, how often (frames a second) and from which score (0 to 1) on they are believed."""

    engine: Literal["auto", "reference", "own", "pose"] = "auto"
    models: Path = Path("models")
    device: str = "CPU"
    fps: float = _number(8.0, 1.0, 30.0)
    people_fps: float = _number(3.0, 0.2, 30.0)
    weak: float = _number(0.10, 0.01, 0.99)
    sure: float = _number(0.40, 0.01, 0.99)


@dataclass(frozen=True, slots=True)
class MaskingSettings:
    """How masks reach beyond what was detected. margin: share of a person's box, each side. *_s: seconds."""

    look_ahead_s: float = _number(1.5, 0.0, 5.0)
    margin: float = _number(0.05, 0.0, 1.0)
    memory_s: float = _number(2.0, 0.0, 60.0)
    late_s: float = _number(2.0, 0.2, 30.0)


@dataclass(frozen=True, slots=True)
class RecordingSettings:
    """Size and length of what is stored, and of the ring in memory that evidence is cut from."""

    height: int = _number(720, 144, 2160)
    fps: float = _number(8.0, 1.0, 30.0)
    crf: int = _number(28, 15, 45)
    segment_s: float = _number(10.0, 2.0, 600.0)
    linger_s: float = _number(4.0, 0.0, 60.0)
    clip_before_s: float = _number(5.0, 0.0, 60.0)
    clip_after_s: float = _number(5.0, 0.0, 60.0)
    ring_s: float = _number(150.0, 10.0, 900.0)
    ring_mb: float = _number(96.0, 4.0, 4096.0)


@dataclass(frozen=True, slots=True)
class PeopleSettings:
    """What the rules take for somebody. Lengths are shares of the picture's height or width, *_s seconds.

    change_height: a track that no person detector confirmed counts from this height on,
    change_area: and up to this share of the picture (more is the light, or a hand on the lens).
    walk: so far such a track must have moved before its staying counts (goods put down have not walked in).
    still_s, still_reach: such a track whose edges stay within still_reach for still_s is furniture and counts no more.
    relink_s, relink_reach: a new track within so many seconds and body heights of a lost one is the same person.
    """

    change_height: float = _number(0.15, 0.0, 1.0)
    change_area: float = _number(0.6, 0.0, 1.0)
    walk: float = _number(0.05, 0.0, 1.0)
    still_s: float = _number(120.0, 10.0, 590.0)
    still_reach: float = _number(0.02, 0.0, 0.5)
    relink_s: float = _number(3.0, 0.0, 60.0)
    relink_reach: float = _number(0.8, 0.0, 5.0)


@dataclass(frozen=True, slots=True)
class IntrusionSettings:
    """Somebody inside outside opening hours, for hold_s seconds."""

    enabled: bool = True
    hold_s: float = _number(2.0, 0.0, 60.0)


@dataclass(frozen=True, slots=True)
class StaffOnlySettings:
    """Somebody in a zone of kind "staff", for hold_s seconds."""

    enabled: bool = True
    hold_s: float = _number(2.0, 0.0, 60.0)


@dataclass(frozen=True, slots=True)
class LoiteringSettings:
    """Somebody stays `seconds` in a zone of one of the kinds `zones`; gap_s unseen or outside does not end it."""

    enabled: bool = True
    seconds: float = _number(30.0, 10.0, 540.0)
    gap_s: float = _number(5.0, 0.0, 60.0)
    zones: tuple[ZoneKind, ...] = ("loiter",)


@dataclass(frozen=True, slots=True)
class TooManySettings:
    """`people` or more in view at once, for hold_s seconds."""

    enabled: bool = True
    people: int = _number(6, 2, 200)
    hold_s: float = _number(5.0, 0.0, 600.0)


@dataclass(frozen=True, slots=True)
class CameraFaultSettings:
    """How many seconds each fault of a camera's view lasts before it becomes an incident."""

    enabled: bool = True
    covered_s: float = _number(3.0, 0.0, 600.0)
    blurred_s: float = _number(20.0, 0.0, 600.0)
    turned_s: float = _number(5.0, 0.0, 600.0)
    frozen_s: float = _number(15.0, 0.0, 600.0)
    lost_s: float = _number(15.0, 0.0, 600.0)


@dataclass(frozen=True, slots=True)
class IncidentSettings:
    """When signs become incidents (seconds), and one part a rule.

    flicker_s: a sign may be gone so long while it has to hold. quiet_s: an incident closes so long after its last sign when
    nobody is in view; merge_s: so long while somebody is, who may do it again. longest_s: then a part is closed and the next
    one begins; most_parts: so many parts are kept of one matter.
    """

    flicker_s: float = _number(1.0, 0.0, 10.0)
    quiet_s: float = _number(8.0, 0.0, 60.0)
    merge_s: float = _number(20.0, 0.0, 60.0)
    longest_s: float = _number(120.0, 10.0, 600.0)
    most_parts: int = _number(15, 1, 1000)
    people: PeopleSettings = PeopleSettings()
    intrusion: IntrusionSettings = IntrusionSettings()
    staff_only: StaffOnlySettings = StaffOnlySettings()
    loitering: LoiteringSettings = LoiteringSettings()
    too_many: TooManySettings = TooManySettings()
    camera: CameraFaultSettings = CameraFaultSettings()


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
    detection: DetectionSettings = DetectionSettings()
    masking: MaskingSettings = MaskingSettings()
    recording: RecordingSettings = RecordingSettings()
    incidents: IncidentSettings = IncidentSettings()
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
