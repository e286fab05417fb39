"""KISA's way of scoring alarms: which rules stand for which test item, what counts as found, and the score. Pure.

Comes in: when alarms were raised in a recording and when they were due. Goes out: `Tally`s and the score of 0 to 100.

Source of the scale: requirements-kr.md of the project (window and formula as public scorers of the test read them). The names
in `AlarmDescription` are those that public readers of KISA's own truth files use; those of the unmanned-shop items are not
public, so "Damage" and "Theft" are ours. Spellings differ between public readers, so names are read without regard to case.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent.errors import ConfigError

BEFORE_S = 2.0  # an alarm may come so long before the truth ...
AFTER_S = 10.0  # ... and so long after it
PASS = 90.0


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the test. key: as in --items; name: in AlarmDescription; others: further spellings; rules: of ours."""

    key: str
    name: str
    rules: frozenset[str]
    others: tuple[str, ...] = ()

    def called(self, name: str) -> bool:
        """Whether `name` (AlarmDescription, Scenario) means this item."""
        return name.strip().lower() in {self.key, self.name.lower(), *self.others}


ITEMS: tuple[Item, ...] = (
    Item("loitering", "Loitering", frozenset({"loitering"})),
    Item("intrusion", "Intrusion", frozenset({"intrusion", "staff_only"})),
    Item("left_object", "Abandonment", frozenset({"left_object"}), ("abandoned", "abandon")),
    Item("collapse", "Falldown", frozenset({"collapse"}), ("fall_down", "fall down", "fall")),
    Item("fighting", "Violence", frozenset({"violence"}), ("fight",)),
    Item("arson", "FireDetection", frozenset({"fire"}), ("fire",)),
    Item("damage", "Damage", frozenset({"damage"}), ("vandalism",)),
    Item("theft", "Theft", frozenset({"unpaid"}), ("shoplifting", "steal")),
    Item("swept", "Sweeping", frozenset({"swept"})),
    Item("concealment", "Concealment", frozenset({"concealment"})),
    Item("forced_till", "TillForcing", frozenset({"forced_till"})),
)


@dataclass(frozen=True, slots=True)
class Due:
    """An alarm that the truth asks for: from which second on, and how long the matter lasts."""

    start_s: float
    duration_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Tally:
    """Found, missed and false alarms; they add up."""

    found: int = 0
    missed: int = 0
    false: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.found + other.found, self.missed + other.missed, self.false + other.false)

    @property
    def recall(self) -> float:
        """Share of what was due that was found; 0 where nothing was due."""
        due = self.found + self.missed
        return self.found / due if due else 0.0

    @property
    def precision(self) -> float:
        """Share of the alarms that were due; 0 where there were none."""
        raised = self.found + self.false
        return self.found / raised if raised else 0.0

    @property
    def score(self) -> float:
        """KISA's 100 x 2RP / (R + P)."""
        both = self.recall + self.precision
        return 100.0 * 2.0 * self.recall * self.precision / both if both else 0.0

    @property
    def passed(self) -> bool:
        return self.score >= PASS


def item_of(name: str) -> Item | None:
    """The item that is called so in a truth file or on the command line."""
    return next((item for item in ITEMS if item.called(name)), None)


def chosen(names: Sequence[str]) -> tuple[Item, ...]:
    """The items called so, in the order of ITEMS; all of them for no names. Raises ConfigError for a name that is none."""
    for name in names:
        if item_of(name) is None:
            listed = ", ".join(item.key for item in ITEMS)
            raise ConfigError(
                ko=f"'{name}' 항목은 없습니다. 쓸 수 있는 항목: {listed}",
                en=f"There is no item '{name}'. Known items: {listed}",
            )
    return tuple(item for item in ITEMS if not names or any(item.called(name) for name in names))


def judge(alarms_s: Iterable[float], dues: Iterable[Due]) -> Tally:
    """Score one item in one recording. alarms_s: when its alarms were raised (seconds); dues: when they should have been.

    The first alarm decides: inside [start - 2 s, start + 10 s] it is found, outside it is false and what was due is
    missed. Where nothing is due any alarm makes one false alarm. With several dues each has the time since the one
    before: an alarm while a matter that was found still lasts, or after the last one was found, repeats it and counts
    nothing.
    """
    alarms = sorted(alarms_s)
    expected = sorted(dues, key=lambda due: due.start_s)
    if not expected:
        return Tally(false=1 if alarms else 0)
    tally = Tally()
    left: Sequence[float] = alarms
    for number, due in enumerate(expected):
        last = number == len(expected) - 1
        end_s = due.start_s + AFTER_S
        mine = [at for at in left if last or at <= end_s]
        outcome = _first(mine, due)
        tally += outcome
        over_s = max(end_s, due.start_s + due.duration_s) if outcome.found else end_s
        left = [at for at in left if at > over_s]
    return tally


def _first(alarms: Sequence[float], due: Due) -> Tally:
    if not alarms:
        return Tally(missed=1)
    if due.start_s - BEFORE_S <= alarms[0] <= due.start_s + AFTER_S:
        return Tally(found=1)
    return Tally(missed=1, false=1)
