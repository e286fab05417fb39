"""How the agent is: puts the cameras' tallies and the engine in force into the words of the panel.

Comes in: the stations and the engine. Goes out: `Health`, on request.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from agent.clock import Clock
from agent.detection.engine import Engine
from agent.incidents.needs import unmet, unwatched_entrance
from agent.panel import CameraHealth, CameraState, EngineHealth, Health, Missing
from agent.settings import CameraSettings, EntrySettings, IncidentSettings
from agent.station import Station
from agent.values import Text

RATE_S = 5.0  # frames a second are counted over at least this long


class HealthBoard:
    """Holding one means: you can say how the agent is. Safe to use from any thread."""

    def __init__(
        self,
        stations: Sequence[Station],
        unopened: Sequence[CameraSettings],
        engine: Engine,
        clock: Clock,
        incidents: IncidentSettings,
        entry: EntrySettings | None = None,
        troubles: Callable[[], tuple[Text, ...]] = tuple,
    ) -> None:
        """unopened: cameras whose source could not be opened; they are shown as lost. incidents: which rules are on.

        troubles: what else is wrong now; asked for each page, so it reads nothing.
        """
        self._stations = stations
        points = engine.gives_points
        self._unwatched = {s.camera.id: unmet(incidents, s.camera.zones, keypoints=points) for s in stations}
        entrance = unwatched_entrance(incidents, entry) if entry is not None else None
        if entrance is not None and entry is not None:  # said once: beside the camera that reads codes, or the first one
            shown = entry.reader if entry.reader in self._unwatched else next(iter(self._unwatched), None)
            if shown is not None:
                self._unwatched[shown] = (*self._unwatched[shown], entrance)
        self._unopened = tuple(CameraHealth(camera.id, camera.name, CameraState.LOST) for camera in unopened)
        self._engine = engine
        self._clock = clock
        self._troubles = troubles
        self._started_utc, self._started = clock.utc(), clock.monotonic()
        self._counted: dict[
            str, tuple[float, int, float]
        ] = {}  # camera: time and count at the last reading, frames a second then

    def health(self) -> Health:
        return Health(
            started_utc=self._started_utc,
            cameras=(*(self._camera(station) for station in self._stations), *self._unopened),
            engine=self._engine_health(),
            troubles=self._troubles(),
        )

    def _camera(self, station: Station) -> CameraHealth:
        now = station.health(self._rate)
        return replace(now, unwatched=(*now.unwatched, *self._unwatched[station.camera.id]))

    def _engine_health(self) -> EngineHealth:
        names = {"pose": _POSE, "own": _OWN}
        people = self._engine.people
        text = names.get(people.name, _REFERENCE) if people is not None else _REFERENCE
        name = people.name if people is not None else "reference"
        return EngineHealth(name, text, tuple(Missing(lack.what, lack.cost) for lack in self._engine.missing))

    def _rate(self, camera: str, frames: int) -> float:
        now = self._clock.monotonic()
        since, counted, rate = self._counted.get(camera, (self._started, 0, 0.0))
        if now - since >= RATE_S:
            rate = (frames - counted) / (now - since)
            self._counted[camera] = (now, frames, rate)
        elif counted == 0 and now > since:
            rate = frames / (now - since)
        return rate


_POSE = Text(
    ko="사람 자세 모델(YOLO-pose)과 빈 가게 화면 비교로 사람을 찾아 가립니다.",
    en="People are found by a YOLO-pose model and by comparison with the empty shop.",
)
_OWN = Text(
    ko="안심의 자체 사람 모델과 빈 가게 화면 비교로 사람을 찾아 가립니다.",
    en="People are found by Ansim's own model and by comparison with the empty shop.",
)
_REFERENCE = Text(
    ko="빈 가게 화면과 비교해 달라진 곳을 모두 가립니다. 모델 파일 없이 동작합니다.",
    en="All that differs from the empty shop is masked; this works without any model file.",
)
