"""Which tracks are people, as far as the rules are concerned. Pure. (Masking asks nothing of this: it hides every track.)

Comes in: a scene's tracks. Goes out: those to take for somebody.

A track that a person detector confirmed (`by == "person"`) always counts. One that is only a difference from the empty shop may
be goods put down, a fallen box, a shadow or the lamp. It counts while it is person-sized and not furniture: all four edges of
somebody alive stray beyond `still_reach` sooner or later, those of a box on the floor never do. Whoever does stand like a post
for `still_s` is missed by the rules from then on until the next move, and stays masked.
"""

from __future__ import annotations

from agent.incidents.geometry import distance
from agent.incidents.scene import Scene
from agent.settings import PeopleSettings
from agent.values import Box, Track

CONFIRMED = "person"
_STRIDE = 4  # a path has about four points a second; one of them is enough to see whether somebody moves


def people(scene: Scene, settings: PeopleSettings) -> tuple[Track, ...]:
    """The tracks in view now that count as somebody."""
    now_s = scene.stamp.source_s
    return tuple(track for track in scene.tracks if track.seen and counts(track, now_s, settings))


def counts(track: Track, now_s: float, settings: PeopleSettings) -> bool:
    """Whether the track is somebody, seen at the moment or not."""
    if track.by == CONFIRMED:
        return True
    box = track.box.clipped()
    person_sized = box.height >= settings.change_height and box.area <= settings.change_area
    return person_sized and not is_furniture(track, now_s, settings)


def is_furniture(track: Track, now_s: float, settings: PeopleSettings) -> bool:
    """Whether nothing of an unconfirmed track has moved for `still_s`; one that has not been followed so long is not yet."""
    if now_s - track.first_s < settings.still_s or not track.path:
        return False
    for point in track.path[::-_STRIDE]:
        if point.seen and not _at_rest(point.box, track.box, settings.still_reach):
            return False
        if now_s - point.source_s >= settings.still_s:
            return True
    return True


def came_walking(track: Track, settings: PeopleSettings) -> bool:
    """Whether the track was confirmed as a person or has ever moved by `walk`: goods are suddenly there, people come."""
    if track.by == CONFIRMED:
        return True
    here = track.box.foot
    return any(point.seen and distance(point.box.foot, here) >= settings.walk for point in track.path[::_STRIDE])


def _at_rest(was: Box, now: Box, reach: float) -> bool:
    return (
        abs(was.left - now.left) <= reach
        and abs(was.top - now.top) <= reach
        and abs(was.right - now.right) <= reach
        and abs(was.bottom - now.bottom) <= reach
    )
