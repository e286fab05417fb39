"""The desk at which a till or kiosk reports its sales: who may, what a report must say, and the sales of the last ten minutes.

Comes in: reports as they arrive (decoded JSON) with a key. Goes out: `Payment`s for the rules, and a tally for the panel.
Sales are kept in memory only, and no more of them than when, which till, and the till's own number of the sale.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from agent.clock import Clock
from agent.errors import AnsimError
from agent.values import Payment, Text

KEPT_S = 600.0  # how long a sale is of use: the rules look back ten minutes
AHEAD_S = 60.0  # so far ahead of this PC's clock a till's may be
MOST = 5000  # sales kept at once; a till that goes mad must not fill the memory
LONGEST_TILL = 60  # characters
LONGEST_REFERENCE = 100
FIELDS = ("till", "reference", "at")


class PaymentRefused(AnsimError):
    """A report is not what it should be: whoever set up the till has to change something."""


@dataclass(frozen=True, slots=True)
class DeskTally:
    """What the panel says of the reports since the start.

    taken: how many sales; last: the newest report that was taken, last_utc: when it came. refused: how many reports of the till
    were not taken, refused_utc: when the last of them came, refusal: why. strangers, stranger_utc: how many came with a wrong
    key, and the last of them: kept apart, or anybody could hide from the owner what the till is told.
    """

    taken: int = 0
    last: Payment | None = None
    last_utc: float | None = None
    refused: int = 0
    refused_utc: float | None = None
    refusal: Text | None = None
    strangers: int = 0
    stranger_utc: float | None = None


class PaymentDesk:
    """Holding one means: you may report sales and ask for the newest. Safe to use from any thread."""

    def __init__(
        self, clock: Clock, key_sha256: Callable[[], str | None], tills: Sequence[str] = (), timezone: str = "Asia/Seoul"
    ) -> None:
        """key_sha256: tells the sha256 (hex) of the key in force. tills: names of the zones that a report may name.

        timezone: of times that come without one (the shop's own).
        """
        self._clock = clock
        self._key_sha256 = key_sha256
        self._tills = tuple(dict.fromkeys(tills))
        self._zone = ZoneInfo(timezone)
        self._lock = threading.Lock()
        self._sales: dict[tuple[str | None, str], Payment] = {}  # by till and its number, in the order of arrival
        self._recent: tuple[Payment, ...] = ()
        self._holds: tuple[float, float] = (float("-inf"), float("inf"))  # between these times no sale is to be forgotten
        self._tally = DeskTally()

    @property
    def tills(self) -> tuple[str, ...]:
        """The names that a report may give; none: any."""
        return self._tills

    @property
    def tally(self) -> DeskTally:
        with self._lock:
            return self._tally

    def knows(self, key: str) -> bool:
        """Whether this is the key in force; takes the same time however much of it is right."""
        right = self._key_sha256()
        given = hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
        # Compared against something in every case, so that the time does not tell whether there is a key at all.
        return hmac.compare_digest(given, right or "0" * 64) and right is not None

    def take(self, report: object) -> tuple[Payment, bool]:
        """A report as it came, {"till": name or null, "reference": text, "at": ISO 8601 or null}.

        Gives the sale, and whether it is new. Raises PaymentRefused, and remembers why.
        """
        try:
            payment = self._read(report)
        except PaymentRefused as refusal:
            self.refused(refusal.text)
            raise
        return self.report(payment)

    def report(self, payment: Payment) -> tuple[Payment, bool]:
        """Keep a sale; the same number of the same till again changes nothing. Gives the sale kept, and whether it is new."""
        now = self._clock.utc()
        with self._lock:
            self._forget(now)
            known = self._sales.get((payment.till, payment.reference))
            if known is not None:
                return known, False
            while len(self._sales) >= MOST:
                del self._sales[next(iter(self._sales))]
            self._sales[payment.till, payment.reference] = payment
            self._count()
            self._tally = replace(self._tally, taken=self._tally.taken + 1, last=payment, last_utc=now)
            return payment, True

    def refused(self, why: Text) -> None:
        """Note that a report of the till was not taken."""
        with self._lock:
            self._tally = replace(self._tally, refused=self._tally.refused + 1, refused_utc=self._clock.utc(), refusal=why)

    def stranger(self) -> None:
        """Note that somebody without the key in force wanted to report."""
        with self._lock:
            self._tally = replace(self._tally, strangers=self._tally.strangers + 1, stranger_utc=self._clock.utc())

    def recent(self) -> tuple[Payment, ...]:
        """The sales of the last ten minutes, in the order in which they were reported; the very same tuple until that changes.

        Each camera asks with each picture.
        """
        with self._lock:
            self._forget(self._clock.utc())
            return self._recent

    def _forget(self, now: float) -> None:
        """Drop what is too old, and what lies in the future because the clock was set back."""
        if self._holds[0] <= now <= self._holds[1]:
            return
        gone = [key for key, sale in self._sales.items() if not -AHEAD_S <= now - sale.utc <= KEPT_S]
        for key in gone:
            del self._sales[key]
        self._count()

    def _count(self) -> None:
        times = [sale.utc for sale in self._sales.values()]
        self._recent = tuple(self._sales.values())
        self._holds = (max(times) - AHEAD_S, min(times) + KEPT_S) if times else (float("-inf"), float("inf"))

    # reading a report

    def _read(self, report: object) -> Payment:
        if not isinstance(report, Mapping):
            raise PaymentRefused(
                ko='JSON 객체를 보내 주세요. 예: {"till": "계산대", "reference": "A-1024"}',
                en='Send a JSON object, like {"till": "Till", "reference": "A-1024"}.',
            )
        unknown = ["".join(c for c in str(name)[:40] if c.isprintable()) for name in report if name not in FIELDS]
        if unknown:
            raise PaymentRefused(
                ko=f"모르는 항목이 있습니다: {', '.join(unknown[:3])}. till, reference, at만 쓸 수 있습니다.",
                en=f"Unknown field: {', '.join(unknown[:3])}. Only till, reference and at are known.",
            )
        return Payment(self._at(report.get("at")), self._till(report.get("till")), _reference(report.get("reference")))

    def _till(self, name: object) -> str | None:
        if name is None:
            return None
        if not isinstance(name, str) or not _is_plain(name, LONGEST_TILL):
            raise PaymentRefused(
                ko=f"till은 계산대 구역의 이름({LONGEST_TILL}자까지)이거나 null이어야 합니다.",
                en=f"till has to be the name of a till zone (up to {LONGEST_TILL} characters), or null.",
            )
        if self._tills and name not in self._tills:
            known = ", ".join(self._tills[:8])
            raise PaymentRefused(
                ko=f"'{name}'이라는 계산대 구역이 없습니다. 있는 이름: {known}. 어느 계산대든 상관없으면 null로 보내 주세요.",
                en=f"There is no till zone '{name}'. Known: {known}. Send null if any till will do.",
            )
        return name

    def _at(self, at: object) -> float:
        now = self._clock.utc()
        if at is None:
            return now
        utc = self._utc(at)
        if utc > now + AHEAD_S:
            raise PaymentRefused(
                ko=f"at이 이 PC의 시각보다 {_span(utc - now).ko} 앞섭니다. 두 시계를 맞추거나 at을 빼고 보내 주세요.",
                en=f"at is {_span(utc - now).en} ahead of this PC's clock. Set both clocks right, or leave at out.",
            )
        if utc < now - KEPT_S:
            raise PaymentRefused(
                ko=f"at이 {_span(now - utc).ko} 전입니다. 10분 안의 판매만 받습니다. 계산대와 PC의 시계도 확인해 주세요.",
                en=f"at is {_span(now - utc).en} ago. Only sales of the last 10 minutes are taken; check both clocks, too.",
            )
        return utc

    def _utc(self, at: object) -> float:
        try:
            moment = datetime.fromisoformat(at if isinstance(at, str) else "")
            return (moment if moment.tzinfo is not None else moment.replace(tzinfo=self._zone)).timestamp()
        except (ValueError, OverflowError) as wrong:
            raise PaymentRefused(
                ko="at은 2026-11-21T20:36:11+09:00 같은 ISO 8601 시각이거나 null이어야 합니다.",
                en="at has to be a time as ISO 8601 writes it, like 2026-11-21T20:36:11+09:00, or null.",
            ) from wrong


def _reference(reference: object) -> str:
    if not isinstance(reference, str) or not _is_plain(reference, LONGEST_REFERENCE):
        raise PaymentRefused(
            ko=f"reference에 판매 번호를 글자로 보내 주세요(따옴표 안에 1~{LONGEST_REFERENCE}자).",
            en=f"reference has to be the sale's number as text (in quotes, 1 to {LONGEST_REFERENCE} characters).",
        )
    return reference


def _is_plain(text: str, longest: int) -> bool:
    return 0 < len(text) <= longest and text.isprintable() and text == text.strip()


def _span(seconds: float) -> Text:
    if seconds < 7200:
        minutes = max(1, round(seconds / 60))
        return Text(ko=f"{minutes}분", en=f"{minutes} min")
    hours = round(seconds / 3600)
    return Text(ko=f"{hours:,}시간", en=f"{hours:,} h")
