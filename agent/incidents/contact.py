"""Whether somebody has a hand on a shelf, stands at a till, or has gone out through a door. Pure.

Comes in: a track and a zone. Goes out: yes or no. Hands are the wrists where the person detector gives them; without them a
person who stands still within arm's reach with the zone behind the arms is taken to be at it. Lengths are body heights.

Whoever walks past a shelf also has it behind the arms, and the wrists over it: so nobody who walks counts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from agent.incidents.geometry import away, inside, shared_area
from agent.settings import Zone
from agent.values import Box, Keypoint, Point, Track

ARMS = ((5, 7, 9, 11), (6, 8, 10, 12))  # shoulder, elbow, wrist and hip of each side, of the COCO points
SURE_POINT = 0.3
WIDE = 16 / 9  # of a usual picture: a level length of some share is so many times longer than an upright one
ARM = 0.5  # feet so near to a zone that the hands may be in it: shelves are drawn where the goods are, above the floor
CLOSE = 0.25  # the same where no hands are known
BEHIND = 0.3  # share of the arms' region with the zone behind it
HAND = 0.2  # around a wrist
REACH_ASIDE, REACH_UP = 0.25, 0.1  # of the outline's width and height, beyond it
WALKING = 0.5  # body heights a second; a person walks about 0.8
MOVING = 0.3  # the same where no hands are known
DOOR = 0.35  # so near to a door somebody may be lost who went through it
EDGE = 0.02  # of the picture
SPEED_S = 0.7


@dataclass(frozen=True, slots=True)
class Bearing:
    """How somebody is at this moment: where, how fast (body heights a second), and where the hands are, if they are known."""

    box: Box
    pace: float
    hands: tuple[Point, ...] | None = None


def bearing(track: Track) -> Bearing:
    """What one track says of it."""
    return Bearing(track.box, pace_of(track.box, way_of(track)), hands(track))


def touches(who: Bearing, zone: Zone) -> bool:
    """Whether a hand is on the zone at this moment."""
    height = who.box.height
    if height <= 0 or who.pace >= WALKING:
        return False
    if who.hands is not None:
        on_it = any(inside(hand, zone.polygon) for hand in who.hands)
        return on_it and away(who.box.foot, zone.polygon) <= ARM * height
    arms = _arms(who.box)
    if who.pace >= MOVING or arms.area <= 0 or away(who.box.foot, zone.polygon) > CLOSE * height:
        return False
    return shared_area(zone.polygon, arms) >= BEHIND * arms.area


def reaches(who: Bearing) -> tuple[Box, ...]:
    """Where hands of somebody who does not walk may be: around those that are seen, else before and beside the body."""
    box = who.box
    if box.height <= 0 or who.pace >= WALKING:
        return ()
    if who.hands is not None:
        x, y = HAND * box.height / WIDE, HAND * box.height
        return tuple(Box(hand.x - x, hand.y - y, hand.x + x, hand.y + y) for hand in who.hands)
    aside, up = REACH_ASIDE * box.width, REACH_UP * box.height
    return (Box(box.left - aside, box.top - up, box.right + aside, box.bottom),)


def stands_at(who: Bearing, zone: Zone) -> bool:
    """Whether somebody stands at a till or a fixture: by the feet, or with a hand on it."""
    return who.pace < WALKING and (inside(who.box.foot, zone.polygon) or touches(who, zone))


def hands(track: Track) -> tuple[Point, ...] | None:
    """Where the hands are that do something, at this moment; None where neither wrist is known.

    An arm that hangs straight down beside an upright body does nothing, whatever shelf it is in line with.
    """
    found: list[Point] = []
    known = False
    for arm in ARMS:
        if len(track.keypoints) <= max(arm):
            break
        shoulder, elbow, wrist, hip = (track.keypoints[n] for n in arm)
        if wrist.score >= SURE_POINT:
            known = True
            if not _hangs(shoulder, elbow, wrist, hip, track.box.height):
                found.append(Point(wrist.x, wrist.y))
    return tuple(found) if known else None


def at_door(box: Box, door: Zone) -> bool:
    """Whether somebody last seen with this box may have gone through the door."""
    return away(box.foot, door.polygon) <= DOOR * box.height


def at_edge(box: Box, usual: Box, way: tuple[float, float]) -> bool:
    """Whether somebody last seen with this box may have walked out of the picture.

    usual: a box of the same person in full; way: of the feet in the last second. A camera that never shows the feet has every
    box at its lower edge, so there the box must also have sunk, or be on its way out.
    """
    if box.left <= EDGE or box.right >= 1 - EDGE:
        return True
    ahead = Point(box.foot.x + way[0], box.bottom + way[1])
    if not 0 < ahead.x < 1:
        return True
    sunk = box.height < 0.6 * usual.height
    return (box.bottom >= 1 - EDGE and (sunk or way[1] > 0.1)) or (box.top <= EDGE and box.bottom < usual.height / 2)


def pace_of(box: Box, way: tuple[float, float]) -> float:
    """How fast somebody goes that way, in body heights a second."""
    return math.hypot(way[0] * WIDE, way[1]) / box.height if box.height > 0 else 0.0


def way_of(track: Track) -> tuple[float, float]:
    """Which way and how far the feet go in a second, in shares of the picture."""
    path, now = track.path, track.box
    for back in range(2, len(path) + 1):
        before, span = path[-back].box, path[-1].source_s - path[-back].source_s
        if span >= SPEED_S:
            if span > 3 * SPEED_S:  # a hole in the path
                break
            return (now.left + now.right - before.left - before.right) / 2 / span, (now.bottom - before.bottom) / span
    return 0.0, 0.0


def _hangs(shoulder: Keypoint, elbow: Keypoint, wrist: Keypoint, hip: Keypoint, height: float) -> bool:
    if min(shoulder.score, elbow.score, hip.score) < SURE_POINT:
        return False
    down = elbow.y - shoulder.y > 0.05 * height and wrist.y - elbow.y > 0.05 * height
    return down and wrist.y > hip.y - 0.05 * height and abs(wrist.x - shoulder.x) * WIDE < 0.15 * height


def _arms(box: Box) -> Box:
    """Where the arms may be: from the shoulders to the knees, a little to both sides."""
    return Box(
        box.left - 0.1 * box.width, box.top + 0.2 * box.height, box.right + 0.1 * box.width, box.top + 0.75 * box.height
    ).clipped()


def near(box: Box, height: float, place: Box, reach: float) -> bool:
    """Whether somebody in `box` stands within `reach` body heights of what is at `place`. height: theirs while upright."""
    foot, spot = box.foot, place.foot
    return math.hypot((foot.x - spot.x) * WIDE, foot.y - spot.y) <= reach * height
