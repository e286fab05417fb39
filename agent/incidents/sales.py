"""Whose each reported sale is: one sale is one person's, or one party's. Pure.

Comes in: the sales of the last ten minutes at each moment, and who stood at which till when. Goes out: each sale once, into the
`payments` of one person who stood at that till about then: of those who have none yet, else of all, the one whose stay is
nearest to it in time, and of several at once who came to the till first. So reports that are late by a customer or two still
clear everybody who paid, and nobody clears two. Each till is expected to report for itself: one that never did is asked for
nothing, and neither is one that fell silent, at which several people in a row stood without a sale, until its next one.

A sale is put on the source's clock when it is first heard of, so a PC clock that is set afterwards does not move it. Only what
is new is looked at, a sale or a stay, so thousands of sales cost nothing.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from agent.incidents.guest import Guest, Span
from agent.settings import UnpaidSettings
from agent.values import Payment

REPORTS_S = 2 * 3600.0  # a till whose last sale is longer ago may be cut off
SILENT = 3  # so many people in a row who paid nothing at a till are more likely a till that is cut off
HEARD_S = 1200.0  # a sale is known so long after it was first heard, which is longer than it is handed on
TOGETHER_S = 6.0  # who come in and leave within so long of each other may be one party


@dataclass(frozen=True, slots=True, order=True)
class _Sale:
    """A sale on the source's clock; ordered by time."""

    at_s: float
    till: str
    reference: str
    payment: Payment = field(compare=False)

    def apart(self, stay: Span) -> float:
        return max(stay.from_s - self.at_s, self.at_s - stay.to_s, 0.0)


_At = tuple[Span, Guest]


