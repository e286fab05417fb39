"""A fixture or a shelf looks different for good since somebody was at it."""

from __future__ import annotations

from collections.abc import Iterator

from agent.incidents.rules.forced_till import opened_till, was_at_till
from agent.incidents.scene import Scene, Sign
from agent.settings import IncidentSettings
from agent.values import Alteration, AlterationKind, Severity, Text


def damage(scene: Scene, settings: IncidentSettings) -> Iterator[Sign]:
    """One sign for each place, for a moment after it has stayed different long enough. With nobody there it is the light."""
    rule = settings.damage
    if not rule.enabled:
        return
    for alteration in scene.alterations:
        if alteration.kind is not AlterationKind.FIXTURE or alteration.undone_s is not None or not alteration.tracks:
            continue
        if (
            alteration.area >= rule.area
            and scene.just(alteration.at_s + rule.hold_s)
            and not _forced(scene, alteration, settings)
        ):
            yield Sign(
                rule="damage",
                key=f"thing {alteration.id}",
                reason=_reason(alteration.zone),
                severity=Severity.NOW,
                tracks=alteration.tracks,
                zone=alteration.zone,
                since_s=alteration.since_s,
            )


def _forced(scene: Scene, alteration: Alteration, settings: IncidentSettings) -> bool:
    """Whether the rule for tills tells it already."""
    if not settings.forced_till.enabled or opened_till(scene, alteration) is None:
        return False
    return any(was_at_till(visit) for visit in scene.visits if visit.track in alteration.tracks)


def _reason(zone: str | None) -> Text:
    if zone is None:
        return Text(
            ko="누가 다녀간 뒤 가게 모습이 달라진 채로 있습니다. 쓰러지거나 부서진 것이 없는지 확인해 주세요.",
            en="Part of the shop looks different since somebody was there. Check whether something fell or broke.",
        )
    return Text(
        ko=f"누가 다녀간 뒤 '{zone}' 자리가 달라진 채로 있습니다. 쓰러지거나 부서지지 않았는지 확인해 주세요.",
        en=f"'{zone}' looks different since somebody was there. Check whether it fell, broke or was moved.",
    )
