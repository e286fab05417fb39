"""What the vault tells others about what it keeps: typed, frozen rows. No I/O.

Comes in: nothing. Goes out: `StoredFile`, `SealedFile`, `SegmentRow`, `IncidentRow`, `EventRow`, `AuditRow`, `UserRow`,
`RuleRow`, `RegisterRow`, `Screen`, `Hold`, `Totals`.
`seq` is everywhere the number of the ledger record that made the row: unique, growing, the same after a rebuild of the index.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from agent.incidents.normality import Unusual
from agent.values import ClipState, Event, Incident, Text, Verdict


class FileKind(enum.StrEnum):
    """What a stored video is: an incident's evidence clip, or a piece of the presence recording."""

    CLIP = "clip"
    SEGMENT = "segment"


class FileState(enum.StrEnum):
    """How a stored file was last found by a check."""

    GOOD = "good"
    MISSING = "missing"
    DAMAGED = "damaged"  # its size or its sha256 is not what the ledger says


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a stored video: path below the data folder ("/" between names), size, sha256 (hex) of its bytes."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class StoredFile:
    """Holding one means: when this was read, the video with its sidecar (and poster) was durable and on the ledger.

    start_utc, end_utc: Unix time of the first and last picture. frames: number of stored frames (0: not known, recovered
    without its sidecar). recovered: adopted by a check after a crash. hold_until: retention leaves it alone until then (Unix
    time).
    """

    seq: int
    kind: FileKind
    camera: str
    incident: str | None
    start_utc: float
    end_utc: float
    frames: int
    video: Part
    sidecar: Part
    poster: Part | None = None
    recovered: bool = False
    hold_until: float | None = None
    state: FileState = FileState.GOOD

    @property
    def path(self) -> str:
        """Path of the video below the data folder; open it with Vault.path_of."""
        return self.video.path

    @property
    def parts(self) -> tuple[Part, ...]:
        return (self.video, self.sidecar) if self.poster is None else (self.video, self.sidecar, self.poster)

    @property
    def bytes(self) -> int:
        """Size of all its files together."""
        return sum(part.bytes for part in self.parts)


@dataclass(frozen=True, slots=True)
class SealedFile:
    """Holding one means: when this was read, the encrypted original of (a part of) an incident was durable and on the ledger.

    path: below the data folder; its key lies beside it, with ".key" behind the name. bytes, sha256: of the encrypted file;
    key_sha256: of the key's file. from_utc, to_utc: Unix time of its first and last picture. recipients: public keys
    ("age1...") of those who can open it.
    """

    seq: int
    incident: str
    path: str
    bytes: int
    sha256: str
    key_sha256: str
    from_utc: float
    to_utc: float
    recipients: tuple[str, ...]
    state: FileState = FileState.GOOD


SegmentRow = StoredFile  # a presence segment is a StoredFile with kind SEGMENT and no poster


@dataclass(frozen=True, slots=True)
class Judgement:
    """What somebody said of an incident, who (account) and when (Unix time)."""

    verdict: Verdict
    by: str
    utc: float


@dataclass(frozen=True, slots=True)
class Hold:
    """One word on keeping an incident beyond its retention time; the newest word counts.

    utc: when it was said; until_utc: it is kept until then, None: no longer; review_utc: when somebody has to ask whether that
    is still needed (Unix times). reason, by: why and who (account); agency, case: for whom, and under which number there. What
    was said before these were asked for has them empty.
    """

    seq: int
    utc: float
    incident: str
    until_utc: float | None
    review_utc: float | None = None
    reason: str = ""
    agency: str = ""
    case: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """An incident with what became of it. clips: its stored clips in the order of time (more than one only when rendered in
    parts).

    lost: why there is no clip (incident.clip is LOST), or why not all of it. erased_utc: when its clip was erased (retention or
    by the owner), else None. judgement: what the owner said of it, if anything. unusual: how far
    the visit was from what is usual in this shop, where that is known. hold: the newest word on keeping it until hold_until,
    which may be over.
    """

    incident: Incident
    clips: tuple[StoredFile, ...] = ()
    lost: Text | None = None
    hold_until: float | None = None
    erased_utc: float | None = None
    judgement: Judgement | None = None
    unusual: Unusual | None = None
    hold: Hold | None = None

    @property
    def id(self) -> str:
        return self.incident.id

    @property
    def clip(self) -> StoredFile | None:
        """The first stored clip, which carries the poster; None while pending, when lost and when erased."""
        return self.clips[0] if self.clips else None

    @property
    def clip_state(self) -> ClipState:
        return self.incident.clip


