"""Faces found by YuNet (MIT), a second witness for heads that the person detector misses, such as a face close to the lens.

Comes in: a `RawFrame`. Goes out: boxes around whole heads, grown from the faces, normalised.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from agent.capture.raw import RawFrame
from agent.detection.runtime import letterbox
from agent.errors import ModelError
from agent.values import Box

WEAK_FACE = 0.5
SIDE = 480  # pixels of the longer side that YuNet looks at; it finds faces from about 10 of them


class Faces:
    """YuNet through OpenCV's own reader of it."""

    name = "faces"

    def __init__(self, model: Path) -> None:
        # OpenCV 5 warns on the console that its own engine picks the device itself: nothing that an owner could act on.
        level = cv2.utils.logging.getLogLevel()
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
        try:
            self._net: Any = cv2.FaceDetectorYN.create(str(model), "", (320, 320), WEAK_FACE, 0.3, 200)
        except cv2.error as fault:
            raise ModelError(
                ko=f"얼굴 모델 {model.name}을(를) 읽을 수 없습니다. 파일을 지우고 다시 받아 주세요.",
                en=f"The face model {model.name} cannot be loaded. Remove the file and get it again.",
            ) from fault
        finally:
            cv2.utils.logging.setLogLevel(level)
        self._size = (320, 320)

    def look(self, raw: RawFrame) -> tuple[Box, ...]:
        size = letterbox(raw.width, raw.height, SIDE, SIDE)
        try:
            if size != self._size:
                self._net.setInputSize(size)
                self._size = size
            found = self._net.detect(raw.look_bgr(*size))[1]
        except cv2.error as fault:
            raise ModelError(
                ko="얼굴 검출 모델이 실행 중에 멈췄습니다. 프로그램을 다시 시작해 주세요.",
                en="The face detector failed while running. Restart the agent.",
            ) from fault
        if found is None:
            return ()
        return tuple(_head(row, *size) for row in np.asarray(found) if np.isfinite(row[:4]).all() and (row[2:4] > 0).all())


def _head(row: Any, width: int, height: int) -> Box:
    """YuNet's box holds brow to chin; hair and ears reach about a third of it further."""
    x, y, w, h = (float(value) for value in row[:4])
    return Box((x - w / 3) / width, (y - h / 2) / height, (x + w * 4 / 3) / width, (y + h * 1.2) / height)
