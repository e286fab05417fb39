"""Many people are in view at once."""

from __future__ import annotations

from collections.abc import Iterator

from agent.incidents.people import people
from agent.incidents.scene import Scene, Sign
from agent.settings import IncidentSettings
from agent.values import Severity, Text


def too_many(scene: Scene, settings: IncidentSettings) -> Iterator[Sign]:
    """One sign for the whole camera. Nobody in particular is its subject, so the clip masks everybody as a bystander."""
    rule = settings.too_many
    if rule.enabled and len(people(scene, settings.people)) >= rule.people:
        yield Sign(
            rule="too_many",
            key="shop",
            reason=Text(
                ko=f"한꺼번에 {rule.people}명 이상이 모여 있습니다.", en=f"{rule.people} or more people are in view at once."
            ),
            severity=Severity.NOTE,
            hold_s=rule.hold_s,
            parts=1,
        )
