"""A list of passes as a table program saves it (CSV): what each line asks for, and what is wrong with it. Pure.

Comes in: the text of the list and the shop's time zone. Goes out: a `ListReport`. The header names the columns, in Korean or
English and in any order (docs/entry.md): kind, name, phone, from, until, pin; none has to be there but the header itself.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from agent.entry.holder import LONGEST_NAME, LONGEST_PHONE, Holder
from agent.entry.pin import is_pin
from agent.entry.records import Pass, PassKind
from agent.errors import AnsimError
from agent.values import Text

MOST_LINES = 5000
MOST_PINS = 100  # hashing a PIN is slow on purpose (agent.entry.pin), and a browser waits for all of them
LONGEST_LINE = 1000
EARLIEST, LATEST = date(1970, 1, 1), date(2100, 1, 1)

COLUMNS = {
    "kind": "kind", "종류": "kind", "name": "name", "이름": "name", "성명": "name", "phone": "phone", "전화": "phone",
    "전화번호": "phone", "휴대전화": "phone", "from": "from", "시작": "from", "시작일": "from", "until": "until", "끝": "until",
    "종료": "until", "종료일": "until", "마지막 날": "until", "pin": "pin", "비밀번호": "pin",
}  # fmt: skip
KINDS = {
    "": PassKind.PHONE, "phone": PassKind.PHONE, "휴대전화": PassKind.PHONE, "휴대폰": PassKind.PHONE, "card": PassKind.CARD,
    "카드": PassKind.CARD, "staff": PassKind.STAFF, "직원": PassKind.STAFF, "visitor": PassKind.VISITOR,
    "방문": PassKind.VISITOR, "방문자": PassKind.VISITOR,
}  # fmt: skip
_PHONE = re.compile(rf"[0-9+() -]{{0,{LONGEST_PHONE}}}")
_NO_ZERO = re.compile(r"10[0-9]{8}")  # 010-1234-5678 as table programs keep it: as a number


class PassRefused(AnsimError):
    """A pass cannot be issued, changed or enrolled like this; the sentence says what to change."""


@dataclass(frozen=True, slots=True)
class ListedPass:
    """A good line of a list that is imported. line: its number in the text, from 1. from_utc: None: from now on.

    zero_added: its mobile number had lost the 0 in front, as table programs do, and has it again.
    """

    line: int
    kind: PassKind
    from_utc: float | None
    until_utc: float | None
    holder: Holder
    pin: str | None = field(default=None, repr=False)
    zero_added: bool = False


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that cannot be taken, and why."""

    line: int
    text: Text


@dataclass(frozen=True, slots=True)
class KnownLine:
    """A line of somebody who is there already: in an earlier line of the list, or else as the holder of a valid pass."""

    listed: ListedPass
    line: int | None = None
    held: Pass | None = None


@dataclass(frozen=True, slots=True)
class ListReport:
    """What a list says. good: what can be issued; bad: what cannot; issued: passes that were made (only if asked for).

    known: could be issued, too, but these people would have two passes then.
    """

    good: tuple[ListedPass, ...] = ()
    bad: tuple[BadLine, ...] = ()
    issued: tuple[Pass, ...] = ()
    known: tuple[KnownLine, ...] = ()

    def lines(self, *, known: bool) -> tuple[ListedPass, ...]:
        """What is to be issued, in the order of the list; known: also the lines of people who are there already."""
        also = tuple(each.listed for each in self.known) if known else ()
        return tuple(sorted(self.good + also, key=lambda each: each.line))


def read_list(text: str, timezone: str) -> ListReport:
    """What a list says. Raises PassRefused when it is no list (no known header, a column twice), or too many lines or PINs."""
    lines = text.removeprefix("\ufeff").splitlines()
    if len(lines) > MOST_LINES + 1:
        raise PassRefused(
            ko=f"한 번에 {MOST_LINES:,}줄까지 가져올 수 있습니다. 목록을 나누어 주세요.",
            en=f"At most {MOST_LINES:,} lines can be imported at once. Please split the list.",
        )
    comma = _separator(lines[0] if lines else "")
    columns = _columns(_cells(lines[0] if lines else "", comma) or [])
    good: list[ListedPass] = []
    bad: list[BadLine] = []
    for number, line in enumerate(lines[1:], 2):
        if not line.strip(f" \t{comma}"):
            continue
        try:
            good.append(_listed(number, _named(columns, _cells(line, comma)), ZoneInfo(timezone)))
        except PassRefused as wrong:
            bad.append(BadLine(number, wrong.text))
    if sum(each.pin is not None for each in good) > MOST_PINS:
        raise PassRefused(
            ko=f"PIN이 있는 줄은 한 번에 {MOST_PINS}개까지 발급할 수 있습니다. PIN을 안전하게 저장하는 데 시간이 걸립니다. "
            "목록을 나누어 주세요. PIN이 없는 줄은 세지 않습니다.",
            en=f"At most {MOST_PINS} lines with a PIN can be issued at once: keeping a PIN safely takes a moment. "
            "Please split the list; lines without a PIN do not count.",
        )
    return ListReport(tuple(good), tuple(bad))


