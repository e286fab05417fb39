"""Which model finds bags, and that another one is refused."""

import os
from pathlib import Path

import numpy as np
import pytest

from agent.capture.raw import Planes, RawFrame
from agent.detection.bags import Bags
from agent.errors import ModelError
from agent.models import best
from agent.values import FrameStamp

MODELS = Path(os.environ.get("ANSIM_MODELS", "/nowhere"))


def grey(width=640, height=480):
    chroma = np.full((height // 2, width // 2), 128, np.uint8)
    return RawFrame(FrameStamp("c", 0, 0.0, 0.0), Planes(np.full((height, width), 90, np.uint8), chroma, chroma.copy()))


def test_a_pose_model_and_a_yolox_are_no_models_of_bags(tmp_path, monkeypatch):
    monkeypatch.delenv("ANSIM_MODELS", raising=False)
    for name in ("yolov8n-pose_int8_openvino_model/yolov8n-pose.xml", "yolo11n-pose.onnx", "yolox_nano.onnx"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert best("bags", tmp_path) is None
    plain = tmp_path / "yolov8n_int8_openvino_model" / "yolov8n.xml"
    plain.parent.mkdir()
    plain.touch()
    assert best("bags", tmp_path) == plain


def test_an_empty_picture_has_no_sure_bag():
    model = best("bags", MODELS)
    if model is None:
        pytest.skip("no YOLO model of the COCO classes in $ANSIM_MODELS")
    found = Bags(model).look(grey())
    assert all(bag.score < 0.5 for bag in found)


def test_a_pose_model_in_its_place_is_refused():
    model = best("pose", MODELS)
    if model is None:
        pytest.skip("no pose model in $ANSIM_MODELS")
    with pytest.raises(ModelError, match="Install one"):
        Bags(model).look(grey())
