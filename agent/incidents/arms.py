"""Arms and hands of one person over a few seconds, measured by that body itself, for the concealment score. Pure.

Comes in: looks at one person, times (n,) in seconds and points (n, 17, 3) of x, y, confidence in COCO order, x and y in one
unit (picture heights). Goes out: numbers per quarter of a second and hand that do not depend on where in the picture somebody
stands, how large they are, and which of the two sides they show.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

GRID_S = 0.25
BLUR_S = 0.13  # looks are averaged over about so much time around each grid step
SCALE_STEPS = 6  # the torso's length is averaged over so many grid steps
NOSE, SHOULDERS, HIPS = 0, (5, 6), (11, 12)
EARS, ELBOWS, WRISTS = (3, 4), (7, 8), (9, 10)
PALM = 0.25  # of the forearm: the hand goes on beyond the wrist by so much
HAND_NAMES = (
    *("down", "across", "ahead", "hip", "bend", "lower_down", "lower_ahead", "elbow_ahead", "elbow_across"),
    *("elbow_down", "speed", "reach", "lower_out"),
)
BODY_NAMES = ("lean_ahead", "lean", "nose_down", "nose_height", "side_view", "shoulders", "apart")
NAMES = (*HAND_NAMES, *(f"other_{name}" for name in HAND_NAMES), *BODY_NAMES)


def grid_times(times: Array) -> Array:
    """The grid from the first look to the last one; the last step is the last look itself."""
    steps = int((times[-1] - times[0]) / GRID_S + 1e-6)
    return np.asarray(times[-1] - GRID_S * np.arange(steps, -1, -1), dtype=np.float64)


def on_grid(times: Array, points: Array, grid: Array) -> Array:
    """Places (m, 17, 2) at the times `grid` (m,), each averaged over the nearest looks, sure points counting more.

    What is not a number, has no confidence or lies exactly at (0, 0), as some detectors write a point that they miss, counts as
    not seen and is filled from the looks before and after; a point that was never seen lies in the middle of the torso.
    """
    sure = np.nan_to_num(points[..., 2], nan=0.0, posinf=0.0, neginf=0.0).clip(0.0, 1.0)
    there = np.isfinite(points[..., :2]).all(-1) & ~(points[..., :2] == 0).all(-1) & (sure > 0)
    places = np.where(there[..., None], points[..., :2], 0.0)
    weight = np.where(there, sure * sure + 1e-3, 0.0)
    away = grid[:, None] - times[None]
    near = np.exp(-0.5 * np.square(away / BLUR_S)) + 1e-5 * np.exp(-np.abs(away))
    mass = near @ weight
    found = np.stack((near @ (weight * places[..., 0]), near @ (weight * places[..., 1])), -1)
    found /= np.maximum(mass, 1e-30)[..., None]
    trunk = np.array((*SHOULDERS, *HIPS))
    known = mass[:, trunk, None] > 1e-20
    middle = (found[:, trunk] * known).sum(1) / np.maximum(known.sum(1), 1)
    return np.asarray(np.where((mass > 1e-20)[..., None], found, middle[:, None]), dtype=np.float64)


def arm_features(places: Array) -> Array:
    """(m, 2, len(NAMES)) for places (m, 17, 2): per hand what that arm does, what the other does, and how the body stands.

    Lengths are torsos (shoulders to hips, averaged over the last one and a half seconds); "down" runs from the shoulders to
    the hips, "ahead" to where the face points, as far as it is turned to a side; so a mirrored body gives the same numbers.
    """
    top, bottom = places[:, SHOULDERS].mean(1), places[:, HIPS].mean(1)
    torso = bottom - top
    length = np.hypot(torso[:, 0], torso[:, 1])
    scale = np.maximum(np.maximum(length, 0.85 * trailing_mean(length, SCALE_STEPS)), 1e-6)
    down = torso / np.maximum(length, 1e-9)[:, None]
    side = np.stack((down[:, 1], -down[:, 0]), -1)
    shift = (places - top[:, None]) / scale[:, None, None]
    x, y = (shift * side[:, None]).sum(-1), (shift * down[:, None]).sum(-1)
    ear_x, ear_y = x[:, EARS].mean(1), y[:, EARS].mean(1)
    facing = np.clip(1.5 * trailing_mean(2.5 * (x[:, NOSE] - ear_x) + x[:, NOSE], 3), -1.0, 1.0)
    hands = [_arm(x, y, facing, side_of) for side_of in (0, 1)]
    wrists = (places[:, WRISTS[0]] - places[:, WRISTS[1]]) / scale[:, None]
    shoulders = (places[:, SHOULDERS[0]] - places[:, SHOULDERS[1]]) / scale[:, None]
    body = np.stack(
        (
            down[:, 0] * facing,
            np.abs(down[:, 0]),
            y[:, NOSE] - ear_y,
            y[:, NOSE],
            np.abs(facing),
            np.hypot(shoulders[:, 0], shoulders[:, 1]),
            np.hypot(wrists[:, 0], wrists[:, 1]),
        ),
        -1,
    )
    both = [np.concatenate((hands[i], hands[1 - i], body), -1) for i in (0, 1)]
    return np.asarray(np.nan_to_num(np.stack(both, 1)).clip(-4.0, 4.0), dtype=np.float64)


def trailing_mean(values: Array, steps: int) -> Array:
    """Mean of each value and the steps - 1 before it along the first axis; before the first value it counts as repeated."""
    padded = np.concatenate((np.repeat(values[:1], steps, 0), values))
    sums = np.cumsum(padded, 0)
    return np.asarray((sums[steps:] - sums[:-steps]) / steps, dtype=np.float64)


def _arm(x: Array, y: Array, facing: Array, which: int) -> Array:
    shoulder, elbow, wrist, hip = SHOULDERS[which], ELBOWS[which], WRISTS[which], HIPS[which]
    hand_x = x[:, wrist] + PALM * (x[:, wrist] - x[:, elbow])
    hand_y = y[:, wrist] + PALM * (y[:, wrist] - y[:, elbow])
    upper_x, upper_y = x[:, elbow] - x[:, shoulder], y[:, elbow] - y[:, shoulder]
    lower_x, lower_y = hand_x - x[:, elbow], hand_y - y[:, elbow]
    upper, lower = np.hypot(upper_x, upper_y), np.hypot(lower_x, lower_y)
    speed = np.hypot(np.diff(hand_x, prepend=hand_x[:1]), np.diff(hand_y, prepend=hand_y[:1])) / GRID_S
    return np.stack(
        (
            hand_y,
            np.abs(hand_x),
            hand_x * facing,
            np.hypot(hand_x - x[:, hip], hand_y - y[:, hip]),
            (lower_x * upper_x + lower_y * upper_y) / np.maximum(upper * lower, 1e-3),
            lower_y / np.maximum(lower, 0.05),
            lower_x * facing,
            x[:, elbow] * facing,
            np.abs(x[:, elbow]),
            y[:, elbow],
            np.minimum(speed, 3.0),
            np.hypot(hand_x - x[:, shoulder], hand_y - y[:, shoulder]),
            lower_x * np.sign(x[:, elbow]),
        ),
        -1,
    )


NEAR_BAG = 0.15  # torsos: a hand so far from a bag's outline counts e^-1
BAG_SIDES = (0.35, 1.8)  # torsos: the size of what somebody carries in front of them


def hands_at_bag(points: Array, bags: Array) -> float:
    """How surely both hands are at one bag before the body, 0 to 1. points (17, 3); bags (k, 5): box and score.

    A bag on the back or over the shoulder is touched by no hand or one; who fills a bag holds it open with the other hand.
    """
    best = 0.0
    top, bottom = points[SHOULDERS, :2].mean(0), points[HIPS, :2].mean(0)
    torso = bottom - top
    length = math.hypot(torso[0], torso[1])
    if not math.isfinite(length) or length <= 0:
        return best
    hands = [_palm(points, which) for which in (0, 1)]
    for left, upper, right, lower, score in bags.tolist():
        x, y = (left + right) / 2 - top[0], (upper + lower) / 2 - top[1]
        along = (x * torso[0] + y * torso[1]) / length**2
        across = (x * torso[1] - y * torso[0]) / length**2
        size = math.sqrt(max((right - left) * (lower - upper), 0.0)) / length
        if abs(across) > 1.2 or not 0 <= along <= 2 or not BAG_SIDES[0] <= size <= BAG_SIDES[1]:
            continue
        gaps = sum(math.hypot(max(left - u, 0, u - right), max(upper - v, 0, v - lower)) for u, v in hands) / length
        value = score * math.exp(-gaps / (2 * NEAR_BAG))  # the geometric mean over both hands
        best = max(best, value) if math.isfinite(value) else best
    return best


def _palm(points: Array, which: int) -> tuple[Any, Any]:
    wrist, elbow = points[WRISTS[which], :2], points[ELBOWS[which], :2]
    palm = wrist + PALM * (wrist - elbow)
    return float(palm[0]), float(palm[1])
