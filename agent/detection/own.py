"""People found by the project's own small network, models/person.onnx, through OpenVINO.

Comes in: a `RawFrame`. Goes out: `Person`s down to the weakest hit, with their heads and the 17 COCO keypoints where it knows
them. How it was trained, on what, and how well it sees: models/person.card.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from agent.capture.raw import RawFrame
from agent.detection.runtime import Network, letterbox
from agent.errors import ModelError
from agent.values import Box, Keypoint, Person

POINTS = 17
COLUMNS = 1 + 4 + 1 + 4 + POINTS * 3  # score, box, head's score, head, points; see scripts/train/network.py, Readable
HEAD_SURE = 0.5  # below this nobody can say where the head is, and the whole person is filled
HEAD_MARGIN = 0.15  # of the head's width and height, on each side: the box was learned from points inside the head
OVERLAP = 0.6  # boxes that share more than this are the same person
PAD = 114  # the grey beside the picture, as in training


class OwnPeople:
    """The project's own detector. Holding one means that the model file is loaded and is of the right kind."""

    name = "own"

    def __init__(self, model: Path, device: str = "CPU", threads: int = 2) -> None:
        """Raises ModelError where `model` is missing, broken or another kind of network."""
        self._net = Network(model, device, threads, rgb=False, scale=1.0)
        self._canvas = np.full((self._net.height, self._net.width, 3), PAD, np.uint8)
        self._rows(self._canvas)

    def look(self, raw: RawFrame, weak: float) -> tuple[Person, ...]:
        """All people in the frame with score >= weak; boxes, heads and points as shares of the picture. Raises ModelError."""
        width, height = letterbox(raw.width, raw.height, self._net.width, self._net.height)
        self._canvas[:] = PAD
        self._canvas[:height, :width] = raw.look_bgr(width, height)
        rows = self._rows(self._canvas)
        self._canvas[:] = PAD  # nothing of the picture stays behind
        return people_of(rows[rows[:, 0] >= weak], width, height)

    def _rows(self, picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        rows = self._net.run(picture)[0]
        if rows.ndim != 3 or rows.shape[2] != COLUMNS:
            raise ModelError(
                ko="이 파일은 안심의 사람 모델(person.onnx)이 아닙니다. 설치에 들어 있는 models 폴더의 파일로 되돌려 주세요.",
                en=f"This file is not Ansim's own person model: it gives {rows.shape}, expected rows of {COLUMNS}. "
                "Put the models/person.onnx of the installation back.",
            )
        return np.asarray(rows[0], np.float32)


def people_of(rows: npt.NDArray[np.float32], width: int, height: int) -> tuple[Person, ...]:
    """`Person`s of the network's rows (n, 61), in pixels of a picture of width x height. Rows that are not numbers are dropped.

    Boxes are cut to the picture; of boxes that share more than OVERLAP the strongest stays.
    """
    rows = rows[np.isfinite(rows).all(axis=1)]
    size = np.asarray([width, height], np.float32)
    corners = rows[:, 1:5] / np.tile(size, 2)
    corners = corners.clip(0.0, 1.0)
    real = ((corners[:, 2:] - corners[:, :2]) > 0).all(axis=1)
    rows, corners = rows[real], corners[real]
    if not len(rows):
        return ()
    sides = np.concatenate((corners[:, :2], corners[:, 2:] - corners[:, :2]), axis=1)
    kept = cv2.dnn.NMSBoxes(sides.tolist(), rows[:, 0].tolist(), 0.0, OVERLAP)
    return tuple(_person(corners[i], rows[i], size) for i in np.asarray(kept).reshape(-1).astype(int))


def _person(corners: npt.NDArray[np.float32], row: npt.NDArray[np.float32], size: npt.NDArray[Any]) -> Person:
    points = row[10:].reshape(POINTS, 3)
    keypoints = tuple(Keypoint(float(x / size[0]), float(y / size[1]), float(score)) for x, y, score in points)
    return Person(Box(*(float(c) for c in corners)), float(min(row[0], 1.0)), keypoints, _head(row[5:10], size))


def _head(row: npt.NDArray[np.float32], size: npt.NDArray[Any]) -> Box | None:
    """The head's box, grown by its margin, or None where the network is not sure. row: score and four corners in pixels."""
    left, top, right, bottom = (float(v) for v in row[1:] / np.tile(size, 2))
    if row[0] < HEAD_SURE or left >= right or top >= bottom:
        return None
    head = Box(left, top, right, bottom)
    return head.grown(HEAD_MARGIN * head.width, HEAD_MARGIN * head.height)
