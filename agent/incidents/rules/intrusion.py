"""Somebody is in view while the shop is closed."""

from __future__ import annotations

from collections.abc import Iterator

from agent.incidents.people import people
from agent.incidents.scene import Scene, Sign
from agent.settings import IncidentSettings
from agent.values import Severity, Text


def intrusion(scene: Scene, settings: IncidentSettings) -> Iterator[Sign]:
    """One sign for the whole camera: whoever is inside now and was not let in is its subject.

    Who came in during opening hours is told by the rule "after_closing", so that nobody is told of twice.
    """
    if not settings.intrusion.enabled or scene.open_now:
        return
    stayed = {v.seen_as for v in scene.visits if v.entered_open} if settings.after_closing.enabled else set()
    found = [track for track in people(scene, settings.people) if track.id not in stayed]
    if found:
        yield Sign(
            rule="intrusion",
            key="shop",
            reason=Text(ko="영업시간이 아닌데 가게 안에 사람이 있습니다.", en="Somebody is in the shop outside opening hours."),
            severity=Severity.NOW,
            tracks=tuple(track.id for track in found),
            hold_s=settings.intrusion.hold_s,
        )
