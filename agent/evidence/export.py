"""Exports an incident: gathers what belongs to it, seals the ledger, and makes a bag of it.

Comes in: an order, the vault, the device's key. Goes out: a `Bag`, and with `export` a file where the receiver wants it. Steps:
    1 on the access log: who exports what, and what for
    2 a checkpoint: all that was recorded until now is sealed
    3 the slice of the ledger, with the entries of that time; the stored files, exactly as they are stored
    4 the report, with the digest of all the rest
    5 the bag, signed; encrypted on its way out
    6 on the ledger: what was handed over to whom, with the bag's digest
Clips are never encoded again. What the ledger says of a file is compared before it goes: damaged evidence is not handed over
as if it were whole.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import rfc8785

from agent import __version__
from agent.clock import Clock
from agent.errors import AnsimError, ConfigError, IntegrityError
from agent.evidence.bag import Bag, BagFile, Payload, make_bag, payload
from agent.evidence.bag_files.bag_form import (
    CLIPS,
    CUSTODY,
    DEVICE,
    ENTRIES,
    EVENT,
    PAGE,
    PEM,
    POINT,
    PROOFS,
    README,
    REVEALED,
    SCRIPT,
    SEALED,
    SLICE,
    STAMP,
)
from agent.evidence.bag_files.checks import pem_of
from agent.evidence.bag_tools import readme, verify_page, verify_script
from agent.evidence.delivery import Delivered, Protection, deliver
from agent.evidence.event_data import ClockState, certificate, custody, custody_json, event_json, grouped
from agent.evidence.ledger_slice import LedgerSlice, Wanted, cut_slice
from agent.evidence.order import ExportOrder
from agent.evidence.report_facts import Case, ReportFacts, facts_of
from agent.evidence.timestamp import NoTimestamp
from agent.settings import Settings
from agent.values import Text
from agent.vault import IncidentRow, Vault
from agent.vault.bodies import incident_of
from agent.vault.checkpoint import Checkpoint, anchor_text, checkpoint_body
from agent.vault.device_key import DeviceKey

EVENTS_S = 600.0  # what happened to the agent so long before and after the incident goes along
SYNCHRONISED = Path("/run/systemd/timesync/synchronized")  # there while the system follows a time server
Report = Callable[[ReportFacts], bytes]
Stamp = Callable[[bytes], bytes]
Entries = tuple[tuple[Mapping[str, Any], Mapping[str, Any] | None, int], ...]  # (body, details, number of the record)


@dataclass(frozen=True, slots=True)
class Composed:
    """A bag that is ready to go. anchor: as on its report. unstamped: why it has no time stamp, although one was wanted.

    unproven: numbers of records that cannot be proved, because the ledger was damaged before.
    """

    bag: Bag
    anchor: str
    unproven: tuple[int, ...] = ()
    unstamped: Text | None = None


class Exporter:
    """Holding one means: you can hand evidence over. Used by one thread at a time."""

    def __init__(
        self,
        vault: Vault,
        key: DeviceKey,
        settings: Settings,
        clock: Clock,
        report: Report,
        checkpoint: Callable[[], Checkpoint],
        stamp: Stamp | None = None,
    ) -> None:
        """report: draws report.pdf. checkpoint: seals the ledger as it is now. stamp: has the checkpoint stamped by others.

        stamp raises NoTimestamp: then the bag goes without.
        """
        self._vault = vault
        self._key = key
        self._settings = settings
        self._clock = clock
        self._report = report
        self._checkpoint = checkpoint
        self._stamp = stamp

    def export(self, order: ExportOrder, folder: Path, protection: Protection) -> tuple[Delivered, Composed]:
        """All six steps. Raises an AnsimError; then nothing was handed over, and the access log says that somebody tried."""
        protection.check()
        composed = self.compose(order)
        delivered = deliver(composed.bag, folder, protection)
        try:
            self.record(order, composed, protection, delivered)
        except AnsimError:
            with suppress(OSError):  # what is not on the register was not handed over
                delivered.path.unlink(missing_ok=True)
            raise
        return delivered, composed

    def compose(self, order: ExportOrder) -> Composed:
        """Steps 1 to 5 without writing anything. Raises ConfigError for an unknown incident, IntegrityError, BagTooLarge."""
        order.check()
        row = self._vault.incident(order.incident)
        if row is None:
            raise ConfigError(
                ko=f"사건({order.incident})을 찾을 수 없습니다. 관리 화면에서 사건의 이름을 옮겨 주세요.",
                en=f"There is no incident {order.incident}. Copy its name from the panel.",
            )
        self._vault.record_audit(order.operator, "export", row.id, order.purpose)
        checkpoint = self._checkpoint()
        utc = self._clock.utc()
        name = f"ansim-{row.id}-{datetime.fromtimestamp(utc, UTC):%Y%m%dT%H%M%SZ}"
        row, ledger, entries = self._sealed_until(checkpoint, row, order)
        files = self._files(row, order, ledger, entries, utc)
        stamps, unstamped = self._stamped(checkpoint)
        files += stamps
        told = payload(files)
        self._compare(told, ledger)
        anchor = anchor_text(checkpoint, told.digest)
        case = Case(row, order, self._settings, self._clock_state(order), utc)
        facts = facts_of(case, ledger.records, told, anchor, self._key.fingerprint)
        info = {
            "Source-Organization": self._settings.shop.name,
            "Bagging-Date": f"{datetime.fromtimestamp(utc, UTC):%Y-%m-%d}",
            "Bag-Software-Agent": f"Ansim {__version__}",
            "External-Description": f"Evidence of incident {row.id}",
        }
        bag = make_bag(name, told, self._report(facts), self._tools(name, told), info, self._key.sign)
        return Composed(bag, anchor, ledger.unproven, unstamped)

    def record(self, order: ExportOrder, composed: Composed, protection: Protection, delivered: Delivered) -> None:
        """Step 6: the register keeps what was handed over to whom."""
        self._vault.record_export(
            {
                "incident": order.incident,
                "by": order.operator,
                "purpose": order.purpose,
                "receiver": order.receiver,
                "basis": order.basis,
                "case": order.case,
                "form": protection.form,
                "bag": composed.bag.name,
                "digest": composed.bag.digest.hex(),
                "file_sha256": delivered.sha256,
                "bytes": delivered.size,
                "files": len(composed.bag.files),
                "sealed": order.sealed,
                "revealed": len(order.revealed),
            }
        )

    def _sealed_until(
        self, checkpoint: Checkpoint, row: IncidentRow, order: ExportOrder
    ) -> tuple[IncidentRow, LedgerSlice, Entries]:
        """What the checkpoint seals of an incident, and nothing that the agent has recorded meanwhile: it goes on working.

        Raises IntegrityError when a clip was erased in between.
        """
        incident = row.incident
        end = incident.closed_utc if incident.closed_utc is not None else incident.opened_utc
        entries = self._vault.signed_entries(incident.opened_utc - order.entries_s, end + order.entries_s)
        wanted = Wanted(row.id, {seq for _, _, seq in entries}, incident.opened_utc - EVENTS_S, end + EVENTS_S)
        ledger = cut_slice(self._vault.ledger_lines(), checkpoint, wanted)
        sealed = {record.seq for record in ledger.records}
        now = _as_recorded(self._vault.incident(row.id) or row, ledger)
        if not _clips_of(row.id, ledger) <= {clip.seq for clip in now.clips}:
            raise IntegrityError(
                ko="내보내는 동안 이 사건의 영상이 지워졌거나 색인이 뒤처져 있습니다. 다시 내보내 주세요.",
                en="A clip of this incident was erased meanwhile, or the index lags behind. Export it again.",
            )
        newest = max(sealed, default=0)  # of what was recorded before: that somebody exports it
        kept = tuple(clip for clip in now.clips if clip.seq <= newest)
        return replace(now, clips=kept), ledger, tuple(entry for entry in entries if entry[2] in sealed)

    def _files(self, row: IncidentRow, order: ExportOrder, ledger: LedgerSlice, entries: Entries, utc: float) -> list[BagFile]:
        clock = self._clock_state(order)
        return [
            BagFile(EVENT, event_json(row, order, self._settings, clock, utc)),
            BagFile(CUSTODY, custody_json(custody(ledger.records), self._settings)),
            BagFile(ENTRIES, _entries_json(entries)),
            BagFile(SLICE, ledger.text),
            BagFile(PROOFS, json.dumps(ledger.proofs, indent=1).encode() + b"\n"),
            BagFile(DEVICE, certificate(self._key, self._settings.shop.name, utc)),
            BagFile(PEM, pem_of(self._key.public)),
            *self._stored(row),
            *(self._sealed(ledger) if order.sealed else ()),
            *(BagFile(REVEALED + one.name, one.content) for one in order.revealed),
        ]

    def _stamped(self, checkpoint: Checkpoint) -> tuple[list[BagFile], Text | None]:
        """The checkpoint as it was signed, with the time stamp of a third party if one is wanted and can be had."""
        point = rfc8785.dumps(checkpoint_body(checkpoint))
        files = [BagFile(POINT, point)]
        if self._stamp is None:
            return files, None
        try:
            return [*files, BagFile(STAMP, self._stamp(point))], None
        except NoTimestamp as none:
            return files, none.text

    def _stored(self, row: IncidentRow) -> Iterator[BagFile]:
        for clip in row.clips:
            for part in clip.parts:
                yield BagFile(CLIPS + part.path.rpartition("/")[2], self._vault.folder / part.path)

    def _sealed(self, ledger: LedgerSlice) -> Iterator[BagFile]:
        """The sealed originals that have not been erased, as the ledger names them."""
        gone = {record.body.get("path") for record in ledger.records if record.kind == "sealed.erased"}
        for record in ledger.records:
            path = str(record.body.get("path", ""))
            if record.kind == "sealed.stored" and path not in gone:
                for one in (path, path + ".key"):
                    yield BagFile(SEALED + one.rpartition("/")[2], self._vault.folder / one)

    def _compare(self, told: Payload, ledger: LedgerSlice) -> None:
        """Whether the files are what the ledger says. Raises IntegrityError.

        Of a stored one whose record was damaged the ledger says nothing any more: it goes, and whoever checks the bag is told.
        """
        known = dict(_recorded(ledger))
        for one in told.files:
            if known.get(one.file.name, "" if one.file.name.startswith(REVEALED) else one.sha256) != one.sha256:
                raise IntegrityError(
                    ko=f"저장된 파일({one.file.name})이 원장과 다릅니다. `ansim check --deep`으로 확인해 주세요.",
                    en=f"The stored file {one.file.name} is not what the ledger says. Run `ansim check --deep`.",
                )

    def _tools(self, name: str, told: Payload) -> list[BagFile]:
        values = {"bag": name, "shop": self._settings.shop.name, "device": grouped(self._key.fingerprint)}
        text = readme({**values, "digest": grouped(told.digest.hex())})
        return [BagFile(README, text), BagFile(SCRIPT, verify_script()), BagFile(PAGE, verify_page())]

    def _clock_state(self, order: ExportOrder) -> ClockState:
        return ClockState(True if SYNCHRONISED.exists() else None, order.clock_offset_s)


def _clips_of(incident: str, ledger: LedgerSlice) -> set[int]:
    """Numbers of the records of clips that have not been erased."""
    records = [record for record in ledger.records if record.kind in ("file.stored", "file.erased")]
    erased = {record.body.get("stored") for record in records if record.kind == "file.erased"}
    return {
        record.seq
        for record in records
        if record.kind == "file.stored" and record.body.get("incident") == incident and record.seq not in erased
    }


def _as_recorded(row: IncidentRow, ledger: LedgerSlice) -> IncidentRow:
    """The incident as the ledger has it last; the index may lag behind."""
    bodies = [record.body for record in ledger.records if record.kind == "incident" and record.body.get("id") == row.id]
    return replace(row, incident=incident_of(bodies[-1])) if bodies else row


def _entries_json(entries: Entries) -> bytes:
    """Entries of which nobody can tell any more whose they were stay on the ledger only: there is nothing to show of them."""
    rows = [{"body": dict(body), "details": dict(details), "seq": seq} for body, details, seq in entries if details is not None]
    return json.dumps(rows, ensure_ascii=False, indent=1).encode() + b"\n"


def _recorded(ledger: LedgerSlice) -> Iterator[tuple[str, str]]:
    """(name in the bag, sha256 on the ledger) of the files that were stored."""
    for record in ledger.records:
        body = record.body
        if record.kind == "file.stored":
            for part in (body["video"], body["sidecar"], body["poster"]):
                if part is not None:
                    yield CLIPS + _last(part["path"]), part["sha256"]
        if record.kind == "sealed.stored":
            yield SEALED + _last(body["path"]), body["sha256"]
            yield SEALED + _last(body["path"]) + ".key", body["key_sha256"]
        if record.kind == "reveal.rendered":
            yield REVEALED + body["file"], body["sha256"]


def _last(path: str) -> str:
    return path.rpartition("/")[2]
