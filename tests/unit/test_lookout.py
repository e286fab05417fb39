"""One camera's seeing and judging: what was seen is judged even when the camera sees nothing more."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from agent.capture.demo_drama import DrawnScene
from agent.capture.raw import Planes, RawFrame
from agent.clock import ManualClock
from agent.detection.detectors import PeopleDesk
from agent.detection.engine import Engine
from agent.incidents.engine import Opened
from agent.lookout import Lookout
from agent.settings import CameraSettings, Settings
from agent.values import AlterationKind, FrameStamp

FPS = 8
NOON_UTC = 1_795_230_000.0


def frame(drawn: DrawnScene, number: int) -> RawFrame:
    width, height = drawn.size
    flat = np.asarray(cv2.cvtColor(drawn.picture(number / FPS), cv2.COLOR_BGR2YUV_I420), np.uint8).reshape(-1)
    luma, chroma = width * height, width * height // 4
    planes = (flat[:luma], flat[luma : luma + chroma], flat[luma + chroma :])
    y, u, v = (part.reshape(height // scale, width // scale) for part, scale in zip(planes, (1, 2, 2), strict=True))
    return RawFrame(stamp(number / FPS, number), Planes(y, u, v))


def stamp(at_s: float, number: int = -1) -> FrameStamp:
    return FrameStamp("cam", number, at_s, NOON_UTC + at_s)


@pytest.fixture
def desk() -> PeopleDesk:
    return PeopleDesk(Engine(None, None, ("reference",), ()), 0.1, ManualClock())


def test_who_breaks_something_and_then_the_camera_is_told_of(desk: PeopleDesk) -> None:
    """What is broken has to stay so for a while; the camera is lost before that has passed."""
    drawn = DrawnScene("damage", 1)
    camera = CameraSettings(id="cam", name="cam", source="demo:", zones=drawn.zones())
    lookout = Lookout(camera, Settings(), desk)
    opened = []
    for number in range(round(drawn.length_s * FPS)):
        sight = lookout.take(frame(drawn, number))
        opened += [c.incident.rule for c in sight.changes if isinstance(c, Opened)]
        if any(a.kind is AlterationKind.FIXTURE and a.tracks for a in sight.alterations):
            break
    assert "damage" not in opened
    for silent_s in range(1, 8):
        changes = lookout.miss(stamp(number / FPS + silent_s), float(silent_s))
        opened += [c.incident.rule for c in changes if isinstance(c, Opened)]
    assert opened.count("damage") == 1
