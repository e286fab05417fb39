"""Makes new passes: which days and PINs a kind may have, ids and numbers that nobody has yet, who has one already.

Comes in: what somebody wants. Goes out: a `KeptPass` that is not kept yet, or PassRefused with what to change.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from agent.entry.holder import Consent, Holder
from agent.entry.kept import NOBODY, KeptPass
from agent.entry.pass_list import BadLine, KnownLine, ListedPass, ListReport, PassRefused, check_holder, check_pin, person_of
from agent.entry.pin import new_number
from agent.entry.records import Pass, PassKind
from agent.entry.token import ID_BYTES, SECRET_BYTES, pass_id_of
from agent.settings import OpenHours

VISIT_S = 86_400.0  # how long a visitor's code is valid unless said otherwise
LONGEST_VISIT_S = 31 * 86_400.0
APART_S = 1e-6  # between the passes of a list: by the time when they were made they stay in its order


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

    def __init__(self, has_id: Callable[[str], bool], has_number: Callable[[str], bool]) -> None:
        """has_id, has_number: whether a pass has it already."""
        self._has_id = has_id
        self._has_number = has_number

    def make(self, wish: Wish, by: str, now: float, pin_hash: str | None = None, taken: set[str] | None = None) -> KeptPass:
        """pin_hash: of the wish's PIN, if it has one. taken: numbers of others that are not kept yet; its own is added.

        Raises PassRefused.
        """
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
            has_pin=pin_hash is not None,
            has_holder=bool(whose),
        )
        return KeptPass(
            about,
            secret=new_secret(),
            number=None if pin_hash is None else self.number(taken),
            pin_hash=pin_hash,
            holder=whose,
        )

    def make_list(
        self, lines: Iterable[ListedPass], by: str, now: float, pin_hashes: Mapping[int, str | None]
    ) -> list[KeptPass]:
        """Passes of a list, in its order. pin_hashes: by line. Raises PassRefused."""
        taken: set[str] = set()
        made = [self.make(wish_of(each), by, now, pin_hashes[each.line], taken) for each in lines]
        return [replace(kept, about=replace(kept.about, made_utc=now + at * APART_S)) for at, kept in enumerate(made)]

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


def with_pin(kept: KeptPass, pin_hash: str | None, fresh_number: str) -> KeptPass:
    """The same pass with this PIN; it keeps its number, if it has one. None: without any."""
    number = None if pin_hash is None else kept.number or fresh_number
    return replace(kept, about=replace(kept.about, has_pin=pin_hash is not None), pin_hash=pin_hash, number=number)


def check_wish(wish: Wish, now: float) -> tuple[float, float | None]:
    """From when until when the pass would be valid. Raises PassRefused."""
    check_new_pin(wish.kind, wish.pin)
    begins = now if wish.from_utc is None else wish.from_utc
    return begins, check_end(wish.kind, begins, wish.until_utc, now)


def sorted_out(report: ListReport, now: float, kept: Iterable[KeptPass]) -> ListReport:
    """What of a list could be issued now, what could not, and who is there already: in the list, or in `kept`."""
    good: list[ListedPass] = []
    known: list[KnownLine] = []
    bad = list(report.bad)
    holding = {person_of(each.holder): each.about for each in kept if is_valid(each.about, now)}
    seen: dict[tuple[str, str], int] = {}
    for each in report.good:
        try:
            check_wish(wish_of(each), now)
        except PassRefused as wrong:
            bad.append(BadLine(each.line, wrong.text))
            continue
        person = person_of(each.holder)
        if person is None or (person not in holding and person not in seen):
            good.append(each)
        else:
            known.append(KnownLine(each, seen.get(person), holding.get(person)))
        if person is not None:
            seen.setdefault(person, each.line)
    return ListReport(tuple(good), tuple(sorted(bad, key=lambda each: each.line)), known=tuple(known))


def is_valid(about: Pass, now: float) -> bool:
    """Whether it lets somebody in, now or later."""
    return not is_over(about, now) and about.used_utc is None


def is_over(about: Pass, now: float) -> bool:
    """Whether it was revoked, or its last day has passed."""
    return about.revoked_utc is not None or (about.until_utc is not None and about.until_utc <= now)


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


def check_new_pin(kind: PassKind, pin: str | None) -> None:
    """Raises PassRefused when it is none, and for visitors: their code is all they get."""
    if pin is None:
        return
    if kind is PassKind.VISITOR:
        raise PassRefused(ko="방문 코드에는 PIN을 쓸 수 없습니다.", en="A visitor's code cannot have a PIN.")
    check_pin(pin)


def not_taken() -> PassRefused:
    return PassRefused(
        ko="이 가게는 직접 등록을 받지 않습니다. 가게에 출입증을 요청해 주세요.",
        en="This shop does not take sign-ups here. Please ask the shop for a pass.",
    )


def ended() -> PassRefused:
    return PassRefused(
        ko="가게에서 이 출입증을 끝냈거나 기간이 지났습니다. 가게에 문의해 주세요.",
        en="The shop has ended your pass, or its last day is over. Please ask the shop.",
    )


def not_valid() -> PassRefused:
    return PassRefused(
        ko="사용했거나 기한이 지난 등록 링크입니다. 가게에 새 링크를 요청해 주세요.",
        en="This link was used, or is too old. Please ask the shop for a new one.",
    )
