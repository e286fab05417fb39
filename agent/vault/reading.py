"""The reading side of the vault; it needs no lock and never waits for the writer.

Comes in: the data folder. Goes out: typed rows, paths of files, parsed sidecars.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from agent.clock import Clock
from agent.entry.records import Answer, Entry
from agent.errors import IntegrityError
from agent.values import EventKind, Sidecar
from agent.vault import accounts, bodies, hold_index, index, register_index
from agent.vault.database import Readers
from agent.vault.day_keys import DayKeys, day_of
from agent.vault.entry_bodies import Details, details_of, entry_of
from agent.vault.journal import Journal
from agent.vault.ledger import Body
from agent.vault.rows import (
    AuditRow,
    EventRow,
    FileKind,
    Hold,
    IncidentRow,
    RegisterRow,
    RuleRow,
    SealedFile,
    SentAnchor,
    StoredFile,
    TillKey,
    Totals,
    UserRow,
)
from agent.vault.store import DATABASE, LEDGER


class Reading:
    """Holding one means: you may read what is kept in the data folder, from any thread, also while an agent writes to it.

    Each method raises StoreError when there is no readable index (no agent has run on this folder yet).
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.folder = folder.absolute()
        self._clock = clock
        self._readers = Readers(self.folder / DATABASE)
        self._day_keys = DayKeys(self.folder)

    def close(self) -> None:
        self._readers.close()

    def incidents(
        self, limit: int = 50, before: str | None = None, camera: str | None = None, rule: str | None = None
    ) -> tuple[IncidentRow, ...]:
        """Newest first. before: id of the last incident of the page before."""
        with self._readers.borrow() as db:
            return index.incidents(db, limit, before, camera, rule)

    def incident(self, incident_id: str) -> IncidentRow | None:
        with self._readers.borrow() as db:
            return index.incident(db, incident_id)

    def segments(self, camera: str | None, from_utc: float, to_utc: float, limit: int = 10_000) -> tuple[StoredFile, ...]:
        """Presence segments that overlap the time, oldest first; camera None: of all cameras."""
        with self._readers.borrow() as db:
            return index.segments(db, camera, from_utc, to_utc, limit)

    def stored(self, seq: int) -> StoredFile | None:
        """The stored video that ledger record `seq` made (a stable name for the panel's addresses)."""
        with self._readers.borrow() as db:
            return index.file(db, seq)

    def oldest(self, kind: FileKind, limit: int) -> tuple[StoredFile, ...]:
        """The oldest videos that no hold protects now."""
        with self._readers.borrow() as db:
            return index.oldest(db, kind, self._utc(), limit)

    def cameras(self) -> tuple[str, ...]:
        """Ids of all cameras of which something is kept."""
        with self._readers.borrow() as db:
            return index.cameras(db)

    def events(self, limit: int = 100) -> tuple[EventRow, ...]:
        """Newest first."""
        with self._readers.borrow() as db:
            return index.events(db, limit)

    def newest_event(self, *kinds: EventKind) -> EventRow | None:
        """The newest event of one of these kinds."""
        with self._readers.borrow() as db:
            return index.newest_event(db, kinds)

    def times_of(self, kind: EventKind, from_utc: float, to_utc: float) -> tuple[float, ...]:
        """When events of this kind happened (Unix time), oldest first."""
        with self._readers.borrow() as db:
            return index.times_of(db, kind, from_utc, to_utc)

    def anchors(self, limit: int = 10) -> tuple[SentAnchor, ...]:
        """Anchors that left the machine, newest first."""
        with self._readers.borrow() as db:
            return index.anchors(db, limit)

    def audit(self, limit: int = 100, target: str | None = None) -> tuple[AuditRow, ...]:
        """The access log, newest first; target: only what concerns this thing."""
        with self._readers.borrow() as db:
            return index.audit(db, limit, target)

    def rules(self, newest: int = 50) -> tuple[RuleRow, ...]:
        """How often each rule has raised an alarm, and the verdicts on its `newest` judged incidents."""
        with self._readers.borrow() as db:
            return index.rules(db, newest)

    def till_key(self) -> TillKey | None:
        """The key with which a till may report sales; None: none was made, or it was revoked."""
        with self._readers.borrow() as db:
            return index.till_key(db)

    def till_key_hash(self) -> str | None:
        """The sha256 (hex) of that key."""
        key = self.till_key()
        return None if key is None else key.sha256

    # the entrance

    def entries(
        self,
        from_utc: float,
        to_utc: float,
        pass_id: str | None = None,
        limit: int = 1000,
        answer: Answer | None = None,
    ) -> tuple[Entry, ...]:
        """Lines of the entry log with from_utc <= utc < to_utc, newest first; of one pass, with one answer."""
        with self._readers.borrow() as db:
            found = (self._entry(body) for body, _ in index.entries(db, from_utc, to_utc, answer))
            return tuple(islice((entry for entry in found if pass_id is None or entry.pass_id == pass_id), limit))

    def entry(self, entry_id: str) -> Entry | None:
        with self._readers.borrow() as db:
            body = index.entry(db, entry_id)
        return None if body is None else self._entry(body)

    def entries_of(self, camera: str, tracks: Sequence[int], from_utc: float, to_utc: float) -> tuple[Entry, ...]:
        """Crossings of the entrance by these tracks of a camera, and the codes on which they came in; oldest first."""
        with self._readers.borrow() as db:
            return tuple(self._entry(body) for body in index.crossings(db, camera, tracks, from_utc, to_utc))

    def crossings_on(self, entry_id: str) -> tuple[Entry, ...]:
        """Who came in on a code that was shown: one's own crossing, and those right behind."""
        with self._readers.borrow() as db:
            return tuple(self._entry(body) for body in index.crossings_on(db, entry_id))

    def incidents_with(self, camera: str, track: int, from_utc: float, to_utc: float) -> tuple[IncidentRow, ...]:
        """Incidents on a camera that a track took part in, opened within the time, newest first."""
        with self._readers.borrow() as db:
            return index.incidents_with(db, camera, track, from_utc, to_utc)

    def signed_entries(self, from_utc: float, to_utc: float) -> tuple[tuple[Body, Details | None, int], ...]:
        """(body on the ledger, what is sealed in it, number of its record), oldest first; details None: nobody can tell."""
        with self._readers.borrow() as db:
            rows = index.entries(db, from_utc, to_utc, oldest_first=True)
            return tuple((body, self._details(body), seq) for body, seq in rows)

    def entries_of_day(self, day: str) -> tuple[tuple[Entry, int | None], ...]:
        """Entries of a UTC day, oldest first; with each, the time step of the code that was shown, if it had one."""
        with self._readers.borrow() as db:
            rows = [(body, self._details(body)) for body in index.entries_of_day(db, day)]
        return tuple((entry_of(body, details), None if details is None else details["step"]) for body, details in rows)

    # sealed originals

    def sealed(self, incident_id: str) -> tuple[SealedFile, ...]:
        """The sealed originals of an incident in the order of time."""
        with self._readers.borrow() as db:
            return index.sealed_of(db, incident_id)

    def sealed_before(self, utc: float, limit: int) -> tuple[SealedFile, ...]:
        """The oldest sealed originals that ended before `utc` (Unix time) and that no hold protects now."""
        with self._readers.borrow() as db:
            return index.sealed_before(db, utc, self._utc(), limit)

    def sealed_bytes(self) -> dict[str, int]:
        """Of each incident that has sealed originals, their bytes."""
        with self._readers.borrow() as db:
            return index.sealed_bytes(db)

    # the register of what was handed over or shown

    def register(
        self, limit: int = 100, before: int | None = None, incident: str | None = None, *, steps: bool = False
    ) -> tuple[RegisterRow, ...]:
        """Newest first. before: number of the last row of the page before. steps: the steps of ceremonies, too."""
        with self._readers.borrow() as db:
            return register_index.register(db, limit, before, incident, steps=steps)

    def registered_bag(self, bag: str) -> RegisterRow | None:
        """What the register says of a bag of this name."""
        with self._readers.borrow() as db:
            return register_index.registered_bag(db, bag)

    def ledger_lines(self) -> Iterator[bytes]:
        """The ledger's whole lines as they lie on the disk, from the first one on, each with its newline."""
        return Journal(self.folder / LEDGER).lines()

    def entry_days(self) -> tuple[str, ...]:
        """UTC days that have entries of which it is known whose they are, oldest first."""
        with self._readers.borrow() as db:
            return index.entry_days(db)

    def held(self) -> tuple[IncidentRow, ...]:
        """Incidents that a hold protects now, the one that ends first first."""
        with self._readers.borrow() as db:
            return index.held(db, self._utc())

    def holds(self, incident_id: str) -> tuple[Hold, ...]:
        """All that was said of keeping an incident longer, the newest first."""
        with self._readers.borrow() as db:
            return hold_index.holds(db, incident_id)

    def held_before(self, limit: int) -> tuple[Hold, ...]:
        """Of incidents that were held once and are not now: the last word, the newest first."""
        with self._readers.borrow() as db:
            return hold_index.held_before(db, self._utc(), limit)

    def _entry(self, body: Body) -> Entry:
        return entry_of(body, self._details(body))

    def _details(self, body: Body) -> Details | None:
        return details_of(body, self._day_keys.find(day_of(body["utc"])))

    def totals(self) -> Totals:
        with self._readers.borrow() as db:
            return Totals(*index.sums(db), free_bytes=shutil.disk_usage(self.folder).free)

    def path_of(self, stored: StoredFile) -> Path:
        """The video file."""
        return self.folder / stored.video.path

    def poster_of(self, stored: StoredFile) -> Path | None:
        return None if stored.poster is None else self.folder / stored.poster.path

    def sidecar_of(self, stored: StoredFile) -> Sidecar:
        """Read and parsed. Raises IntegrityError when it is missing or damaged."""
        try:
            return bodies.sidecar_of((self.folder / stored.sidecar.path).read_bytes())
        except (OSError, ValueError) as wrong:
            raise IntegrityError(
                ko=f"영상 정보 파일({stored.sidecar.path})이 없거나 손상되었습니다. `ansim check --deep`으로 확인해 주세요.",
                en=f"The sidecar {stored.sidecar.path} is missing or damaged. Run `ansim check --deep`.",
            ) from wrong

    # accounts

    def users(self) -> tuple[UserRow, ...]:
        with self._readers.borrow() as db:
            return accounts.users(db)

    def user(self, name: str) -> UserRow | None:
        with self._readers.borrow() as db:
            return accounts.user(db, name)

    def setup_token_valid(self, token: str) -> bool:
        """Whether the token could be used now (to show the form); does not use it up."""
        with self._readers.borrow() as db:
            return accounts.token_valid(db, token, self._utc())

    def _utc(self) -> float:
        return round(self._clock.utc(), 3)
