"""A recording played through the same eyes and rules as a camera: what the agent would have seen and raised.

Comes in: a recording (or a drawn scene) and its zones. Goes out: a `Replay`. Nothing is masked, kept or written: each frame is
dropped as soon as it was judged. The result depends on the recording and the settings alone: time is the recording's own, a
slow computer is waited for, and opening hours are judged as if it had been filmed on a Monday at noon.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo

from agent.capture.raw import RawFrame
from agent.capture.source import SHORT, Source, open_source
from agent.clock import ManualClock, SystemClock
from agent.concealment_file import SHIPPED, read_concealment
from agent.detection.detectors import PeopleDesk
from agent.detection.engine import Engine, choose_engine
from agent.errors import SourceError, SourceUnsupported
from agent.evaluation.resume import Plain
from agent.evaluation.zone_file import View
from agent.incidents.engine import Change, Opened, Updated
from agent.lookout import Facts, Lookout, Sight
from agent.settings import CameraSettings, OpenHours, Settings
from agent.values import Incident

CAMERA = "evaluation"
FIGURES = "concealment.figures.json"  # beside the model: what it was trained on, and how well it does on actors left out
VIDEOS = frozenset({".mp4", ".avi", ".mkv", ".mov", ".webm", ".ts"})  # what is taken for a recording in a folder
PATIENT_S = 3600.0  # an evaluation waits for the detector; a camera could not
NOON = datetime(2026, 1, 5, 12, 0)  # noqa: DTZ001 - shop time, the zone is the shop's


@dataclass(frozen=True, slots=True)
class Alarm:
    """An incident as it stood at last. raised_s: when the owner would have heard of it; incident.opened_s: when it began."""

    raised_s: float
    incident: Incident


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of one recording. seconds: its length as played; alarms in the order in which they were raised.

    concealment: the highest score of anybody and the second in which it was reached; None where the model is not there.
    """

    frames: int
    seconds: float
    alarms: tuple[Alarm, ...]
    concealment: tuple[float, float] | None = None


@dataclass(slots=True)
class _Heard:
    """Collects incidents as they open and grow, and the highest concealment score (score, second)."""

    alarms: dict[str, Alarm] = field(default_factory=dict)
    concealed: tuple[float, float] = (0.0, 0.0)

    def see(self, sight: Sight) -> None:
        self.take(sight.changes, sight.stamp.source_s)
        for seen in sight.concealment.values():
            if seen.score > self.concealed[0]:
                self.concealed = (seen.score, seen.at_s)

    def take(self, changes: tuple[Change, ...], now_s: float) -> None:
        for change in changes:
            incident = change.incident
            if isinstance(change, Opened):
                self.alarms[incident.id] = Alarm(now_s, incident)
            elif isinstance(change, Updated) or incident.id in self.alarms:
                self.alarms[incident.id] = replace(self.alarms[incident.id], incident=incident)


