"""OpenVINO, met in one place: loads a model file once and runs it.

Comes in: a model file (.xml or .onnx) and 8-bit BGR pictures. Goes out: the output arrays. Foreign errors become ModelError.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from agent import offline
from agent.capture.raw import Plane
from agent.errors import ModelError

Array = npt.NDArray[np.float32]


class Network:
    """A compiled model that takes one 8-bit BGR picture (height, width, 3) and gives float arrays.

    The conversion (to float, to RGB, to 0..1, to NCHW) is compiled into the model. Not thread-safe: one caller each.
    """

    def __init__(self, model: Path, device: str = "CPU", threads: int = 2, *, rgb: bool = True, scale: float = 255.0) -> None:
        ov = offline.openvino()  # 0.2 s and 80 MB that the path without a model need not pay
        from openvino.preprocess import ColorFormat, PrePostProcessor

        try:
            core = ov.Core()
            read = core.read_model(str(model))
            shape = read.input(0).partial_shape
            self.height, self.width = _side(shape[2]), _side(shape[3])
            if shape.is_dynamic:
                read.reshape([1, 3, self.height, self.width])
            steps = PrePostProcessor(read)
            steps.input().tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC")).set_color_format(ColorFormat.BGR)
            work = steps.input().preprocess().convert_element_type(ov.Type.f32)
            if rgb:
                work = work.convert_color(ColorFormat.RGB)
            if scale != 1.0:
                work.scale(scale)
            steps.input().model().set_layout(ov.Layout("NCHW"))
            options: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": "1"}
            if device == "CPU":
                options["INFERENCE_NUM_THREADS"] = threads
            self._request = core.compile_model(steps.build(), device, options).create_infer_request()
        except (RuntimeError, ValueError, TypeError, OSError) as fault:
            raise ModelError(
                ko=f"모델 파일 {model.name}을(를) 읽을 수 없습니다. 'ansim models pull'로 다시 받아 주세요.",
                en=f"The model file {model.name} cannot be loaded ({_first_line(fault)}). Get it with 'ansim models pull'.",
            ) from fault

    def run(self, picture: Plane) -> list[Array]:
        """Outputs of the model for `picture`, (self.height, self.width, 3) uint8 BGR."""
        try:
            self._request.infer([np.ascontiguousarray(picture)[None]])
            return [np.asarray(out.data, dtype=np.float32) for out in self._request.output_tensors]
        except (RuntimeError, ValueError) as fault:
            raise ModelError(
                ko="사람 검출 모델이 실행 중에 멈췄습니다. 프로그램을 다시 시작해 주세요.",
                en=f"The person detector failed while running ({_first_line(fault)}). Restart the agent.",
            ) from fault


def letterbox(width: int, height: int, into_width: int, into_height: int) -> tuple[int, int]:
    """The even size (width, height) of a picture that keeps its aspect and fits into into_width x into_height."""
    scale = min(into_width / width, into_height / height)
    return max(2, int(width * scale) // 2 * 2), max(2, int(height * scale) // 2 * 2)


def _side(dimension: Any) -> int:
    return int(dimension.get_length()) if dimension.is_static else 640


def _first_line(fault: BaseException) -> str:
    return (str(fault).strip().splitlines() or [type(fault).__name__])[0][:160]
