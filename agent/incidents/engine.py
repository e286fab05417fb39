"""Makes incidents out of signs: waits until a sign holds, opens, keeps together what belongs together, closes. Pure.

Comes in: one camera's `Scene`s in the order of time. Goes out: `Opened`, `Updated`, `Closed` with the incident as it is then.

The engine knows no rule by name. It has no clock: time is what the scenes' stamps say, so a replay gives the same incidents.
A *matter* is what belongs together: signs of one rule that share key, person or zone, or come from the same place. It has at
most one open incident at a time. One that goes on for `longest_s` is kept in parts; after its last part it is still known, so
that it is not told anew, until it is over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from agent.incidents.ids import IncidentIds
from agent.incidents.lineage import Lineage
from agent.incidents.rules import RULES
from agent.incidents.scene import Rule, Scene, Sign
from agent.incidents.visits import VisitBook
from agent.settings import IncidentSettings
from agent.values import Box, FrameStamp, Incident, Text

SAME_PLACE = 0.3  # intersection over union of two boxes from which somebody stands where somebody stood
MOST_REASONS = 5

_T = TypeVar("_T")
_Key = tuple[str, str]  # rule and key of a sign


@dataclass(frozen=True, slots=True)
class Opened:
    """An incident that is new; its clip is not made yet."""

    incident: Incident


@dataclass(frozen=True, slots=True)
class Updated:
    """An open incident of which more is known now."""

    incident: Incident


@dataclass(frozen=True, slots=True)
class Closed:
    """An incident that is over; its clip may be made once `clip_after_s` have passed."""

    incident: Incident


Change = Opened | Updated | Closed


@dataclass(slots=True)
class _Waiting:
    """A sign that has to hold before it is believed."""

    first: FrameStamp
    last_s: float


@dataclass(slots=True)
class _Matter:
    """What belongs together. incident: the open one, None between or after parts; last: when there was a sign of it."""

    rule: str
    last: FrameStamp
    keys: set[str] = field(default_factory=set)
    people: set[int] = field(default_factory=set)
    zones: set[str] = field(default_factory=set)
    places: tuple[Box, ...] = ()
    incident: Incident | None = None
    parts: int = 0


class IncidentEngine:
    """Holding one means: you tell one camera's incidents. Each that it opens it closes exactly once, by `finish` at last."""

    def __init__(
        self,
        camera: str,
        settings: IncidentSettings,
        ids: Callable[[str, str, float], str] | None = None,
        rules: Sequence[Rule] = RULES,
    ) -> None:
        """ids: gives a fresh id for camera, rule and Unix time; see `IncidentIds`."""
        self._camera = camera
        self._settings = settings
        self._ids = ids or IncidentIds()
        self._rules = rules
        self._lineage = Lineage(settings.people)
        self._visits = VisitBook(settings)
        self._waiting: dict[_Key, _Waiting] = {}
        self._matters: list[_Matter] = []
        self._judged_s: float | None = None
        self._seen_s: float | None = None

    @property
    def silent_tills(self) -> frozenset[str]:
        """The tills that report their sales no more, so that staying there counts as paid; "": of sales that name none."""
        return self._visits.silent_tills

    def retune(self, settings: IncidentSettings) -> None:
        """Judge by other thresholds from the next moment on; what is open goes on."""
        self._settings = settings

    def step(self, scene: Scene) -> list[Change]:
        """Take the next moment; gives what changed, oldest matter first."""
        now = scene.stamp
        scene = self._known(scene)
        changes = self._end_quiet(now, anybody=any(track.seen for track in scene.tracks))
        before = {id(matter): matter.incident for matter in self._matters}
        boxes = {track.id: track.box for track in scene.tracks}
        for sign in self._signs(scene):
            places = tuple(boxes[track] for track in sign.tracks if track in boxes)
            matter = self._matter_of(sign, places, now)
            if matter is not None:
                self._take(matter, sign, places, now, changes)
        for matter in self._matters:
            was = before.get(id(matter))
            if matter.incident is not None and was is not None and was.id == matter.incident.id and was != matter.incident:
                changes.append(Updated(matter.incident))
        self._waiting = {k: w for k, w in self._waiting.items() if now.source_s - w.last_s <= self._settings.flicker_s}
        self._judged_s = now.source_s
        self._seen_s = self._seen_s if scene.blind else now.source_s
        return changes

    def finish(self, stamp: FrameStamp) -> list[Change]:
        """The camera's stream is over at `stamp`: close all that is open. The engine may be used again afterwards."""
        closed: list[Change] = [self._close(matter, stamp) for matter in self._matters if matter.incident is not None]
        self._matters.clear()
        self._waiting.clear()
        return closed

    def _known(self, scene: Scene) -> Scene:
        """The scene with people in place of tracks, and what each of them has done so far."""
        scene = replace(
            scene,
            tracks=self._lineage.joined(scene.tracks, scene.stamp.source_s),
            activity=self._by_person(scene.activity, lambda strength: strength),
            concealment=self._by_person(scene.concealment, lambda seen: seen.score),
            crossings=tuple(replace(one, track=self._lineage.person(one.track)) for one in scene.crossings),
        )
        visits = self._visits.step(scene, self._lineage.members)
        return replace(
            scene,
            visits=visits,
            alterations=self._visits.named(scene.alterations),
            till_reports=self._visits.till_reports | scene.till_reports,
            telling=self._visits.telling,
            before_s=self._judged_s,
            seen_before_s=self._seen_s,
        )

    def _by_person(self, measured: Mapping[int, _T], rank: Callable[[_T], float]) -> dict[int, _T]:
        """What was measured by track, by person: of several tracks the highest."""
        found: dict[int, _T] = {}
        for track, value in sorted(measured.items()):
            person = self._lineage.person(track)
            if person not in found or rank(value) > rank(found[person]):
                found[person] = value
        return found

    def _signs(self, scene: Scene) -> list[Sign]:
        """All rules' signs in an order that does not depend on that of tracks or rules."""
        found = [sign for rule in self._rules for sign in rule(scene, self._settings)]
        return sorted(found, key=lambda s: (s.rule, s.key, repr(s)))

    def _end_quiet(self, now: FrameStamp, *, anybody: bool) -> list[Change]:
        """Close what has had no sign for long enough, and the parts that are full although nothing happens now."""
        patience = max(self._settings.quiet_s, self._settings.merge_s) if anybody else self._settings.quiet_s
        changes: list[Change] = []
        going_on: list[_Matter] = []
        for matter in self._matters:
            over = now.source_s - matter.last.source_s >= patience
            full = matter.incident is not None and now.source_s - matter.incident.opened_s > self._settings.longest_s
            if matter.incident is not None and (over or full):
                changes.append(self._close(matter, now))
            if not over:
                going_on.append(matter)
        self._matters = going_on
        return changes

    def _matter_of(self, sign: Sign, places: tuple[Box, ...], now: FrameStamp) -> _Matter | None:
        """The matter that the sign belongs to, a new one where it has held long enough, or None while it has not."""
        for matter in self._matters:
            if matter.rule == sign.rule and sign.key in matter.keys:
                return matter
        waiting = self._waiting.get((sign.rule, sign.key))
        if waiting is None or now.source_s - waiting.last_s > self._settings.flicker_s:
            waiting = self._waiting[sign.rule, sign.key] = _Waiting(now, now.source_s)
        waiting.last_s = now.source_s
        if now.source_s - waiting.first.source_s < sign.hold_s:
            return None
        del self._waiting[sign.rule, sign.key]
        for matter in self._matters:
            if matter.rule == sign.rule and _belongs(sign, places, matter):
                return matter
        matter = _Matter(sign.rule, waiting.first)
        self._matters.append(matter)
        return matter

    def _take(self, matter: _Matter, sign: Sign, places: tuple[Box, ...], now: FrameStamp, changes: list[Change]) -> None:
        """Note the sign, and open the incident or its next part if there is none open."""
        first = matter.last
        matter.keys.add(sign.key)
        matter.people.update(sign.tracks)
        if sign.zone is not None:
            matter.zones.add(sign.zone)
        matter.places = (*matter.places, *places) if matter.last == now else places
        matter.last = now
        if matter.incident is not None:
            matter.incident = self._told(matter.incident, sign)
        elif matter.parts < (self._settings.most_parts if sign.parts is None else sign.parts):
            matter.parts += 1
            matter.incident = self._open(sign, first if matter.parts == 1 else now, now, matter.parts)
            changes.append(Opened(matter.incident))

    def _open(self, sign: Sign, first: FrameStamp, now: FrameStamp, part: int) -> Incident:
        opened_s = first.source_s
        if part == 1 and sign.since_s is not None:  # no further back than the ring in memory may still reach
            opened_s = max(min(opened_s, sign.since_s), now.source_s - self._settings.longest_s / 2)
        opened_utc = first.utc - (first.source_s - opened_s)
        reasons = [sign.reason]
        if part > 1:
            reasons.append(
                Text(ko=f"앞에서 이어지는 {part}번째 부분입니다.", en=f"Part {part}, continued from the one before.")
            )
        return Incident(
            id=self._ids(self._camera, sign.rule, opened_utc),
            camera=self._camera,
            rule=sign.rule,
            severity=sign.severity,
            opened_s=opened_s,
            opened_utc=opened_utc,
            reasons=tuple(reasons),
            tracks=self._subjects(sign),
            zone=sign.zone,
        )

    def _told(self, incident: Incident, sign: Sign) -> Incident:
        """The incident with what the sign adds."""
        reasons, tracks = incident.reasons, self._subjects(sign)
        if sign.reason not in reasons and len(reasons) < MOST_REASONS:
            reasons = (*reasons, sign.reason)
        return replace(
            incident,
            severity=max(incident.severity, sign.severity),
            reasons=reasons,
            tracks=tuple(sorted({*incident.tracks, *tracks})),
            zone=incident.zone or sign.zone,
        )

    def _subjects(self, sign: Sign) -> tuple[int, ...]:
        """The tracker's own ids of the people that the sign is about."""
        found = (self._visits.members(track) or self._lineage.members(track) for track in sign.tracks)
        return tuple(sorted({member for members in found for member in members}))

    def _close(self, matter: _Matter, now: FrameStamp) -> Closed:
        incident = matter.incident
        assert incident is not None
        end_s = max(matter.last.source_s, incident.opened_s)
        matter.incident = None
        return Closed(replace(incident, closed_s=end_s, closed_utc=now.utc - (now.source_s - end_s)))


def _belongs(sign: Sign, places: tuple[Box, ...], matter: _Matter) -> bool:
    """Whether a sign of another key is of the same matter: the same person, the same zone, or the place of a moment ago."""
    if matter.people.intersection(sign.tracks):
        return True
    if sign.apart:
        return False
    if sign.zone is not None and sign.zone in matter.zones:
        return True
    return any(now.iou(then) >= SAME_PLACE for now in places for then in matter.places)
