"""Somebody came in on the code of the person in front."""

from __future__ import annotations

from collections.abc import Iterator

from agent.entry.records import Crossing, CrossingKind
from agent.incidents.scene import Scene, Sign
from agent.settings import IncidentSettings
from agent.values import Severity, Text

BEFORE_S = 4.0  # the clip shows how both came to the door


def tailgating(scene: Scene, settings: IncidentSettings) -> Iterator[Sign]:
    """One sign for each who followed. The reason does not name the pass of the one in front: reasons stay on the ledger for
    good, and whose an entry was must not. The entry log tells it, as long as it is kept.
    """
    if not settings.tailgating.enabled:
        return
    for crossing in scene.crossings:
        if crossing.kind is CrossingKind.TAILGATING:
            yield came_in(crossing, "tailgating", _REASON)


def came_in(crossing: Crossing, rule: str, reason: Text) -> Sign:
    """The sign of somebody who came in; each is a matter of its own."""
    return Sign(
        rule=rule,
        key=f"{crossing.track}-{crossing.source_s:.3f}",
        reason=reason,
        severity=Severity.SOON,
        tracks=(crossing.track,) if crossing.track else (),
        since_s=max(0.0, crossing.source_s - BEFORE_S),
        parts=1,
        apart=True,
    )


_REASON = Text(
    ko="코드를 보인 사람 바로 뒤를 따라, 한 사람이 코드 없이 들어왔습니다.",
    en="Somebody came in right behind a person who had shown a code, without one of their own.",
)
