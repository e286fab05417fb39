"""Joins tracks that are one person: the tracker gives a new id to somebody who comes out from behind a shelf. Pure.

Comes in: the tracker's tracks of one camera, frame by frame. Goes out: the same people under the id that they had first, with
one path; rules then need not know that ids switch. `members` gives the tracker's own ids, which masking and sidecars use.

What this cannot repair: two people who swap ids while they cross. Each then carries the other's past; a stay is told late by at
most its own length, and the engine counts what the other one does in the same zone to the same incident.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from agent.incidents.geometry import distance
from agent.settings import PeopleSettings
from agent.values import Track, TrackPoint

PATH_S = 600.0  # as long as the tracker's own paths


@dataclass(slots=True)
class _Person:
    """One person: the ids so far, the newest joined track, and the path under earlier ids."""

    root: int
    members: tuple[int, ...]
    newest: Track
    past: tuple[TrackPoint, ...] = ()
    first_s: float = 0.0


class Lineage:
    """Holding one means: you know which of one camera's track ids are the same person."""

    def __init__(self, settings: PeopleSettings) -> None:
        self._settings = settings
        self._people: dict[int, _Person] = {}  # by root
        self._root: dict[int, int] = {}  # by the tracker's id

    def joined(self, tracks: tuple[Track, ...], now_s: float) -> tuple[Track, ...]:
        """One track per person, under the person's first id, in the order of these."""
        self._relink(tracks, now_s)
        for track in sorted(tracks, key=lambda t: t.id):
            if track.id not in self._root:
                self._begin(track)
        groups: dict[int, list[Track]] = {}
        for track in sorted(tracks, key=lambda t: t.id):
            groups.setdefault(self._root[track.id], []).append(track)
        found = [self._one(root, group) for root, group in groups.items()]
        extra = self._parted(groups)
        self._forget(now_s, {track.id for track in tracks})
        return tuple(sorted((*found, *extra), key=lambda t: t.id))

    def members(self, root: int) -> tuple[int, ...]:
        """The tracker's ids of the person with this first id."""
        person = self._people.get(root)
        return person.members if person else (root,)

    def person(self, track: int) -> int:
        """The first id of the person who carries this id of the tracker's now."""
        return self._root.get(track, track)

    def _begin(self, track: Track) -> None:
        self._root[track.id] = track.id
        self._people[track.id] = _Person(track.id, (track.id,), track, first_s=track.first_s)

    def _relink(self, tracks: tuple[Track, ...], now_s: float) -> None:
        """New tracks are given to people who were just lost near them, nearest pairs first, one to one."""
        in_sight = {self._root[t.id] for t in tracks if t.seen and t.id in self._root}
        lost = [
            p
            for p in self._people.values()
            if p.root not in in_sight and now_s - p.newest.last_seen_s <= self._settings.relink_s
        ]
        new = [t for t in tracks if t.seen and t.id not in self._root]
        pairs = sorted(
            ((self._apart(p, t), p.root, t.id, p) for p in lost for t in new if t.first_s > p.newest.last_seen_s),
            key=lambda pair: pair[:3],
        )
        taken: set[int] = set()
        for apart, root, track_id, person in pairs:
            if apart > self._settings.relink_reach or root in taken or track_id in self._root:
                continue
            taken.add(root)
            self._root[track_id] = root
            person.members = (*person.members, track_id)
            oldest_s = now_s - PATH_S
            person.past = tuple(p for p in person.newest.path if oldest_s <= p.source_s <= person.newest.last_seen_s)

    @staticmethod
    def _apart(person: _Person, track: Track) -> float:
        """Distance in body heights; people who are not of about one size are apart by any measure."""
        old, new = person.newest.box, track.box
        low, high = sorted((old.height, new.height))
        if high <= 0 or low < high / 2:
            return float("inf")
        return distance(old.centre, new.centre) / high

    def _one(self, root: int, group: list[Track]) -> Track:
        """The person's track: one in sight before one that is predicted, then the one that carries the newest id."""
        person = self._people[root]
        seen = [track for track in group if track.seen]
        track = seen[0] if len(seen) > 1 else max(group, key=lambda t: (t.seen, t.id))
        if track.id == root or not person.past:
            joined = replace(track, id=root) if track.id != root else track
        else:
            joined = replace(track, id=root, first_s=person.first_s, path=(*person.past, *track.path))
        person.newest = joined
        return joined

    def _parted(self, groups: dict[int, list[Track]]) -> list[Track]:
        """Two ids of one person in sight at once are two people after all: the later one goes its own way from here."""
        apart: list[Track] = []
        for root, group in groups.items():
            for track in [t for t in group if t.seen][1:]:
                person = self._people[root]
                person.members = tuple(member for member in person.members if member != track.id)
                self._begin(track)
                apart.append(track)
        return apart

    def _forget(self, now_s: float, alive: set[int]) -> None:
        for root, person in list(self._people.items()):
            if not alive.intersection(person.members) and now_s - person.newest.last_seen_s > self._settings.relink_s:
                del self._people[root]
        self._root = {track: root for track, root in self._root.items() if root in self._people}
