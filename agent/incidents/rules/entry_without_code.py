"""Somebody came in and nobody had shown a code."""

from __future__ import annotations

from collections.abc import Iterator

from agent.entry.records import CrossingKind
from agent.incidents.rules.tailgating import came_in
from agent.incidents.scene import Scene, Sign
from agent.settings import IncidentSettings
from agent.values import Text


def entry_without_code(scene: Scene, settings: IncidentSettings) -> Iterator[Sign]:
    """One sign for each of them."""
    if not settings.entry_without_code.enabled:
        return
    for crossing in scene.crossings:
        if crossing.kind is CrossingKind.NO_CODE:
            yield came_in(crossing, "entry_without_code", _REASON)


_REASON = Text(
    ko="코드를 보이지 않고 한 사람이 들어왔습니다.",
    en="Somebody came in without showing a code.",
)
