"""One person while they are known: what each look at them adds to where they were, what they touched and how they move. Pure.

Comes in: the looks at one person (a joined track and its scene), one after the other. Goes out: their `Visit` as it stands.
Who is whom, who has left and what belongs to whom is known by `agent.incidents.visits`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, TypeVar

from agent.incidents.contact import Bearing, hands, near, pace_of, reaches, stands_at, touches, way_of
from agent.incidents.geometry import distance, inside
from agent.incidents.people import CONFIRMED, came_walking
from agent.incidents.posture import lies_by_box, lies_by_points, stands
from agent.incidents.scene import Scene
from agent.incidents.visit import Leaving, Stay, Visit
from agent.settings import PeopleSettings, Zone
from agent.values import Alteration, Box, Concealment, Payment, Point, Track

STAYS = ("till", "staff", "fixture")
SAMPLE_S = 0.2
GAP_S = 1.5  # a touch or stay goes on through so long a gap
HANDS_S = 2.0  # hands known so recently: the outline is not asked whether a shelf is touched
GUESSED_S = 1.5  # without hands somebody must stand at a shelf so long
MOVEMENT_S = 60.0
LYING_STILL = 0.25  # somebody who lies and moves further than so many heights is crawling
LYING_GAP_S = 1.5
LYING_UNSEEN_S = 3.0
MOST = 60  # spans, and alterations, of one visit
REACHED_S = 120.0  # goods are found gone within so long, or nobody knows any more who reached there
UNSEEN_S = 12.0  # hidden for so long by others at the till: whoever is at the same till then has been there

_Timed = TypeVar("_Timed", bound=tuple[float, Any])  # when, and what was noted then


@dataclass(slots=True)
class Span:
    """Somebody at one zone. by_hand: a hand was seen there."""

    zone: str
    kind: str
    from_s: float
    to_s: float
    by_hand: bool = False

    @property
    def lasted_s(self) -> float:
        return self.to_s - self.from_s

    @property
    def counts(self) -> bool:
        """Of a shelf, whether it was touched: a body alone may only have gone by."""
        return self.by_hand or self.lasted_s >= GUESSED_S


@dataclass(slots=True)
class Guest:
    """Holding one means: you follow one person. root: the joined id under which they are seen now.

    usual: how large they are while upright; came: where they were seen first; members: the tracker's ids, earlier: those of
    before they were lost and found. lost: seen no more, in the middle of the shop. near, reach: see `Visit`. reached: where
    the hands may have been, and when. looks: when somebody looked, and whether hands were seen; watched: by alteration, at how
    many looks meanwhile hands were seen, less those at which none were.
    """

    track: int
    root: int
    entered_s: float
    entered_open: bool
    box: Box
    usual: Box
    last_s: float
    came: Box
    earlier: tuple[int, ...] = ()
    members: tuple[int, ...] = ()
    confirmed: bool = False
    walked: bool = False
    way: tuple[float, float] = (0.0, 0.0)
    sampled_s: float = float("-inf")
    hands_s: float = float("-inf")
    touches: list[Span] = field(default_factory=list)
    stays: list[Span] = field(default_factory=list)
    movement: deque[tuple[float, float]] = field(default_factory=deque)
    posed_s: float = float("-inf")
    lay_s: float = float("-inf")
    lying_since_s: float | None = None
    lying_at: Point | None = None
    concealment: Concealment | None = None
    alterations: dict[int, Alteration] = field(default_factory=dict)
    near: dict[int, float] = field(default_factory=dict)
    reach: dict[int, float] = field(default_factory=dict)
    reached: deque[tuple[float, tuple[Box, ...]]] = field(default_factory=deque)
    looks: deque[tuple[float, bool]] = field(default_factory=deque)
    watched: dict[int, int] = field(default_factory=dict)
    payments: dict[Payment, None] = field(default_factory=dict)
    left: Leaving | None = None
    lost: bool = False

    def note(self, track: Track, scene: Scene, people: PeopleSettings) -> None:
        """Take the person's track at this moment."""
        now_s = scene.stamp.source_s
        if not track.seen:
            return
        self.confirmed = self.confirmed or track.by == CONFIRMED
        self.walked = self.walked or self.confirmed or came_walking(track, people)
        self.left, self.lost = None, False
        self._lie(track, now_s)
        self.box, self.way, self.last_s = track.box, way_of(track), now_s
        concealment = scene.concealment.get(track.id)
        if concealment is not None and (self.concealment is None or concealment.score >= self.concealment.score):
            self.concealment = concealment
        if (track.keypoints or now_s - self.sampled_s >= SAMPLE_S) and not scene.blind:
            self._sample(track, scene)

    def inherit(self, older: Guest) -> None:
        """This person is `older` as well, of whom another number was seen until now."""
        self.track, self.earlier, self.members = older.track, older.members, (*older.members, *self.members)
        self.entered_s, self.entered_open, self.came = older.entered_s, older.entered_open, older.came
        self.confirmed, self.walked = self.confirmed or older.confirmed, self.walked or older.walked
        self.usual = max(self.usual, older.usual, key=lambda box: box.height)
        self.touches[:0], self.stays[:0] = older.touches, older.stays
        _put_before(self.movement, older.movement)
        _put_before(self.reached, older.reached)
        _put_before(self.looks, older.looks)
        self.alterations, self.near = older.alterations | self.alterations, older.near | self.near
        self.reach = {n: self.reach.get(n, 0.0) + older.reach.get(n, 0.0) for n in self.alterations}
        self.watched = {n: self.watched.get(n, 0) + older.watched.get(n, 0) for n in self.alterations}
        self.payments = older.payments | self.payments
        if older.concealment is not None and (self.concealment is None or self.concealment.score < older.concealment.score):
            self.concealment = older.concealment

    def fell(self, track: Track, now_s: float) -> None:
        """What lies there now is this person, who was lost on the way down."""
        self.lying_since_s, self.lying_at, self.lay_s = self.last_s, track.box.centre, now_s

    def heed(self, alteration: Alteration, track: Track | None, reach: float) -> None:
        """Something looks different where this person may have been at it. track: of theirs, if they are followed now."""
        if alteration.id not in self.alterations:
            self.reach[alteration.id] = self._reach_s(alteration)
            self.watched[alteration.id] = sum(
                1 if by_hand else -1 for at_s, by_hand in self.looks if alteration.since_s <= at_s <= alteration.at_s
            )
        self.alterations[alteration.id] = alteration
        self._note_near(alteration, track, reach)
        while len(self.alterations) > MOST:
            oldest = min(self.alterations)
            del self.alterations[oldest]
            self.near.pop(oldest, None)
            self.reach.pop(oldest, None)
            self.watched.pop(oldest, None)

    def visit(self, now_s: float) -> Visit:
        """What is known of the stay so far."""
        lies = self.lying_since_s is not None and now_s - self.last_s <= LYING_UNSEEN_S
        return Visit(
            track=self.track,
            seen_as=self.root,
            members=self.members,
            entered_s=self.entered_s,
            last_s=self.last_s,
            entered_open=self.entered_open,
            box=self.box,
            upright=self.usual,
            touches=tuple(Stay(s.zone, s.kind, s.from_s, s.to_s) for s in self.touches if s.counts),
            stays=tuple(Stay(s.zone, s.kind, s.from_s, s.to_s) for s in self.stays),
            alterations=tuple(self.alterations[n] for n in sorted(self.alterations)),
            payments=tuple(self.payments),
            movement=tuple(self.movement),
            concealment=self.concealment,
            lying_since_s=self.lying_since_s if lies else None,
            near=dict(self.near),
            reach=dict(self.reach),
            watched=frozenset(n for n, balance in self.watched.items() if balance > 0),
            left=self.left,
        )

    def _sample(self, track: Track, scene: Scene) -> None:
        """How strongly somebody moves, and at which zones they are: what costs more, so not at each frame."""
        now_s, before_s = scene.stamp.source_s, self.sampled_s
        who = Bearing(track.box, pace_of(track.box, self.way), hands(track))
        by_hand = who.hands is not None
        self.sampled_s = now_s
        if by_hand:
            self.hands_s = now_s
        outline = now_s - self.hands_s > HANDS_S
        self._note_reach(now_s, reaches(who) if by_hand or outline else (), by_hand=by_hand)
        if (strength := scene.activity.get(track.id)) is not None:
            self.movement.append((now_s, strength))
            while self.movement and now_s - self.movement[0][0] > MOVEMENT_S:
                self.movement.popleft()
        for zone in scene.zones:
            if zone.kind == "shelf":
                if (by_hand or outline) and touches(who, zone):
                    _extend(self.touches, zone, now_s, by_hand=by_hand)
            elif zone.kind in STAYS and (
                inside(track.box.foot, zone.polygon) if zone.kind == "staff" else stands_at(who, zone)
            ):
                hidden = zone.kind == "till" and now_s - before_s <= UNSEEN_S
                _extend(self.stays, zone, now_s, since_s=before_s if hidden else now_s)

    def _note_reach(self, now_s: float, places: tuple[Box, ...], *, by_hand: bool) -> None:
        self.looks.append((now_s, by_hand))
        if places:
            self.reached.append((now_s, places))
        while self.reached and now_s - self.reached[0][0] > REACHED_S:
            self.reached.popleft()
        while now_s - self.looks[0][0] > REACHED_S:
            self.looks.popleft()

    def _reach_s(self, alteration: Alteration) -> float:
        """For about how long the hands may have been at that place while it changed."""
        spot = alteration.box.centre
        times = [
            at_s
            for at_s, places in self.reached
            if alteration.since_s - SAMPLE_S <= at_s <= alteration.at_s and any(place.contains(spot) for place in places)
        ]
        return sum(min(later - at_s, 2 * SAMPLE_S) for at_s, later in pairwise(times)) + SAMPLE_S if times else 0.0

    def _note_near(self, alteration: Alteration, track: Track | None, reach: float) -> None:
        """When the person was last near it: at first from their path, then as they go. Whose path is gone has gone as well."""
        height, place = self.usual.height, alteration.box
        if near(self.box, height, place, reach):
            self.near[alteration.id] = self.last_s
        elif alteration.id not in self.near:
            path = track.path if track is not None else ()
            seen = (p.source_s for p in reversed(path) if p.seen and near(p.box, height, place, reach))
            self.near[alteration.id] = next(seen, min(self.last_s, alteration.at_s))

    def _lie(self, track: Track, now_s: float) -> None:
        """Judge whether the person lies, since when, and how high they are otherwise."""
        lies = lies_by_points(track.keypoints, track.box, self.usual.height)
        if lies is not None:
            self.posed_s = now_s
        elif now_s - self.posed_s <= HANDS_S:
            return
        else:
            lies = lies_by_box(track.box, self.usual)
        here = track.box.centre
        if lies:
            moved = self.lying_at is None or distance(here, self.lying_at) > LYING_STILL * self.usual.height
            if self.lying_since_s is None or moved or now_s - self.lay_s > LYING_GAP_S:
                self.lying_since_s, self.lying_at = now_s, here
            self.lay_s = now_s
        elif now_s - self.lay_s > LYING_GAP_S:
            self.lying_since_s = None
            if stands(track.box):
                self.usual = _toward(self.usual, track.box, now_s - self.last_s)


