"""Makes new passes: which days and PINs a kind may have, ids and numbers that nobody has yet.

Comes in: what somebody wants. Goes out: a `KeptPass` that is not kept yet, or PassRefused with what to change.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from agent.entry.holder import Consent, Holder
from agent.entry.kept import NOBODY, KeptPass
from agent.entry.pass_list import BadLine, ListedPass, ListReport, PassRefused, check_holder, check_pin
from agent.entry.pin import PinHasher, new_number
from agent.entry.records import Pass, PassKind
from agent.entry.token import ID_BYTES, SECRET_BYTES, pass_id_of
from agent.settings import OpenHours

VISIT_S = 86_400.0  # how long a visitor's code is valid unless said otherwise
LONGEST_VISIT_S = 31 * 86_400.0


@dataclass(frozen=True, slots=True)
class Wish:
    """A pass that somebody wants. from_utc None: valid from now on; until_utc None: for good, a visitor's for a day."""

    kind: PassKind
    from_utc: float | None = None
    until_utc: float | None = None
    hours: OpenHours | None = None
    holder: Holder = NOBODY
    pin: str | None = field(default=None, repr=False)


class Press:
    """Holding one means: you may make passes. Not thread-safe: two at once could choose the same number."""

    def __init__(self, pins: PinHasher, has_id: Callable[[str], bool], has_number: Callable[[str], bool]) -> None:
        """has_id, has_number: whether a pass has it already."""
        self._pins = pins
        self._has_id = has_id
        self._has_number = has_number

    def make(self, wish: Wish, by: str, now: float, taken: set[str] | None = None) -> KeptPass:
        """taken: numbers of others that are not kept yet; its own is added. Raises PassRefused."""
        begins, ends = check_wish(wish, now)
        whose = check_holder(wish.holder)
        about = Pass(
            id=self._id(),
            kind=wish.kind,
            made_utc=now,
            made_by=by,
            from_utc=begins,
            until_utc=ends,
            hours=wish.hours,
            has_pin=wish.pin is not None,
            has_holder=bool(whose),
        )
        return KeptPass(
            about,
            secret=new_secret(),
            number=None if wish.pin is None else self.number(taken),
            pin_hash=None if wish.pin is None else self._pins.hash(wish.pin),
            holder=whose,
        )

    def number(self, taken: set[str] | None = None) -> str:
        """A number that no pass has."""
        others = set() if taken is None else taken
        while (number := new_number()) in others or self._has_number(number):
            pass
        others.add(number)
        return number

    def _id(self) -> str:
        while self._has_id(made := pass_id_of(secrets.token_bytes(ID_BYTES))):
            pass
        return made


def new_secret() -> bytes:
    return secrets.token_bytes(SECRET_BYTES)


def moved(kept: KeptPass, consent: Consent, holder: Holder | None) -> KeptPass:
    """The same pass on another phone: the codes of the earlier one open nothing any more.

    holder: what the person entered; it counts only where nobody is named yet: who has a link must not write over the owner's.
    """
    whose = kept.holder or holder or NOBODY
    about = replace(kept.about, has_holder=bool(whose))
    return replace(kept, about=about, secret=new_secret(), holder=whose, consent=consent)


def check_wish(wish: Wish, now: float) -> tuple[float, float | None]:
    """From when until when the pass would be valid. Raises PassRefused."""
    if wish.pin is not None:
        may_have_pin(wish.kind)
        check_pin(wish.pin)
    begins = now if wish.from_utc is None else wish.from_utc
    return begins, check_end(wish.kind, begins, wish.until_utc, now)


def sorted_out(report: ListReport, now: float) -> tuple[tuple[ListedPass, ...], tuple[BadLine, ...]]:
    """What of a list could be issued now, and what could not."""
    good: list[ListedPass] = []
    bad = list(report.bad)
    for each in report.good:
        try:
            check_wish(wish_of(each), now)
            good.append(each)
        except PassRefused as wrong:
            bad.append(BadLine(each.line, wrong.text))
    return tuple(good), tuple(sorted(bad, key=lambda each: each.line))


def wish_of(listed: ListedPass) -> Wish:
    """What a line of a list asks for."""
    return Wish(listed.kind, listed.from_utc, listed.until_utc, None, listed.holder, listed.pin)


def check_end(kind: PassKind, begins: float, until_utc: float | None, now: float) -> float | None:
    """When a pass ends that begins then. Raises PassRefused."""
    ends = begins + VISIT_S if until_utc is None and kind is PassKind.VISITOR else until_utc
    if ends is not None and ends <= max(begins, now):
        raise PassRefused(
            ko="종료일이 이미 지났거나 시작일보다 빠릅니다.", en="The end is over already, or before the beginning."
        )
    if kind is PassKind.VISITOR and ends is not None and ends - begins > LONGEST_VISIT_S:
        raise PassRefused(
            ko="방문 코드는 31일까지 유효하게 할 수 있습니다.", en="A visitor's code can be valid for at most 31 days."
        )
    return ends


def may_have_pin(kind: PassKind) -> None:
    """Raises PassRefused for visitors: their code is all they get."""
    if kind is PassKind.VISITOR:
        raise PassRefused(ko="방문 코드에는 PIN을 쓸 수 없습니다.", en="A visitor's code cannot have a PIN.")
