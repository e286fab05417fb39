"""The vault as the rest of the program sees it: keep things, read what is kept.

Comes in: incidents, events, accesses, accounts, finished partial videos. Goes out: typed rows and paths of files.
One writer thread owns the ledger and the connection that writes; readers have connections of their own. What blocks:
    notes (incidents, events, accesses)  until durable; with wait=False they return at once. Never raise for a full disk.
    store_clip, erase, hold, judge, keys, accounts    until durable; raise StoreError.
    store_segment                        returns at once with a Future; the Future raises StoreError.
    reads                                never wait for the writer.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Self, TypeVar

from agent.clock import Clock
from agent.errors import StoreError
from agent.incidents.normality import Unusual
from agent.values import ClipState, Event, Incident, Sidecar, Text, Verdict
from agent.vault import accounts, bodies, hold_index, index, layout
from agent.vault.bodies import Kind
from agent.vault.check import mend
from agent.vault.day_keys import KEYS
from agent.vault.device_key import DeviceKey, open_device_key
from agent.vault.durable import DiskRefuses, disk_errors, disk_full
from agent.vault.entry_log import EntryLog
from agent.vault.hold_log import HoldLog
from agent.vault.lock import FolderLock
from agent.vault.notes import Notes
from agent.vault.offer import Offer, clip_offer
from agent.vault.originals import Originals, SealedOffer
from agent.vault.owner_keys import OwnerKeys
from agent.vault.reading import Reading
from agent.vault.report import CheckReport, Progress, silent
from agent.vault.rows import FileKind, SealedFile, StoredFile, UserRow
from agent.vault.shelf import PassShelf
from agent.vault.signing import Signing
from agent.vault.steps import Steps, no_steps
from agent.vault.store import Store
from agent.vault.writer import Writer

log = logging.getLogger(__name__)
T = TypeVar("T")


class Vault(EntryLog, Reading, Signing, HoldLog):
    """Holding one that is open means: this process alone writes to the data folder.

    All methods may be called from any thread.
    """

    def __init__(self, folder: Path, clock: Clock, *, steps: Steps = no_steps) -> None:
        """folder: the data folder (made when missing). steps: hears the name of each write step (crash tests)."""
        super().__init__(folder, clock)
        self._lock = FolderLock(self.folder)
        self._store = Store(self.folder, clock, steps)
        self._originals = Originals(self._store, steps)
        self._notes = Notes(self._store)
        self._writer = Writer(clock, idle=self._notes.flush)
        self._said: dict[str, Mapping[str, Any]] = {}
        self._device: DeviceKey | None = None
        self.owner_keys = OwnerKeys(self.folder / KEYS, clock, self._note_owner_key)
        self._day_keys = self._store.day_keys  # what one of them forgets, nobody remembers
        self.passes = PassShelf(self._store, self._notes, self._readers, self._now)

    # life

    def open(self, progress: Progress = silent) -> CheckReport:
        """Makes the folder, takes its lock, checks and repairs it (quick), starts the writer. Raises StoreError."""
        with disk_errors(self.folder):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock.take()
        try:
            report = mend(self._store, quick=True, progress=progress)
            self._device = open_device_key(self.folder / KEYS)
            self.passes.open(self._device)
        except BaseException:
            self._store.close()
            self._lock.give_back()
            raise
        self._writer.start()
        return report

    def close(self) -> None:
        """Does what is queued and ends the writer. What the disk refuses until the end is lost; the log says how much."""
        self._writer.close()
        self._notes.flush()
        if self._notes.waiting:
            log.error("the disk did not take %d notes until the end; they are lost", self._notes.waiting)
        super().close()
        self._store.close()
        self._lock.give_back()

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    @property
    def trouble(self) -> Text | None:
        """Why the data folder does not take everything now (disk full, ...), or None."""
        return self._notes.trouble

    def flush(self) -> bool:
        """Try now to write what waits in memory; True when nothing waits and there is room. Also happens by itself."""
        return self._now(self._notes.flush)

    # notes

    def open_incident(self, incident: Incident, *, wait: bool = True) -> Future[bool]:
        """Future: True when durable, False when it waits in memory for the disk."""
        return self._incident(incident, wait)

    def update_incident(self, incident: Incident, *, wait: bool = True) -> Future[bool]:
        """Nothing is written when nothing changed. The clip's state is not changed by this."""
        return self._incident(incident, wait)

    def close_incident(self, incident: Incident, *, wait: bool = True) -> Future[bool]:
        return self._incident(incident, wait)

    def set_clip_state(self, incident_id: str, state: ClipState, why: Text | None = None, *, wait: bool = True) -> Future[bool]:
        """why: for LOST, or what a READY clip lacks; shown to the owner. (store_clip makes it READY by itself.)"""
        body = {"id": incident_id, "state": state.value, "why": None if why is None else bodies.text_body(why)}
        return self._note(Kind.CLIP, body, wait)

    def record_unusual(self, incident_id: str, unusual: Unusual, *, wait: bool = True) -> Future[bool]:
        """How far the visit of an incident's subject was from what is usual; the newest word counts."""
        reasons = [bodies.text_body(reason) for reason in unusual.reasons]
        return self._note(Kind.UNUSUAL, {"id": incident_id, "score": round(unusual.score, 3), "reasons": reasons}, wait)

    def record_event(self, event: Event, *, about: Mapping[str, Any] | None = None, wait: bool = True) -> Future[bool]:
        """about: further fields of the record on the ledger."""
        return self._note(Kind.EVENT, {**bodies.event_body(event), **(about or {})}, wait)

    def record_audit(
        self, actor: str, action: str, target: str = "", purpose: str = "", address: str = "", *, wait: bool = True
    ) -> Future[bool]:
        """One line of the access log: who (account), what (login, view, ...), which thing, why, from which address."""
        body = {
            "utc": round(self._clock.utc(), 3),
            "actor": bodies.sane(actor),
            "action": bodies.sane(action),
            "target": bodies.sane(target),
            "purpose": bodies.sane(purpose),
            "address": bodies.sane(address),
        }
        return self._note(Kind.ACCESS, body, wait)

    # the device's and the owner's keys

    def _note_owner_key(self, action: str, label: str, public: str) -> None:
        self._now(lambda: self._store.note(Kind.OWNER_KEY, {"action": action, "label": bodies.sane(label), "public": public}))

    @property
    def device(self) -> DeviceKey:
        """The key with which this device signs, of an open vault."""
        if self._device is None:
            raise StoreError(ko="저장소가 닫혀 있습니다.", en="The vault is closed.")
        return self._device

    # files

    def partial_path(self, kind: FileKind, name: str, utc: float) -> Path:
        """Where to write a video before it is handed over ("....mp4.partial"); makes its folder. Raises StoreError.

        CLIP: name is the incident's id (further parts: "<id>.2", "<id>.3"), utc its opened_utc.
        SEGMENT: name is the camera's id, utc the time of its first frame.
        """
        return self._store.make_partial(kind, name, utc)

    def store_clip(self, incident_id: str, partial: Path, poster_jpeg: bytes, sidecar: Sidecar) -> StoredFile:
        """Keep a finished clip of a known incident, whose clip is READY afterwards; blocks until durable.

        Raises StoreError; then the partial is still there, to be offered again or removed.
        """

        def keep() -> StoredFile:
            if index.incident(self._store.db, incident_id) is None:
                raise StoreError(
                    ko=f"영상을 붙일 사건({incident_id})을 찾을 수 없습니다.",
                    en=f"There is no incident {incident_id} that this clip could belong to.",
                )
            return self._store.keep(clip_offer(incident_id, partial, poster_jpeg, sidecar))

        return self._now(lambda: self._keep(keep))

    def store_segment(
        self, camera: str, partial: Path, sidecar: Sidecar, start_utc: float, end_utc: float
    ) -> Future[StoredFile]:
        """Keep a finished presence segment; returns at once. The Future raises StoreError; then the partial is still there."""

        def keep() -> StoredFile:
            return self._store.keep(Offer(FileKind.SEGMENT, camera, partial, sidecar, start_utc, end_utc))

        return self._writer.submit(lambda: self._keep(keep))

    def erase(self, stored: StoredFile, reason: Text) -> bool:
        """Erase a stored video with its companions; the ledger keeps that it was there and why it went. Raises StoreError.

        The sealed originals of a clip's incident go before it: their keys are the first to be gone. False: nothing was erased,
        since its incident is held by now.
        """

        def erase() -> bool:
            if stored.incident is not None and self._must_stay(stored.incident):
                return False
            originals = index.sealed_of(self._store.db, stored.incident) if stored.incident is not None else ()
            for original in originals:
                self._originals.erase(original, reason)
            self._store.erase(stored, reason)
            return True

        return self._now(erase)

    # sealed originals

    def store_sealed(self, offer: SealedOffer) -> SealedFile:
        """Keep an encrypted original of a known incident; blocks until durable. Raises StoreError: nothing of it is stored."""

        def keep() -> SealedFile:
            if index.incident(self._store.db, offer.incident) is None:
                raise StoreError(
                    ko=f"원본을 붙일 사건({offer.incident})을 찾을 수 없습니다.",
                    en=f"There is no incident {offer.incident} that this original could belong to.",
                )
            return self._originals.keep(offer)

        return self._now(lambda: self._keep(keep))

    def erase_sealed(self, sealed: SealedFile, reason: Text) -> bool:
        """Nobody can open it any more; the ledger keeps that it was there and why it went. False and StoreError as in erase."""

        def erase() -> bool:
            if self._must_stay(sealed.incident):
                return False
            self._originals.erase(sealed, reason)
            return True

        return self._now(erase)

    def record_reveal(self, body: Mapping[str, Any], *, rendered: bool = False) -> None:
        """A step of a reveal ceremony, durable on return (fields: agent.evidence.ceremony). Raises StoreError: then the step
        must not be taken. rendered: a clip was made."""
        said = {name: bodies.sane(value) if isinstance(value, str) else value for name, value in body.items()}
        self._now(lambda: self._store.note(Kind.REVEALED if rendered else Kind.REVEAL, said))

    # the owner's word

    def judge(self, incident_id: str, verdict: Verdict | None, by: str) -> None:
        """What `by` (account) says of an incident; None takes it back. Raises StoreError, also for an unknown incident."""
        body = {"id": incident_id, "verdict": None if verdict is None else verdict.value, "by": bodies.sane(by)}

        def put() -> None:
            if index.incident(self._store.db, incident_id) is None:
                raise StoreError(ko=f"사건({incident_id})을 찾을 수 없습니다.", en=f"There is no incident {incident_id}.")
            self._store.note(Kind.VERDICT, body)

        self._now(put)

    def reset_rule(self, rule: str, by: str) -> None:
        """What was said of a rule's incidents until now no longer moves its threshold. Raises StoreError."""
        self._now(lambda: self._store.note(Kind.RESET, {"rule": bodies.sane(rule), "by": bodies.sane(by)}))

    def new_till_key(self, by: str) -> str:
        """A new key with which tills report sales; the one before ends. Raises StoreError.

        Its sha256 may stand on the ledger, which others get to read: nobody can find 256 random bits from it.
        """
        key = secrets.token_urlsafe(32)
        digest = hashlib.sha256(key.encode()).hexdigest()
        self._now(lambda: self._store.note(Kind.TILL_KEY, {"action": "made", "by": bodies.sane(by), "sha256": digest}))
        return key

    def revoke_till_key(self, by: str) -> None:
        """No key is accepted any more. Raises StoreError."""
        self._now(lambda: self._store.note(Kind.TILL_KEY, {"action": "revoked", "by": bodies.sane(by), "sha256": None}))

    def record_export(self, body: Mapping[str, Any]) -> None:
        """What was handed over to whom, on the ledger (fields: agent.evidence.export). Raises StoreError."""
        said = {name: bodies.sane(value) if isinstance(value, str) else value for name, value in body.items()}
        self._now(lambda: self._store.note(Kind.EXPORTED, said))

    # accounts

    def add_user(self, name: str, password_hash: str, role: str) -> UserRow:
        """Raises StoreError when the name is taken."""
        return self._account("added", name, role, lambda: accounts.add(self._store.db, name, password_hash, role, self._utc()))

    def set_password(self, name: str, password_hash: str) -> None:
        """Raises StoreError when there is no such account."""
        self._account("password", name, "", lambda: accounts.set_password(self._store.db, name, password_hash, self._utc()))

    def remove_user(self, name: str) -> None:
        """Raises StoreError when there is no such account."""
        self._account("removed", name, "", lambda: accounts.remove(self._store.db, name))

    def new_setup_token(self, valid_s: float = 86_400.0) -> str:
        """A new one-time token for the first-run owner link; older ones end. Only its hash is kept."""

        def make() -> str:
            with disk_errors(self.folder):
                return accounts.new_token(self._store.db, self._utc() + valid_s)

        return self._now(make)

    def create_owner(self, token: str, name: str, password_hash: str) -> UserRow | None:
        """Use the token up and make the owner's account in one step; None when the token is wrong, used or too old."""
        now = self._utc()
        return self._account(
            "owner", name, accounts.OWNER, lambda: accounts.create_owner(self._store.db, token, name, password_hash, now)
        )

    # inside

    def _must_stay(self, incident_id: str) -> bool:
        """Held, or nobody can tell: while a full disk keeps the index behind the ledger, a hold may be on the ledger alone."""
        return not self._store.settle() or hold_index.is_held(self._store.db, incident_id, self._utc())

    def _now(self, do: Callable[[], T]) -> T:
        return self._writer.submit(do).result()

    def _note(self, kind: Kind, body: Mapping[str, Any], wait: bool) -> Future[bool]:
        future = self._writer.submit(lambda: self._notes.put(kind, body))
        if wait:
            future.result()
        return future

    def _incident(self, incident: Incident, wait: bool) -> Future[bool]:
        layout.safe_name(incident.id)
        body = bodies.incident_body(incident)

        def put() -> bool:
            if self._said.get(incident.id) == body:
                return True
            durable = self._notes.put(Kind.INCIDENT, body)
            if incident.closed_utc is None:
                self._said[incident.id] = body
            else:
                self._said.pop(incident.id, None)
            return durable

        future = self._writer.submit(put)
        if wait:
            future.result()
        return future

    def _keep(self, keep: Callable[[], T]) -> T:
        try:
            if not self._notes.ready():
                raise disk_full(self.folder)
            stored = keep()
        except DiskRefuses as failure:
            self._notes.failed(failure)
            raise
        self._notes.went_well()
        return stored

    def _account(self, action: str, name: str, role: str, do: Callable[[], T]) -> T:
        def job() -> T:
            db = self._store.db
            with disk_errors(self.folder):
                db.execute("pragma synchronous = full")  # accounts are not on the ledger: nothing else would give them back
                try:
                    done = do()
                finally:
                    db.execute("pragma synchronous = normal")
                accounts.write_mirror(db, self.folder)
            self._notes.put(Kind.ACCOUNT, {"action": action, "name": name, "role": role})
            return done

        return self._now(job)