class Sales:
    """Holding one means: you know which sales are whose on one camera, and which tills report theirs.

    Tills go by the names of their zones; "" stands for sales that name none, and so for all tills.
    """

    def __init__(self, rule: UnpaidSettings) -> None:
        """rule: how far from a stay at the till a sale may be, how late its report, and who is a customer at all."""
        self._rule = rule
        self._window_s = rule.window_s
        self._payments: tuple[Payment, ...] = ()
        self._heard: dict[Payment, float] = {}  # and when first heard; oldest first
        self._open: list[_Sale] = []  # nobody was there yet; by time
        self._now_s = float("-inf")
        self._sale_s: dict[str, float] = {}  # by till, when its last sale was heard of
        self._unpaid: Counter[str] = Counter()  # by till, how many stood there without a sale since then
        self._counted: set[int] = set()

    def step(self, payments: tuple[Payment, ...], guests: Iterable[Guest], now_s: float, utc: float) -> None:
        """Take the next moment. payments: as the till's desk gives them; the very tuple of before holds nothing new."""
        if now_s < self._now_s:
            self._begin_anew(now_s)
        guests = tuple(guests)
        new = self._new(payments, now_s, utc) if payments is not self._payments else []
        if new or self._open:
            at_tills = [(stay, guest) for guest in guests for stay in guest.stays if stay.kind == "till"]
            self._offer([at for at in at_tills if at[0].to_s > self._now_s])
            for sale in new:
                if not self._give(sale, at_tills):
                    insort(self._open, sale)
            del self._open[: self._first(now_s - self._window_s)]  # whoever comes to a till now is too late for these
        self._count(guests, now_s)
        for sale in new:
            self._sale_s[sale.till], self._unpaid[sale.till] = now_s, 0
        self._now_s = now_s

    def reporting(self, now_s: float) -> frozenset[str]:
        """The tills that have reported a sale of late; one that fell silent must not make every customer a thief."""
        return frozenset(till for till, at_s in self._sale_s.items() if now_s - at_s <= REPORTS_S) - self.silent

    @property
    def silent(self) -> frozenset[str]:
        """The tills that reported sales once, and none of the last people who stood there."""
        return frozenset(till for till, people in self._unpaid.items() if people >= SILENT)

    def _count(self, guests: Sequence[Guest], now_s: float) -> None:
        """Those for whom a report would have come by now, if any had been sent."""
        self._counted &= {guest.track for guest in guests}
        for guest in guests:
            if guest.track not in self._counted and self._is_due(guest, now_s) and not of_party(guest, guests):
                self._counted.add(guest.track)
                stays = [stay for stay in guest.stays if stay.kind == "till" and stay.lasted_s >= self._rule.till_s]
                self._unpaid.update(
                    till
                    for till, sale_s in self._sale_s.items()
                    if any(till in ("", stay.zone) and stay.to_s > sale_s for stay in stays)
                )

    def _is_due(self, guest: Guest, now_s: float) -> bool:
        """Whether a sale was due of this person, and none came: who touched nothing, and staff, pay nothing."""
        if guest.left is None or now_s < guest.left.at_s + self._rule.wait_s or guest.payments:
            return False
        staff_s = sum(stay.lasted_s for stay in guest.stays if stay.kind == "staff")
        took = bool(guest.alterations) or any(touch.counts for touch in guest.touches)
        return took and not 0 < self._rule.staff_s <= staff_s

    def _begin_anew(self, now_s: float) -> None:
        """The source's clock runs backwards: no time that was known holds any more."""
        self._payments, self._open = (), []
        self._heard.clear()
        self._counted.clear()
        self._sale_s = {till: min(at_s, now_s) for till, at_s in self._sale_s.items()}

    def _new(self, payments: tuple[Payment, ...], now_s: float, utc: float) -> list[_Sale]:
        """A till may use a number again, for a sale at another time."""
        self._payments, found = payments, []
        for payment in payments:
            if payment not in self._heard:
                self._heard[payment] = now_s
                found.append(_Sale(now_s - (utc - payment.utc), payment.till or "", payment.reference, payment))
        while self._heard and now_s - next(iter(self._heard.values())) > HEARD_S:
            del self._heard[next(iter(self._heard))]
        return sorted(found)

    def _offer(self, stays: Sequence[_At]) -> None:
        """What is open, to those whose stay has begun or gone on since."""
        if not stays or not self._open:
            return
        first = self._first(min(stay.from_s for stay, _ in stays) - self._window_s)
        last = bisect_right(self._open, max(stay.to_s for stay, _ in stays) + self._window_s, key=_time)
        self._open[first:last] = [sale for sale in self._open[first:last] if not self._give(sale, stays)]

    def _give(self, sale: _Sale, stays: Sequence[_At]) -> bool:
        found = [
            (bool(guest.payments), sale.apart(stay), stay.from_s, guest.track, guest)
            for stay, guest in stays
            if sale.till in ("", stay.zone) and sale.apart(stay) <= self._window_s
        ]
        if found:
            min(found, key=lambda it: it[:4])[4].payments[sale.payment] = None
        return bool(found)

    def _first(self, at_s: float) -> int:
        return bisect_left(self._open, at_s, key=_time)


def of_party(guest: Guest, guests: Iterable[Guest]) -> tuple[Payment, ...]:
    """The sales of those with whom this person came in, stood at the till and left: one of them pays for all.

    All three are asked for: a thief who only stands beside a payer, or only slips out with one, is no company.
    """
    if guest.left is None or not guest.stays:
        return ()
    others = [other for other in guests if other is not guest and other.payments and _together(guest, other)]
    return tuple(sale for other in others for sale in other.payments)


def _together(one: Guest, other: Guest) -> bool:
    if one.left is None or other.left is None or one.left.zone != other.left.zone:
        return False
    if abs(one.left.at_s - other.left.at_s) > TOGETHER_S or abs(one.entered_s - other.entered_s) > TOGETHER_S:
        return False
    return any(
        (mine.kind, mine.zone) == ("till", theirs.zone) and mine.from_s <= theirs.to_s and theirs.from_s <= mine.to_s
        for mine in one.stays
        for theirs in other.stays
    )


def _time(sale: _Sale) -> float:
    return sale.at_s
