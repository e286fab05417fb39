"""Violent movement: somebody against things, or two people against each other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from agent.incidents.contact import ARM
from agent.incidents.geometry import away
from agent.incidents.scene import Scene, Sign
from agent.incidents.visit import Visit
from agent.incidents.zones import zones_of
from agent.settings import IncidentSettings, Zone
from agent.values import Severity, Text

_THINGS = ("shelf", "till", "fixture")
_SEEN_S = 1.5
_PAUSES = 1.6  # strong for `seconds` within so many times as long: blows have pauses
_GAP = 0.3  # between two people, in body heights
_DEPTH = 0.3  # feet further apart than that are at different depths of the room

_FIGHT = Text(
    ko="두 사람이 가까이에서 거칠게 움직이고 있습니다. 몸싸움일 수 있습니다.",
    en="Two people close together move violently. It may be a fight.",
)


def violence(scene: Scene, settings: IncidentSettings) -> Iterator[Sign]:
    """One sign for each pair close together, and one for each person who is at a shelf, a till or a fixture and in no pair."""
    rule, now_s = settings.violence, scene.stamp.source_s
    if not rule.enabled:
        return
    from_s = now_s - _PAUSES * rule.seconds
    wild = [
        visit
        for visit in scene.visits
        if visit.left is None
        and now_s - visit.last_s <= _SEEN_S
        and visit.strong_s(rule.strength, from_s, now_s) >= rule.seconds
    ]
    fighting: set[int] = set()
    for one, other in combinations(wild, 2):
        if _close(one, other):
            fighting.update((one.track, other.track))
            pair = (one.track, other.track)
            since_s = min(_since(visit, from_s, rule.strength) for visit in (one, other))
            yield Sign("violence", f"{pair[0]} {pair[1]}", _FIGHT, Severity.NOW, pair, since_s=since_s)
    things = zones_of(scene.zones, _THINGS)
    for visit in wild:
        thing = next((zone for zone in things if _at(visit, zone)), None)
        if thing is not None and visit.track not in fighting:
            yield Sign(
                rule="violence",
                key=str(visit.track),
                reason=Text(
                    ko=f"'{thing.name}' 앞에서 한 사람이 거칠게 움직이고 있습니다.",
                    en=f"Somebody moves violently at '{thing.name}'.",
                ),
                severity=Severity.SOON,
                tracks=(visit.track,),
                zone=thing.name,
                since_s=_since(visit, from_s, rule.strength),
            )


def _since(visit: Visit, from_s: float, strength: float) -> float:
    return next(at_s for at_s, value in visit.movement if at_s >= from_s and value >= strength)


def _close(one: Visit, other: Visit) -> bool:
    height = (one.box.height + other.box.height) / 2
    gap = max(one.box.left, other.box.left) - min(one.box.right, other.box.right)
    return gap <= _GAP * height and abs(one.box.foot.y - other.box.foot.y) <= _DEPTH * height


def _at(visit: Visit, zone: Zone) -> bool:
    return away(visit.box.foot, zone.polygon) <= ARM * visit.box.height
