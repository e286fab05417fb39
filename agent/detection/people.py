"""People with their heads and hands, found by a YOLO-pose model through OpenVINO, or by ultralytics itself on a PC with CUDA.

Comes in: a `RawFrame`. Goes out: `Person`s down to the weakest hit, with the 17 COCO keypoints and, where the face or both
shoulders are seen, the head. Model files are made by `ansim models pull`; none is part of the project.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from agent import offline
from agent.capture.raw import RawFrame
from agent.detection.runtime import Network, letterbox
from agent.errors import ModelError
from agent.values import Box, Keypoint, Person

NOSE, LEFT_EYE, RIGHT_EYE, LEFT_EAR, RIGHT_EAR, LEFT_SHOULDER, RIGHT_SHOULDER = range(7)
SURE_POINT = 0.5  # a keypoint at least this confident counts as seen
OVERLAP = 0.6  # boxes that share more than this are the same person


class People(Protocol):
    """A person detector: all people in one frame, down to the score `weak`."""

    name: str

    def look(self, raw: RawFrame, weak: float) -> tuple[Person, ...]: ...


class PosePeople:
    """YOLO-pose exported to OpenVINO (an IR folder's .xml, or .onnx): output (1, 56, n): box, score, 17 points."""

    name = "pose"

    def __init__(self, model: Path, device: str = "CPU", threads: int = 2) -> None:
        self._net = Network(model, device, threads)

    def look(self, raw: RawFrame, weak: float) -> tuple[Person, ...]:
        width, height = letterbox(raw.width, raw.height, self._net.width, self._net.height)
        picture = np.full((self._net.height, self._net.width, 3), 114, np.uint8)
        picture[:height, :width] = raw.look_bgr(width, height)
        rows = self._net.run(picture)[0][0].T
        if rows.shape[1] != 5 + 17 * 3:
            raise ModelError(
                ko="이 모델은 사람 자세(17점) 모델이 아닙니다. yolo11n-pose 같은 pose 모델을 넣어 주세요.",
                en=f"This model gives {rows.shape[1]} numbers a box, a YOLO-pose model gives 56. Install a pose model.",
            )
        rows = rows[rows[:, 4] >= weak]
        boxes = np.concatenate((rows[:, :2] - rows[:, 2:4] / 2, rows[:, :2] + rows[:, 2:4] / 2), axis=1)
        return people_from(boxes, rows[:, 4], rows[:, 5:].reshape(-1, 17, 3), width, height)


class UltralyticsPeople:
    """The same model as .pt through ultralytics itself, for a PC with CUDA (extra `ansim[yolo]`)."""

    name = "pose"

    def __init__(self, model: Path, device: str = "CPU", threads: int = 2) -> None:  # noqa: ARG002  # one signature for all engines
        self._device = {"CPU": "cpu", "GPU": "cuda:0"}.get(device.upper(), device)
        self._yolo: Any = offline.ultralytics().YOLO(str(model), task="pose")

    def look(self, raw: RawFrame, weak: float) -> tuple[Person, ...]:
        width, height = letterbox(raw.width, raw.height, 640, 640)
        try:
            found = self._yolo.predict(raw.look_bgr(width, height), conf=weak, iou=OVERLAP, verbose=False, device=self._device)[
                0
            ]
        except (RuntimeError, ValueError) as fault:
            raise ModelError(
                ko="사람 검출 모델이 실행 중에 멈췄습니다. 프로그램을 다시 시작해 주세요.",
                en=f"The person detector failed while running ({fault}). Restart the agent.",
            ) from fault
        boxes = found.boxes.xyxy.cpu().numpy()
        points = found.keypoints.data.cpu().numpy().reshape(len(boxes), 17, 3) if len(boxes) else np.zeros((0, 17, 3))
        return people_from(boxes, found.boxes.conf.cpu().numpy(), points, width, height)


def people_from(
    boxes: npt.NDArray[Any], scores: npt.NDArray[Any], points: npt.NDArray[Any], width: int, height: int
) -> tuple[Person, ...]:
    """`Person`s of a detector's raw output: boxes (n, 4) left/top/right/bottom, scores (n,), points (n, 17, 3), all in pixels.

    Overlapping boxes of one person are merged by non-maximum suppression; rows that are not numbers are dropped.
    """
    good = np.isfinite(boxes).all(axis=1) & np.isfinite(scores) & (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    boxes, scores, points = boxes[good], scores[good], np.nan_to_num(points[good])
    if not len(boxes):
        return ()
    corner_and_size = np.concatenate((boxes[:, :2], boxes[:, 2:] - boxes[:, :2]), axis=1)
    kept = np.asarray(cv2.dnn.NMSBoxes(corner_and_size.tolist(), scores.tolist(), 0.0, OVERLAP)).reshape(-1).astype(int)
    size = np.array([width, height], np.float64)
    return tuple(_person(boxes[i].reshape(2, 2) / size, float(scores[i]), points[i], size) for i in kept)


def _person(corners: npt.NDArray[Any], score: float, points: npt.NDArray[Any], size: npt.NDArray[Any]) -> Person:
    box = Box(*(float(c) for c in corners.reshape(-1)))
    keypoints = tuple(Keypoint(float(x / size[0]), float(y / size[1]), float(c)) for x, y, c in points)
    return Person(box, score, keypoints, head_of(box, keypoints, float(size[0] / size[1])))


def head_of(box: Box, points: tuple[Keypoint, ...], aspect: float) -> Box | None:
    """Where the head is: a generous box around it, or None where nobody can say (then the whole person is filled).

    aspect: picture width / height, since normalised units are not square. The head's radius is the largest of what the face
    points, the shoulders and the person's height suggest (a head is about 1/7 of a standing body, half a shoulder width).
    """
    face = [p for p in points[:5] if p.score >= SURE_POINT]
    if len(face) < 2:
        return None
    left, right = min(p.x for p in face), max(p.x for p in face)
    top, bottom = min(p.y for p in face), max(p.y for p in face)
    radius = max((right - left) * aspect * 0.75, (bottom - top) * 0.75, box.height / 14)  # in picture heights
    shoulders = [p for p in points[LEFT_SHOULDER : RIGHT_SHOULDER + 1] if p.score >= SURE_POINT]
    if len(shoulders) == 2:
        radius = max(radius, abs(shoulders[0].x - shoulders[1].x) * aspect * 0.35)
    x, y = (left + right) / 2, (top + bottom) / 2
    return Box(
        min(x - 1.25 * radius / aspect, left),
        min(y - 1.6 * radius, top),
        max(x + 1.25 * radius / aspect, right),
        y + 1.4 * radius,
    )
