"""How right the alarms are: what the owner said of them, and the thresholds that follow from it.

Comes in: the vault with the verdicts, the settings as the owner wrote them. Goes out: the settings in force, which the running
cameras ask for at each picture, and one line a rule for the panel.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from agent.incidents.feedback import RECENT, Threshold, factor, thresholds, tuned
from agent.settings import IncidentSettings
from agent.values import Verdict
from agent.vault import Vault


@dataclass(frozen=True, slots=True)
class RuleAccuracy:
    """One rule's alarms: how many, how many of them were judged lately, how many of those were real.

    thresholds: its numbers that verdicts move. factor: by which they want to be moved (1: as set); counting: how many verdicts
    are behind it. reset_utc: when the owner last set it back.
    """

    rule: str
    alarms: int
    judged: int
    real: int
    thresholds: tuple[Threshold, ...] = ()
    factor: float = 1.0
    counting: int = 0
    reset_utc: float | None = None

    @property
    def moved(self) -> bool:
        return any(threshold.moved for threshold in self.thresholds)


class Accuracy:
    """Holding one means: you know the settings in force, and may say what an alarm was. Safe to use from any thread."""

    def __init__(self, vault: Vault, settings: IncidentSettings) -> None:
        """settings: as the owner wrote them; they are in force until `refresh`."""
        self._vault = vault
        self._set = settings
        self._now = settings
        self._lock = threading.Lock()

    @property
    def settings(self) -> IncidentSettings:
        """The settings in force. Asked for at each picture: it is one value, replaced as a whole."""
        return self._now

    def refresh(self) -> None:
        """Take up what has been said. Raises StoreError when the index cannot be read."""
        with self._lock:  # or what was read earlier might be put in place later
            self._now = tuned(self._set, {row.rule: row.counting for row in self._vault.rules(RECENT)})

    def judge(self, incident_id: str, verdict: Verdict | None, by: str) -> None:
        """Keep what `by` says of an incident, and let it count at once. Raises StoreError."""
        self._vault.judge(incident_id, verdict, by)
        self.refresh()

    def reset(self, rule: str, by: str) -> None:
        """Put a rule's thresholds back; what was said until now stays written, but moves nothing. Raises StoreError."""
        self._vault.reset_rule(rule, by)
        self.refresh()

    def rules(self) -> tuple[RuleAccuracy, ...]:
        """Every rule that has raised an alarm, the one with the most alarms first."""
        numbers = thresholds(self._set, self._now)
        found = [
            RuleAccuracy(
                rule=row.rule,
                alarms=row.alarms,
                judged=len(row.judged),
                real=row.judged.count(Verdict.REAL),
                thresholds=tuple(number for number in numbers if number.rule == row.rule),
                factor=factor(row.counting),
                counting=len(row.counting),
                reset_utc=row.reset_utc,
            )
            for row in self._vault.rules(RECENT)
        ]
        return tuple(sorted(found, key=lambda rule: (-rule.alarms, rule.rule)))
