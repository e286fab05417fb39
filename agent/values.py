"""Plain facts that flow between the stages: texts, places, times, people, tracks, incidents. No pixels, no I/O.

All places are normalised picture coordinates: x to the right and y down, each from 0 to 1, whatever the resolution;
so zones outlive a camera's change of resolution and the sub-stream shares them with the main stream.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence for a person, always in both languages: whoever can write it in one cannot forget the other."""

    ko: str
    en: str

    def in_(self, language: str) -> str:
        """The sentence in `language` ("ko" or "en"; anything else gives English)."""
        return self.ko if language.startswith("ko") else self.en


@dataclass(frozen=True, slots=True)
class Point:
    """A place in the picture, normalised: (0, 0) is the upper left corner, (1, 1) the lower right."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle in normalised coordinates; left <= right and top <= bottom. It may reach outside the picture."""

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        if not (self.left <= self.right and self.top <= self.bottom):  # also refuses NaN
            raise ValueError(f"not a box: {self.left}, {self.top}, {self.right}, {self.bottom}")

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def area(self) -> float:
        return self.width * self.height

    @property
    def centre(self) -> Point:
        return Point((self.left + self.right) / 2, (self.top + self.bottom) / 2)

    @property
    def foot(self) -> Point:
        """Where the person stands: the middle of the lower edge, kept inside the picture."""
        return Point(min(max((self.left + self.right) / 2, 0.0), 1.0), min(max(self.bottom, 0.0), 1.0))

    def grown(self, x: float, y: float) -> Box:
        """Wider by `x` and higher by `y` on each side (normalised units)."""
        return Box(self.left - x, self.top - y, self.right + x, self.bottom + y)

    def clipped(self) -> Box:
        """The part inside the picture (a box of no area where there is none)."""
        left, right = min(max(self.left, 0.0), 1.0), min(max(self.right, 0.0), 1.0)
        top, bottom = min(max(self.top, 0.0), 1.0), min(max(self.bottom, 0.0), 1.0)
        return Box(left, top, right, bottom)

    def overlap(self, other: Box) -> float:
        """Area shared with `other`."""
        w = min(self.right, other.right) - max(self.left, other.left)
        h = min(self.bottom, other.bottom) - max(self.top, other.top)
        return w * h if w > 0 and h > 0 else 0.0

    def iou(self, other: Box) -> float:
        """Intersection over union, 0 to 1."""
        shared = self.overlap(other)
        whole = self.area + other.area - shared
        return shared / whole if whole > 0 else 0.0

    def union(self, other: Box) -> Box:
        return Box(
            min(self.left, other.left), min(self.top, other.top), max(self.right, other.right), max(self.bottom, other.bottom)
        )

    def contains(self, p: Point) -> bool:
        return self.left <= p.x <= self.right and self.top <= p.y <= self.bottom


@dataclass(frozen=True, slots=True)
class FrameStamp:
    """Which frame: its camera, its number among all frames of this run, and its time on both clocks.

    source_s: seconds since the start of the source, never running backwards.
    utc: seconds since 1970-01-01T00:00:00Z at which the picture was taken.
    """

    camera: str
    index: int
    source_s: float
    utc: float


@dataclass(frozen=True, slots=True)
class Keypoint:
    """One body point (COCO order gives its meaning) with the detector's confidence, 0 to 1."""

    x: float
    y: float
    score: float


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody that a detector saw in one frame. keypoints: the 17 COCO points, or none. head: where the head is, if known."""

    box: Box
    score: float
    keypoints: tuple[Keypoint, ...] = ()
    head: Box | None = None


class MaskStep(enum.StrEnum):
    """Which closed-failure step was in force when a frame was masked (shown on the panel, kept in the sidecar)."""

    NORMAL = "normal"  # detections, change, memory and fixed zones
    LATE = "late"  # detector late or failed: all that differs from the reference is masked
    BLIND = "blind"  # no valid reference: the whole frame is pixelated
    BLANK = "blank"  # masking itself failed: a blank frame


@dataclass(frozen=True, slots=True)
class TrackPoint:
    """Where a track stood at one time: source_s (seconds), box, and whether it was seen there or only predicted."""

    source_s: float
    box: Box
    seen: bool


@dataclass(frozen=True, slots=True)
class Track:
    """One person followed through one camera. Ids count from 1 per camera and are never reused within a run.

    path: past positions, oldest first, the newest is now (thinned to about 4 per second, the last ten minutes).
    seen: whether the newest position was observed, not predicted. score: confidence of the newest detection.
    by: "person" (a person detector said so) or "change" (only the reference differs there: might be goods or a shadow).
    """

    id: int
    camera: str
    box: Box
    seen: bool
    score: float
    by: str
    first_s: float
    last_seen_s: float
    head: Box | None = None
    keypoints: tuple[Keypoint, ...] = ()
    path: tuple[TrackPoint, ...] = ()


class ViewFault(enum.StrEnum):
    """What may be wrong with a camera's view or stream."""

    COVERED = "covered"
    BLURRED = "blurred"
    TURNED = "turned"
    FROZEN = "frozen"
    LOST = "lost"


class AlterationKind(enum.StrEnum):
    """What became of a place in the shop since somebody was there."""

    TAKEN = "taken"  # in a shelf zone: goods are gone
    PUT = "put"  # in a shelf zone: goods are there that were not
    LEFT = "left"  # elsewhere: a thing lies or stands there that did not
    REMOVED = "removed"  # elsewhere: a thing that belonged to the room is gone
    FIXTURE = "fixture"  # a fixture or a large part of a shelf looks different: toppled, broken, moved