def person_of(holder: Holder) -> tuple[str, str] | None:
    """What two lines of one person have in common, however name and number are written; None: nobody is named."""
    name = "".join(unicodedata.normalize("NFKC", holder.name).split()).casefold()
    digits = re.sub(r"[^0-9]", "", holder.phone)
    phone = re.sub("^82", "0", digits) if holder.phone.strip().startswith("+") else digits
    return (name, phone) if name or phone else None


def check_holder(holder: Holder) -> Holder:
    """`holder` without blanks around its parts. Raises PassRefused when name or phone are not what they should be."""
    name, phone = holder.name.strip(), holder.phone.strip()
    if len(name) > LONGEST_NAME or (name and not name.isprintable()):
        raise PassRefused(
            ko=f"이름은 {LONGEST_NAME}자까지 입력해 주세요.", en=f"Please enter a name of at most {LONGEST_NAME} characters."
        )
    if _PHONE.fullmatch(phone) is None:
        raise PassRefused(
            ko="전화번호는 숫자와 '-'로 입력해 주세요. 예: 010-1234-5678",
            en="Please enter the phone number with digits and '-', like 010-1234-5678.",
        )
    return Holder(name, phone)


def check_pin(pin: str) -> str:
    """`pin`, if it may be one. Raises PassRefused."""
    if not is_pin(pin):
        raise PassRefused(
            ko="PIN은 숫자 4~8자리로 정해 주세요. 1234나 1111 같은 번호는 쓸 수 없습니다.",
            en="Choose a PIN of 4 to 8 digits, but not one like 1234 or 1111.",
        )
    return pin


def _separator(header: str) -> str:
    """Table programs of some countries write semicolons or tabs."""
    return max(",;\t", key=header.count)


def _cells(line: str, comma: str) -> list[str] | None:
    """The cells of one line; None when it is too long or its quotes do not end."""
    if len(line) > LONGEST_LINE:
        return None
    try:
        return [cell.strip() for cell in next(csv.reader(io.StringIO(line), delimiter=comma, strict=True), [])]
    except csv.Error:
        return None


def _columns(header: list[str]) -> list[str | None]:
    known = [COLUMNS.get(cell.casefold()) for cell in header]
    named = [name for name in known if name is not None]
    if not named:
        raise PassRefused(
            ko="첫 줄에 '종류, 이름, 전화번호, 시작일, 종료일, PIN' 가운데 있는 칸의 이름을 적어 주세요.",
            en="The first line has to name its columns: some of kind, name, phone, from, until, pin.",
        )
    if len(set(named)) < len(named):
        raise PassRefused(ko="첫 줄에 같은 칸이 두 번 있습니다.", en="The first line names a column twice.")
    return known


def _named(columns: list[str | None], cells: list[str] | None) -> Mapping[str, str]:
    if cells is None or len(cells) > len(columns):
        raise PassRefused(
            ko="칸의 수가 첫 줄과 다릅니다. 쉼표가 든 값은 따옴표로 묶어 주세요.",
            en="There are more cells than columns. Put values with commas into quotes.",
        )
    return {name: cell for name, cell in zip(columns, cells, strict=False) if name is not None}


def _listed(line: int, cells: Mapping[str, str], zone: ZoneInfo) -> ListedPass:
    kind = KINDS.get(cells.get("kind", "").casefold())
    if kind is None:
        raise PassRefused(
            ko="종류는 휴대전화, 카드, 직원, 방문 가운데 하나로 적어 주세요.",
            en="The kind has to be phone, card, staff or visitor.",
        )
    begins, ends = _day(cells.get("from", ""), zone, 0), _day(cells.get("until", ""), zone, 1)
    if begins is not None and ends is not None and ends <= begins:
        raise PassRefused(ko="종료일이 시작일보다 빠릅니다.", en="The last day is before the first.")
    pin, phone = cells.get("pin", ""), cells.get("phone", "")
    zero_added = _NO_ZERO.fullmatch(phone) is not None
    holder = check_holder(Holder(cells.get("name", ""), f"0{phone}" if zero_added else phone))
    return ListedPass(line, kind, begins, ends, holder, check_pin(pin) if pin else None, zero_added)


def _day(cell: str, zone: ZoneInfo, later: int) -> float | None:
    """The beginning of a day like 2026-11-22 (also 2026.11.22, 2026/11/22), `later` days later, as Unix time; None: no cell."""
    if not cell:
        return None
    plain = re.sub(r"[./]\s*", "-", cell.rstrip(".")).replace(" ", "")
    try:
        day = datetime.strptime(plain, "%Y-%m-%d").date()  # noqa: DTZ007  # the zone comes below
        if EARLIEST <= day <= LATEST:
            return datetime.combine(day + timedelta(days=later), time(), zone).timestamp()
    except (ValueError, OverflowError) as wrong:
        raise PassRefused(ko="날짜는 2026-11-22처럼 적어 주세요.", en="Write dates like 2026-11-22.") from wrong
    raise PassRefused(
        ko=f"날짜는 {EARLIEST}부터 {LATEST}까지 적을 수 있습니다. 끝나는 날이 없으면 칸을 비워 두세요.",
        en=f"Dates from {EARLIEST} to {LATEST} can be taken. For a pass without an end, leave the cell empty.",
    )
