"""Bags, rucksacks and cases, found by an ordinary YOLO model of the 80 COCO classes through OpenVINO.

Comes in: a `RawFrame`. Goes out: `Bag`s. A look costs about as much as one for people, and a bag changes hands slowly: one
or two looks a second while somebody is there are enough for `agent.incidents.concealment`. Without the model file hidden goods
are judged by the arms alone.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from agent.capture.raw import RawFrame
from agent.detection.runtime import Network, letterbox
from agent.errors import ModelError
from agent.values import Bag, Box

BACKPACK, HANDBAG, SUITCASE = 24, 26, 28  # COCO classes
WEAK = 0.05  # a weak hit counts little, but it counts: the score goes into `hands_at_bag`
OVERLAP = 0.5
MOST = 6


class Bags:
    """YOLO exported to OpenVINO (.xml) or .onnx: output (1, 84, n): centre, size and 80 class scores."""

    name = "bags"

    def __init__(self, model: Path, device: str = "CPU", threads: int = 2) -> None:
        """Raises ModelError where the file cannot be loaded."""
        self._net = Network(model, device, threads)

    def look(self, raw: RawFrame) -> tuple[Bag, ...]:
        """Bags in `raw`, the surest first. Raises ModelError where the model fails or is none of this kind."""
        width, height = letterbox(raw.width, raw.height, self._net.width, self._net.height)
        picture = np.full((self._net.height, self._net.width, 3), 114, np.uint8)
        picture[:height, :width] = raw.look_bgr(width, height)
        rows = self._net.run(picture)[0][0].T
        if rows.shape[1] != 84:
            raise ModelError(
                ko="이 모델은 80종 물체 검출 모델이 아닙니다. yolov8n 같은 COCO 모델을 넣어 주세요.",
                en=f"This model gives {rows.shape[1]} numbers a box, a YOLO model of the COCO classes gives 84. Install one.",
            )
        scores = rows[:, [4 + BACKPACK, 4 + HANDBAG, 4 + SUITCASE]].max(axis=1)
        rows, scores = rows[scores >= WEAK], scores[scores >= WEAK]
        boxes = np.concatenate((rows[:, :2] - rows[:, 2:4] / 2, rows[:, 2:4]), axis=1)
        if not len(boxes):
            return ()
        kept = np.asarray(cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), 0.0, OVERLAP)).reshape(-1).astype(int)[:MOST]
        return tuple(_bag(boxes[i], float(scores[i]), width, height) for i in kept)


def _bag(box: np.ndarray, score: float, width: int, height: int) -> Bag:
    left, top = float(box[0] / width), float(box[1] / height)
    return Bag(Box(left, top, left + max(float(box[2] / width), 0.0), top + max(float(box[3] / height), 0.0)), score)
