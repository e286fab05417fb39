"""Rules that cannot work in an evaluation because what they go by is not there: that they raised nothing says nothing then.

Comes in: the eyes, and the zones of each recording. Goes out: for the report, the sentences that the health page would show
(`agent.incidents.needs`), each with the number of recordings that it holds for.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Collection, Iterable

from agent.evaluation.replay import Eyes
from agent.evaluation.resume import Plain
from agent.evaluation.zone_file import View
from agent.incidents.needs import unmet
from agent.settings import IncidentSettings


def resting(eyes: Eyes, views: Iterable[View], rules: Collection[str] | None = None) -> list[Plain]:
    """views: of each recording; rules: those that are measured, None: all that are on. In the order of the recordings."""
    settings = eyes.settings.incidents if rules is None else _only(eyes.settings.incidents, rules)
    counts = Counter(text for view in views for text in unmet(settings, view.zones, keypoints=eyes.engine.gives_points))
    return [{"ko": text.ko, "en": text.en, "recordings": count} for text, count in counts.items()]


def _only(settings: IncidentSettings, rules: Collection[str]) -> IncidentSettings:
    """The settings with every other rule switched off: nobody is to hear of a rule that is not measured."""
    others = {
        field.name: dataclasses.replace(rule, enabled=False)
        for field in dataclasses.fields(settings)
        if hasattr(rule := getattr(settings, field.name), "enabled") and field.name not in rules
    }
    return dataclasses.replace(settings, **others)
