"""Somebody stands in a zone that is for staff only."""

from __future__ import annotations

from collections.abc import Iterator

from agent.incidents.people import people
from agent.incidents.scene import Scene, Sign
from agent.incidents.zones import stands_in, zones_of
from agent.settings import IncidentSettings
from agent.values import Severity, Text


def staff_only(scene: Scene, settings: IncidentSettings) -> Iterator[Sign]:
    """One sign for each zone of kind "staff" with somebody in it. Who is staff cannot be seen: it is for the owner to judge."""
    if not settings.staff_only.enabled:
        return
    zones = zones_of(scene.zones, ("staff",))
    found = people(scene, settings.people) if zones else ()
    for zone in zones:
        inside = tuple(track.id for track in found if stands_in(track.box, zone))
        if inside:
            yield Sign(
                rule="staff_only",
                key=zone.name,
                reason=Text(
                    ko=f"직원 전용 구역 '{zone.name}'에 사람이 들어왔습니다.",
                    en=f"Somebody entered the staff-only zone '{zone.name}'.",
                ),
                severity=Severity.SOON,
                tracks=inside,
                zone=zone.name,
                hold_s=settings.staff_only.hold_s,
            )
