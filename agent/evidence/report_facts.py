"""What the report says, gathered: plain values, so that drawing it is only drawing.

Comes in: the incident, the order, the slice of the ledger, the payload. Goes out: `ReportFacts`. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from agent import __version__
from agent.evidence.bag import Payload
from agent.evidence.bag_files.bag_form import CLIPS
from agent.evidence.bag_tools import page_sha256
from agent.evidence.event_data import ClockState, Step, custody
from agent.evidence.order import ExportOrder
from agent.settings import Settings
from agent.values import Text
from agent.vault import IncidentRow
from agent.vault.ledger import Record


@dataclass(frozen=True, slots=True)
class ListedFile:
    """One file of the bag as the report lists it: name, bytes, sha256 (hex)."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """All that stands in the report. Times are Unix times; timezone says how they are written.

    poster: the masked still of the incident (JPEG), if there is one. digest, fingerprint: hex. anchor: the QR's text.
    tool: sha256 (hex) of the verify.html in the bag.
    """

    incident: str
    shop: str
    camera: str
    rule: str
    timezone: str
    opened_utc: float
    closed_utc: float | None
    reasons: tuple[Text, ...]
    people: int
    order: ExportOrder
    clock: ClockState
    exported_utc: float
    steps: tuple[Step, ...]
    files: tuple[ListedFile, ...]
    poster: bytes | None
    digest: str
    fingerprint: str
    anchor: str
    tool: str
    software: str = f"Ansim {__version__}"


@dataclass(frozen=True, slots=True)
class Case:
    """What is exported, for whom, and when (Unix time)."""

    row: IncidentRow
    order: ExportOrder
    settings: Settings
    clock: ClockState
    utc: float


def facts_of(case: Case, records: Iterable[Record], told: Payload, anchor: str, fingerprint: str) -> ReportFacts:
    """anchor: the QR's text; fingerprint: of the device's key (hex)."""
    incident, settings = case.row.incident, case.settings
    cameras = {camera.id: camera.name for camera in settings.cameras}
    poster = next((one.file for one in told.files if one.file.name.startswith(CLIPS) and one.file.name.endswith(".jpg")), None)
    return ReportFacts(
        incident=incident.id,
        shop=settings.shop.name,
        camera=cameras.get(incident.camera, incident.camera),
        rule=incident.rule,
        timezone=settings.shop.timezone,
        opened_utc=incident.opened_utc,
        closed_utc=incident.closed_utc,
        reasons=incident.reasons,
        people=len(incident.tracks),
        order=case.order,
        clock=case.clock,
        exported_utc=case.utc,
        steps=custody(records),
        files=tuple(ListedFile(one.file.name, one.size, one.sha256) for one in sorted(told.files, key=lambda o: o.file.name)),
        poster=None if poster is None else b"".join(poster.pieces()),
        digest=told.digest.hex(),
        fingerprint=fingerprint,
        anchor=anchor,
        tool=page_sha256(),
    )
