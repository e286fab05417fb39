"""The body of a drawn person at one moment: where each joint is while they walk, reach, squat, fall, strike or lie. Pure.

Comes in: a `Figure`. Goes out: a `Body`, the boxes around person and head, and the 17 COCO keypoints. A body is measured from
between its feet, (across, up) as shares of the standing height; "across" counts forward for who is seen from the side.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from agent.capture.demo_limbs import (
    HEAD,
    HEIGHT,
    HIP,
    POSES,
    STILL,
    STOOPED,
    WIDTH,
    Joint,
    Limb,
    Turn,
    arms_of,
    down_to,
    legs_of,
    settled,
)
from agent.capture.demo_person import Figure
from agent.values import Box, Keypoint


@dataclass(frozen=True, slots=True)
class Body:
    """The joints before `whole` turns them. upper: what becomes of everything above the hip; whole: of the person who falls."""

    far_arm: Limb
    near_arm: Limb
    far_leg: Limb
    near_leg: Limb
    upper: Turn = STILL
    whole: Turn = STILL


class Stance(NamedTuple):
    """How somebody holds themselves. lean: radians forward; drop: of the hip; tilt: of the whole body, radians forward."""

    lean: float = 0.0
    drop: float = 0.0
    tilt: float = 0.0


FLAT = frozenset({"fall", "lie", "rise"})
UPRIGHT = frozenset({"walk", "look", "pay", *POSES})


FALL_S, RISE_S = 0.9, 2.4  # how long somebody takes to fall, and to get up again


def _falling(_: float, phase: float) -> Stance:
    share = min(1.0, phase / FALL_S)
    return Stance(0.5 * math.sin(math.pi * share), 0.09 * math.sin(math.pi * share), math.pi / 2 * share**2)


def _rising(_: float, phase: float) -> Stance:
    share = min(1.0, phase / RISE_S)
    return Stance(0.6 * math.sin(math.pi * share), 0.16 * math.sin(math.pi * share), math.pi / 2 * (1 - share))


def _striking(_: float, phase: float) -> Stance:
    return Stance(0.14 + 0.16 * math.sin(phase * math.tau * 1.7), 0.02)


def _staggering(_: float, phase: float) -> Stance:
    beat = phase * math.tau
    return Stance(-0.12 + 0.16 * math.sin(beat * 1.7 + 2.2), 0.03 + 0.02 * math.sin(beat * 3.1))


def _prying(_: float, phase: float) -> Stance:
    pull = math.sin(phase * math.tau * 1.9)
    return Stance(0.34 + 0.16 * pull, 0.05 + 0.02 * pull)


# How what is done bends the body: of how settled somebody is in it (0 to 1), and for how many seconds they have done it.
STANCES: dict[str, Callable[[float, float], Stance]] = {
    "squat": lambda ready, _: Stance(0.35 * ready, 0.22 * ready),
    "tie": lambda ready, _: Stance(0.85 * ready, 0.22 * ready),
    "bend": lambda ready, _: Stance(0.95 * ready, 0.07 * ready),
    "putdown": lambda ready, _: Stance(0.95 * ready, 0.07 * ready),
    "fall": _falling,
    "lie": lambda *_: Stance(tilt=math.pi / 2),
    "rise": _rising,
    "strike": _striking,
    "stagger": _staggering,
    "pry": _prying,
}


def body(figure: Figure) -> Body:
    """Where the joints of `figure` are."""
    side = figure.facing in ("left", "right")
    lean, drop, tilt = stance(figure)
    tilt += _sway(figure)
    sin, cos = math.sin(lean), math.cos(lean)
    if side:  # turned forward around the hip, which moves back to keep the balance
        upper = Turn(cos, sin, -sin, cos, -HIP * sin - 0.09 * sin, HIP - HIP * cos - drop)
    else:  # leaning towards or away from the camera looks like a shorter upper body
        upper = Turn(1.0, 0.0, 0.0, cos, 0.0, HIP - HIP * cos - drop)
    sin, cos = math.sin(tilt), math.cos(tilt)
    whole = Turn(cos, sin, -sin, cos, 0.0, 0.075 * abs(sin)) if tilt else STILL
    far, near = (_moved(arm, upper) for arm in arms_of(figure, side=side))
    if figure.doing in STOOPED:
        low = 0.17 if figure.holds == "bag" else 0.05
        near = down_to(near, (0.17 if side else 0.06, low + 0.25 * (1 - settled(figure))), side=side)
        if figure.doing == "tie":
            far = down_to(far, (0.1 if side else -0.06, 0.06), side=side)
    legs = legs_of(figure, upper, drop, side=side)
    return Body(far, near, *legs, upper, whole)


def _sway(figure: Figure) -> float:
    """Nobody stands quite still: the weight goes from one foot to the other (radians). Who walks or lies does not sway."""
    if figure.step is not None or figure.doing in FLAT:
        return 0.0
    t = figure.t + 97.0 * figure.look.size
    return 0.016 * math.sin(1.3 * t) + 0.012 * math.sin(2.9 * t + 1.0)


def stance(figure: Figure) -> Stance:
    """How `figure` holds itself now; getting into it and out of it takes half a second."""
    rule = STANCES.get(figure.doing)
    return rule(settled(figure), figure.phase) if rule else Stance()


def place(figure: Figure, at: Body, p: Joint) -> tuple[float, float]:
    """Where a joint is in the picture, in pixels."""
    across, up = at.whole.of(p)
    flip = -1.0 if figure.facing == "left" else 1.0
    return figure.x + flip * across * figure.height, figure.y - up * figure.height


def figure_box(figure: Figure) -> Box:
    """The box around the person, normalised (may reach outside the picture)."""
    h, it = figure.height, body(figure)
    if figure.doing in UPRIGHT:
        half = h * (0.17 if figure.facing in ("front", "back") else 0.15)
        left, right, top, bottom = figure.x - half, figure.x + half, figure.y - h, figure.y + 0.02 * h
        trunk = Box(left / WIDTH, top / HEIGHT, right / WIDTH, bottom / HEIGHT)
        limbs: tuple[Limb, ...] = (it.far_arm, it.near_arm)
        rim = 0.03 * h
    else:
        trunk = head_box(figure)
        limbs = (it.far_arm, it.near_arm, it.far_leg, it.near_leg)
        rim = 0.045 * h
    spots = [place(figure, it, p) for limb in limbs for p in limb]
    across, down = [x for x, _ in spots], [y for _, y in spots]
    return trunk.union(
        Box((min(across) - rim) / WIDTH, (min(down) - rim) / HEIGHT, (max(across) + rim) / WIDTH, (max(down) + rim) / HEIGHT)
    )


def head_box(figure: Figure) -> Box:
    """The box around head and hair, normalised."""
    h = figure.height
    it = body(figure)
    x, y = place(figure, it, it.upper.of((0.0, HEAD)))
    lying = abs(it.whole.b) > 0.5
    up, down = (0.1, 0.1) if lying else (0.115, 0.11)
    wide = 0.115 if lying else 0.09
    return Box((x - wide * h) / WIDTH, (y - up * h) / HEIGHT, (x + wide * h) / WIDTH, (y + down * h) / HEIGHT)


def keypoints(figure: Figure) -> tuple[Keypoint, ...]:
    """The 17 COCO points, normalised; the score of what the body itself hides is low."""
    it = body(figure)
    face, sure = _face_points(figure)
    left_far = figure.facing in ("right", "back")  # the far limb, or the one drawn on the left, is the person's own left
    arms = (it.far_arm, it.near_arm) if left_far else (it.near_arm, it.far_arm)
    legs = (it.far_leg, it.near_leg) if left_far else (it.near_leg, it.far_leg)
    hidden = figure.facing in ("left", "right")
    limbs = (0.6, 0.9) if hidden and left_far else ((0.9, 0.6) if hidden else (0.9, 0.9))
    joints = [(it.upper.of(p), s) for p, s in zip(face, sure, strict=True)]
    for pair in (arms, legs):
        for number in range(3):
            joints += [(limb[number], s) for limb, s in zip(pair, limbs, strict=True)]
    points = ((*place(figure, it, p), s) for p, s in joints)
    return tuple(Keypoint(x / WIDTH, y / HEIGHT, s) for x, y, s in points)


def _face_points(figure: Figure) -> tuple[tuple[Joint, ...], tuple[float, ...]]:
    """Nose, eyes and ears in the order of COCO (left before right)."""
    if figure.facing == "front":
        eyes, ears = ((0.028, HEAD - 0.01), (-0.028, HEAD - 0.01)), ((0.07, HEAD - 0.012), (-0.07, HEAD - 0.012))
        return ((0.0, HEAD - 0.025), *eyes, *ears), (0.95, 0.95, 0.95, 0.9, 0.9)
    if figure.facing == "back":
        eyes, ears = ((-0.028, HEAD - 0.01), (0.028, HEAD - 0.01)), ((-0.066, HEAD - 0.012), (0.066, HEAD - 0.012))
        return ((0.0, HEAD - 0.025), *eyes, *ears), (0.05, 0.05, 0.05, 0.5, 0.5)
    eye, ear = (0.048, HEAD - 0.01), (-0.018, HEAD - 0.014)
    near_is_left = figure.facing == "left"
    pair = (0.9, 0.2) if near_is_left else (0.2, 0.9)
    return ((0.078, HEAD - 0.018), eye, eye, ear, ear), (0.9, *pair, *pair)


def _moved(limb: Limb, turn: Turn) -> Limb:
    return Limb(turn.of(limb.a), turn.of(limb.b), turn.of(limb.c))
