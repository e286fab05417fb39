"""How tall people are where they stand, learnt from those who walk by: who is taller is two, one behind the other. Pure.

Comes in: boxes of single bodies on their way. Goes out: by how much a box is taller than one person there, if that is known.
A camera that looks down shows whoever is nearer taller; over a part of the picture that is a straight line.
"""

from __future__ import annotations

from collections import deque

import numpy as np
import numpy.typing as npt

from agent.values import Box

STEP = 0.05  # of the picture's height: one sample of each body for each such step of its feet
AROUND = 0.25  # of the picture's height: samples so near say how tall people are at a place
ENOUGH = 10  # samples
UNSURE = 0.02  # standard error, as a share, from which on it is not known how tall people are at a place
DIFFER = 0.03  # people's heights differ by that share at least, however few have been seen
MOST = 160
OUTLIER = 0.08  # further from the line than this share: two people, or a part of one

Samples = npt.NDArray[np.float64]  # (n, 2): where the feet are, and the height


class Stature:
    """Holding one means: you learn one camera's perspective from the people in it."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, float, int]] = deque(maxlen=MOST)
        self._taken: deque[tuple[int, int]] = deque(maxlen=MOST)

    def learn(self, body: int, box: Box) -> None:
        """Somebody fills the box, wholly in the picture. body: who, since each counts once for each step."""
        step = (body, int(box.bottom / STEP))
        if step not in self._taken:
            self._taken.append(step)
            self._samples.append((box.bottom, box.height, body))

    def excess(self, box: Box) -> float | None:
        """By which share the box is taller than one person there; negative: lower. None while too little is known."""
        around = [sample for sample in self._samples if abs(sample[0] - box.bottom) <= AROUND]
        if len(around) < ENOUGH:
            return None
        near = np.array([(feet, height) for feet, height, _ in around])
        usual = near[np.abs(near[:, 1] / np.maximum(_height(near, near[:, 0]), 1e-6) - 1) <= OUTLIER]
        known = usual if len(usual) >= ENOUGH // 2 else near
        if _error(known, box.bottom, len({body for _, _, body in around})) > UNSURE:
            return None
        height = float(_height(known, np.array([box.bottom]))[0])
        return box.height / height - 1 if height > 0 else None


def _height(samples: Samples, feet: Samples) -> Samples:
    """The straight line through the samples (least squares), at some places of the feet."""
    at, height = samples[:, 0], samples[:, 1]
    off = at - at.mean()
    spread = float((off * off).mean())
    slope = float((off * (height - height.mean())).mean()) / spread if spread > 1e-4 else 0.0
    return np.asarray(height.mean() + slope * (feet - at.mean()), dtype=np.float64)


def _error(samples: Samples, at: float, people: int) -> float:
    """The standard error of the line at one place of the feet, as a share of the height there.

    It grows away from where people were seen. Samples of one person go up and down together: people count, not samples.
    """
    feet = samples[:, 0]
    differ = max(DIFFER, float(np.std(samples[:, 1] / np.maximum(_height(samples, feet), 1e-6) - 1)))
    off = (at - feet.mean()) ** 2 / max(float(feet.var()), 1e-4)
    return float(differ * np.sqrt((1 + off) / people))
