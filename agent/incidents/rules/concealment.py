"""Somebody's movements look like goods being hidden in clothing or a bag."""

from __future__ import annotations

from collections.abc import Iterator

from agent.incidents.scene import Scene, Sign
from agent.settings import IncidentSettings
from agent.values import Concealment, Severity, Text

_SEEN = Text(
    ko="물건을 옷이나 가방에 숨기는 듯한 동작이 보였습니다.",
    en="The movements look like goods being hidden in clothes or a bag.",
)


def concealment(scene: Scene, settings: IncidentSettings) -> Iterator[Sign]:
    """One sign for each person whose score has just reached the threshold. Below it a score only ranks and explains."""
    if not settings.concealment.enabled:
        return
    first = {visit.seen_as: visit.track for visit in scene.visits}
    for track, seen in scene.concealment.items():
        if looks_hidden(seen, settings) and scene.just(seen.at_s):
            yield Sign(
                rule="concealment",
                key=str(first.get(track, track)),
                reason=seen.text or _SEEN,
                severity=Severity.SOON,
                tracks=(first.get(track, track),),
                since_s=min(seen.since_s, seen.at_s),
                apart=True,
            )


def looks_hidden(seen: Concealment | None, settings: IncidentSettings) -> bool:
    """Whether the score is one to raise an alarm for; never where neither the owner nor the model names a threshold."""
    rule = settings.concealment
    if seen is None or not rule.enabled:
        return False
    asked = rule.score or seen.alarm
    return bool(asked) and seen.score >= 1 - (1 - (asked or 1.0)) / rule.caution