@dataclass(frozen=True, slots=True)
class Alteration:
    """A place in the shop that looks different for good, found once nobody hid it any more.

    id counts from 1 per camera and is never reused within a run. zone: the shelf or fixture zone that it lies in, or None.
    area: share of the picture that changed; share: of the zone (of the picture without one), both 0 to 1.
    since_s: when the place was last seen as it had been; at_s: when it was found different; both seconds of the source.
    tracks: who hid or touched the place in between. undone_s: when it was found as before again, else None.
    """

    id: int
    kind: AlterationKind
    box: Box
    area: float
    share: float
    since_s: float
    at_s: float
    zone: str | None = None
    tracks: tuple[int, ...] = ()
    undone_s: float | None = None


@dataclass(frozen=True, slots=True)
class Bag:
    """A bag, rucksack or case that a detector saw in one frame, whoever carries it."""

    box: Box
    score: float


@dataclass(frozen=True, slots=True)
class Concealment:
    """How much somebody's movements look like goods being hidden in clothing or a bag.

    score: 0 to 1. since_s, at_s: seconds of the source at which the movement began and was judged. text: what was seen of it.
    alarm: the score from which the model's own makers would raise an alarm, or None if it has none.
    """

    score: float
    since_s: float
    at_s: float
    text: Text | None = None
    alarm: float | None = None


@dataclass(frozen=True, slots=True)
class Payment:
    """A sale that a till or kiosk reported: when (Unix time), which till (its zone's name, None: any), and its own number."""

    utc: float
    till: str | None
    reference: str


class Severity(enum.IntEnum):
    """How soon the owner should look: 1 note, 2 soon, 3 now."""

    NOTE = 1
    SOON = 2
    NOW = 3


class ClipState(enum.StrEnum):
    """What became of an incident's evidence clip."""

    PENDING = "pending"  # open, or closed and waiting for the renderer
    READY = "ready"
    LOST = "lost"  # the process died or rendering failed; the presence recording remains


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that the owner should look at, on one camera, from `opened` on.

    id: sortable and safe as a file name, e.g. "20261121T203611Z-till-loitering-1". *_s: seconds of the source;
    *_utc: Unix time. closed_utc is None while it is open. tracks: ids of the people that it is about (the subjects), or none.
    reasons: one sentence per rule that took part, the first is the headline.
    """

    id: str
    camera: str
    rule: str
    severity: Severity
    opened_s: float
    opened_utc: float
    reasons: tuple[Text, ...]
    tracks: tuple[int, ...] = ()
    zone: str | None = None
    closed_s: float | None = None
    closed_utc: float | None = None
    clip: ClipState = ClipState.PENDING


class Verdict(enum.StrEnum):
    """What the owner said of an incident after looking at it."""

    REAL = "real"
    FALSE = "false"


class EventKind(enum.StrEnum):
    """Things that happened to the agent itself and that the owner's health page lists."""

    STARTED = "started"
    STOPPED = "stopped"
    CAMERA_LOST = "camera_lost"
    CAMERA_BACK = "camera_back"
    CAMERA_ENDED = "camera_ended"
    CAMERA_CHANGED = "camera_changed"  # resolution or format changed in mid-stream
    AUDIO_REFUSED = "audio_refused"
    MASKING_FAILED = "masking_failed"
    DETECTOR_LATE = "detector_late"
    DETECTOR_FAILED = "detector_failed"
    REFERENCE_LOST = "reference_lost"
    REFERENCE_READY = "reference_ready"
    DISK_FULL = "disk_full"
    DISK_BACK = "disk_back"
    STORE_REPAIRED = "store_repaired"
    STORE_DAMAGED = "store_damaged"
    CLIP_LOST = "clip_lost"
    NOT_SEALED = "not_sealed"  # an incident's original is not kept: no owner's key, or it could not be stored
    RETENTION = "retention"
    CLOCK_JUMPED = "clock_jumped"
    RESTARTED = "restarted"  # a worker died and was started anew
    CALLED = "called"  # somebody at the entrance pressed the call button
    DOOR_FAILED = "door_failed"  # the lock does not do what it is told, or cannot be reached
    DOOR_BACK = "door_back"
    ANCHOR_FAILED = "anchor_failed"  # an anchor of the ledger could not be sent
    ANCHOR_BACK = "anchor_back"
    REVIEW_DUE = "review_due"  # somebody has to say whether an incident is still to be kept beyond its time
    HOLD_ENDING = "hold_ending"  # an incident that is kept beyond its time will be erased soon
    PIN_LOCKED = "pin_locked"  # wrong PINs of one pass locked it a second time, or oftener


@dataclass(frozen=True, slots=True)
class Event:
    """One line for the health page and the ledger: when (Unix time), what, about which camera, and a sentence."""

    utc: float
    kind: EventKind
    text: Text
    camera: str | None = None


@dataclass(frozen=True, slots=True)
class FrameNote:
    """What a sidecar says of one stored frame: its source time (s), Unix time and the mask step in force."""

    source_s: float
    utc: float
    step: MaskStep


@dataclass(frozen=True, slots=True)
class Sidecar:
    """All that is known of a stored clip besides its pixels.

    tracks: per track id the positions in the order of time. Written as
    {"version": 1, "camera": ..., "frames": [{"source_s", "utc", "step"}],
    "tracks": {"1": [{"source_s", "box": [l, t, r, b], "seen"}]}}.
    """

    camera: str
    frames: tuple[FrameNote, ...]
    tracks: dict[int, tuple[TrackPoint, ...]] = field(default_factory=dict)
