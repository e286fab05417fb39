"""Scores per item of KISA's test over many recordings. Pure.

Comes in: plain results of recordings, and what was due in each. Goes out: the plain part of a report that `kisa` and
`kisa demo` share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent.evaluation.kisa import PASS, Due, Item, Tally, judge
from agent.evaluation.resume import Plain


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one recording. dues: by item key; about: the item that it was made for, None: whatever is due in it."""

    dues: Mapping[str, Sequence[Due]]
    about: str | None = None

    @property
    def quiet(self) -> bool:
        """Whether nothing at all is due in it."""
        return self.about is None and not any(self.dues.values())

    def concerns(self, item: Item) -> bool:
        """Whether it counts for `item`: it shows it, or was made for it, or shows nothing at all.

        The test runs one item at a time, so an alarm of another item in a recording that is about something else is told
        (`elsewhere`) and does not count: somebody who is about to damage a shelf may well loiter before.
        """
        if self.about is not None:
            return self.about == item.key or bool(self.dues.get(item.key))
        return bool(self.dues.get(item.key)) or not any(self.dues.values())


def scores(results: Mapping[str, Plain], known: Mapping[str, Known], items: Sequence[Item]) -> Plain:
    """results: by recording, with their alarms; known: those whose truth is known, the others have no outcome."""
    judged = {name: one for name, one in known.items() if name in results}
    outcomes = {
        name: {
            item.key: judge(_raised(results[name], item), one.dues.get(item.key, ())) for item in items if one.concerns(item)
        }
        for name, one in judged.items()
    }
    table = {}
    for item in items:
        tallies = [outcome[item.key] for outcome in outcomes.values() if item.key in outcome]
        elsewhere = sum(bool(_raised(results[name], item)) for name, one in judged.items() if not one.concerns(item))
        quiet = [bool(_raised(results[name], item)) for name, one in judged.items() if one.quiet]
        if tallies:
            counts = {"recordings": len(tallies), "elsewhere": elsewhere, "quiet": len(quiet), "false_in_quiet": sum(quiet)}
            table[item.key] = _plain(sum(tallies, Tally())) | counts
    return {
        "pass_at": PASS,
        "items": table,
        "recordings": [
            {
                "file": name,
                "due": {key: [due.start_s for due in dues] for key, dues in judged[name].dues.items()}
                if name in judged
                else None,
                "outcome": {key: _outcome(tally) for key, tally in outcomes[name].items()} if name in judged else None,
                **result,
            }
            for name, result in results.items()
        ],
    }


def _raised(result: Plain, item: Item) -> list[float]:
    return [alarm["raised_s"] for alarm in result["alarms"] if alarm["rule"] in item.rules]


def _plain(tally: Tally) -> Plain:
    return {
        "found": tally.found,
        "missed": tally.missed,
        "false": tally.false,
        "recall": round(tally.recall, 4),
        "precision": round(tally.precision, 4),
        "score": round(tally.score, 2),
        "passed": tally.passed,
    }


def _outcome(tally: Tally) -> str:
    """found, missed, false (in a recording where nothing was due) or quiet (rightly); several dues give counts."""
    if tally.found + tally.missed > 1:
        return f"{tally.found} found, {tally.missed} missed, {tally.false} false"
    if tally.found:
        return "found"
    if tally.missed:
        return "at another time" if tally.false else "missed"
    return "false" if tally.false else "quiet"
