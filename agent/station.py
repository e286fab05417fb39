"""One camera with everything that belongs to it: source, ring, recorder, pipeline, and the thread that runs them.

Comes in: the camera's settings and the shared parts. Goes out: a running camera, its health, and its events in the vault.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from agent.capture.raw import RawFrame
from agent.capture.ring import SourceRing
from agent.capture.source import Source, open_source
from agent.clock import Clock
from agent.darkroom import Darkroom
from agent.detection.detectors import PeopleDesk
from agent.entry.records import Crossing
from agent.entry.scanner import LOOKS_PER_S, CameraScanner
from agent.errors import SourceError, StoreError
from agent.incidents.engine import Change, Closed, Opened
from agent.incidents.needs import silent_tills
from agent.lookout import Facts
from agent.panel import CameraHealth, CameraState
from agent.pipeline import CameraPipeline, Outlets
from agent.recording.live import LiveView
from agent.recording.presence import PresenceRecorder
from agent.settings import CameraSettings, Settings
from agent.usual import ShopUsual
from agent.values import Event, EventKind, FrameStamp, Text, Track
from agent.vault import Vault
from agent.workers import Failure, Heartbeat, Stop, Worker, shielded

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Shared:
    """What all cameras share. facts: what their lookouts ask of the rest of the agent.
    usual: what is usual in the shop; None: nothing is learned (recordings that are played once). scanner: looks for codes in
    the pictures of the camera that `entry.reader` names; None: nobody does. crossed: hears who steps over the entrance's line.
    """

    settings: Settings
    vault: Vault
    desk: PeopleDesk
    live: LiveView
    darkroom: Darkroom
    clock: Clock
    facts: Facts = field(default_factory=Facts)
    usual: ShopUsual | None = None
    scanner: CameraScanner | None = None
    crossed: Callable[[Crossing], None] = lambda _crossing: None


class Station:
    """Holding one means: one camera is being watched, or can be as soon as `start` is called."""

    def __init__(self, camera: CameraSettings, shared: Shared, *, once: bool) -> None:
        """Opens a recording here and now: raises SourceError, SourceUnsupported. A live camera is connected to later."""
        self.camera = camera
        self._shared = shared
        self._once = once
        self.stalled = False
        self._failure: SourceError | None = None
        self._scanner = shared.scanner if camera.id == shared.settings.entry.reader else None
        recording = shared.settings.recording
        self._ring = SourceRing(recording.ring_s, int(recording.ring_mb * 1_000_000))
        self._recorder = PresenceRecorder(camera.id, shared.vault, recording, self.tell)
        outlets = Outlets(
            recorder=self._recorder,
            live=shared.live,
            incident=self._note,
            clip=lambda job, shop: shared.darkroom.order(job, shop, self.tell),
            event=self.tell,
            facts=shared.facts,
            followed=self._followed,
            crossed=shared.crossed,
        )
        self.pipeline = CameraPipeline(camera, shared.settings, shared.desk, self._ring, outlets, shared.clock)
        self._source: Source = open_source(
            camera,
            shared.clock,
            once=once,
            on_packet=self._ring.add,
            on_event=self.tell,
            take_fps=max(shared.settings.detection.fps, LOOKS_PER_S if self._scanner is not None else 0.0),
        )
        self.worker = Worker(f"camera-{camera.id}", self._work, shared.clock, on_failure=self._restarted, restart=not once)

    def start(self) -> None:
        self.worker.start()

    def stop(self) -> None:
        self.worker.ask_stop()
        self._source.close()

    @property
    def failure(self) -> SourceError | None:
        """Why the source ended for good, if it did."""
        return self._failure

    def tell(self, kind: EventKind, text: Text) -> None:
        """An event of this camera: into the vault and the log. Raises nothing: telling must not end the one who tells."""
        log.info("camera %s: %s", self.camera.id, text.en)
        event = Event(self._shared.clock.utc(), kind, text, self.camera.id)
        try:
            self._shared.vault.record_event(event, wait=False)
        except StoreError as error:
            log.warning("camera %s: an event could not be entered (%s): %s", self.camera.id, error, text.en)

    def health(self, fps: Callable[[str, int], float]) -> CameraHealth:
        """How this camera is. fps: frames a second lately, from a camera's id and its count of frames so far."""
        tally = self.pipeline.tally
        return CameraHealth(
            id=self.camera.id,
            name=self.camera.name,
            state=self._state(),
            step=tally.step,
            steps=dict(tally.steps),
            masked_share=tally.share,
            fps=fps(self.camera.id, tally.taken),
            last_frame_utc=tally.last_utc,
            people=tally.people,
            unwatched=(silent_tills(tally.silent_tills),) if tally.silent_tills else (),
        )

    def _state(self) -> CameraState:
        tally = self.pipeline.tally
        if tally.ended or self._failure is not None:
            return CameraState.ENDED
        if tally.lost:
            return CameraState.LOST
        return CameraState.RUNNING if tally.taken else CameraState.STARTING

    def _work(self, stop: Stop, heartbeat: Heartbeat) -> None:
        """Follow the source to its end. Started anew after a bug, it goes on with the same source: time goes on, too."""
        self.pipeline.tally.ended = False
        try:
            self.pipeline.run(self._beating(stop, heartbeat))
        except SourceError as failure:
            self._failure = failure
            self.pipeline.finish()
            self.tell(EventKind.CAMERA_ENDED, failure.text)
        except BaseException:
            self._put_away()
            if self._once:
                self._source.close()
            raise
        self._source.close()

    def _put_away(self) -> None:
        """What is open is closed before the loop is started anew, so that nothing recorded hangs on the next attempt."""
        for close in (self.pipeline.finish, self._recorder.finish):
            closed = shielded(close)
            if isinstance(closed, Failure):
                log.error("camera %s: closing what was open failed: %s", self.camera.id, closed.error, exc_info=closed.error)
        self.pipeline.tally.ended = self._once

    def _beating(self, stop: Stop, heartbeat: Heartbeat) -> Iterator[RawFrame | None]:
        for frame in self._source.frames():
            heartbeat.beat()
            if stop.asked:
                return
            if self._scanner is not None and frame is not None:
                self._scanner.offer(frame)
            yield frame

    def _followed(self, tracks: tuple[Track, ...], stamp: FrameStamp) -> None:
        if self._shared.usual is not None:
            self._shared.usual.see(self.camera.id, tracks, stamp)

    def _note(self, change: Change) -> None:
        vault = self._shared.vault
        if isinstance(change, Opened):
            log.info("incident %s: %s", change.incident.id, change.incident.reasons[0].en)
            vault.open_incident(change.incident, wait=False)
        elif isinstance(change, Closed):
            vault.close_incident(change.incident, wait=False)
        else:
            vault.update_incident(change.incident, wait=False)
        if self._shared.usual is not None:
            self._shared.usual.note(change.incident)

    def _restarted(self, failure: BaseException) -> None:
        self.tell(
            EventKind.RESTARTED,
            Text(
                ko=f"'{self.camera.name}' 카메라 처리가 오류로 멈춰 다시 시작했습니다.",
                en=f"The work on camera '{self.camera.name}' failed ({type(failure).__name__}) and was started anew.",
            ),
        )
