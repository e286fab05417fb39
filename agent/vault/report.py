"""What a check found.

Comes in: nothing. Goes out: `Problem`, `CheckReport`, the list that they are collected in, and the type of progress callbacks.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from agent.errors import StoreError
from agent.values import Text

Progress = Callable[[int, int], None]  # (done, of how many)


def silent(done: int, of: int) -> None:
    """Nobody watches the progress."""


class ProblemKind(enum.StrEnum):
    """What can be wrong with a data folder."""

    LEDGER_TORN = "ledger_torn"  # an unfinished last line
    LEDGER_BROKEN = "ledger_broken"  # the chain does not hold: something was changed or removed
    LEDGER_CHANGED = "ledger_changed"  # its end is not the one that the index remembers
    LEDGER_REWRITTEN = "ledger_rewritten"  # a signed checkpoint, on it or kept elsewhere, does not fit it any more
    DATABASE_LOST = "database_lost"
    DATABASE_DAMAGED = "database_damaged"
    INDEX_BEHIND = "index_behind"
    ERASE_UNFINISHED = "erase_unfinished"
    RENAME_UNFINISHED = "rename_unfinished"
    NOT_ENTERED = "not_entered"  # a finished video that is not on the ledger
    PARTIAL = "partial"  # a video that was being written, playable up to its end
    BROKEN_PARTIAL = "broken_partial"  # one that was not far enough to show anything
    FILE_MISSING = "file_missing"
    FILE_CHANGED = "file_changed"
    UNKNOWN_FILE = "unknown_file"
    INCIDENT_UNFINISHED = "incident_unfinished"
    ENTRY_KEY_LOST = "entry_key_lost"  # nobody can tell whose a day's entries were, before their time was over
    ENTRY_CHANGED = "entry_changed"  # an entry's signature does not fit
    PASSES_COPY = "passes_copy"  # the copy of the passes is missing or damaged
    DEVICE_KEY_LOST = "device_key_lost"
    RECIPIENT_UNKNOWN = "recipient_unknown"  # originals are sealed to a key that no ceremony put on the list


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that was wrong. where: a path below the data folder, "ledger #seq" or an incident's id. repaired: it is no
    more.

    known: an earlier check has reported it already (a file that stays missing).
    """

    kind: ProblemKind
    where: str
    text: Text
    repaired: bool = False
    known: bool = False


@dataclass(frozen=True, slots=True)
class CheckReport:
    """problems in the order in which they were met; records, files, bytes: how much was looked at; deep: hashed too."""

    problems: tuple[Problem, ...] = ()
    records: int = 0
    files: int = 0
    bytes: int = 0
    deep: bool = False

    @property
    def unrepaired(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if not problem.repaired)

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong now."""
        return not self.unrepaired

    def summary(self) -> tuple[tuple[ProblemKind, int, Problem], ...]:
        """Per kind of new problem: how many, and the first one."""
        fresh = [problem for problem in self.problems if not problem.known]
        counts = Counter(problem.kind for problem in fresh)
        return tuple((kind, count, next(p for p in fresh if p.kind is kind)) for kind, count in counts.items())


class Problems:
    """What was found so far; repairs on the spot when it may."""

    def __init__(self, *, repairing: bool) -> None:
        self.all: list[Problem] = []
        self._repairing = repairing

    def found(
        self, kind: ProblemKind, where: str, text: Text, repair: Callable[[], None] | None = None, *, known: bool = False
    ) -> None:
        repaired = False
        if self._repairing and repair is not None:
            try:
                repair()
                repaired = True
            except StoreError as failure:  # a full disk: the next check does it
                text = failure.text
        self.all.append(Problem(kind, where, text, repaired, known))

    def has(self, *kinds: ProblemKind) -> bool:
        return any(problem.kind in kinds for problem in self.all)
