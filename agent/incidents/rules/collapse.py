"""Somebody lies on the floor and hardly moves."""

from __future__ import annotations

from collections.abc import Iterator

from agent.incidents.scene import Scene, Sign
from agent.settings import IncidentSettings
from agent.values import Severity, Text


def collapse(scene: Scene, settings: IncidentSettings) -> Iterator[Sign]:
    """One sign for each person who has lain long enough; see `agent.incidents.posture` for what lying is."""
    if not settings.collapse.enabled:
        return
    for visit in scene.visits:
        since_s = visit.lying_since_s
        if since_s is not None and scene.stamp.source_s - since_s >= settings.collapse.seconds:
            yield Sign(
                rule="collapse",
                key=str(visit.track),
                reason=Text(
                    ko="한 사람이 바닥에 쓰러져 움직이지 않습니다. 바로 확인해 주세요.",
                    en="Somebody lies on the floor and does not move. Check at once.",
                ),
                severity=Severity.NOW,
                tracks=(visit.track,),
                since_s=since_s,
                parts=1,
            )
