"""What is wrong with a camera's view: covered, blurred, turned, frozen; and what is not."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from agent.capture.raw import Planes, RawFrame
from agent.detection.reference import Reference
from agent.detection.view import ViewWatch
from agent.values import Box, ViewFault
from tests.room import FPS, Figure, Room


def shelves() -> Room:
    """A room with the fine detail of goods on shelves."""
    room = Room()
    rng = np.random.default_rng(3)
    goods = np.kron(rng.integers(-40, 40, (36, 64)), np.ones((6, 6)))[:216, :384]
    room.wall = np.clip(room.wall + goods, 10, 245).astype(np.float32)
    return room


class Camera:
    def __init__(self) -> None:
        self.room = shelves()
        self.reference = Reference()
        self.view = ViewWatch()

    def watch(
        self, seconds: float, *people: Figure, change: Callable[[np.ndarray], np.ndarray] | None = None
    ) -> dict[ViewFault, float]:
        faults: dict[ViewFault, float] = {}
        for _ in range(round(seconds * FPS)):
            raw = self.room.frame(*people)
            if change is not None:
                y, u, v = raw.look()
                raw = RawFrame(raw.stamp, Planes(np.ascontiguousarray(change(y.copy())), u.copy(), v.copy()))
            difference = self.reference.look(raw)
            faults = self.view.step(raw, difference)
            self.reference.learn(raw.stamp.source_s)
        return faults


@pytest.fixture
def camera() -> Camera:
    made = Camera()
    assert made.watch(15) == {}
    return made


def dark(y: np.ndarray) -> np.ndarray:
    return (y * 0.05 + 12).astype(np.uint8)


def blurred(y: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(y, (0, 0), 4)


def turned(y: np.ndarray) -> np.ndarray:
    return np.roll(y, (70, 130), axis=(0, 1))


@pytest.mark.parametrize(
    ("change", "fault"), [(dark, ViewFault.COVERED), (blurred, ViewFault.BLURRED), (turned, ViewFault.TURNED)]
)
def test_a_view_that_is_spoilt_is_named_and_timed(
    camera: Camera, change: Callable[[np.ndarray], np.ndarray], fault: ViewFault
) -> None:
    faults = camera.watch(6, change=change)
    assert list(faults) == [fault]
    assert 5 <= faults[fault] <= 6
    assert camera.watch(2) == {}, "and it is over when the view is back"


def test_people_in_view_are_no_fault(camera: Camera) -> None:
    people = [Figure(Box(left, 0.3, left + 0.12, 0.95), luma=40 + 40 * i) for i, left in enumerate((0.1, 0.4, 0.7))]
    assert camera.watch(10, *people) == {}


def test_a_darker_room_is_no_fault(camera: Camera) -> None:
    camera.room.light = 0.6
    assert camera.watch(5) == {}


def test_a_picture_in_which_no_pixel_ever_changes_is_frozen(camera: Camera) -> None:
    held = camera.room.frame()
    planes = Planes(*(plane.copy() for plane in held.look()))
    for _ in range(round(5 * FPS)):
        stamp = camera.room.frame().stamp
        raw = RawFrame(stamp, Planes(*(plane.copy() for plane in planes)))
        faults = camera.view.step(raw, camera.reference.look(raw))
    assert faults[ViewFault.FROZEN] >= 4


def test_another_shape_of_picture_is_another_view_and_no_error(camera: Camera) -> None:
    camera.room = Room(size=(320, 240))
    assert camera.watch(3) == {}


def test_a_view_that_stays_another_one_is_the_usual_one_in_the_end(camera: Camera) -> None:
    camera.room.wall = turned(camera.room.wall)
    assert ViewFault.TURNED in camera.watch(10)
    start = camera.room.index
    for minute in range(12):
        camera.room.index = start + round(minute * 60 * FPS)
        faults = camera.watch(6)
    assert faults == {}
