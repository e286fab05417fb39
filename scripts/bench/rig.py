"""One camera of the agent in this process, with real parts, fed as fast as it can take pictures, timed stage by stage.

Comes in: a film and an engine. Goes out: processor time by stage. The parts are the agent's own
(capture's reader as for a live camera, pipeline, vault, recorder, evidence renderer), put together as agent/station.py does.
Only two things differ: nobody waits for the time of day, and clips are rendered in between instead of in a thread of their own,
so that their cost is told apart.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from agent.capture.address import parse_address
from agent.capture.connection import Patience
from agent.capture.raw import RawFrame
from agent.capture.reader import Reader
from agent.capture.ring import SourceRing
from agent.capture.stream import open_stream
from agent.clock import SystemClock
from agent.config import load_settings
from agent.detection.detectors import PeopleDesk
from agent.detection.engine import choose_engine
from agent.detection.reference import EmptyShop
from agent.incidents.engine import Change, Closed, Opened
from agent.lookout import Facts, Lookout
from agent.pipeline import CameraPipeline, Outlets
from agent.recording.encoder import Encoder
from agent.recording.evidence import ClipJob, EvidenceRenderer
from agent.recording.hindsight import Hindsight
from agent.recording.live import LiveView
from agent.recording.presence import PresenceRecorder
from agent.settings import CameraSettings, Settings
from agent.values import EventKind, Text
from agent.vault import Vault

T = TypeVar("T")
WHOLE = ("clips",)  # stages within which no other one is told apart


class Stopwatch:
    """Processor time by stage, each without the stages within it. The vault's own thread counts as a stage."""

    def __init__(self) -> None:
        self.spent: defaultdict[str, float] = defaultdict(float)
        self.calls: Counter[str] = Counter()
        self._open: list[str] = []
        self._mark = 0.0
        self._apart = [  # the vault's thread works beside whatever stage is on
            time.pthread_getcpuclockid(thread.ident)
            for thread in threading.enumerate()
            if thread.name == "vault-writer" and thread.ident is not None
        ]
        self._apart_start = self._apart_s()

    def timed(self, stage: str, call: Callable[..., T]) -> Callable[..., T]:
        """`call`, its time counted for `stage`."""

        def wrapped(*arguments: Any, **named: Any) -> T:
            with self.stage(stage):
                return call(*arguments, **named)

        return wrapped

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        if any(whole in self._open for whole in WHOLE):
            yield
            return
        self._turn()
        self._open.append(name)
        self.calls[name] += 1
        try:
            yield
        finally:
            self._turn()
            self._open.pop()

    def reset(self) -> None:
        """Forget what was spent so far (warming up)."""
        self._turn()
        self.spent.clear()
        self.calls.clear()
        self._apart_start = self._apart_s()

    def stages(self) -> dict[str, float]:
        """Seconds of processor time by stage."""
        self._turn()
        return {**self.spent, "vault": self.spent["vault"] + self._apart_s() - self._apart_start}

    def _turn(self) -> None:
        now = time.process_time() - self._apart_s()
        self.spent[self._open[-1] if self._open else "rest"] += now - self._mark
        self._mark = now

    def _apart_s(self) -> float:
        return sum(time.clock_gettime(clock) for clock in self._apart)


