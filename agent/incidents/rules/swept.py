"""One person emptied much of a shelf at once."""

from __future__ import annotations

from collections.abc import Iterator

from agent.incidents.scene import Scene, Sign
from agent.incidents.visit import Visit
from agent.settings import IncidentSettings
from agent.values import Alteration, AlterationKind, Severity, Text


def swept(scene: Scene, settings: IncidentSettings) -> Iterator[Sign]:
    """One sign for each person and shelf, for a moment after the goods are found to be gone."""
    if not settings.swept.enabled:
        return
    shelves = {zone.name for zone in scene.zones if zone.kind == "shelf"}
    for visit in scene.visits:
        fresh = {a.zone for a in visit.alterations if a.kind is AlterationKind.TAKEN and scene.just(a.at_s)}
        for shelf in sorted(shelves & fresh):
            gone = _gone(visit, shelf, settings.swept.seconds)
            if sum(a.share for a in gone) >= settings.swept.share and scene.just(gone[-1].at_s):
                yield _sign(visit, shelf, gone)


def _gone(visit: Visit, shelf: str, seconds: float) -> list[Alteration]:
    """What this person took from the shelf within `seconds` of the newest, and nobody put back; oldest first."""
    taken = sorted(
        (
            a
            for a in visit.alterations
            if a.kind is AlterationKind.TAKEN and a.zone == shelf and a.undone_s is None and visit.has(a)
        ),
        key=lambda a: (a.at_s, a.id),
    )
    return [a for a in taken if taken[-1].at_s - a.at_s <= seconds]


def _sign(visit: Visit, shelf: str, gone: list[Alteration]) -> Sign:
    percent = min(round(100 * sum(a.share for a in gone)), 100)
    return Sign(
        rule="swept",
        key=f"{visit.track} {shelf}",
        reason=Text(
            ko=f"'{shelf}'의 물건이 한꺼번에 {percent}%쯤 없어졌습니다.",
            en=f"About {percent} % of '{shelf}' was emptied at once.",
        ),
        severity=Severity.NOW,
        tracks=(visit.track,),
        zone=shelf,
        since_s=min(a.since_s for a in gone),
        apart=True,
    )
