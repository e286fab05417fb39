"""The plain facts of entry: passes, codes that were shown, people who crossed the entrance. Pure values, no I/O.

Nobody's name or face is in them: a pass is a number, and who holds it is kept apart and encrypted (agent.entry.holder).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from agent.settings import OpenHours
from agent.values import Text


class PassKind(enum.StrEnum):
    """How a pass is carried and whose it is."""

    PHONE = "phone"  # a customer's rotating code
    CARD = "card"  # a customer's signed paper card, perhaps with a PIN
    VISITOR = "visitor"  # a courier's or repairer's code, accepted once
    STAFF = "staff"  # a rotating code of somebody who works here: at any hour, in and out as needed


class Reader(enum.StrEnum):
    """What read a code."""

    CAMERA = "camera"
    SCANNER = "scanner"  # a USB scanner that types
    KIOSK = "kiosk"  # the screen at the door: number and PIN typed, or a scanner plugged into it
    OUTSIDE = "outside"  # an outside identity (OpenID Connect)


class Answer(enum.StrEnum):
    """What became of a code that was shown."""

    ADMITTED = "admitted"
    UNKNOWN = "unknown"  # no pass of this shop, forged, or damaged
    EXPIRED = "expired"  # the code's time step is over, or the phone's clock is wrong
    USED = "used"  # this code was accepted before
    REVOKED = "revoked"
    NOT_VALID_NOW = "not_valid_now"  # outside the pass's days or hours
    INSIDE = "inside"  # the holder came in before and did not leave (anti-passback)
    NEEDS_PIN = "needs_pin"
    WRONG_PIN = "wrong_pin"
    TOO_MANY = "too_many"  # too many refused codes at this reader, or wrong PINs of this pass
    UNSURE = "unsure"  # the store does not take the record, so nothing may be promised


class CrossingKind(enum.StrEnum):
    """What is known of somebody who crossed the entrance."""

    VERIFIED = "verified"  # in, on a code of one's own
    NO_CODE = "no_code"  # in, and nobody had shown a code
    TAILGATING = "tailgating"  # in right behind somebody, on that one's code
    EXIT = "exit"


@dataclass(frozen=True, slots=True)
class Pass:
    """A permission to come in. id: 8 characters of base32, random, means nothing.

    hours: when it is valid on each day (None: whenever). *_utc: Unix times; until_utc None: no end. used_utc: when a visitor's
    code was accepted. has_pin: a PIN has to be typed beside a card. has_holder: somebody's name or phone is kept with it.
    """

    id: str
    kind: PassKind
    made_utc: float
    made_by: str
    from_utc: float
    until_utc: float | None = None
    hours: OpenHours | None = None
    revoked_utc: float | None = None
    used_utc: float | None = None
    has_pin: bool = False
    has_holder: bool = False


@dataclass(frozen=True, slots=True)
class Scan:
    """A code that was accepted, for the gate: one person may come in on it. entry: the id of its entry in the log.

    camera: the camera that read it, or None. utc: when (Unix time).
    """

    entry: str
    pass_id: str
    utc: float
    camera: str | None = None


@dataclass(frozen=True, slots=True)
class Crossing:
    """Somebody crossed the entrance of a camera's picture. track: of the camera's tracker; source_s, utc: when.

    scan: the code on which this happened: one's own (VERIFIED), or that of the one in front (TAILGATING).
    """

    camera: str
    track: int
    kind: CrossingKind
    source_s: float
    utc: float
    scan: Scan | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the entry log. id: sortable, "20261121T203611250Z-e1".

    Either a code was shown (answer is set; crossing None), or somebody crossed (crossing is set; of: the entry of the code).
    token_sha256: of the code's text, never the code. pass_id: None for an unknown one. track: of the camera's tracker.
    """

    id: str
    utc: float
    answer: Answer | None = None
    crossing: CrossingKind | None = None
    pass_id: str | None = None
    pass_kind: PassKind | None = None
    reader: Reader | None = None
    camera: str | None = None
    track: int | None = None
    token_sha256: str | None = None
    of: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What the person at the door is told: the answer, a sentence to show and to speak, and whether the door was opened.

    entry: the id of its entry in the log; None when nothing was entered. again_s: when to try again at the earliest (TOO_MANY).
    """

    answer: Answer
    text: Text
    entry: str | None = None
    opened: bool = False
    again_s: float = 0.0

    @property
    def is_welcome(self) -> bool:
        return self.answer is Answer.ADMITTED


def crossed(name: str, crossing: Crossing, kind: PassKind | None) -> Entry:
    """The line of the log about a crossing. name: its id; kind: of the pass on whose code it happened."""
    scan = crossing.scan
    return Entry(
        id=name,
        utc=crossing.utc,
        crossing=crossing.kind,
        pass_id=None if scan is None else scan.pass_id,
        pass_kind=kind,
        camera=crossing.camera,
        track=crossing.track,
        of=None if scan is None else scan.entry,
    )
