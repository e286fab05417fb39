"""A walking stick figure as an estimator of body points would report it: shoppers for tests of pose normality."""

from __future__ import annotations

import numpy as np

from agent.incidents.pose_cues import Array, PoseTrack

# x, y of the 17 COCO points in trunks from the hips, facing the camera, arms hanging.
UPRIGHT = np.asarray(
    [
        (0, -1.45),
        (0.08, -1.5),
        (-0.08, -1.5),
        (0.17, -1.47),
        (-0.17, -1.47),
        (0.33, -1.0),
        (-0.33, -1.0),
        (0.5, -0.45),
        (-0.5, -0.45),
        (0.75, 0.2),
        (-0.75, 0.2),
        (0.2, 0.0),
        (-0.2, 0.0),
        (0.22, 0.75),
        (-0.22, 0.75),
        (0.22, 1.5),
        (-0.22, 1.5),
    ]
)
WRISTS, ELBOWS = (9, 10), (7, 8)
POCKET, HELD = np.asarray([(0.25, 0.05), (-0.25, 0.05)]), np.asarray([(0.03, -0.5), (-0.03, -0.5)])


def figure(frames: int, *, seed: int = 0, hands: Array | None = None, from_frame: int = 0, trunk: float = 60.0) -> Array:
    """(frames, 17, 3): somebody walking across the picture; from `from_frame` on both wrists are at `hands` (2, 2 trunks)."""
    chance = np.random.default_rng(seed)
    time = np.arange(frames) / 15
    body = np.tile(UPRIGHT, (frames, 1, 1)) + chance.normal(scale=0.02, size=(frames, 17, 2))
    swing = 0.25 * np.sin(2 * np.pi * time * chance.uniform(0.8, 1.1) + chance.uniform(0, 6))[:, None]
    body[:, WRISTS, 1] -= np.abs(swing)
    body[:, [13, 15], 0] += swing * 0.6
    body[:, [14, 16], 0] -= swing * 0.6
    if hands is not None:
        body[from_frame:, WRISTS] = hands + chance.normal(scale=0.02, size=(frames - from_frame, 2, 2))
        body[from_frame:, ELBOWS] = (body[from_frame:, (5, 6)] + body[from_frame:, WRISTS]) / 2 + np.asarray(
            [(0.2, 0), (-0.2, 0)]
        )
    begin = chance.uniform(200, 400, size=2)
    places = body * trunk + begin + time[:, None, None] * np.asarray([chance.uniform(20, 40), 0])
    return np.concatenate([places, np.full((frames, 17, 1), 0.8)], axis=2)


def track(points: Array, *, camera: str = "01", video: str = "v", person: str = "1", begin: int = 0) -> PoseTrack:
    return PoseTrack(camera, video, person, np.arange(begin, begin + len(points)), points)


def shoppers(videos: int = 8, frames: int = 120) -> list[PoseTrack]:
    """Ordinary people, one a video, on two cameras."""
    return [track(figure(frames, seed=n), camera=f"0{n % 2 + 1}", video=f"v{n}") for n in range(videos)]
