"""All that the web may ask of the agent, in one small class.

Comes in: the vault, the live view, and a function that tells how the agent is. Goes out: `Panel`, with plain values to show
and paths of stored files; nothing of a recording but what is masked and lies in the vault.
"""

from __future__ import annotations

import enum
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from agent.accounts import PASSWORD_LENGTH, Account, AccountRefused, Accounts
from agent.accuracy import Accuracy, RuleAccuracy
from agent.clock import Clock
from agent.config import DataSettings, Shop
from agent.entrance import EntranceDesk
from agent.entry.holder import Consent, Holder
from agent.entry.pass_list import EARLIEST, LATEST
from agent.entry.qr_picture import draw_png, draw_svg
from agent.entry.records import Answer, CrossingKind, Entry, Pass, PassKind, Reader
from agent.entry.tally import EntranceTally
from agent.entry_desks import EntryDesks
from agent.errors import IntegrityError
from agent.evidence.ceremonies import Ongoing, Watchable
from agent.evidence.ceremony import RevealRequest, Stage
from agent.evidence.delivery import Protection
from agent.evidence.event_data import grouped
from agent.evidence.jobs import Job, JobState
from agent.evidence.legal import BASES, LegalBasis, Use, basis_of
from agent.evidence.offered import Offered
from agent.evidence.order import ExportOrder
from agent.evidence.people import Sighting
from agent.evidence.register import Destroyed, Line, Sort
from agent.evidence_desk import EvidenceDesk
from agent.incidents.feedback import Threshold
from agent.key_desk import KeyDesk, Sheet
from agent.passes import BadLine, ListedPass, ListReport, PassBook, PassRefused
from agent.payments import DeskTally, PaymentDesk, PaymentRefused
from agent.preservation import PreservationDesk, PreservationRefused, Preserved, Preserving, half_way
from agent.recording.live import LivePicture, LiveView
from agent.settings import EntrySettings, IncidentSettings, OpenHours, Settings
from agent.values import MaskStep, Text, Verdict
from agent.vault import (
    EventRow,
    FileState,
    Hold,
    IncidentRow,
    Judgement,
    Part,
    Registered,
    RegisterRow,
    Screen,
    SentAnchor,
    StoredFile,
    TillKey,
    Totals,
    Vault,
)
from agent.vault.owner_keys import KeyRefused
from agent.verify_desk import NotAnAnchor, Paper, PaperFinding, PhotoUnreadable, VerifyDesk

__all__ = [
    "BASES",
    "EARLIEST",
    "LATEST",
    "PASSWORD_LENGTH",
    "Account",
    "AccountRefused",
    "Answer",
    "BadLine",
    "CameraHealth",
    "CameraState",
    "Consent",
    "CrossingKind",
    "DeskTally",
    "Desks",
    "Destroyed",
    "EngineHealth",
    "EntranceDesk",
    "EntranceTally",
    "Entry",
    "EntryDesks",
    "EntrySettings",
    "EvidenceDesk",
    "ExportOrder",
    "FileState",
    "Health",
    "Hold",
    "Holder",
    "IncidentRow",
    "Job",
    "JobState",
    "Judgement",
    "KeyDesk",
    "KeyRefused",
    "LegalBasis",
    "Line",
    "ListReport",
    "ListedPass",
    "LivePicture",
    "Missing",
    "NotAnAnchor",
    "Offered",
    "Ongoing",
    "OpenHours",
    "Panel",
    "Paper",
    "PaperFinding",
    "Part",
    "Pass",
    "PassBook",
    "PassKind",
    "PassRefused",
    "PaymentDesk",
    "PaymentRefused",
    "PhotoUnreadable",
    "PreservationDesk",
    "PreservationRefused",
    "Preserved",
    "Preserving",
    "Protection",
    "Reader",
    "RegisterRow",
    "Registered",
    "RevealRequest",
    "RuleAccuracy",
    "Screen",
    "Sheet",
    "Shop",
    "Sighting",
    "Sort",
    "Stage",
    "StoreHealth",
    "StoredFile",
    "Threshold",
    "TillKey",
    "Use",
    "Watchable",
    "basis_of",
    "draw_png",
    "draw_svg",
    "grouped",
    "half_way",
]

SCANNED = 200  # incidents read at once when looking for the one after a given one


