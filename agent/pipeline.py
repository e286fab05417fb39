"""One camera's loop: what becomes of each picture, from the camera to the masked recording. Read this first.

Comes in: `RawFrame`s of one camera. Goes out: masked frames to the live view and the presence recording, changes of incidents,
and jobs for the evidence renderer. A frame is held for the look-ahead (1-2 s) before it is masked, so that a person who is
noticed late is masked in the frames before, too.
"""

from __future__ import annotations

import itertools
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from agent.capture.raw import RawFrame
from agent.capture.ring import SourceRing
from agent.clock import Clock
from agent.detection.detectors import PeopleDesk
from agent.detection.findings import Findings, cell_rows
from agent.detection.reference import EmptyShop
from agent.entry.records import Crossing
from agent.incidents.engine import Change, Closed
from agent.lookout import Facts, Lookout
from agent.masking.levels import Mask
from agent.masking.masked import MaskedFrame, apply_mask, blank_frame, stored_size
from agent.masking.plan import NEAR_S, Care, Seen, plan_mask
from agent.recording.evidence import ClipJob
from agent.recording.live import LiveView
from agent.recording.presence import PresenceRecorder
from agent.settings import CameraSettings, Settings
from agent.troubles import Troubles
from agent.values import EventKind, FrameStamp, Incident, MaskStep, Text, Track
from agent.workers import Failure, shielded

OnEvent = Callable[[EventKind, Text], None]

SILENT_S = 3.0  # without a picture for so long, a camera counts as lost
PRESENT = 0.25  # a detection from this score on starts the presence recording; weaker ones are masked all the same


@dataclass(slots=True)
class Tally:
    """What the health page says of one camera: frames taken, masked frames per step, and the state of the newest one.

    silent_tills: by their zones' names, those that report their sales no more; "": of sales that name none.
    """

    steps: Counter[MaskStep] = field(default_factory=Counter)
    step: MaskStep | None = None
    share: float = 0.0
    taken: int = 0
    frames: int = 0
    people: int = 0
    silent_tills: frozenset[str] = frozenset()
    last_utc: float | None = None
    lost: bool = False
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Outlets:
    """Where a camera's results go: presence recording, live view, the incident store, and the evidence renderer.

    facts: what is asked of the rest of the agent meanwhile. followed: hears who is followed in each picture. crossed: hears of
    each who steps over the entrance's line.
    """

    recorder: PresenceRecorder
    live: LiveView
    incident: Callable[[Change], None]
    clip: Callable[[ClipJob, EmptyShop | None], None]
    event: OnEvent
    facts: Facts = field(default_factory=Facts)
    followed: Callable[[tuple[Track, ...], FrameStamp], None] = lambda _tracks, _stamp: None
    crossed: Callable[[Crossing], None] = lambda _crossing: None


@dataclass(slots=True)
class _Held:
    raw: RawFrame
    seen: Seen
    somebody: bool


