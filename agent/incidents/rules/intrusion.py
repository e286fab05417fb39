"""Somebody is in view while the shop is closed."""

from __future__ import annotations

from collections.abc import Iterator

from agent.incidents.people import people
from agent.incidents.scene import Scene, Sign
from agent.settings import IncidentSettings
from agent.values import Severity, Text


def intrusion(scene: Scene, settings: IncidentSettings) -> Iterator[Sign]:
    """One sign for the whole camera: whoever is inside now is its subject."""
    if not settings.intrusion.enabled or scene.open_now:
        return
    found = people(scene, settings.people)
    if found:
        yield Sign(
            rule="intrusion",
            key="shop",
            reason=Text(ko="영업시간이 아닌데 가게 안에 사람이 있습니다.", en="Somebody is in the shop outside opening hours."),
            severity=Severity.NOW,
            tracks=tuple(track.id for track in found),
            hold_s=settings.intrusion.hold_s,
        )
