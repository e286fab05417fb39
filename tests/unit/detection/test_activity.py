"""How strongly somebody moves: walking and working is little, thrashing is much, whatever the camera's resolution and rate."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from agent.capture.raw import Planes, RawFrame
from agent.detection.activity import ActivityWatch
from agent.detection.reference import Reference
from agent.values import Box, FrameStamp, Keypoint, Track, TrackPoint

BODY = Box(0.42, 0.25, 0.58, 0.95)
STANDING, WORKING, VIOLENT = 0.1, 0.5, 0.6
SIZES = [(640, 360), (1280, 720)]

Place = Callable[[float], tuple[float, float]]
Arms = Callable[[float], tuple[float, float]]


def room(size: tuple[int, int]) -> np.ndarray:
    width, height = size
    wall = np.random.default_rng(4).integers(70, 180, (12, 20)).astype(np.float32)
    return cv2.resize(wall, (width, height), interpolation=cv2.INTER_LINEAR)


class Film:
    """Somebody of trunk, head, two legs and two arms in a room; `where`: how far the body is from its place, in its own
    widths; `arms`: angles of both arms from hanging down, in turns; `legs`: how far they are apart, in body widths."""

    def __init__(self, fps: float, size: tuple[int, int]) -> None:
        self.fps, self.size = fps, size
        self.wall = room(size)
        self.light = 1.0
        self.rng = np.random.default_rng(1)

    def strengths(self, seconds: float, where: Place, arms: Arms, legs: Callable[[float], float]) -> list[float]:
        watch, reference = ActivityWatch(), Reference()
        found, path = [], []
        for index in range(round(seconds * self.fps)):
            now_s = index / self.fps
            dx, dy = where(now_s)
            box = Box(
                BODY.left + dx * BODY.width,
                BODY.top + dy * BODY.height,
                BODY.right + dx * BODY.width,
                BODY.bottom + dy * BODY.height,
            )
            seen = reference.look(self._frame(index, now_s, box, arms(now_s), legs(now_s)))
            reference.learn(now_s)
            path.append(TrackPoint(now_s, box.grown(0.05, 0.02), seen=True))
            track = Track(
                1, "camera", path[-1].box, seen=True, score=0.9, by="person", first_s=-2.0, last_seen_s=now_s, path=tuple(path)
            )
            found.append(watch.step(seen.luma, now_s, (track,))[1])
        return found[round(self.fps) :]

    def _frame(self, index: int, now_s: float, box: Box, arms: tuple[float, float], legs: float) -> RawFrame:
        width, height = self.size
        y = self.wall.copy()
        unit = np.array([width, height])
        centre, tall, wide = np.array([box.centre.x, box.top]) * unit, box.height * height, box.width * width
        down = np.array([0.0, tall])
        hip, neck = centre + 0.55 * down, centre + 0.2 * down
        thick = max(2, round(0.18 * wide))
        cv2.line(y, *_ends(hip, hip + np.array([legs * wide, 0.45 * tall])), 40, thick)
        cv2.line(y, *_ends(hip, hip + np.array([-legs * wide, 0.45 * tall])), 40, thick)
        cv2.line(y, *_ends(neck, hip), 215, max(3, round(0.45 * wide)))
        cv2.circle(y, *_ends(centre + 0.09 * down), max(2, round(0.09 * tall)), 130, -1)
        for side, turn in zip((-1, 1), arms, strict=True):
            shoulder = neck + np.array([side * 0.25 * wide, 0.02 * tall])
            angle = 2 * np.pi * turn
            hand = shoulder + 0.42 * tall * np.array([side * np.sin(angle), np.cos(angle)])
            cv2.line(y, *_ends(shoulder, hand), 30, thick)
        y = y * self.light + self.rng.normal(0, 1.5, y.shape)
        chroma = np.full((height // 2, width // 2), 128, np.uint8)
        stamp = FrameStamp("camera", index, now_s, now_s)
        return RawFrame(stamp, Planes(np.clip(y, 0, 255).astype(np.uint8), chroma, chroma.copy()))


def _ends(*points: np.ndarray) -> list[tuple[int, int]]:
    return [(round(float(x)), round(float(y))) for x, y in points]


def still(_now_s: float) -> tuple[float, float]:
    return 0.02 * np.sin(_now_s), 0.0


def hanging(_now_s: float) -> tuple[float, float]:
    return 0.03, 0.03


def stance(_now_s: float) -> float:
    return 0.15


@pytest.fixture(params=[(8.0, SIZES[0]), (15.0, SIZES[0]), (8.0, SIZES[1])], ids=["8 fps", "15 fps", "720p"])
def film(request: pytest.FixtureRequest) -> Film:
    return Film(*request.param)


def test_somebody_who_stands_hardly_moves(film: Film) -> None:
    assert max(film.strengths(4, still, hanging, stance)) < STANDING


def test_walking_through_the_picture_is_not_violent(film: Film) -> None:
    swing = film.strengths(
        4,
        lambda s: (1.2 * s - 2.4, 0.0),
        lambda s: (0.06 * np.sin(6 * s), -0.06 * np.sin(6 * s)),
        lambda s: 0.3 * np.sin(6 * s),
    )
    assert max(swing) < WORKING


def test_hands_at_work_are_seen_and_not_violent(film: Film) -> None:
    hands = film.strengths(4, still, lambda s: (0.03, 0.25 + 0.04 * np.sin(4 * s)), stance)
    assert np.median(hands) > 0.01
    assert max(hands) < WORKING


def test_hitting_and_thrashing_is_violent(film: Film) -> None:
    blows = film.strengths(
        4,
        lambda s: (0.3 * np.sin(14 * s), 0.03 * np.sin(9 * s)),
        lambda s: (0.25 + 0.22 * np.sin(17 * s), 0.25 + 0.22 * np.sin(13 * s + 1)),
        lambda s: 0.3 * np.sin(11 * s),
    )
    assert np.median(blows) > VIOLENT


def test_wrenching_with_the_whole_body_while_the_feet_stay_is_no_way_that_the_body_goes(film: Film) -> None:
    pull = film.strengths(4, lambda s: (0.2 * np.sin(12 * s), 0.0), hanging, stance)
    assert np.median(pull) > 0.3


def test_a_light_that_is_switched_is_no_movement(film: Film) -> None:
    film.light = 1.0
    calm = max(film.strengths(2, still, hanging, stance))

    def flicker(now_s: float) -> tuple[float, float]:
        film.light = 0.8 if int(now_s * 2) % 2 else 1.0
        return still(now_s)

    assert max(film.strengths(4, flicker, hanging, stance)) < calm + 0.15


def test_wild_hands_of_a_pose_count_too_and_a_single_wrong_point_does_not() -> None:
    luma = np.full((108, 192), 100.0, np.float32)

    def strength(amounts: dict[int, float]) -> float:
        watch = ActivityWatch()
        found = 0.0
        for index in range(9):
            points = [Keypoint(0.5, 0.5, 0.9)] * 17
            for point, amount in amounts.items():
                points[point] = Keypoint(0.5 + amount * (index % 2), 0.5, 0.9)
            track = Track(1, "camera", BODY, True, 0.9, "person", 0.0, index / 3, keypoints=tuple(points))
            found = watch.step(luma, index / 3, (track,))[1]
        return found

    assert strength({9: 0.6, 10: 0.6}) > 0.3
    assert strength({9: 0.6}) == 0.0
    assert strength({9: 0.02, 10: 0.02}) == 0.0


def test_gaps_other_sizes_and_tiny_people_are_no_trouble() -> None:
    watch = ActivityWatch()
    rng = np.random.default_rng(1)
    speck = Track(1, "camera", Box(0.5, 0.5, 0.505, 0.505), True, 0.9, "person", 0.0, 0.0)
    outside = Track(2, "camera", Box(1.2, 0.2, 1.4, 0.9), True, 0.9, "person", 0.0, 0.0)
    for now_s, rows in ((0.0, 108), (0.1, 108), (5.0, 108), (5.1, 144), (1.0, 144), (1.1, 144)):
        luma = rng.uniform(0, 255, (rows, 192)).astype(np.float32)
        found = watch.step(luma, now_s, (speck, outside))
        assert set(found) == {1, 2}
        assert all(0.0 <= value <= 1.0 for value in found.values())
    assert watch.step(luma, 1.2, ()) == {}
