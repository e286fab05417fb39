"""The register of personal video: what was handed over or shown, to whom, why, on what legal ground (관리대장).

Comes in: rows of the index, lines of the ledger. Goes out: `Line`s with the columns of Form 3 of the standard guideline on
personal information protection (고시 2025-4, 별지 제3호서식), and one `Destroyed` for each day and reason of erasing. Pure.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from agent.evidence.legal import LegalBasis, Use, basis_of
from agent.values import Text
from agent.vault import Registered, RegisterRow
from agent.vault.bodies import Kind, text_of
from agent.vault.ledger import BadLine, parse

_ERASURES = (Kind.ERASED.mark, Kind.SEALED_ERASED.mark)


class Sort(enum.StrEnum):
    """구분: what was done with the pictures."""

    USE = "use"  # 이용: the shop itself
    PROVISION = "provision"  # 제공: somebody else got them
    VIEWING = "viewing"  # 열람: people saw themselves


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the register. basis: the ground from the list; its row holds what was written where it is none of these."""

    row: RegisterRow
    sort: Sort
    basis: LegalBasis | None

    @property
    def is_rendering(self) -> bool:
        """A clip was made that shows people; else a bag was made that can be handed over."""
        return self.row.kind is Registered.RENDERED


@dataclass(frozen=True, slots=True)
class Destroyed:
    """파기: recordings, or sealed originals, that were erased on one day for one reason. seq, utc: of the last of them."""

    seq: int
    utc: float
    count: int
    reason: Text
    originals: bool


def destroyed(lines: Iterable[bytes], zone: ZoneInfo) -> tuple[Destroyed, ...]:
    """What was erased, oldest first. lines: of the ledger, as they lie there; days are the shop's."""
    found: dict[tuple[dt.date, str, str], Destroyed] = {}
    for line in lines:
        if not any(mark in line for mark in _ERASURES):
            continue
        try:
            record = parse(line)
            reason = text_of(record.body["reason"])
        except (BadLine, KeyError, TypeError):  # `ansim check` tells of it
            continue
        key = dt.datetime.fromtimestamp(record.utc, zone).date(), record.kind, reason.en
        before = found.get(key)
        count = 1 + (before.count if before is not None else 0)
        found[key] = Destroyed(record.seq, record.utc, count, reason, record.kind == Kind.SEALED_ERASED)
    return tuple(sorted(found.values(), key=lambda each: each.seq))


def lines_of(rows: Iterable[RegisterRow]) -> tuple[Line, ...]:
    """Lines in the order of the rows, without steps of ceremonies: these showed nothing to anybody."""
    return tuple(Line(row, _sort(row), basis_of(row.basis)) for row in rows if row.kind is not Registered.STEP)


def _sort(row: RegisterRow) -> Sort:
    basis = basis_of(row.basis)
    if basis is not None and basis.use is Use.VIEWING:
        return Sort.VIEWING
    if row.kind is Registered.RENDERED or not (row.receiver or row.basis):  # what is handed over has a line of its own
        return Sort.USE
    return Sort.PROVISION
