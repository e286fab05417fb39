"""Plays recordings through the agent's own eyes for measurements: what was seen in each frame. Nothing is kept or written.

Comes in: recordings, zones, an engine. Goes out: the `Sight` of each frame, in the order of time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

from agent.capture.source import open_source
from agent.clock import ManualClock, SystemClock
from agent.config import load_settings
from agent.detection.detectors import PeopleDesk
from agent.detection.engine import choose_engine
from agent.evaluation.zone_file import View
from agent.lookout import Lookout, Sight
from agent.settings import CameraSettings

FILMS = (".mp4", ".mkv", ".avi", ".mov", ".webm")
EngineName = Literal["auto", "reference", "own", "pose"]

START_UTC = 1_790_000_000.0
PATIENT_S = 3600.0


def recordings(asked: Path) -> tuple[Path, ...]:
    """The recording itself, or all in that folder, by name."""
    if asked.is_file():
        return (asked,)
    return tuple(sorted(path for path in asked.rglob("*") if path.suffix in FILMS))


class Watcher:
    """Holding one means: recordings can be looked at with one engine; it is loaded once. Close it at the end."""

    def __init__(self, engine: EngineName) -> None:
        settings = load_settings(None)
        models = Path(os.environ.get("ANSIM_MODELS", settings.detection.models))
        self._settings = replace(
            settings,
            detection=replace(settings.detection, engine=engine, models=models),
            masking=replace(settings.masking, late_s=PATIENT_S),
        )
        self._desk = PeopleDesk(choose_engine(self._settings.detection), settings.detection.weak, SystemClock())

    def close(self) -> None:
        self._desk.close()

    def sights(self, source: str, view: View, fps: float | None = None) -> Iterator[Sight]:
        """What is seen in each frame of `source`. fps: frames a second that are taken; None: as set."""
        camera = CameraSettings(id="bench", name="bench", source=source, zones=view.zones, privacy=view.privacy)
        opened = open_source(
            camera,
            ManualClock(START_UTC),
            once=True,
            on_packet=None,
            on_event=lambda _kind, _text: None,
            take_fps=fps or self._settings.detection.fps,
        )
        lookout = Lookout(camera, self._settings, self._desk)
        try:
            for raw in opened.frames():
                if raw is not None:
                    yield lookout.take(raw)
                    raw.drop()
        finally:
            opened.close()