class CameraPipeline:
    """Holding one means: you feed one camera's frames in the order of time; everything that follows from them happens here."""

    def __init__(
        self, camera: CameraSettings, settings: Settings, desk: PeopleDesk, ring: SourceRing, outlets: Outlets, clock: Clock
    ) -> None:
        self.camera = camera
        self.tally = Tally()
        self._settings = settings
        self._ring = ring
        self._out = outlets
        self._care = Care(settings.masking.margin, settings.masking.look_ahead_s, settings.detection.weak)
        self._lookout = Lookout(camera, settings, desk, outlets.facts)
        self._held: deque[_Held] = deque()
        self._past: deque[Seen] = deque()
        self._due: list[Incident] = []
        self._troubles = Troubles(outlets.event)
        self._clock = clock
        self._stamp: FrameStamp | None = None  # of the newest frame
        self._last: FrameStamp | None = None  # the newest moment that was judged, with a frame or without
        self._silent_s = 0.0

    def run(self, frames: Iterable[RawFrame | None]) -> None:
        """Follow the camera until its frames end. None among them means that none came for a second."""
        for raw in frames:
            if raw is None:
                self.wait()
            else:
                self.take(raw)
        self.finish()

    def take(self, raw: RawFrame) -> None:
        """One frame on its way: look, follow, judge, hold; then mask and hand out whatever has been held long enough."""
        sight = self._lookout.take(raw)
        self._troubles.heed(sight.findings, sight.fault)
        self._heed(sight.changes, raw.stamp)
        self._out.followed(sight.tracks, raw.stamp)
        for crossing in sight.crossings:
            self._out.crossed(crossing)
        seen = Seen(raw.stamp, sight.findings, sight.tracks)
        self._held.append(_Held(raw, seen, _somebody(seen)))
        self._stamp = self._last = raw.stamp
        self.tally.lost, self.tally.people, self._silent_s = False, len(sight.tracks), 0.0
        self.tally.taken += 1
        self.tally.silent_tills = self._lookout.silent_tills
        self._release(raw.stamp.source_s - self._care.look_ahead_s)

    def wait(self) -> None:
        """A second without a picture. After a few what is held goes out, and a camera that stays silent becomes an incident."""
        self._silent_s += 1.0
        if self._silent_s < max(SILENT_S, self._care.look_ahead_s):
            return  # whoever is seen in the next frame may have been in those that are held
        self._release(float("inf"))
        self.tally.lost = True
        last_s = self._stamp.source_s if self._stamp is not None else 0.0
        now = FrameStamp(self.camera.id, -1, last_s + self._silent_s, self._clock.utc())
        self._last = now
        self._heed(self._lookout.miss(now, self._silent_s), now)

    def finish(self) -> None:
        """The source has ended: hand out what is held, close what is open."""
        self._release(float("inf"))
        if self._last is not None:
            self._heed(self._lookout.finish(self._last), None)
        self._out.recorder.finish()
        self.tally.ended = True

    def _heed(self, changes: Iterable[Change], now: FrameStamp | None) -> None:
        """Hand incidents on, and order the clips that are due `now` (all of them when no more frames will come)."""
        for change in changes:
            self._out.incident(change)
            if isinstance(change, Closed):
                self._due.append(change.incident)
        self._send_clips(float("inf") if now is None else now.source_s)

    def _send_clips(self, now_s: float) -> None:
        """An incident's clip is cut once the seconds after its end have come in, too."""
        after = self._settings.recording.clip_after_s
        for incident in [i for i in self._due if (i.closed_s or i.opened_s) + after <= now_s]:
            self._due.remove(incident)
            from_s = incident.opened_s - self._settings.recording.clip_before_s
            to_s = (incident.closed_s or incident.opened_s) + after
            seen = tuple(s for s in (*self._past, *(h.seen for h in self._held)) if from_s <= s.stamp.source_s <= to_s)
            job = ClipJob(incident, self._ring.cut(from_s, to_s), seen, from_s, to_s, self.camera.privacy)
            self._out.clip(job, self._lookout.detectors.reference.empty_shop())

    def _release(self, until_s: float) -> None:
        while self._held and self._held[0].raw.stamp.source_s <= until_s:
            self._hand_out(self._held.popleft())

    def _hand_out(self, held: _Held) -> None:
        stamp = held.raw.stamp
        somebody = held.somebody or any(later.somebody for later in self._held)
        held.seen = replace(held.seen, findings=self._lookout.detectors.again(held.raw, held.seen.findings))
        self._past.append(held.seen)
        while self._past[0].stamp.source_s < stamp.source_s - self._settings.recording.ring_s:
            self._past.popleft()
        recorded = self.camera.record and self._out.recorder.wants(stamp, somebody)
        if not (recorded or self._out.live.wants(self.camera.id, stamp.source_s)):
            held.raw.drop()
            return
        frame = self._masked(held)
        self.tally.steps[frame.step] += 1
        self.tally.frames += 1
        self.tally.step, self.tally.share, self.tally.last_utc = frame.step, frame.share, stamp.utc
        self._out.live.publish(self.camera.id, frame)
        if recorded:
            self._out.recorder.take(frame, somebody, held.seen.tracks)

    def _masked(self, held: _Held) -> MaskedFrame:
        raw = held.raw
        size = stored_size(raw.width, raw.height, self._settings.recording.height)
        made = shielded(lambda: apply_mask(raw, self._plan(held), size))
        if isinstance(made, Failure):
            raw.drop()
            self._troubles.masking_failed(made)
            return blank_frame(held.seen.stamp, size, full_range=raw.full_range)
        self._troubles.masking_works()
        return made

    def _plan(self, held: _Held) -> Mask:
        rows = cell_rows(held.raw.width, held.raw.height)
        near = itertools.takewhile(lambda s: s.stamp.source_s >= held.seen.stamp.source_s - NEAR_S, reversed(self._past))
        around = (*reversed(tuple(near)), *(later.seen for later in self._held))
        return plan_mask(held.seen, around, rows, self._lookout.detectors.zone(rows), self._care)


def _somebody(seen: Seen) -> bool:
    """Whether a frame has to be recorded: somebody is there, or nobody can tell."""
    findings = seen.findings
    if not isinstance(findings, Findings) or findings.changed is None:
        return True
    return bool(seen.tracks or findings.faces) or any(person.score >= PRESENT for person in findings.people)
