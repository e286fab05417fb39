"""Keeping an incident beyond its retention time: how long, why, and when somebody has to ask whether that is still needed.

Comes in: dates of the shop's calendar, reasons, the vault's holds. Goes out: holds on the ledger, and one event for each review
that is due and for each end that nears. PIPA article 21 has recordings destroyed when their time is over unless there is a
ground to keep them: so nothing is kept longer without a reason, an end and a review.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from agent.clock import Clock
from agent.errors import AnsimError
from agent.settings import DataSettings
from agent.values import Event, EventKind, Text
from agent.vault import Hold, IncidentRow, Vault
from agent.vault.hold_log import HoldOrder, Reminder
from agent.vault.reading import Reading

DAY = dt.timedelta(days=1)
NOTICE_S = 7 * 86_400.0  # so long before its end the owner is told, or half of its time if that is shorter
LONGEST = 300  # characters of a reason, agency or case number
ENDED = 30  # how many that are over are shown


class PreservationRefused(AnsimError):
    """What was asked for cannot be kept that way: whoever asks has to change something."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Preserving:
    """What somebody wants kept. until: the last day of it; review: the day of the review, None: half-way (shop's calendar).

    reason: why; agency, case: for whom, and under which number there. No names of people: it stands on the ledger for ever.
    """

    incident: str
    until: dt.date | None
    reason: str
    review: dt.date | None = None
    agency: str = ""
    case: str = ""


@dataclass(frozen=True, slots=True)
class Preserved:
    """An incident that is being kept. until, review: days of the shop's calendar; review_due: somebody has to decide now."""

    row: IncidentRow
    hold: Hold
    until: dt.date
    review: dt.date | None
    review_due: bool
    ends_soon: bool


class PreservedIncidents:
    """Holding one means: you may see what is kept beyond its time, also while an agent runs. Safe to use from any thread."""

    def __init__(self, vault: Reading, clock: Clock, data: DataSettings, timezone: str) -> None:
        self._reading = vault
        self._clock = clock
        self._data = data
        self._zone = ZoneInfo(timezone)

    @property
    def today(self) -> dt.date:
        return self._day(self._clock.utc())

    @property
    def latest(self) -> dt.date:
        """The last day until which something may be kept, as of today."""
        return self.today + self._data.preserve_days * DAY

    def of(self, incident_id: str) -> Preserved | None:
        """None: it is not being kept now beyond its time."""
        row = self._reading.incident(incident_id)
        now = self._clock.utc()
        return None if row is None or row.hold_until is None or row.hold_until <= now else self._preserved(row, now)

    def held(self) -> tuple[Preserved, ...]:
        """All that is being kept now: what waits for a review first, then what ends first."""
        now = self._clock.utc()
        found = [self._preserved(row, now) for row in self._reading.held()]
        return tuple(sorted(found, key=lambda each: (not each.review_due, each.until, each.row.id)))

    def over(self) -> tuple[Hold, ...]:
        """The last word on those that were kept once, the newest first: ended by somebody, or their time was over."""
        return self._reading.held_before(ENDED)

    def history(self, incident_id: str) -> tuple[Hold, ...]:
        """All that was said of keeping an incident, the newest first."""
        return self._reading.holds(incident_id)

    def goes_on(self, row: IncidentRow) -> dt.date:
        """The day on which retention erases an incident that is not kept longer."""
        end = max([clip.end_utc for clip in row.clips], default=row.incident.closed_utc or row.incident.opened_utc)
        return self._day(end) + self._data.retention_days * DAY

    def _preserved(self, row: IncidentRow, now: float) -> Preserved:
        until = row.hold_until
        assert until is not None
        hold = row.hold or Hold(0, row.incident.opened_utc, row.id, until)
        notice = min(NOTICE_S, (until - hold.utc) / 2)
        review = hold.review_utc
        return Preserved(
            row=row,
            hold=hold,
            until=self._day(until - 1),
            review=None if review is None else self._day(review),
            review_due=review is not None and review <= now,
            ends_soon=until - notice <= now,
        )

    def _named(self, row: IncidentRow) -> Text:
        day = f"{self._day(row.incident.opened_utc):%Y-%m-%d}"
        if not row.incident.reasons:
            return Text(ko=day, en=day)
        first = row.incident.reasons[0]
        return Text(ko=f"{day}, {first.ko.rstrip('.')}", en=f"{day}, {first.en.rstrip('.')}")

    def _day(self, utc: float) -> dt.date:
        return dt.datetime.fromtimestamp(utc, self._zone).date()