def _toward(usual: Box, now: Box, seconds: float) -> Box:
    """Quickly to what is higher (somebody comes in through a door), slowly to what is lower (somebody falls)."""
    share = min(1.0, max(seconds, 0.0) / (1.0 if now.height > usual.height else 5.0))
    width, height = (was + share * (new - was) for was, new in ((usual.width, now.width), (usual.height, now.height)))
    foot = now.foot
    return Box(foot.x - width / 2, now.bottom - height, foot.x + width / 2, now.bottom)


def _put_before(known: deque[_Timed], older: Iterable[_Timed]) -> None:
    """What was noted of the same person earlier, as far as it ended before `known` begins."""
    known.extendleft(reversed([each for each in older if not known or each[0] < known[0][0]]))


def _extend(spans: list[Span], zone: Zone, now_s: float, *, by_hand: bool = False, since_s: float | None = None) -> None:
    """since_s: when the person was seen last before now; whoever was there then has been there all the while."""
    for span in reversed(spans):
        if span.zone == zone.name and (now_s - span.to_s <= GAP_S or (since_s is not None and span.to_s >= since_s)):
            span.to_s, span.by_hand = now_s, span.by_hand or by_hand
            return
    spans.append(Span(zone.name, zone.kind, now_s, now_s, by_hand))
    del spans[:-MOST]