class Registered(enum.StrEnum):
    """What a record of the register tells of; the values are the ledger's kinds."""

    EXPORTED = "evidence.exported"  # a bag of evidence was made to be handed over
    RENDERED = "reveal.rendered"  # a clip was made that shows chosen people
    STEP = "reveal.step"  # a step of the ceremony before that


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One record of the register. utc: Unix time. by: account; purpose, receiver, basis, case: as they were entered.

    step: of the ceremony ("asked", "stopped", ...). persons: numbers of the people that were to be shown. approver: who had to
    agree. Of an export: form ("passphrase", "recipients", "plain"), bag (its name), digest (hex), sha256 (hex, of the file as
    it was written), bytes, sealed (whether originals go along), revealed (how many clips that show people). file: name of a
    rendered clip.
    """

    seq: int
    utc: float
    kind: Registered
    incident: str
    by: str
    purpose: str = ""
    receiver: str = ""
    basis: str = ""
    case: str = ""
    step: str = ""
    persons: tuple[int, ...] = ()
    approver: str = ""
    form: str = ""
    bag: str = ""
    digest: str = ""
    sha256: str = ""
    bytes: int = 0
    sealed: bool = False
    revealed: int = 0
    file: str = ""


@dataclass(frozen=True, slots=True)
class SentAnchor:
    """An anchor that left the machine. size: records that it covers; root: over them (hex); utc: when it was sent.

    reached, missed: kinds of ways ("mailto", "tgram") that took it, and that did not.
    """

    seq: int
    utc: float
    size: int
    root: str
    reached: tuple[str, ...]
    missed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event of the agent itself, for the health page."""

    seq: int
    event: Event


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One line of the access log: who did what to which thing, why, when (Unix time) and from which network address."""

    seq: int
    utc: float
    actor: str
    action: str
    target: str
    purpose: str
    address: str


@dataclass(frozen=True, slots=True)
class UserRow:
    """An account of the panel. password_hash: argon2 text. changed_utc: when the password was last set (older sessions end)."""

    name: str
    password_hash: str
    role: str
    created_utc: float
    changed_utc: float

    def __repr__(self) -> str:  # the hash must not get into a log
        return f"UserRow({self.name}, {self.role})"


@dataclass(frozen=True, slots=True)
class RuleRow:
    """How often a rule has raised an alarm, and what the owner said of it.

    judged: the verdicts on its newest judged incidents, newest first. counting: those of them that were given since the rule
    was last reset, newest first; only they move its threshold. reset_utc: when that was, or None.
    """

    rule: str
    alarms: int
    judged: tuple[Verdict, ...] = ()
    counting: tuple[Verdict, ...] = ()
    reset_utc: float | None = None


@dataclass(frozen=True, slots=True)
class TillKey:
    """The key with which a till may report sales, as the vault knows it: its sha256 (hex), when it was made and by whom."""

    sha256: str
    made_utc: float
    made_by: str


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen at the door that was paired with this agent. id: means nothing; paired_utc: when; by: whose link it was."""

    id: str
    paired_utc: float
    by: str


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums for the health page. bytes: all stored files; oldest_utc: start of the oldest one; free_bytes: left on the disk."""

    bytes: int
    clips: int
    segments: int
    incidents: int
    oldest_utc: float | None
    free_bytes: int
