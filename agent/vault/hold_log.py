"""The part of the vault that keeps incidents beyond their retention time.

Comes in: an incident, until when and why it is kept, and later why no longer. Goes out: ledger records, which retention obeys.
How long is allowed is decided by agent.preservation.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from agent.errors import StoreError
from agent.values import Event
from agent.vault import hold_index, index
from agent.vault.bodies import Kind, event_body, sane
from agent.vault.durable import disk_full
from agent.vault.store import Store
from agent.vault.writer import Writer


@dataclass(frozen=True, slots=True)
class Reminder:
    """A date of a hold that the owner is to be told of. what: "review" or "ending"; date: that date (Unix time)."""

    incident: str
    what: str
    date: float


@dataclass(frozen=True, slots=True)
class HoldOrder:
    """Keep an incident until until_utc, and ask at review_utc whether that is still needed (Unix times).

    reason, by: why and who (account). agency, case: for whom it is kept, and under which number there.
    """

    incident: str
    until_utc: float
    review_utc: float
    reason: str
    by: str
    agency: str = ""
    case: str = ""


class HoldLog(ABC):
    """Holding one that is open means: you may have incidents kept longer, from any thread."""

    _store: Store
    _writer: Writer

    @abstractmethod
    def _utc(self) -> float:
        """Unix time to the millisecond."""

    def preserve(self, order: HoldOrder) -> None:
        """Retention leaves the incident's clips, sealed originals and entries alone until then; durable on return.

        A further order extends or shortens the one before. Raises StoreError, also for an unknown incident and for one of
        which nothing is left.
        """
        body = {
            "id": order.incident,
            "until": round(order.until_utc, 3),
            "review": round(order.review_utc, 3),
            "reason": sane(order.reason),
            "agency": sane(order.agency),
            "case": sane(order.case),
            "by": sane(order.by),
        }

        def put() -> None:
            row = index.incident(self._store.db, order.incident)
            if row is None:
                raise StoreError(ko=f"사건({order.incident})을 찾을 수 없습니다.", en=f"There is no incident {order.incident}.")
            if row.erased_utc is not None and not row.clips and not index.sealed_of(self._store.db, row.id):
                raise StoreError(
                    ko="이 사건의 영상은 보관 기간이 지나 이미 삭제되어 보존할 것이 없습니다.",
                    en="Nothing of this incident is left to be kept: its clip was erased when its time was over.",
                )
            self._store.note(Kind.HOLD, body)
            if not self._store.settle(in_need=True):  # it is held, but nobody would see it: so it is not told as done
                raise disk_full(self._store.folder)

        self._writer.submit(put).result()

    def end_preservation(self, incident_id: str, reason: str, by: str) -> None:
        """Retention goes its usual way again. Raises StoreError, also when nothing holds the incident now."""

        def put() -> None:
            if not hold_index.is_held(self._store.db, incident_id, self._utc()):
                raise StoreError(
                    ko=f"사건({incident_id})은 보존하고 있지 않습니다.",
                    en=f"The incident {incident_id} is not being preserved.",
                )
            self._store.note(Kind.HOLD, {"id": incident_id, "until": None, "reason": sane(reason), "by": sane(by)})

        self._writer.submit(put).result()

    def remind(self, reminder: Reminder, event: Event) -> bool:
        """Tell the owner of a date, once for ever: False when that was done before. Raises StoreError."""
        date = round(reminder.date, 3)
        about = {"incident": reminder.incident, "what": reminder.what, "date": date}

        def put() -> bool:
            if hold_index.was_reminded(self._store.db, reminder.incident, reminder.what, date):
                return False
            self._store.note(Kind.EVENT, {**event_body(event), "reminder": about})
            return True

        return self._writer.submit(put).result()
