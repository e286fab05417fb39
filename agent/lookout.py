"""One camera's seeing and judging, without masking and without writing: who is there, what they do, what becomes an incident.

Comes in: `RawFrame`s of one camera in the order of time. Goes out: a `Sight` of each. The pipeline masks and records what it
sees; `ansim evaluate` replays recordings through the same eyes, so that what is measured is what runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from agent.capture.raw import RawFrame
from agent.detection.activity import ActivityWatch
from agent.detection.alterations import AlterationWatch
from agent.detection.detectors import Detectors, PeopleDesk
from agent.detection.findings import Findings, Unseen
from agent.detection.tracker import Tracker
from agent.detection.view import ViewWatch
from agent.entry.gate import Gate
from agent.entry.records import Crossing, Scan
from agent.errors import ModelError
from agent.incidents.concealment import ConcealmentModel, ConcealmentWatch
from agent.incidents.engine import Change, IncidentEngine
from agent.incidents.ids import IncidentIds
from agent.incidents.scene import Scene
from agent.settings import CameraSettings, IncidentSettings, Settings
from agent.values import Alteration, Concealment, FrameStamp, Payment, Track, ViewFault


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen in one frame, and what became of the incidents. fault: of the person detector, if it had one.

    tracks: all that are followed, without their paths. alterations: what looks different for good, of the last ten minutes.
    activity: per track how strongly it moves. concealment: per track how much it looks as if goods were being hidden.
    crossings: who stepped over the entrance's line just now, where this camera watches the gate.
    """

    stamp: FrameStamp
    findings: Findings | Unseen
    tracks: tuple[Track, ...]
    changes: tuple[Change, ...]
    fault: ModelError | None = None
    alterations: tuple[Alteration, ...] = ()
    activity: Mapping[int, float] = field(default_factory=dict)
    concealment: Mapping[int, Concealment] = field(default_factory=dict)
    crossings: tuple[Crossing, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What the lookout asks of the rest of the agent.

    taken: whether an incident of that id is stored already. payments: the sales of the last ten minutes. tuned: the settings
    in force after what the owner said of alarms, asked for once a picture; None: as set. concealment: the model that judges
    whether goods are being hidden; None: nobody does. scans: the codes that were accepted at the entrance in the last minutes.
    """

    taken: Callable[[str], bool] = lambda _incident_id: False
    payments: Callable[[], tuple[Payment, ...]] = tuple
    tuned: Callable[[], IncidentSettings] | None = None
    concealment: ConcealmentModel | None = None
    scans: Callable[[], tuple[Scan, ...]] = tuple


class Lookout:
    """Holding one means: you watch one camera and judge what you see."""

    def __init__(self, camera: CameraSettings, settings: Settings, desk: PeopleDesk, facts: Facts | None = None) -> None:
        self._facts = facts or Facts()
        self._camera = camera
        self._shop = settings.shop
        self._zone = ZoneInfo(settings.shop.timezone)
        model = self._facts.concealment if settings.incidents.concealment.enabled else None
        self._hands = None if model is None else ConcealmentWatch(model)
        self._concealment: Mapping[int, Concealment] = {}
        self.detectors = Detectors(
            desk, settings.detection, settings.masking.late_s, camera.privacy, bags=self._hands is not None
        )
        self._tracker = Tracker(camera.id, settings.masking.memory_s, settings.detection.sure)
        self._view = ViewWatch()
        self._alterations = AlterationWatch(camera.zones, camera.privacy, witness=desk.sees_people)
        self._activity = ActivityWatch()
        watched = settings.entry.enabled and settings.entry.gate == camera.id
        self._gate = Gate(settings.entry) if watched else None
        self._engine = IncidentEngine(camera.id, settings.incidents, IncidentIds(self._facts.taken))
        self._tracks: tuple[Track, ...] = ()
        self._altered: tuple[Alteration, ...] = ()

    @property
    def silent_tills(self) -> frozenset[str]:
        """The tills here that report their sales no more; see `agent.incidents.sales`."""
        return self._engine.silent_tills

    def take(self, raw: RawFrame) -> Sight:
        """One frame: look, follow, judge the view, learn the empty shop where nobody is, judge what happens."""
        seeing = self.detectors.look(raw, somebody=bool(self._tracks))
        self._tracks = self._tracker.step(seeing.findings)
        faults = self._view.step(raw, seeing.difference)
        self.detectors.learn(raw, faults)
        self._altered = alterations = self._alterations.step(raw, seeing.findings, self._tracks, faults)
        activity = self._activity.step(seeing.difference.luma, raw.stamp.source_s, self._tracks)
        self._watch_hands(raw, seeing.findings)
        crossings = self._watch_gate(raw.stamp, seeing.findings)
        scene = replace(
            self._scene(raw.stamp, faults),
            concealment=self._concealment,
            tracks=self._tracks,
            changed_share=seeing.difference.share,
            alterations=alterations,
            activity=activity,
            crossings=crossings,
        )
        changes = self._judge(scene)
        bare = tuple(replace(track, path=()) for track in self._tracks)
        found = (alterations, activity, self._concealment, crossings)
        return Sight(raw.stamp, seeing.findings, bare, changes, seeing.fault, *found)

    def _watch_gate(self, stamp: FrameStamp, findings: Findings | Unseen) -> tuple[Crossing, ...]:
        return () if self._gate is None else self._gate.step(stamp, self._tracks, findings, self._facts.scans())

    def _watch_hands(self, raw: RawFrame, findings: Findings | Unseen) -> None:
        """Judge what hands do, at each look of the person detector; between looks the last judgement stands."""
        if self._hands is not None and isinstance(findings, Findings) and findings.looked:
            aspect = raw.width / raw.height
            self._concealment = self._hands.step(raw.stamp.source_s, self._tracks, self._camera.zones, findings.bags, aspect)

    def miss(self, now: FrameStamp, silent_s: float) -> tuple[Change, ...]:
        """No picture has come for `silent_s` seconds: the camera is lost, and whoever was followed is followed no more.

        What was found different before stays found: who breaks something and then the camera is told of all the same.
        """
        self._tracks = ()
        return self._judge(replace(self._scene(now, {ViewFault.LOST: silent_s}), alterations=self._altered))

    def finish(self, stamp: FrameStamp) -> tuple[Change, ...]:
        """The frames are over: what is open is closed."""
        return tuple(self._engine.finish(stamp))

    def _judge(self, scene: Scene) -> tuple[Change, ...]:
        if self._facts.tuned is not None:
            self._engine.retune(self._facts.tuned())
        return tuple(self._engine.step(scene))

    def _scene(self, stamp: FrameStamp, faults: Mapping[ViewFault, float]) -> Scene:
        local = datetime.fromtimestamp(stamp.utc, self._zone)
        return Scene(
            camera=self._camera.id,
            stamp=stamp,
            local=local,
            open_now=self._shop.is_open(local),
            zones=self._camera.zones,
            view=faults,
            payments=self._facts.payments(),
        )
