"""What each person has done since coming in: shelves touched, stays at tills, goods taken, how they left. Pure.

Comes in: one camera's scenes in the order of time, tracks joined (see lineage). Goes out: a `Visit` of each person who is
there or was a moment ago. Rules that ask about the past ("had a hand on shelf 2, then left") read it here and keep nothing.

A person whose track dies in the middle of the shop and for whom a new one appears near by goes on with the same visit: nobody
comes out of thin air. One who was last seen at a door, or at the picture's edge where no door is drawn, has left.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from agent.incidents.contact import Bearing, at_door, at_edge, hands, near, pace_of, stands_at, touches, way_of
from agent.incidents.geometry import distance, inside
from agent.incidents.people import CONFIRMED, came_walking, counts
from agent.incidents.posture import lies_by_box, lies_by_points, stands
from agent.incidents.scene import Scene
from agent.incidents.visit import Leaving, Stay, Visit
from agent.settings import IncidentSettings, Zone
from agent.values import Alteration, Box, Concealment, FrameStamp, Payment, Point, Track, ViewFault

DOORS = ("exit", "entrance")
STAYS = ("till", "staff", "fixture")
KEEP_S = 60.0  # visits are known so long after the person was last seen
GONE_S = 2.0  # unseen for so long: left, or lost
LOST_S = 30.0  # a lost person may come up again so much later,
LOST_REACH = 3.0  # so many body heights away
SAMPLE_S = 0.2
GAP_S = 1.5  # a touch or stay goes on through so long a gap
HANDS_S = 2.0  # hands known so recently: the outline is not asked whether a shelf is touched
GUESSED_S = 1.5  # without hands somebody must stand at a shelf so long
MOVEMENT_S = 60.0
LYING_STILL = 0.25  # somebody who lies and moves further than so many heights is crawling
LYING_GAP_S = 1.5
FALLEN_S, FALLEN_REACH, FLOOR = 5.0, 0.75, 0.25  # lost so long ago, so far away, and at so different a height, in body heights
LYING_UNSEEN_S = 3.0
REPORTS_S = 2 * 3600.0  # a till whose last sale is longer ago may be cut off
MOST = 60  # spans, and alterations, of one visit
_BLIND = (ViewFault.LOST, ViewFault.COVERED, ViewFault.FROZEN, ViewFault.TURNED)


@dataclass(slots=True)
class _Span:
    """Somebody at one zone. by_hand: a hand was seen there."""

    zone: str
    kind: str
    from_s: float
    to_s: float
    by_hand: bool = False


@dataclass(slots=True)
class _Guest:
    """One person while the book knows of them. root: the joined id under which they are seen now."""

    track: int
    root: int
    entered_s: float
    entered_open: bool
    box: Box
    usual: Box
    last_s: float
    earlier: tuple[int, ...] = ()
    members: tuple[int, ...] = ()
    confirmed: bool = False
    walked: bool = False
    way: tuple[float, float] = (0.0, 0.0)
    sampled_s: float = float("-inf")
    hands_s: float = float("-inf")
    touches: list[_Span] = field(default_factory=list)
    stays: list[_Span] = field(default_factory=list)
    movement: deque[tuple[float, float]] = field(default_factory=deque)
    posed_s: float = float("-inf")
    lay_s: float = float("-inf")
    lying_since_s: float | None = None
    lying_at: Point | None = None
    concealment: Concealment | None = None
    alterations: dict[int, Alteration] = field(default_factory=dict)
    near: dict[int, float] = field(default_factory=dict)
    payments: dict[Payment, None] = field(default_factory=dict)
    left: Leaving | None = None
    lost: bool = False


class VisitBook:
    """Holding one means: you know what each person on one camera has done. Forgets each a minute after they are gone."""

    def __init__(self, settings: IncidentSettings) -> None:
        self._settings = settings
        self._guests: dict[int, _Guest] = {}  # by root
        self._by_member: dict[int, _Guest] = {}
        self._heard: dict[Payment, float] = {}  # the source's time of each sale
        self._now_s = float("-inf")
        self._sale_s = float("-inf")

    def step(self, scene: Scene, members: Callable[[int], tuple[int, ...]] = lambda root: (root,)) -> tuple[Visit, ...]:
        """Take the next moment; gives the visits by their first track id. members: the tracker's ids of a joined track.

        The scene's tracks, activity and concealment must be keyed by joined ids. A clock that runs backwards begins a new book.
        """
        now = scene.stamp
        if now.source_s < self._now_s:
            self._guests.clear()
            self._by_member.clear()
            self._heard.clear()
        self._now_s = now.source_s
        for track in sorted(scene.tracks, key=lambda t: t.id):
            guest = self._guests.get(track.id) or self._welcome(track, scene)
            if guest is not None:
                self._note(guest, track, scene)
                guest.members = tuple(dict.fromkeys((*guest.earlier, *members(track.id))))
        self._by_member = {member: guest for guest in self._guests.values() for member in guest.members}
        self._see_off(scene)
        self._match_alterations(scene)
        self._match_sales(scene.payments, now)
        self._forget(now.source_s)
        known = sorted((g for g in self._guests.values() if g.walked), key=lambda g: g.track)
        return tuple(_visit(guest, now.source_s) for guest in known)

    @property
    def till_reports(self) -> bool:
        """Whether a till has reported a sale of late; one that fell silent must not make every customer a thief."""
        return self._now_s - self._sale_s <= REPORTS_S

    def members(self, track: int) -> tuple[int, ...]:
        """The tracker's ids of the person whose visit began as `track`, or who has carried that id; none if unknown."""
        guest = self._by_member.get(track)
        return guest.members if guest else ()

    def named(self, alterations: tuple[Alteration, ...]) -> tuple[Alteration, ...]:
        """The same alterations with each person under the first id of their visit; ids of nobody known stay as they are."""
        return tuple(
            replace(a, tracks=tuple(sorted({g.track if (g := self._by_member.get(t)) else t for t in a.tracks})))
            for a in sorted(alterations, key=lambda a: a.id)
        )

    def _welcome(self, track: Track, scene: Scene) -> _Guest | None:
        """Somebody new, or somebody lost in the middle of the shop who has come up again; None for what is nobody."""
        if not track.seen:
            return None
        found = self._fallen(track, scene)
        if found is None:
            if not counts(track, scene.stamp.source_s, self._settings.people):
                return None
            found = self._lost_near(track, scene)
        if found is None:
            guest = _Guest(track.id, track.id, track.first_s, scene.open_now, track.box, track.box, scene.stamp.source_s)
        else:
            del self._guests[found.root]
            guest, guest.root, guest.earlier, guest.lost = found, track.id, found.members, False
        self._guests[track.id] = guest
        return guest

    def _fallen(self, track: Track, scene: Scene) -> _Guest | None:
        """Who was lost a moment ago where something as large as they are lies now: a fall is too quick to be followed."""
        now_s = scene.stamp.source_s
        if any(zone.kind == "shelf" and inside(track.box.foot, zone.polygon) for zone in scene.zones):
            return None  # goods that are gone look like that
        nearby = [
            (apart, guest.track, guest)
            for guest in self._guests.values()
            if guest.left is None and guest.walked and 0 < now_s - guest.last_s <= FALLEN_S
            if track.first_s >= guest.last_s - 1.0 and lies_by_box(track.box, guest.usual)
            if abs(track.box.bottom - guest.box.bottom) <= FLOOR * guest.usual.height  # higher up it is a shelf that changed
            if (apart := distance(track.box.foot, guest.box.foot)) <= FALLEN_REACH * guest.usual.height
        ]
        if not nearby:
            return None
        guest = min(nearby, key=lambda found: found[:2])[2]
        guest.lying_since_s, guest.lying_at, guest.lay_s = guest.last_s, track.box.centre, now_s
        return guest

    def _lost_near(self, track: Track, scene: Scene) -> _Guest | None:
        """Who was lost near where this track appeared; nobody if it appeared where people come in."""
        first = track.path[0].box if track.path else track.box
        doors = [zone for zone in scene.zones if zone.kind in DOORS]
        if any(at_door(first, door) for door in doors) or at_edge(first, first, (0.0, 0.0)):
            return None
        nearby = [
            (apart, guest.track, guest)
            for guest in self._guests.values()
            if guest.lost and guest.last_s < track.first_s <= guest.last_s + LOST_S
            if (apart := _apart(guest.box, first)) <= LOST_REACH
        ]
        return min(nearby, key=lambda found: found[:2])[2] if nearby else None

    def _note(self, guest: _Guest, track: Track, scene: Scene) -> None:
        now_s = scene.stamp.source_s
        if not track.seen:
            return
        guest.confirmed = guest.confirmed or track.by == CONFIRMED
        guest.walked = guest.walked or guest.confirmed or came_walking(track, self._settings.people)
        guest.left, guest.lost = None, False
        _lie(guest, track, now_s)
        guest.box, guest.way, guest.last_s = track.box, way_of(track), now_s
        concealment = scene.concealment.get(track.id)
        if concealment is not None and (guest.concealment is None or concealment.score >= guest.concealment.score):
            guest.concealment = concealment
        if (track.keypoints or now_s - guest.sampled_s >= SAMPLE_S) and not _blind(scene):
            self._sample(guest, track, scene)

    @staticmethod
    def _sample(guest: _Guest, track: Track, scene: Scene) -> None:
        """How strongly somebody moves, and at which zones they are: what costs more, so not at each frame."""
        now_s = scene.stamp.source_s
        who = Bearing(track.box, pace_of(track.box, guest.way), hands(track))
        by_hand = who.hands is not None
        guest.sampled_s = now_s
        if by_hand:
            guest.hands_s = now_s
        if (strength := scene.activity.get(track.id)) is not None:
            guest.movement.append((now_s, strength))
            while guest.movement and now_s - guest.movement[0][0] > MOVEMENT_S:
                guest.movement.popleft()
        for zone in scene.zones:
            if zone.kind == "shelf":
                if (by_hand or now_s - guest.hands_s > HANDS_S) and touches(who, zone):
                    _extend(guest.touches, zone, now_s, by_hand=by_hand)
            elif zone.kind in STAYS and (
                inside(track.box.foot, zone.polygon) if zone.kind == "staff" else stands_at(who, zone)
            ):
                _extend(guest.stays, zone, now_s)

    def _see_off(self, scene: Scene) -> None:
        """Decide of those who are seen no more whether they left. Nobody leaves while the camera sees nothing."""
        now_s = scene.stamp.source_s
        doors = [zone for zone in scene.zones if zone.kind in DOORS]
        blind = _blind(scene)
        for guest in self._guests.values():
            if guest.left is not None or guest.lost or now_s - guest.last_s < (0.0 if blind else GONE_S):
                continue
            through = next((door for door in doors if at_door(guest.box, door)), None)
            if not blind and through is not None:
                guest.left = Leaving(guest.last_s, through.name, now_s)
            elif not blind and not doors and at_edge(guest.box, guest.usual, guest.way):
                guest.left = Leaving(guest.last_s, None, now_s)
            elif not blind or guest.last_s < now_s:
                guest.lost = True

    def _match_alterations(self, scene: Scene) -> None:
        tracks = {track.id: track for track in scene.tracks}
        for alteration in scene.alterations:
            for member in alteration.tracks:
                guest = self._by_member.get(member)
                if guest is not None:
                    guest.alterations[alteration.id] = alteration
                    self._note_near(guest, alteration, tracks.get(guest.root))
                    while len(guest.alterations) > MOST:
                        oldest = min(guest.alterations)
                        del guest.alterations[oldest]
                        guest.near.pop(oldest, None)

    def _note_near(self, guest: _Guest, alteration: Alteration, track: Track | None) -> None:
        """When the person was last near it: at first from their path, then as they go. Whose path is gone has gone as well."""
        height, place, reach = guest.usual.height, alteration.box, self._settings.left_object.reach
        if near(guest.box, height, place, reach):
            guest.near[alteration.id] = guest.last_s
        elif alteration.id not in guest.near:
            path = track.path if track is not None else ()
            seen = (p.source_s for p in reversed(path) if p.seen and near(p.box, height, place, reach))
            guest.near[alteration.id] = next(seen, min(guest.last_s, alteration.at_s))

    def _match_sales(self, payments: tuple[Payment, ...], now: FrameStamp) -> None:
        """Give each sale to whoever stood at that till about then.

        A sale is put on the source's clock when it is first heard of, so a PC clock that is set afterwards does not move it.
        """
        self._sale_s = now.source_s if payments else self._sale_s
        self._heard = {p: self._heard.get(p, now.source_s - (now.utc - p.utc)) for p in payments}
        if not self._heard:
            return
        sales = sorted(self._heard.items(), key=lambda sale: (sale[1], sale[0].reference))
        times, window = [at_s for _, at_s in sales], self._settings.unpaid.window_s
        for guest in self._guests.values():
            for stay in guest.stays:
                if stay.kind == "till":
                    sold = sales[bisect_left(times, stay.from_s - window) : bisect_right(times, stay.to_s + window)]
                    guest.payments.update({sale: None for sale, _ in sold if sale.till in (None, "", stay.zone)})

    def _forget(self, now_s: float) -> None:
        for root, guest in list(self._guests.items()):
            if now_s - guest.last_s > KEEP_S:
                del self._guests[root]


