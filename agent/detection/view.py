"""Judges the camera's view itself: covered, blurred, turned away or frozen.

Comes in: `RawFrame`s with their `Difference`. Goes out: the faults in force and how many seconds each has lasted. What the view
usually looks like (its edges) is learnt while little differs from the empty shop. ("lost" is the source's to say.)
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from agent.capture.raw import RawFrame
from agent.detection.reference import Difference
from agent.values import ViewFault

STEP_S = 0.5
ACCEPT_S = 600.0  # a view that has been another one for so long, and was told, is the usual one from now on
CALM_SHARE = 0.3  # less than this differs from the empty shop: the usual view may be learnt
FEW_EDGES = 0.30  # less detail than this share of the usual: covered, if it is also flat
LESS_EDGES = 0.45  # less than this and still not flat: blurred
FLAT = 0.45  # of the usual contrast
OTHER_EDGES = 0.35  # correlation of edges with the usual below which another place is in view
LEARN = 0.02  # share of a new frame in the learnt view

Picture = npt.NDArray[np.float32]


@dataclass(slots=True)
class _Usual:
    """What the view usually looks like."""

    edges: Picture
    detail: float
    contrast: float
    frames: int = 1


class ViewWatch:
    """Holding one means: you judge one camera's view over time."""

    def __init__(self) -> None:
        self._usual: _Usual | None = None
        self._since: dict[ViewFault, float] = {}
        self._next_s = 0.0
        self._sample: npt.NDArray[np.uint8] | None = None

    def step(self, raw: RawFrame, difference: Difference) -> dict[ViewFault, float]:
        """Faults in force in `raw` with the seconds since each began (0.0 on its first frame). Judges anew every STEP_S."""
        now = raw.stamp.source_s
        if now < self._next_s:
            return {fault: now - since for fault, since in self._since.items()}
        self._next_s = now + STEP_S - 1e-3
        edges = _edges(difference.luma)
        detail, contrast = float(edges.mean()), float(difference.luma.std())
        if self._usual is not None and self._usual.edges.shape != edges.shape:
            self.restart()
        found = self._judge(edges, detail, contrast)
        if self._frozen(raw):
            found.add(ViewFault.FROZEN)
        if not found and difference.share < CALM_SHARE:
            self._learn(edges, detail, contrast)
        self._since = {fault: self._since.get(fault, now) for fault in found}
        if any(fault is not ViewFault.FROZEN and now - since > ACCEPT_S for fault, since in self._since.items()):
            self._usual = None
        return {fault: now - since for fault, since in self._since.items()}

    def restart(self) -> None:
        """The camera sends another format now: what is usual must be learnt anew."""
        self._usual = None
        self._sample = None
        self._since.clear()

    def _judge(self, edges: Picture, detail: float, contrast: float) -> set[ViewFault]:
        usual = self._usual
        if usual is None or usual.frames < 10:
            return set()
        if detail < FEW_EDGES * usual.detail and contrast < FLAT * usual.contrast:
            return {ViewFault.COVERED}
        if detail < LESS_EDGES * usual.detail:
            return {ViewFault.BLURRED}
        if _likeness(edges, usual.edges) < OTHER_EDGES:
            return {ViewFault.TURNED}
        return set()

    def _learn(self, edges: Picture, detail: float, contrast: float) -> None:
        if self._usual is None:
            self._usual = _Usual(edges, detail, contrast)
            return
        usual = self._usual
        share = max(LEARN, 1.0 / (usual.frames + 1))
        usual.edges = usual.edges + np.float32(share) * (edges - usual.edges)
        usual.detail += share * (detail - usual.detail)
        usual.contrast += share * (contrast - usual.contrast)
        usual.frames += 1

    def _frozen(self, raw: RawFrame) -> bool:
        """Whether not one of some thousand pixels has changed: a live sensor's noise moves some of them."""
        sample = raw.look().y[::9, ::9].copy()
        same = self._sample is not None and self._sample.shape == sample.shape and bool((self._sample == sample).all())
        self._sample = sample
        return same


def _edges(small: Picture) -> Picture:
    dx = cv2.Sobel(small, cv2.CV_32F, 1, 0)
    dy = cv2.Sobel(small, cv2.CV_32F, 0, 1)
    return np.asarray(cv2.magnitude(dx, dy), dtype=np.float32)


def _likeness(edges: Picture, usual: Picture) -> float:
    """Correlation of two edge pictures, both blurred so that a camera that trembles is not one that was turned."""
    a, b = cv2.blur(edges, (7, 7)), cv2.blur(usual, (7, 7))
    a, b = a - a.mean(), b - b.mean()
    whole = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / whole if whole > 0 else 0.0
