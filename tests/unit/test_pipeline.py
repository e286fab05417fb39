"""One camera's loop: what is held, what goes out, and what a silence means."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.capture.ring import SourceRing
from agent.clock import ManualClock
from agent.detection.detectors import PeopleDesk
from agent.detection.engine import Engine
from agent.incidents.engine import Change, Closed, Opened
from agent.pipeline import CameraPipeline, Outlets
from agent.recording.evidence import ClipJob
from agent.recording.live import LiveView
from agent.recording.presence import PresenceRecorder
from agent.settings import CameraSettings, Settings
from agent.values import Box, EventKind, MaskStep, Text
from agent.vault import Vault
from tests.room import FPS, Figure, Room

PERSON = Box(0.42, 0.25, 0.58, 0.95)


class Shop:
    """A pipeline with the reference alone, a real recorder, and ears for what it says."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        self.changes: list[Change] = []
        self.jobs: list[ClipJob] = []
        self.events: list[EventKind] = []
        self.vault = Vault(folder, self.clock)
        self.vault.open()
        self.live = LiveView()
        settings = Settings()
        outlets = Outlets(
            recorder=PresenceRecorder("camera", self.vault, settings.recording, self.hear),
            live=self.live,
            incident=self.changes.append,
            clip=lambda job, _: self.jobs.append(job),
            event=self.hear,
        )
        desk = PeopleDesk(Engine(None, None, ("reference",), ()), 0.1, self.clock)
        camera = CameraSettings("camera", "Camera", "demo:")
        self.pipeline = CameraPipeline(camera, settings, desk, SourceRing(60, 1_000_000), outlets, self.clock)
        self.room = Room()

    def hear(self, kind: EventKind, _text: Text) -> None:
        self.events.append(kind)

    def watch(self, seconds: float, *people: Figure) -> None:
        for _ in range(round(seconds * FPS)):
            self.pipeline.take(self.room.frame(*people))


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop(tmp_path)
    yield made  # type: ignore[misc]
    made.pipeline.finish()
    made.vault.close()


def test_a_frame_is_held_for_the_look_ahead_before_it_is_masked(shop: Shop) -> None:
    shop.watch(1.25)
    assert shop.pipeline.tally.frames == 0
    shop.watch(1)
    assert shop.pipeline.tally.frames > 0
    assert shop.pipeline.tally.step is MaskStep.BLIND


def test_a_short_silence_does_not_hand_out_what_is_held(shop: Shop) -> None:
    shop.watch(1.25)
    shop.pipeline.wait()
    shop.pipeline.wait()
    assert shop.pipeline.tally.frames == 0, "whoever is seen next may have been in them"
    shop.pipeline.wait()
    assert shop.pipeline.tally.frames > 0
    assert shop.pipeline.tally.lost


def test_a_camera_that_was_dead_from_the_start_is_one_incident_that_ends(shop: Shop) -> None:
    for _ in range(30):
        shop.pipeline.wait()
    shop.pipeline.finish()
    assert isinstance(shop.changes[0], Opened)
    assert isinstance(shop.changes[-1], Closed)
    assert len(shop.jobs) == 1


def test_an_empty_idle_shop_is_neither_masked_nor_recorded_but_for_a_glance(shop: Shop) -> None:
    shop.watch(20)
    before = shop.pipeline.tally.frames
    shop.watch(10)
    assert shop.pipeline.tally.frames - before <= 6


def test_somebody_who_comes_in_is_recorded_from_before_they_were_seen(shop: Shop) -> None:
    shop.watch(20)
    entered_s = shop.room.index / FPS
    shop.watch(6, Figure(PERSON))
    shop.watch(8)
    shop.pipeline.finish()
    utc = 1_790_000_000.0
    stored = shop.vault.segments("camera", utc + entered_s - 5, utc + entered_s + 12)
    assert stored
    assert min(segment.start_utc for segment in stored if segment.end_utc > utc + entered_s) < utc + entered_s
    assert shop.events.count(EventKind.REFERENCE_READY) == 1