def _blind(scene: Scene) -> bool:
    """Whether what seems to be people now is not to be trusted."""
    return any(fault in scene.view for fault in _BLIND)


def _lie(guest: _Guest, track: Track, now_s: float) -> None:
    """Judge whether the person lies, since when, and how high they are otherwise."""
    lies = lies_by_points(track.keypoints, track.box, guest.usual.height)
    if lies is not None:
        guest.posed_s = now_s
    elif now_s - guest.posed_s <= HANDS_S:
        return
    else:
        lies = lies_by_box(track.box, guest.usual)
    here = track.box.centre
    if lies:
        moved = guest.lying_at is None or distance(here, guest.lying_at) > LYING_STILL * guest.usual.height
        if guest.lying_since_s is None or moved or now_s - guest.lay_s > LYING_GAP_S:
            guest.lying_since_s, guest.lying_at = now_s, here
        guest.lay_s = now_s
    elif now_s - guest.lay_s > LYING_GAP_S:
        guest.lying_since_s = None
        if stands(track.box):
            guest.usual = _toward(guest.usual, track.box, now_s - guest.last_s)


def _toward(usual: Box, now: Box, seconds: float) -> Box:
    """Quickly to what is higher (somebody comes in through a door), slowly to what is lower (somebody falls)."""
    share = min(1.0, max(seconds, 0.0) / (1.0 if now.height > usual.height else 5.0))
    width, height = (was + share * (new - was) for was, new in ((usual.width, now.width), (usual.height, now.height)))
    foot = now.foot
    return Box(foot.x - width / 2, now.bottom - height, foot.x + width / 2, now.bottom)


