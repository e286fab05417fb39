"""The register of personal video: what was handed over or shown, to whom, why, on what legal ground (관리대장).

Comes in: rows of the index. Goes out: `Line`s with the columns of Form 3 of the standard guideline on personal information
protection (고시 2025-4, 별지 제3호서식). Pure. What retention erases stands on the ledger, not here.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass

from agent.evidence.legal import LegalBasis, Use, basis_of
from agent.vault import Registered, RegisterRow


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