class CameraState(enum.StrEnum):
    """How a camera is doing."""

    STARTING = "starting"
    RUNNING = "running"
    LOST = "lost"
    ENDED = "ended"  # a recording that has been played to its end


@dataclass(frozen=True, slots=True)
class CameraHealth:
    """One camera now. step: mask step in force (None before the first frame); steps: frames per step since the start.

    masked_share: share of the newest picture that is masked, 0 to 1; fps: frames a second that went through lately;
    last_frame_utc: when the newest was taken (Unix time); queues: seconds that the oldest thing waits, by queue name.
    unwatched: sentences, what is not watched for here: a zone is missing, or a till reports no more.
    """

    id: str
    name: str
    state: CameraState
    step: MaskStep | None = None
    steps: Mapping[MaskStep, int] = field(default_factory=dict)
    masked_share: float = 0.0
    fps: float = 0.0
    last_frame_utc: float | None = None
    queues: Mapping[str, float] = field(default_factory=dict)
    people: int = 0
    unwatched: tuple[Text, ...] = ()

    @property
    def is_well(self) -> bool:
        return self.state is not CameraState.LOST and self.step is not MaskStep.BLANK


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that the agent could use and does not have: what it is, what that costs, what to do about it."""

    what: Text
    cost: Text


@dataclass(frozen=True, slots=True)
class EngineHealth:
    """Which detection is in force (its name in the settings, and a sentence), and what is missing."""

    name: str
    text: Text
    missing: tuple[Missing, ...] = ()


@dataclass(frozen=True, slots=True)
class Health:
    """How the agent is now. started_utc: when it was started (Unix time); troubles: sentences that the owner should act on."""

    started_utc: float
    cameras: tuple[CameraHealth, ...]
    engine: EngineHealth
    troubles: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class StoreHealth:
    """What is kept and how much room is left on the disk of the data folder. trouble: why it cannot be written."""

    totals: Totals
    disk_bytes: int
    free_bytes: int
    retention_days: int
    limit_bytes: int | None
    trouble: Text | None


@dataclass(frozen=True, slots=True)
class Desks:
    """Where others than the cameras have their say: the till reports sales, the owner judges alarms."""

    payments: PaymentDesk
    accuracy: Accuracy
    entry: EntryDesks | None = None
    evidence: EvidenceDesk | None = None


class Panel:
    """Holding one means: you may show the owner what is kept and how the agent is. Safe to use from any thread."""

    def __init__(
        self, vault: Vault, live: LiveView, health: Callable[[], Health], shop: Shop, data: DataSettings, clock: Clock,
        accounts: Accounts | None = None, desks: Desks | None = None,
    ) -> None:  # fmt: skip
        """desks: those that the cameras ask, too; without, this panel has its own."""
        own = desks or Desks(PaymentDesk(clock, vault.till_key_hash, (), shop.timezone), Accuracy(vault, IncidentSettings()))
        self.shop = shop
        self.accounts = accounts or Accounts(vault, clock)
        self.payments = own.payments
        self.accuracy = own.accuracy
        self.entry = own.entry  # None: [entry] is off
        self.evidence = own.evidence or EvidenceDesk(vault, Settings(shop=shop, data=data), clock)
        self.keys = KeyDesk(vault, clock)
        self.verify = VerifyDesk(vault)
        self.preservation = PreservationDesk(vault, clock, data, shop.timezone)
        self.health = health
        self._vault = vault
        self._live = live
        self._data = data
        self._clock = clock

    def utc(self) -> float:
        """Unix time now."""
        return self._clock.utc()

    def monotonic(self) -> float:
        """Seconds for ages and pauses."""
        return self._clock.monotonic()

    # incidents

    def incidents(
        self, limit: int, before: str | None = None, camera: str | None = None, rule: str | None = None
    ) -> tuple[IncidentRow, ...]:
        """Newest first; `before`: the id of the last one of the page before."""
        return self._vault.incidents(limit, before, camera, rule)

    def incident(self, incident_id: str) -> IncidentRow | None:
        return self._vault.incident(incident_id)

    def judge(self, incident_id: str, verdict: Verdict | None, actor: str, address: str) -> None:
        """What `actor` says of an incident (None: takes it back); it counts at once. Raises StoreError."""
        self.accuracy.judge(incident_id, verdict, actor)
        self.record_audit(actor, f"judge_{verdict.value}" if verdict else "judge_undone", incident_id, address)

    def reset_rule(self, rule: str, actor: str, address: str) -> None:
        """Put the thresholds of a rule back to what is set. Raises StoreError."""
        self.accuracy.reset(rule, actor)
        self.record_audit(actor, "reset_rule", rule, address)

    def neighbours(self, incident_id: str) -> tuple[str | None, str | None]:
        """Ids of the next newer and the next older incident."""
        older = self._vault.incidents(1, incident_id)
        newer: str | None = None
        page = self._vault.incidents(SCANNED)
        while page:
            for row in page:
                if row.id == incident_id:
                    return newer, older[0].id if older else None
                newer = row.id
            page = self._vault.incidents(SCANNED, newer)
        return None, None

    def steps_of(self, stored: StoredFile) -> Mapping[MaskStep, int]:
        """Frames per mask step in a stored video; empty when its sidecar cannot be read."""
        try:
            return Counter(note.step for note in self._vault.sidecar_of(stored).frames)
        except IntegrityError:
            return {}

    # recordings

    def segments(self, camera: str | None, from_utc: float, to_utc: float) -> tuple[StoredFile, ...]:
        """Presence recordings that overlap the time, oldest first."""
        return self._vault.segments(camera, from_utc, to_utc)

    def stored(self, seq: int) -> StoredFile | None:
        return self._vault.stored(seq)

    def video(self, stored: StoredFile) -> Path | None:
        """Where the video lies; None when it is gone or does not lie where the vault keeps its files."""
        return self._inside(self._vault.path_of(stored))

    def poster(self, stored: StoredFile) -> Path | None:
        path = self._vault.poster_of(stored)
        return None if path is None else self._inside(path)

    def _inside(self, path: Path) -> Path | None:
        """`path` with links followed, if it is then still a file below the folders of clips and recordings.

        The row that names it comes from an index that anybody on this PC could have written, so it is not believed.
        """
        real = path.resolve()
        root = self._vault.folder.resolve()
        kept = any(real.is_relative_to(root / folder) for folder in ("clips", "presence"))
        return real if kept and real.is_file() else None

    # cameras

    def camera_names(self) -> Mapping[str, str]:
        """Names by id: of the cameras in the settings, then of those that only old recordings know (by their id)."""
        names = {camera.id: camera.name for camera in self.health().cameras}
        return names | {known: known for known in self._vault.cameras() if known not in names}

    def camera(self, camera_id: str) -> CameraHealth | None:
        return next((camera for camera in self.health().cameras if camera.id == camera_id), None)

    def picture(self, camera_id: str) -> LivePicture | None:
        """The newest masked picture; None before the first."""
        return self._live.picture(camera_id)

    # the till

    @property
    def till_key(self) -> TillKey | None:
        """What is known of the key with which tills report sales; never the key itself."""
        return self._vault.till_key()

    def new_till_key(self, actor: str, address: str) -> str:
        """A new key, to be shown once; the one before ends. Raises StoreError."""
        key = self._vault.new_till_key(actor)
        self.record_audit(actor, "make_till_key", "till", address)
        return key

    def revoke_till_key(self, actor: str, address: str) -> None:
        """No sale is taken any more. Raises StoreError."""
        self._vault.revoke_till_key(actor)
        self.record_audit(actor, "revoke_till_key", "till", address)

    # the agent itself

    def store(self) -> StoreHealth:
        totals = self._vault.totals()
        disk = shutil.disk_usage(self._vault.folder)
        limit = int(self._data.max_gb * 1e9) if self._data.max_gb > 0 else None
        return StoreHealth(totals, disk.total, disk.free, self._data.retention_days, limit, self._vault.trouble)

    @property
    def trouble(self) -> Text | None:
        """Why nothing can be written now, or None."""
        return self._vault.trouble

    @property
    def last_anchor(self) -> SentAnchor | None:
        """The newest anchor of the ledger that left the machine."""
        return next(iter(self._vault.anchors(1)), None)

    def events(self, limit: int) -> tuple[EventRow, ...]:
        """Newest first."""
        return self._vault.events(limit)

    def account_names(self) -> tuple[str, ...]:
        """Of everybody who has an account here."""
        return tuple(user.name for user in self._vault.users())

    def record_audit(self, actor: str, action: str, target: str, address: str, purpose: str = "") -> None:
        """Write a line of the access log; it is durable on return, or waits in memory, in order, while the disk is full."""
        self._vault.record_audit(actor, action, target, purpose, address)
