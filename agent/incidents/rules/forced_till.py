"""Somebody forces a till, a kiosk or another fixture."""

from __future__ import annotations

from collections.abc import Iterator

from agent.incidents.geometry import shared_area
from agent.incidents.scene import Scene, Sign
from agent.incidents.visit import Stay, Visit
from agent.settings import IncidentSettings
from agent.values import Alteration, AlterationKind, Severity, Text

PLACES = ("till", "fixture")
_BREAK_S = 2.0  # somebody who stepped back for so long is still at it
_PAUSES = 1.6  # strong for `seconds` within so many times as long: wrenching has pauses, and packing a bag is mostly pauses


def forced_till(scene: Scene, settings: IncidentSettings) -> Iterator[Sign]:
    """One sign for each person and place: a long stay with strong movement, or a till that looks different after a stay."""
    rule, now_s = settings.forced_till, scene.stamp.source_s
    if not rule.enabled:
        return
    for visit in scene.visits:
        for stay in visit.stays:
            if stay.kind in PLACES and now_s - stay.to_s <= _BREAK_S and stay.lasted_s >= rule.stay_s:
                strong_s = visit.strong_s(rule.strength, max(stay.from_s, now_s - _PAUSES * rule.seconds), now_s)
                if strong_s >= rule.seconds:
                    yield _by_movement(visit, stay)
        for alteration in visit.alterations:
            till = opened_till(scene, alteration)
            if till is not None and was_at_till(visit) and scene.just(alteration.at_s + settings.damage.hold_s):
                yield _by_looks(visit, till, alteration)


def opened_till(scene: Scene, alteration: Alteration) -> str | None:
    """The till that looks different by this alteration, or None."""
    if alteration.kind is not AlterationKind.FIXTURE or alteration.undone_s is not None:
        return None
    for zone in scene.zones:
        if zone.kind == "till":
            box = alteration.box.clipped()
            if zone.name == alteration.zone or shared_area(zone.polygon, box) > 0.3 * box.area:
                return zone.name
    return None


def was_at_till(visit: Visit) -> bool:
    """Whether this person stood at the till, or behind it where staff stand."""
    return any(stay.kind in ("till", "staff") for stay in visit.stays)


def _by_movement(visit: Visit, stay: Stay) -> Sign:
    return Sign(
        rule="forced_till",
        key=f"{visit.track} {stay.zone}",
        reason=Text(
            ko=f"'{stay.zone}' 자리에 오래 머물면서 거칠게 움직이고 있습니다.",
            en=f"Somebody has been at '{stay.zone}' for long, with violent movement.",
        ),
        severity=Severity.NOW,
        tracks=(visit.track,),
        zone=stay.zone,
        since_s=stay.from_s,
    )


def _by_looks(visit: Visit, till: str, alteration: Alteration) -> Sign:
    return Sign(
        rule="forced_till",
        key=f"{visit.track} {till}",
        reason=Text(
            ko=f"누가 다녀간 뒤 '{till}'의 모습이 달라졌습니다. 열리거나 부서졌는지 확인해 주세요.",
            en=f"'{till}' looks different since somebody was there. Check whether it was opened or broken.",
        ),
        severity=Severity.NOW,
        tracks=(visit.track,),
        zone=till,
        since_s=alteration.since_s,
    )
