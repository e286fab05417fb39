"""The gate: accepted codes are matched with the people who come in, one person for each code. Pure.

Comes in: the tracks of each frame with what the detectors found, and the codes accepted of late. Goes out: `Crossing`s.

Which code is whose cannot be seen: people come in in the order of their codes. A code of which nobody made use is void as soon
as somebody else came in on a newer one and it is older than people usually need, so that a follower cannot live on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.detection.findings import Findings, Unseen
from agent.entry.line import Line
from agent.entry.passing import Passages, Passed
from agent.entry.records import Crossing, CrossingKind, Scan
from agent.entry.regions import regions_of
from agent.entry_settings import EntrySettings
from agent.values import Box, FrameStamp, Track

EARLY_S = 1.0  # a code counts for who was at the line so long before it was accepted: pictures and clocks differ a little
BACK_S = 5.0  # who came in and goes out again so soon has not used up the code
AGAIN_S = 10.0  # and may come in on it until so long after coming in for the first time
USUAL = 1 / 3  # of the longest wait is what people need from the code to the line, until it is known better
LEARN = 0.2  # share of a new such time in what is known
LATE, LATE_S = 2.0, 2.0  # a code older than so many usual times and so many seconds gives way to a newer one
REMEMBER_S = 600.0


@dataclass(frozen=True, slots=True)
class _Came:
    """Somebody came in on a code of their own. at_s, utc: when."""

    body: int
    at_s: float
    utc: float
    scan: Scan


class Gate:
    """Holding one means: you watch the entrance of one camera, frame by frame."""

    def __init__(self, settings: EntrySettings) -> None:
        """Raises ValueError where the settings' line is none (the settings are checked when they are read)."""
        if len(settings.line) != 2:
            raise ValueError("the entrance's line needs two points")
        self._settings = settings
        self._passages = Passages(Line(*settings.line, settings.inside))
        self._came: list[_Came] = []
        self._used: dict[str, float] = {}  # by entry of the code: when (Unix time)
        self._given_back: dict[str, float] = {}  # codes of those who went out again: when they had come in
        self._usual_s = settings.wait_s * USUAL

    def step(
        self, stamp: FrameStamp, tracks: Sequence[Track], findings: Findings | Unseen, scans: Sequence[Scan]
    ) -> tuple[Crossing, ...]:
        """Whoever crossed, as far as it became known with this frame. scans: accepted within the last minutes."""
        passed = self._passages.step(stamp.source_s, regions_of(tracks, findings))
        self._forget(stamp)
        return tuple(self._crossing(one, _track(one.box, tracks), stamp, scans) for one in passed)

    def _crossing(self, one: Passed, track: int, stamp: FrameStamp, scans: Sequence[Scan]) -> Crossing:
        utc = stamp.utc - (stamp.source_s - one.at_s)
        if not one.inward:
            self._give_back(one)
            return Crossing(stamp.camera, track, CrossingKind.EXIT, stamp.source_s, stamp.utc)
        scan = self._own(scans, utc)
        if scan is not None:
            self._used[scan.entry] = utc
            self._came.append(_Came(one.body, one.at_s, utc, scan))
            return Crossing(stamp.camera, track, CrossingKind.VERIFIED, stamp.source_s, stamp.utc, scan)
        ahead = [came for came in self._came if abs(one.at_s - came.at_s) <= self._settings.tail_s]
        kind = CrossingKind.TAILGATING if ahead else CrossingKind.NO_CODE
        return Crossing(stamp.camera, track, kind, stamp.source_s, stamp.utc, ahead[-1].scan if ahead else None)

    def _own(self, scans: Sequence[Scan], utc: float) -> Scan | None:
        """The code on which somebody came in at `utc`: the oldest that is free, unless a newer one is much likelier."""
        free = [scan for scan in sorted(scans, key=lambda s: (s.utc, s.entry)) if self._is_free(scan, scans, utc)]
        if len(free) == 1:
            self._usual_s += LEARN * (max(0.0, utc - free[0].utc) - self._usual_s)
        while len(free) > 1 and utc - free[0].utc > LATE * self._usual_s + LATE_S:
            self._used[free.pop(0).entry] = utc
        return free[0] if free else None

    def _is_free(self, scan: Scan, scans: Sequence[Scan], utc: float) -> bool:
        if scan.entry in self._used or not -EARLY_S <= utc - scan.utc <= self._settings.wait_s:
            return False
        came_utc = self._given_back.get(scan.entry)
        if came_utc is None:
            return True
        return utc - came_utc <= AGAIN_S and not any(came_utc < other.utc <= utc for other in scans)

    def _give_back(self, one: Passed) -> None:
        """Who came in a moment ago and goes out again may come in once more on the same code, before anybody shows another."""
        for came in reversed(self._came):
            same = came.body == one.body or one.sure_since_s >= came.at_s  # or it may be
            if same and one.at_s - came.at_s <= BACK_S:
                self._used.pop(came.scan.entry, None)
                self._given_back[came.scan.entry] = came.utc
                self._came.remove(came)
                return

    def _forget(self, stamp: FrameStamp) -> None:
        self._came = [came for came in self._came if stamp.source_s - came.at_s <= max(BACK_S, self._settings.tail_s)]
        for known in (self._used, self._given_back):
            for entry in [entry for entry, utc in known.items() if stamp.utc - utc > REMEMBER_S]:
                del known[entry]


def _track(box: Box, tracks: Sequence[Track]) -> int:
    """The id of the tracker's for whoever is in the box; 0 where it follows nobody."""
    best = max(tracks, key=lambda track: (track.box.overlap(box), track.seen), default=None)
    return best.id if best is not None else 0