class PreservationDesk(PreservedIncidents):
    """Holding one means: you may have incidents kept beyond their time. Safe to use from any thread."""

    def __init__(self, vault: Vault, clock: Clock, data: DataSettings, timezone: str) -> None:
        super().__init__(vault, clock, data, timezone)
        self._vault = vault

    def preserve(self, wish: Preserving, by: str) -> Preserved:
        """Keep an incident; asked again, it extends or shortens that. Raises PreservationRefused, StoreError."""
        self._vault.preserve(ordered(wish, by, self.today, self._data.preserve_days, self._zone))
        found = self.of(wish.incident)
        assert found is not None
        return found

    def end(self, incident_id: str, reason: str, by: str) -> None:
        """Retention goes its usual way again: what is too old then is erased within the hour. Raises like preserve."""
        self._vault.end_preservation(incident_id, _reason(reason), by)

    def remind(self) -> int:
        """Tell of reviews that are due and of ends that near, each once for ever; gives how many. Raises StoreError."""
        now, told = self._clock.utc(), 0
        for each in self.held():
            for reminder, kind, text in self._reminders(each):
                told += self._vault.remind(reminder, Event(now, kind, text, each.row.incident.camera))
        return told

    def _reminders(self, each: Preserved) -> Iterator[tuple[Reminder, EventKind, Text]]:
        hold, what = each.hold, self._named(each.row)
        if each.review_due and hold.review_utc is not None:
            text = Text(
                ko=f"보존하고 있는 사건({what.ko})이 아직 필요한지 살펴볼 날입니다. '증거 › 보존한 사건'에서 정해 주세요.",
                en=f"A preserved incident ({what.en}) is due for review: decide in Evidence, Preserved incidents.",
            )
            yield Reminder(each.row.id, "review", hold.review_utc), EventKind.REVIEW_DUE, text
        if each.ends_soon and hold.until_utc is not None:
            text = Text(
                ko=f"사건({what.ko})의 보존이 {each.until:%Y-%m-%d}에 끝나고, 그 뒤에 영상이 삭제됩니다. "
                "더 필요하면 연장해 주세요.",
                en=f"An incident ({what.en}) is preserved until {each.until:%Y-%m-%d} only; its clip is erased after that. "
                "Extend it if it is still needed.",
            )
            yield Reminder(each.row.id, "ending", hold.until_utc), EventKind.HOLD_ENDING, text


def ordered(wish: Preserving, by: str, today: dt.date, most_days: int, zone: ZoneInfo) -> HoldOrder:
    """The hold that is asked for. most_days: so far ahead its last day may lie. Raises PreservationRefused."""
    reason = _reason(wish.reason)
    until, latest = wish.until, today + most_days * DAY
    if until is None or not today < until <= latest:
        raise PreservationRefused(
            ko=f"보존할 마지막 날을 내일부터 {latest:%Y-%m-%d}까지에서 골라 주세요. 그보다 길게 필요하면 그때 연장하면 됩니다.",
            en=f"Choose a last day from tomorrow to {latest:%Y-%m-%d}. If it is needed for longer, extend it then.",
        )
    review = wish.review or half_way(today, until)
    if not today < review <= until:
        raise PreservationRefused(
            ko=f"검토일은 내일부터 보존이 끝나는 {until:%Y-%m-%d}까지에서 골라 주세요.",
            en=f"The review has to lie between tomorrow and the last day, {until:%Y-%m-%d}.",
        )
    return HoldOrder(
        incident=wish.incident,
        until_utc=_midnight(until + DAY, zone),
        review_utc=_midnight(review, zone),
        reason=reason,
        by=by,
        agency=wish.agency.strip()[:LONGEST],
        case=wish.case.strip()[:LONGEST],
    )


def half_way(today: dt.date, until: dt.date) -> dt.date:
    """When to review what is kept until then, unless somebody says otherwise; tomorrow at the earliest."""
    return today + max(1, (until - today).days // 2) * DAY


def _reason(typed: str) -> str:
    reason = " ".join(typed.split())
    if len(reason) < 2:
        raise PreservationRefused(
            ko="이유를 적어 주세요. 이유 없이 보관 기간보다 오래 둘 수 없습니다.",
            en="Say why. Nothing is kept beyond its time, or let go before it, without a reason.",
        )
    return reason[:LONGEST]


def _midnight(day: dt.date, zone: ZoneInfo) -> float:
    return dt.datetime.combine(day, dt.time(), zone).timestamp()
