"""Somebody stays long in one zone, or in view at all where no such zone is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from agent.incidents.people import came_walking, counts
from agent.incidents.scene import Scene, Sign
from agent.incidents.zones import standing_in, stayed, zones_of
from agent.settings import IncidentSettings, Zone
from agent.values import Box, Severity, Text, Track

_OWN_PLACES = ("till", "staff")  # where staff work and customers wait: staying there is no loitering


def loitering(scene: Scene, settings: IncidentSettings) -> Iterator[Sign]:
    """One sign for each person and zone. The stay is read off the path, so a short gap in it does not reset it.

    Only the beginning of a stay is kept (parts=1): somebody who sits there all day is one incident.
    """
    rule, now_s = settings.loitering, scene.stamp.source_s
    if not rule.enabled:
        return
    places = _places(scene.zones, rule.zones)
    for track in scene.tracks:
        if now_s - track.first_s < rule.seconds or not counts(track, now_s, settings.people):
            continue
        stays = [zone for zone, within in places if stayed(track.path, within, now_s, rule.seconds, rule.gap_s)]
        if stays and came_walking(track, settings.people):
            yield from (_sign(track, zone, rule.seconds) for zone in stays)


def _places(zones: tuple[Zone, ...], kinds: tuple[str, ...]) -> list[tuple[str | None, Callable[[Box], bool]]]:
    """Where staying counts, by zone name; None stands for the whole view without the places of staff."""
    drawn = zones_of(zones, kinds)
    if drawn:
        return [(zone.name, standing_in((zone,))) for zone in drawn]
    own = standing_in(zones_of(zones, _OWN_PLACES))
    return [(None, lambda box: not own(box))]


def _sign(track: Track, zone: str | None, seconds: float) -> Sign:
    if zone is None:
        reason = Text(
            ko=f"한 사람이 {seconds:g}초 넘게 머물고 있습니다.", en=f"Somebody has stayed for more than {seconds:g} seconds."
        )
    else:
        reason = Text(
            ko=f"'{zone}' 구역에 한 사람이 {seconds:g}초 넘게 머물고 있습니다.",
            en=f"Somebody has stayed in the zone '{zone}' for more than {seconds:g} seconds.",
        )
    return Sign(
        rule="loitering",
        key=f"{track.id} {zone or ''}".strip(),
        reason=reason,
        severity=Severity.NOTE,
        tracks=(track.id,),
        zone=zone,
        parts=1,
    )