class Eyes:
    """Holding one means: recordings can be played; the detectors are loaded once for all of them. Close it at the end."""

    def __init__(self, settings: Settings) -> None:
        """Raises ModelError where a detector that is asked for is missing or broken."""
        self.settings = replace(
            settings,
            masking=replace(settings.masking, late_s=PATIENT_S),
            incidents=replace(settings.incidents, most_parts=1),  # a long matter is one alarm, not one per part
        )
        self.engine: Engine = choose_engine(settings.detection)
        self._desk = PeopleDesk(self.engine, settings.detection.weak, SystemClock())
        self._concealment = read_concealment() if SHIPPED.exists() else None
        self.noon = NOON.replace(tzinfo=ZoneInfo(settings.shop.timezone)).timestamp()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None) -> None:
        self._desk.close()

    @property
    def threshold(self) -> float | None:
        """From which concealment score on a clip is called a theft; None where the model is not there."""
        return None if self._concealment is None else self._concealment.marked

    @property
    def about_concealment(self) -> Plain | None:
        """What the report says of the concealment model: its thresholds, and whom it has seen in training."""
        model = self._concealment
        return None if model is None else {"called_from": model.marked, "alarm_from": model.alarm, "trained_on": _actors()}

    def play(self, source: str, view: View) -> Replay:
        """Play what `source` names from its beginning to its end. Raises SourceError where it is missing, broken or cut off."""
        camera = CameraSettings(id=CAMERA, name=CAMERA, source=source, zones=view.zones, privacy=view.privacy)
        opened = open_source(
            camera,
            ManualClock(self.noon),
            once=True,
            on_packet=None,
            on_event=lambda _kind, _text: None,
            take_fps=self.settings.detection.fps,
        )
        try:
            replay = self.watch(opened.frames(), view)
        finally:
            opened.close()
        _whole(opened, replay, self.settings.detection.fps)
        return replay

    def watch(self, frames: Iterable[RawFrame | None], view: View, hours: OpenHours | None = None) -> Replay:
        """Judge frames in the order of time; each is dropped after that. hours: the shop's, in place of the settings'."""
        camera = CameraSettings(id=CAMERA, name=CAMERA, source=CAMERA, zones=view.zones, privacy=view.privacy)
        settings = self.settings
        if hours is not None:
            settings = replace(settings, shop=replace(settings.shop, open_hours=hours))
        lookout = Lookout(camera, settings, self._desk, Facts(concealment=self._concealment))
        heard = _Heard()
        count, last = 0, None
        for raw in frames:
            if raw is None:
                continue
            sight = lookout.take(raw)
            raw.drop()
            if sight.fault is not None:
                raise sight.fault
            heard.see(sight)
            count, last = count + 1, raw.stamp
        if last is None:
            raise SourceUnsupported(
                ko="읽을 수 있는 화면이 하나도 없습니다. 파일이 손상되지 않았는지 확인해 주세요.",
                en="Not one picture can be read. Check that the file is whole.",
            )
        heard.take(lookout.finish(last), last.source_s)
        alarms = sorted(heard.alarms.values(), key=lambda alarm: (alarm.raised_s, alarm.incident.id))
        return Replay(count, last.source_s, tuple(alarms), heard.concealed if self.threshold is not None else None)


def _actors() -> list[str] | None:
    """Whose clips the shipped concealment model was trained on, as its figures name them; None where that is not known."""
    try:
        figures = json.loads(SHIPPED.with_name(FIGURES).read_text("utf-8"))
        return sorted({clip["actor"] for clip in figures["clips"]})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _whole(source: Source, replay: Replay, fps: float) -> None:
    """A recording that breaks off says less than its label claims, so it is not counted."""
    due_s = source.info.duration_s
    if due_s is not None and replay.seconds < due_s - max(SHORT, due_s / 50) - 1 / fps:
        raise SourceError(
            ko=f"영상이 {due_s:.0f}초 중 {replay.seconds:.0f}초에서 끊겼습니다. 파일을 다시 복사해 주세요.",
            en=f"The recording breaks off after {replay.seconds:.0f} of {due_s:.0f} s. Copy the file again.",
        )


def plain(replay: Replay) -> Plain:
    """A replay as reports keep it; times in seconds of the recording."""
    return {
        "frames": replay.frames,
        "seconds": round(replay.seconds, 3),
        "concealment": _concealed(replay),
        "alarms": [
            {
                "rule": alarm.incident.rule,
                "raised_s": round(alarm.raised_s, 3),
                "since_s": round(alarm.incident.opened_s, 3),
                "until_s": round(max(alarm.incident.closed_s or 0.0, alarm.raised_s), 3),
                "zone": alarm.incident.zone,
                "severity": int(alarm.incident.severity),
                "reason": {"ko": alarm.incident.reasons[0].ko, "en": alarm.incident.reasons[0].en},
            }
            for alarm in replay.alarms
        ],
    }


def _concealed(replay: Replay) -> Plain | None:
    if replay.concealment is None:
        return None
    score, at_s = replay.concealment
    return {"score": round(score, 4), "at_s": round(at_s, 3)}
