"""What is usual in this shop, learned while it runs, and how far the visits of an incident's subjects were from it.

Comes in: who is followed on each camera, moment by moment, and what became an incident. Goes out: for an incident how unusual
its subject's visit was, once the person has left; it explains and ranks, and never raises an alarm. Kept between runs: faded
counts in usual.json (see agent.incidents.normality), no pictures and no ways.
"""

from __future__ import annotations

import json
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from agent.clock import Clock
from agent.errors import StoreError
from agent.incidents.normality import ShopNormality, Unusual
from agent.incidents.passage import Passage, Spot
from agent.values import FrameStamp, Incident, Track
from agent.vault.durable import disk_errors, replace_synced

log = logging.getLogger(__name__)
V = TypeVar("V")

NAME = "usual.json"
STEP_S = 1.0  # of a way, one place a second is kept while somebody is there
LONGEST = 7200  # places of one way
SHORTEST_S = 3.0  # who is followed for less is a flicker
WALK = 0.05  # share of the picture; what has not moved so far and no person detector has seen is a thing
WAIT_S = 90.0  # so long after somebody has left, what was noticed of the visit may still become an incident
KEPT = 500  # visits and incidents that are remembered at once
SAVE_S = 3600.0

Who = tuple[str, int]  # camera and track


@dataclass(slots=True)
class _Way:
    """One person's way so far."""

    begin_utc: float
    end_utc: float = 0.0
    confirmed: bool = False
    path: list[Spot] = field(default_factory=list)

    def add(self, track: Track, stamp: FrameStamp) -> None:
        self.end_utc, self.confirmed = stamp.utc, self.confirmed or track.by == "person"
        if len(self.path) < LONGEST and (not self.path or stamp.source_s - self.path[-1][0] >= STEP_S):
            self.path.append((stamp.source_s, track.box.foot.x, track.box.foot.y))

    @property
    def counts(self) -> bool:
        if not self.path or self.path[-1][0] - self.path[0][0] < SHORTEST_S:
            return False
        xs, ys = [x for _, x, _ in self.path], [y for _, _, y in self.path]
        return self.confirmed or max(max(xs) - min(xs), max(ys) - min(ys)) >= WALK

    def passage(self, camera: str) -> Passage:
        begin, end = (datetime.fromtimestamp(utc, UTC) for utc in (self.begin_utc, self.end_utc))
        return Passage(camera, begin, end, tuple(self.path))


class ShopUsual:
    """Holding one means: you learn what is usual, and say of incidents what was not. Safe to use from any thread."""

    def __init__(self, folder: Path, clock: Clock, found: Callable[[str, Unusual], None]) -> None:
        """folder: the data folder. found: hears of an incident (its id) how unusual a subject's visit was, and again when a
        later subject's was more so. A file that is damaged or of another version is left aside, and learning begins anew.
        """
        self._path = folder / NAME
        self._clock = clock
        self._found = found
        self._lock = threading.Lock()
        self._shop = _loaded(self._path)
        self._saved_s = clock.monotonic()
        self._failed = False
        self._ways: dict[Who, _Way] = {}
        self._left: dict[Who, Unusual] = {}
        self._to_learn: deque[tuple[Who, Passage]] = deque()
        self._incidents: dict[Who, set[str]] = {}
        self._told: dict[str, float] = {}

    def see(self, camera: str, tracks: Iterable[Track], stamp: FrameStamp) -> None:
        """Who is followed now; whoever was and is no more has left."""
        with self._lock:
            here = set()
            for track in tracks:
                here.add((camera, track.id))
                if track.seen:
                    self._ways.setdefault((camera, track.id), _Way(stamp.utc)).add(track, stamp)
            for who in [who for who in self._ways if who[0] == camera and who not in here]:
                self._leave(who, self._ways.pop(who))
            self._learn(stamp.utc)

    def note(self, incident: Incident) -> None:
        """An incident was opened, changed or closed: its subjects' visits teach nothing, and are compared with the usual."""
        with self._lock:
            for track in incident.tracks:
                who = (incident.camera, track)
                _bounded(self._incidents, who, self._incidents.get(who, set()) | {incident.id})
                if who in self._left:
                    self._tell(incident.id, self._left[who])

    def keep(self, *, now: bool = False) -> None:
        """Write what was learned, at most once an hour unless `now`. A disk that refuses is tried again at the next call."""
        if not now and self._clock.monotonic() - self._saved_s < SAVE_S:
            return
        with self._lock:
            state = json.dumps(self._shop.to_dict()).encode()
        try:
            with disk_errors(self._path.parent):
                replace_synced(self._path, state, mode=0o600)
            self._saved_s, self._failed = self._clock.monotonic(), False
        except StoreError as failure:
            if not self._failed:
                log.warning("what is usual in the shop could not be written: %s", failure)
            self._failed = True

    def _leave(self, who: Who, way: _Way) -> None:
        if not way.counts:
            return
        passage = way.passage(who[0])
        unusual = self._shop.score(passage)
        _bounded(self._left, who, unusual)
        self._to_learn.append((who, passage))
        for incident_id in self._incidents.get(who, ()):
            self._tell(incident_id, unusual)

    def _tell(self, incident_id: str, unusual: Unusual) -> None:
        if unusual.known and unusual.reasons and unusual.score > self._told.get(incident_id, -1.0):
            _bounded(self._told, incident_id, unusual.score)
            self._found(incident_id, unusual)

    def _learn(self, utc: float) -> None:
        while self._to_learn and abs(utc - self._to_learn[0][1].end_utc.timestamp()) >= WAIT_S:
            who, passage = self._to_learn.popleft()
            self._shop.observe(passage, suspicious=who in self._incidents)


def _bounded(kept: dict[Who, V] | dict[str, V], key: Who | str, value: V) -> None:
    """Remember; the oldest go first when there is too much."""
    table: dict[Who | str, V] = kept  # type: ignore[assignment]
    table[key] = value
    while len(table) > KEPT:
        del table[next(iter(table))]


def _loaded(path: Path) -> ShopNormality:
    try:
        return ShopNormality.from_dict(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return ShopNormality()
    except (OSError, ValueError, OverflowError, RecursionError) as damage:
        log.warning("what was usual in the shop could not be read (%s); it is learned anew", damage)
        return ShopNormality()
