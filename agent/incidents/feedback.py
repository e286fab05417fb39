"""What the owner's word about alarms does to the thresholds: false ones make a rule wait for more, real ones for less. Pure.

Comes in: the settings, and for each rule the verdicts on its newest judged incidents. Goes out: settings with moved thresholds.

Which numbers move is said in agent.settings: a field whose metadata has "tuned". All of them are chosen so that larger is
stricter, which means fewer alarms (seconds that something lasts, how many people, a score). A rule's factor comes from the
balance of false and real among its last RECENT judged incidents, a newer one weighing more:

    balance = (false - real) / (false + real + PATIENCE), which lies between -1 and 1
    factor  = MOST ** balance where false ones prevail, LEAST ** -balance where real ones do

so it is 1 without verdicts, grows with each false alarm and shrinks with each real one, and a handful of verdicts moves little.
A threshold never moves further than by the factors MOST and LEAST from what the owner has set, nor out of the range that the
setting has. So no rule is switched off by it: that is the owner's own decision (`enabled`), and a shop whose alarms are all
called false still hears of whatever goes on for twice as long.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from agent.settings import IncidentSettings
from agent.values import Verdict

RECENT = 50  # judged incidents of a rule that count
FADE = 0.95  # an incident weighs so much of the next newer one
PATIENCE = 4.0  # so much weight of verdicts moves a threshold half of the way
MOST = 2.0  # the furthest that false alarms raise a threshold
LEAST = 0.8  # the furthest that real ones lower it, so that what lay just below is seen, too


@dataclass(frozen=True, slots=True)
class Threshold:
    """One number of a rule's settings that verdicts move: what the owner has set, and what is in force."""

    rule: str
    name: str
    set_to: float
    now: float

    @property
    def moved(self) -> bool:
        return self.now != self.set_to


def factor(verdicts: Sequence[Verdict]) -> float:
    """How a rule's thresholds are multiplied, LEAST to MOST. verdicts: newest first; those beyond RECENT are left out."""
    weights = {Verdict.REAL: 0.0, Verdict.FALSE: 0.0}
    for age, verdict in enumerate(verdicts[:RECENT]):
        weights[verdict] += FADE**age
    real, false = weights[Verdict.REAL], weights[Verdict.FALSE]
    balance = (false - real) / (false + real + PATIENCE)
    return float(MOST**balance if balance >= 0 else LEAST**-balance)


def tuned(settings: IncidentSettings, verdicts: Mapping[str, Sequence[Verdict]]) -> IncidentSettings:
    """`settings` with each judged rule's thresholds moved. verdicts: by rule, newest first; unknown rules change nothing."""
    changes: dict[str, Any] = {}
    for rule, part in _parts(settings):
        by = factor(verdicts.get(rule, ()))
        moved = {
            field.name: _moved(getattr(part, field.name), by, field.metadata["low"], field.metadata["high"])
            for field in fields(part)
            if field.metadata.get("tuned")
        }
        if moved:
            changes[rule] = replace(part, **moved)
    return replace(settings, **changes)


def thresholds(settings: IncidentSettings, now: IncidentSettings) -> tuple[Threshold, ...]:
    """Every number that verdicts may move, as set and as in force."""
    return tuple(
        Threshold(rule, field.name, getattr(part, field.name), getattr(getattr(now, rule), field.name))
        for rule, part in _parts(settings)
        for field in fields(part)
        if field.metadata.get("tuned")
    )


def _parts(settings: IncidentSettings) -> Iterator[tuple[str, Any]]:
    """The settings of each rule, by the rule's name (which is also the field's)."""
    for field in fields(settings):
        part = getattr(settings, field.name)
        if is_dataclass(part):
            yield field.name, part


def _moved(value: float, by: float, low: float, high: float) -> float:
    """A threshold times `by`, inside its range.

    Of a score or share the room above it shrinks by the same factor at most: 0.9 times 2 would never be reached, 0.95 is.
    """
    if by == 1.0:
        return value
    moved = value * by
    if high <= 1.0:
        room = 1.0 - (1.0 - value) / by
        moved = min(moved, room) if by >= 1.0 else max(moved, room)
    return _round(min(max(moved, low), high), by, whole=isinstance(value, int))


def _round(moved: float, by: float, *, whole: bool) -> float:
    """To a number that reads well in a sentence (46 seconds, not 45.83), towards what the owner has set."""
    if moved <= 0.0:
        return moved
    digits = 0 if whole or moved >= 10.0 else 1 if moved >= 1.0 else 2 - math.floor(math.log10(moved))
    towards = math.floor if by > 1.0 else math.ceil
    rounded = towards(round(moved * 10**digits, 6)) / 10**digits
    return int(rounded) if whole else rounded