class Rig:
    """Holding one means: one camera is ready to be fed in this process."""

    def __init__(self, film: Path, engine: str, folder: Path, *, timed: bool, loitering_s: float | None = None) -> None:
        """film: played from its start, again and again. timed: with a stopwatch in every stage.

        loitering_s: report staying after so long, not after the default time.
        """
        self.settings = _settings(engine, folder, loitering_s)
        self.camera = CameraSettings(id="rig", name="rig", source=str(film), loop=True)
        self._clock = SystemClock()
        self._parts = ExitStack()
        self._vault = Vault(folder, self._clock)
        self._vault.open()
        self._parts.callback(self._vault.close)
        self._desk = PeopleDesk(choose_engine(self.settings.detection), self.settings.detection.weak, self._clock)
        self._parts.callback(self._desk.close)
        self.watch = Stopwatch()
        self.ring = SourceRing(self.settings.recording.ring_s, int(self.settings.recording.ring_mb * 1_000_000))
        self.clips = self.incidents = 0
        recorder = PresenceRecorder(self.camera.id, self._vault, self.settings.recording, self._tell)
        outlets = Outlets(
            recorder=recorder,
            live=LiveView(),
            incident=self._note,
            clip=self._render,
            event=self._tell,
            facts=Facts(taken=lambda incident_id: self._vault.incident(incident_id) is not None),
        )
        self.pipeline = CameraPipeline(self.camera, self.settings, self._desk, self.ring, outlets, self._clock)
        on_packet = self.ring.add
        if timed:
            self._put_watches(recorder)
            on_packet = self.watch.timed("ring", self.ring.add)
        # quick=False: one thread and no delay, as for a live camera
        self._reader = Reader(
            self._clock, take_fps=self.settings.detection.fps, quick=False, on_packet=on_packet, on_event=self._tell
        )

    def play(self, until: Callable[[float], bool]) -> float:
        """Feed the film, in a loop, until `until(source_s)` says so (asked before each frame); gives the time reached."""
        while True:
            connection = open_stream(parse_address(self.camera.source), self.camera.id, Patience())
            try:
                frames = self._reader.read(connection)
                while (raw := self._next(frames)) is not None:
                    if until(raw.stamp.source_s):
                        return raw.stamp.source_s
                    self.pipeline.take(raw)
                    del raw
            finally:
                connection.close()

    def close(self) -> None:
        self.pipeline.finish()
        self._parts.close()

    def _next(self, frames: Iterator[RawFrame]) -> RawFrame | None:
        with self.watch.stage("decode"):
            return next(frames, None)

    def _put_watches(self, recorder: PresenceRecorder) -> None:
        timed, line = self.watch.timed, self.pipeline
        lookout = _part(line, "lookout")
        seeing, tracker = lookout.detectors, _part(lookout, "tracker")
        view, rules = _part(lookout, "view"), _part(lookout, "engine")
        for target, name, stage in (
            (seeing, "look", "rest"),
            (seeing, "learn", "reference"),
            (seeing.reference, "look", "reference"),
            (self._desk, "look", "detect"),
            (_part(lookout, "alterations"), "step", "alterations"),
            (_part(lookout, "activity"), "step", "alterations"),
            (tracker, "step", "track"),
            (view, "step", "view"),
            (rules, "step", "rules"),
            (line, "_plan", "plan"),
            (line, "_masked", "mask"),
            (recorder, "take", "vault"),
            (recorder, "wants", "vault"),
        ):
            setattr(target, name, timed(stage, getattr(target, name)))
        encoder: Any = Encoder  # all encoders of the process, so one rig with a stopwatch at a time
        for name in ("write", "close"):
            plain = getattr(encoder, name)
            self._parts.callback(setattr, encoder, name, plain)
            setattr(encoder, name, timed("encode", plain))

    def _note(self, change: Change) -> None:
        with self.watch.stage("vault"):
            if isinstance(change, Opened):
                self.incidents += 1
                self._vault.open_incident(change.incident, wait=False)
            elif isinstance(change, Closed):
                self._vault.close_incident(change.incident, wait=False)
            else:
                self._vault.update_incident(change.incident, wait=False)

    def _render(self, job: ClipJob, shop: EmptyShop | None) -> None:
        with self.watch.stage("clips"):
            EvidenceRenderer(self._vault, self.settings, Hindsight(self._desk, shop), self._tell).render(job)
        self.clips += 1

    def _tell(self, kind: EventKind, text: Text) -> None:
        pass


def _part(owner: CameraPipeline | Lookout, name: str) -> Any:
    """A part that its owner keeps to itself; measuring is the one reason to reach for it."""
    return getattr(owner, f"_{name}")


def _settings(engine: str, folder: Path, loitering_s: float | None) -> Settings:
    overrides: dict[str, object] = {"data.folder": str(folder), "detection.engine": engine}
    if loitering_s is not None:
        overrides["incidents.loitering.seconds"] = loitering_s
    settings = load_settings(None, overrides)
    # Playing is quicker than life, and on a busy machine a look may take long: being late is not what is measured here.
    return replace(settings, masking=replace(settings.masking, late_s=30.0))