def _extend(spans: list[_Span], zone: Zone, now_s: float, *, by_hand: bool = False) -> None:
    for span in reversed(spans):
        if span.zone == zone.name and now_s - span.to_s <= GAP_S:
            span.to_s, span.by_hand = now_s, span.by_hand or by_hand
            return
    spans.append(_Span(zone.name, zone.kind, now_s, now_s, by_hand))
    del spans[:-MOST]


def _apart(was: Box, now: Box) -> float:
    """Distance in body heights; those who are not of about one size are apart by any measure."""
    low, high = sorted((was.height, now.height))
    return distance(was.centre, now.centre) / high if high > 0 and low >= high / 2 else float("inf")


def _visit(guest: _Guest, now_s: float) -> Visit:
    lies = guest.lying_since_s is not None and now_s - guest.last_s <= LYING_UNSEEN_S
    return Visit(
        track=guest.track,
        seen_as=guest.root,
        members=guest.members,
        entered_s=guest.entered_s,
        last_s=guest.last_s,
        entered_open=guest.entered_open,
        box=guest.box,
        upright=guest.usual,
        touches=tuple(
            Stay(s.zone, s.kind, s.from_s, s.to_s) for s in guest.touches if s.by_hand or s.to_s - s.from_s >= GUESSED_S
        ),
        stays=tuple(Stay(s.zone, s.kind, s.from_s, s.to_s) for s in guest.stays),
        alterations=tuple(guest.alterations[n] for n in sorted(guest.alterations)),
        payments=tuple(guest.payments),
        movement=tuple(guest.movement),
        concealment=guest.concealment,
        lying_since_s=guest.lying_since_s if lies else None,
        near=dict(guest.near),
        left=guest.left,
    )
