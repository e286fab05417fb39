"""Who has been in the shop: who is the same person after being lost, who has left, and what belongs to whom. Pure.

Comes in: one camera's scenes in the order of time, tracks joined (see lineage). Goes out: a `Visit` of each person who is
there or was a moment ago. Rules that ask about the past ("had a hand on shelf 2, then left") read it here and keep nothing.
What a single person does is followed by `agent.incidents.guest`, whose sale is whose by `agent.incidents.sales`.

A person whose track dies in the middle of the shop and for whom a new one appears near by goes on with the same visit: nobody
comes out of thin air. One who was last seen at a door, or at the picture's edge where no door is drawn, has left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from agent.incidents.contact import at_door, at_edge
from agent.incidents.geometry import distance, inside
from agent.incidents.guest import Guest
from agent.incidents.people import counts
from agent.incidents.posture import lies_by_box
from agent.incidents.sales import Sales, of_party
from agent.incidents.scene import Scene
from agent.incidents.visit import Leaving, Visit
from agent.settings import IncidentSettings
from agent.values import Alteration, AlterationKind, Box, Point, Track

DOORS = ("exit", "entrance")
KEEP_S = 60.0  # visits are known so long after the person was last seen
GONE_S = 2.0  # unseen for so long: left, or lost
LOST_S = 30.0  # a lost person may come up again so much later,
LOST_REACH = 3.0  # so many body heights away
HANDED_S, HANDED_REACH = 1.0, 0.5  # a new number beside somebody who is lost at about that time is the same person
SPILT = 0.25  # of a difference's height: so far it may reach below the shelf that it is on
FALLEN_S, FALLEN_REACH, FLOOR = 5.0, 0.75, 0.25  # lost so long ago, so far away, and at so different a height, in body heights


class VisitBook:
    """Holding one means: you know what each person on one camera has done. Forgets each a minute after they are gone."""

    def __init__(self, settings: IncidentSettings) -> None:
        self._settings = settings
        self._guests: dict[int, Guest] = {}  # by root
        self._by_member: dict[int, Guest] = {}
        self._sales = Sales(settings.unpaid)
        self._telling: frozenset[str] = frozenset()
        self._now_s = float("-inf")

    def step(self, scene: Scene, members: Callable[[int], tuple[int, ...]] = lambda root: (root,)) -> tuple[Visit, ...]:
        """Take the next moment; gives the visits by their first track id. members: the tracker's ids of a joined track.

        The scene's tracks, activity and concealment must be keyed by joined ids. A clock that runs backwards begins a new book.
        """
        now_s, before_s = scene.stamp.source_s, self._now_s
        if now_s < before_s:
            self._guests.clear()
            self._by_member.clear()
        self._now_s = now_s
        for track in sorted(scene.tracks, key=lambda t: t.id):
            guest = self._guests.get(track.id) or self._welcome(track, scene)
            if guest is not None:
                guest.note(track, scene, self._settings.people)
                guest.members = tuple(dict.fromkeys((*guest.earlier, *members(track.id))))
        self._by_member = {member: guest for guest in self._guests.values() for member in guest.members}
        self._see_off(scene)
        self._match_alterations(scene)
        self._sales.step(scene.payments, self._guests.values(), now_s, scene.stamp.utc)
        self._forget(before_s)
        known = sorted((g for g in self._guests.values() if g.walked), key=lambda g: g.track)
        return tuple(self._visit(guest) for guest in known)

    @property
    def till_reports(self) -> frozenset[str]:
        """The tills that have reported a sale of late; "": sales came that name none."""
        return self._sales.reporting(self._now_s)

    @property
    def silent_tills(self) -> frozenset[str]:
        """The tills that reported sales once and none of the last people there; no sale is expected of them now."""
        return self._sales.silent

    @property
    def telling(self) -> frozenset[str]:
        """The shelves at which goods were seen to go or come so far: what is taken there is seen, if it is large enough."""
        return self._telling

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

    def _welcome(self, track: Track, scene: Scene) -> Guest | None:
        """Somebody new, or somebody lost in the middle of the shop who has come up again; None for what is nobody."""
        if not track.seen:
            return None
        found = self._fallen(track, scene)
        if found is None:
            if not counts(track, scene.stamp.source_s, self._settings.people):
                return None
            found = self._lost_near(track, scene)
        if found is None:
            came = track.path[0].box if track.path else track.box
            guest = Guest(track.id, track.id, track.first_s, scene.open_now, track.box, track.box, scene.stamp.source_s, came)
        else:
            del self._guests[found.root]
            guest, guest.root, guest.earlier, guest.lost = found, track.id, found.members, False
        self._guests[track.id] = guest
        return guest

    def _fallen(self, track: Track, scene: Scene) -> Guest | None:
        """Who was lost a moment ago where something as large as they are lies now: a fall is too quick to be followed."""
        now_s = scene.stamp.source_s
        if _on_shelf(track, scene):
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
        guest.fell(track, now_s)
        return guest

    def _lost_near(self, track: Track, scene: Scene) -> Guest | None:
        """Who was lost near where this track appeared; nobody if it appeared where people come in."""
        first = track.path[0].box if track.path else track.box
        if _where_people_come_in(first, scene):
            return None
        nearby = [
            (apart, guest.track, guest)
            for guest in self._guests.values()
            if guest.lost and guest.last_s < track.first_s <= guest.last_s + LOST_S
            if (apart := _apart(guest.box, first)) <= LOST_REACH
        ]
        return min(nearby, key=lambda found: found[:2])[2] if nearby else None

    def _see_off(self, scene: Scene) -> None:
        """Decide of those who are seen no more whether they left. Nobody leaves while the camera sees nothing."""
        now_s = scene.stamp.source_s
        doors = [zone for zone in scene.zones if zone.kind in DOORS]
        blind = scene.blind
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
        if not blind:
            self._hand_over(scene)

    def _hand_over(self, scene: Scene) -> None:
        """Who was lost while a new number came up beside them, out of thin air, goes on under that number."""
        now_s = scene.stamp.source_s
        for older in [g for g in self._guests.values() if g.lost and now_s - g.last_s < GONE_S + HANDED_S]:
            heirs = [
                (_apart(older.box, guest.came), guest.track, guest)
                for guest in self._guests.values()
                if guest is not older and not guest.earlier and abs(guest.entered_s - older.last_s) <= HANDED_S
                if _apart(older.box, guest.came) <= HANDED_REACH and not _where_people_come_in(guest.came, scene)
            ]
            if heirs:
                heir = min(heirs, key=lambda found: found[:2])[2]
                heir.inherit(older)
                del self._guests[older.root]
        self._by_member = {member: guest for guest in self._guests.values() for member in guest.members}

    def _match_alterations(self, scene: Scene) -> None:
        tracks = {track.id: track for track in scene.tracks}
        moved = {a.zone for a in scene.alterations if a.zone and a.kind in (AlterationKind.TAKEN, AlterationKind.PUT)}
        self._telling |= moved
        for alteration in scene.alterations:
            for member in alteration.tracks:
                guest = self._by_member.get(member)
                if guest is not None:
                    guest.heed(alteration, tracks.get(guest.root), self._settings.left_object.reach)

    def _visit(self, guest: Guest) -> Visit:
        visit = guest.visit(self._now_s)
        shared = () if visit.payments else of_party(guest, self._guests.values())
        return replace(visit, payments=shared) if shared else visit

    def _forget(self, now_s: float) -> None:
        """now_s: the moment before this one, so that what became due while no pictures came is still told of everybody."""
        for root, guest in list(self._guests.items()):
            if now_s - guest.last_s > KEEP_S:
                del self._guests[root]


def _on_shelf(track: Track, scene: Scene) -> bool:
    """Whether it ends on a shelf. What only differs there is as large as its cells, and may seem to reach a little below."""
    foot = track.box.foot
    ends = [foot] if track.by == "person" else [foot, Point(foot.x, foot.y - SPILT * track.box.height)]
    return any(zone.kind == "shelf" and any(inside(end, zone.polygon) for end in ends) for zone in scene.zones)


def _where_people_come_in(box: Box, scene: Scene) -> bool:
    doors = [zone for zone in scene.zones if zone.kind in DOORS]
    return any(at_door(box, door) for door in doors) or at_edge(box, box, (0.0, 0.0))


def _apart(was: Box, now: Box) -> float:
    """Distance in body heights; those who are not of about one size are apart by any measure."""
    low, high = sorted((was.height, now.height))
    return distance(was.centre, now.centre) / high if high > 0 and low >= high / 2 else float("inf")
