"""The form with which a pass is issued or changed, as it was filled in, and what it asks for.

Comes in: fields of a request. Goes out: `PassForm` (to show again) and `Asked`; PassRefused with what to correct.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field, replace

from werkzeug.datastructures import MultiDict

from agent.panel import EARLIEST, LATEST, Holder, OpenHours, Pass, PassKind, PassRefused
from web.language import local, midnight, today

DAY = dt.timedelta(days=1)
DAY_MINUTES = 24 * 60
EVERY_DAY = frozenset(range(7))
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a form asks for; ready for the book of passes. Times are Unix times, None as there."""

    kind: PassKind
    from_utc: float | None
    until_utc: float | None
    hours: OpenHours | None
    holder: Holder
    pin: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class PassForm:
    """The fields as they were typed. first, last: days (ISO 8601); days: 0 is Monday; opens, closes: HH:MM."""

    kind: str = PassKind.PHONE
    first: str = ""
    last: str = ""
    days: frozenset[int] = EVERY_DAY
    opens: str = ""
    closes: str = ""
    pin: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    agreed: bool = False

    @property
    def is_limited(self) -> bool:
        return self.days != EVERY_DAY or bool(self.opens or self.closes)

    def ask(self) -> Asked:
        """What the fields ask for. Raises PassRefused."""
        if self.kind not in tuple(PassKind):
            raise PassRefused(ko="출입증 종류를 골라 주세요.", en="Choose a kind of pass.")
        kind = PassKind(self.kind)
        first, last = _day(self.first) or today(), _day(self.last)
        if last is not None and last < first:
            raise PassRefused(
                ko="끝나는 날이 시작하는 날보다 빠릅니다. 날짜를 고쳐 주세요.",
                en="The last day is before the first. Correct the days.",
            )
        holder = Holder(self.name, self.phone)
        if holder and not self.agreed:
            raise PassRefused(
                ko="이름이나 전화번호를 남기려면 본인의 동의를 받았는지 표시해 주세요. 아니면 둘 다 비워 주세요.",
                en="To keep a name or phone number, tick that the holder agreed. Or leave both empty.",
            )
        return Asked(
            kind,
            midnight(first) if first != today() else None,
            midnight(last + DAY) if last else None,
            self._hours(),
            holder,
            self.pin or None,
        )

    def ask_anew(self, held: Pass) -> Asked:
        """What the fields ask for of a pass that is there. A field that says what it said leaves all as it was: the form shows
        whole days only, and a pass may begin or end at any moment of one. from_utc: None only where it is to begin today.
        Raises PassRefused.
        """
        asked, was = self.ask(), form_of(held, Holder())
        same_hours = (self.days, self.opens, self.closes) == (was.days, was.opens, was.closes)
        return replace(
            asked,
            from_utc=held.from_utc if self.first == was.first else asked.from_utc,
            until_utc=held.until_utc if self.last == was.last else asked.until_utc,
            hours=held.hours if same_hours else asked.hours,
        )

    def _hours(self) -> OpenHours | None:
        """None: at any hour."""
        if not self.is_limited:
            return None
        if not self.days:
            raise PassRefused(ko="들어올 수 있는 요일을 하나 이상 골라 주세요.", en="Choose at least one day of the week.")
        opens, closes = _minute(self.opens, 0), _minute(self.closes, DAY_MINUTES)
        if opens == closes:
            raise PassRefused(
                ko="시작 시각과 끝 시각이 같습니다. 온종일이면 둘 다 비워 주세요.",
                en="Both hours are the same. For all day, leave both empty.",
            )
        span = (opens, closes if closes > opens else closes + DAY_MINUTES)
        return OpenHours(tuple((span,) if weekday in self.days else () for weekday in range(7)))


def read_form(fields: MultiDict[str, str]) -> PassForm:
    """The form as it was sent; what is too long is cut, for the page checks the same."""
    days = frozenset(int(day) for day in fields.getlist("day") if day in set("0123456"))
    texts = {
        name: fields.get(name, "").strip()[:80] for name in ("kind", "first", "last", "opens", "closes", "pin", "name", "phone")
    }
    return PassForm(**texts, days=days, agreed="agreed" in fields)


def form_of(held: Pass, holder: Holder) -> PassForm:
    """The form that would issue this pass, for changing it; hours that differ from day to day show as the first day's."""
    spans = [(at, spans[0]) for at, spans in enumerate(held.hours.days) if spans] if held.hours else []
    opens, closes = spans[0][1] if spans else (0, DAY_MINUTES)
    return PassForm(
        kind=held.kind,
        first=local(held.from_utc).date().isoformat(),
        last=local(held.until_utc - 1).date().isoformat() if held.until_utc is not None else "",
        days=frozenset(at for at, _ in spans) if spans else EVERY_DAY,
        opens=_clock(opens) if (opens, closes) != (0, DAY_MINUTES) else "",
        closes=_clock(closes) if (opens, closes) != (0, DAY_MINUTES) else "",
        name=holder.name,
        phone=holder.phone,
        agreed=bool(holder),
    )


def _day(text: str) -> dt.date | None:
    if not text:
        return None
    try:
        date = dt.date.fromisoformat(text)
    except ValueError:
        date = None
    if date is None:
        raise PassRefused(ko="날짜를 2026-12-31처럼 적어 주세요.", en="Write days like 2026-12-31.")
    if not EARLIEST <= date <= LATEST:
        raise PassRefused(
            ko=f"날짜는 {EARLIEST}부터 {LATEST}까지 적을 수 있습니다. 끝나는 날이 없으면 칸을 비워 두세요.",
            en=f"Days from {EARLIEST} to {LATEST} can be taken. For a pass without an end, leave the last day empty.",
        )
    return date


def _minute(text: str, missing: int) -> int:
    if not text:
        return missing
    match = _TIME.fullmatch(text)
    if match is None:
        raise PassRefused(ko="시각을 09:30처럼 적어 주세요.", en="Write hours like 09:30.")
    return int(match[1]) * 60 + int(match[2])


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}"
