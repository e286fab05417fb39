"""What a short run of body points says about somebody, independent of size and place in the picture. Pure.

Comes in: the 17 COCO points of one person, picture after picture. Goes out: `Cues` per picture: how near a hand is to the hips,
how near the hands are to one another, the pose, how it changes, and how fast arms and body move.

Lengths are in trunks (hip centre to shoulder centre), so that near and far people compare. A ceiling camera shortens a trunk
that leans towards it; then the spread of all points stands in. Everything is smoothed over a fraction of a second first, for
estimated points tremble. Points that the estimator was not sure of count less.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Array = NDArray[np.float64]
Frames = NDArray[np.int64]

POINTS = 17
UNSURE = 0.2  # confidence of a point that comes without one: it was filled in, not seen
LONGEST_GAP_S = 1.0  # somebody missed for so long is another run
SHORTEST_PX = 8.0  # of a trunk; below it a pose is noise
_SHOULDERS, _ELBOWS, _WRISTS, _HIPS = (5, 6), (7, 8), (9, 10), (11, 12)
_JITTER_S, _SIZE_S, _HAND_S, _PACE_S = 2 / 15, 7 / 15, 4 / 15, 5 / 15  # standard deviations of the smoothing
# How much a point tells of what somebody does: arms most, the face and the often hidden legs less.
_TELLING = np.asarray([0.3, 0.2, 0.2, 0.3, 0.3, 1, 1, 1, 1, 1.2, 1.2, 1, 1, 0.8, 0.8, 0.6, 0.6])


@dataclass(frozen=True, slots=True)
class PoseTrack:
    """One person on one camera. frames: (n,) rising numbers; points: (n, 17, 3) of x, y in pixels and confidence 0..1.

    A confidence may be NaN (not known). A picture with a coordinate that is not finite is left out. Raises ValueError for
    other shapes or numbers that do not rise. video: what was recorded together, so that no model is asked about its own.
    """

    camera: str
    video: str
    person: str
    frames: Frames
    points: Array
    fps: float = 15.0

    def __post_init__(self) -> None:
        if self.points.shape != (len(self.frames), POINTS, 3) or np.any(np.diff(self.frames) <= 0) or self.fps <= 0:
            raise ValueError(f"not a track: {self.points.shape} points at {len(self.frames)} frames, {self.fps} a second")


@dataclass(frozen=True, slots=True)
class Cues:
    """What is known at each of n pictures. All larger values of `to_hip` and `together` are nearer ones.

    trunks, spread: (n, 34) pose about the hips in trunks, and about its centre in its own spread, each coordinate times how
    much its point tells; sure: (n, 34) confidence. change: (n, 68) of the pose within a quarter and four fifths of a second.
    pace: (n, 3) logarithm of the fastest and the mean arm point and of the walk, in trunks a second.
    """

    to_hip: Array
    together: Array
    trunks: Array
    spread: Array
    sure: Array
    change: Array
    pace: Array


def runs(track: PoseTrack) -> list[PoseTrack]:
    """The track cut where somebody was missed for long; shorter gaps are filled in between, with low confidence."""
    whole = np.isfinite(track.points[..., :2]).all(axis=(1, 2))
    frames, points = track.frames[whole], track.points[whole]
    if not len(frames):
        return []
    breaks = np.flatnonzero(np.diff(frames) > LONGEST_GAP_S * track.fps) + 1
    parts = zip(np.split(frames, breaks), np.split(points, breaks), strict=True)
    return [_filled(track, f, p) for f, p in parts]


def cues(run: PoseTrack) -> Cues:
    """Everything about one run without gaps, as `runs` gives it."""
    fps, count = run.fps, len(run.frames)
    sure = np.clip(run.points[..., 2], 0.0, 1.0)
    places = smoothed(run.points[..., :2].reshape(count, -1), _JITTER_S * fps).reshape(count, POINTS, 2)
    hips, shoulders, centre = places[:, _HIPS].mean(1), places[:, _SHOULDERS].mean(1), places.mean(1)
    spread = np.sqrt(((places - centre[:, None]) ** 2).sum(2).mean(1))
    trunk = np.maximum(np.linalg.norm(shoulders - hips, axis=1), 0.8 * spread)
    trunk = np.maximum(smoothed(trunk[:, None], _SIZE_S * fps)[:, 0], SHORTEST_PX)
    body = (places - hips[:, None]) / trunk[:, None, None]
    told = body * _TELLING[:, None]
    return Cues(
        to_hip=-_to_hip(body, sure, fps),
        together=-smoothed(_apart(body, 9, 10)[:, None], _HAND_S * fps)[:, 0],
        trunks=told.reshape(count, -1),
        spread=_about_centre(places, sure, fps).reshape(count, -1),
        sure=np.repeat(np.maximum(sure, 0.05), 2, axis=1),
        change=np.concatenate(
            [(_moved(told, 2 / 15, fps) * 2).reshape(count, -1), _moved(told, 6 / 15, fps).reshape(count, -1)], 1
        ),
        pace=_pace(body, hips, trunk, fps),
    )


def smoothed(values: Array, deviation: float) -> Array:
    """(n, m) values convolved along n with a bell of this standard deviation, in pictures; the ends are held."""
    reach = int(3 * deviation) + 1
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(deviation, 1e-6)) ** 2)
    padded = np.pad(values, [(reach, reach), (0, 0)], mode="edge")
    found: Array = sliding_window_view(padded, 2 * reach + 1, axis=0) @ (bell / bell.sum())
    return found


def _filled(track: PoseTrack, frames: Frames, points: Array) -> PoseTrack:
    every = np.arange(frames[0], frames[-1] + 1)
    known = points.copy()
    known[..., 2] = np.nan_to_num(known[..., 2], nan=UNSURE)
    flat = known.reshape(len(frames), -1)
    full = np.stack([np.interp(every, frames, column) for column in flat.T], axis=1).reshape(len(every), POINTS, 3)
    added = ~np.isin(every, frames)
    full[added, :, 2] = np.minimum(full[added, :, 2], UNSURE)
    return PoseTrack(track.camera, track.video, track.person, every, full, track.fps)


def _to_hip(body: Array, sure: Array, fps: float) -> Array:
    """Distance of the nearer wrist to its nearer hip, in trunks; a wrist not seen well borrows from the time around."""
    found = []
    for wrist, elbow in zip(_WRISTS, _ELBOWS, strict=True):
        gap = np.minimum(_apart(body, wrist, 11), _apart(body, wrist, 12))
        trust = np.maximum(np.minimum(sure[:, wrist], sure[:, elbow]), 0.05)
        both = smoothed(np.stack([gap * trust, trust], axis=1), _HAND_S * fps)
        found.append(both[:, 0] / both[:, 1])
    nearer: Array = np.minimum(*found)
    return nearer


def _about_centre(places: Array, sure: Array, fps: float) -> Array:
    """(n, 17, 2) pose about its trusted centre, in its own trusted spread: no single point decides about size or place."""
    steady = smoothed(sure, _JITTER_S * fps)
    trust = np.clip(steady, 0.1, 1.0)[..., None] * _TELLING[:, None]
    about = places - ((trust * places).sum(1) / trust.sum(1))[:, None]
    size = np.sqrt((trust * about**2).sum((1, 2)) / trust.sum((1, 2)))
    size = np.maximum(smoothed(size[:, None], _SIZE_S * fps)[:, 0], SHORTEST_PX / 2)
    scaled: Array = about / size[:, None, None] * _TELLING[:, None]
    return scaled


def _pace(body: Array, hips: Array, trunk: Array, fps: float) -> Array:
    """Logarithms, so that twice as fast is as far from usual as half as fast."""
    arms = np.linalg.norm(_moved(body[:, _ELBOWS + _WRISTS], 2 / 15, fps), axis=2)
    walk = np.linalg.norm(_moved(hips, 3 / 15, fps), axis=1) / trunk * 2.5
    speeds = np.stack([arms.max(1), arms.mean(1), walk], axis=1)
    logs: Array = np.log(0.05 + smoothed(speeds, _PACE_S * fps))
    return logs


def _apart(body: Array, one: int, other: int) -> Array:
    gap: Array = np.linalg.norm(body[:, one] - body[:, other], axis=1)
    return gap


def _moved(values: Array, reach_s: float, fps: float) -> Array:
    """How far things went from `reach_s` before to as long after; at the ends of a run, what there is of it."""
    reach, count = max(1, round(reach_s * fps)), len(values)
    at = np.arange(count)
    gone: Array = values[np.minimum(at + reach, count - 1)] - values[np.maximum(at - reach, 0)]
    return gone
