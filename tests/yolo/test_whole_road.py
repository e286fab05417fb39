"""The road from ultralytics to the engine: weights -> `ansim models pull` -> OpenVINO int8 -> people in a frame; and .pt too.

The weights are random, since official ones cannot be had everywhere: what is proved is the road, not what the model knows.
"""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from agent import offline
from agent.capture.raw import Planes, RawFrame
from agent.detection.people import PosePeople, UltralyticsPeople
from agent.errors import ModelError
from agent.model_pull import pull
from agent.models import NOTE, digest, list_models
from agent.values import FrameStamp, Text

pytestmark = [pytest.mark.yolo, pytest.mark.filterwarnings("default")]  # PyTorch and its friends warn as they like

EVERYTHING = 1e-6  # a score so low that random weights find people


def _drawn_frame(seed: int) -> RawFrame:
    random = np.random.default_rng(seed)
    luma = cv2.resize(random.integers(16, 235, (18, 32), np.uint8), (640, 360), interpolation=cv2.INTER_CUBIC)
    chroma = [cv2.resize(random.integers(60, 200, (9, 16), np.uint8), (320, 180)) for _ in range(2)]
    return RawFrame(
        FrameStamp("drawn", seed, 0.0, 0.0), Planes(np.asarray(luma, np.uint8), *(np.asarray(c, np.uint8) for c in chroma))
    )


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with yolo11n-pose.pt: the official structure with its one class (its .yaml says 80) and random weights."""
    folder = tmp_path_factory.mktemp("models")
    yolo = offline.ultralytics().YOLO("yolo11n-pose.yaml")
    from ultralytics.nn.tasks import PoseModel

    plain, yolo.model = yolo.model, PoseModel("yolo11n-pose.yaml", nc=1, verbose=False)
    yolo.model.names, yolo.model.args, yolo.model.task = {0: "person"}, plain.args, plain.task
    yolo.save(folder / "yolo11n-pose.pt")
    return folder


@pytest.fixture(scope="module")
def calibration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight drawn pictures with a person each, so that int8 ranges can be measured without a download."""
    folder = tmp_path_factory.mktemp("calibration")
    (folder / "images").mkdir()
    (folder / "labels").mkdir()
    for seed in range(8):
        cv2.imwrite(str(folder / "images" / f"{seed}.png"), _drawn_frame(seed).look_bgr(640, 360))
        (folder / "labels" / f"{seed}.txt").write_text("0 0.5 0.5 0.3 0.6 " + " ".join(["0.5 0.5 2"] * 17) + "\n", "utf-8")
    dataset = {"path": str(folder), "train": "images", "val": "images", "kpt_shape": [17, 3], "names": {0: "person"}}
    (folder / "data.yaml").write_text(json.dumps(dataset), "utf-8")  # JSON is YAML
    return folder / "data.yaml"


@pytest.fixture(scope="module")
def pulled(weights: Path, calibration: Path) -> Path:
    told: list[tuple[Text, float]] = []
    model = pull("yolo11n-pose", weights, lambda text, share: told.append((text, share)), calibration=calibration)
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    return model


def test_pull_leaves_a_model_that_is_listed_as_ready_and_nothing_half_done(pulled: Path, weights: Path) -> None:
    status = next(status for status in list_models(weights) if status.name == "yolo11n-pose")
    assert (status.state, status.path) == ("ready", pulled)
    assert sorted(path.name for path in weights.iterdir()) == ["yolo11n-pose.pt", "yolo11n-pose_int8_openvino_model"]


def test_the_note_beside_it_says_what_it_was_made_from(pulled: Path, weights: Path) -> None:
    note = json.loads((pulled.parent / NOTE).read_text("utf-8"))
    assert note["weights"] == {"file": "yolo11n-pose.pt", "sha256": digest(weights / "yolo11n-pose.pt")}
    assert note["files"][pulled.name] == digest(pulled)
    assert note["licence"].startswith("AGPL-3.0")


def test_it_is_int8(pulled: Path) -> None:
    assert pulled.read_text("utf-8").count('type="FakeQuantize"') > 20


def test_the_engine_loads_and_runs_it(pulled: Path) -> None:
    people = PosePeople(pulled).look(_drawn_frame(1), EVERYTHING)
    assert people
    assert all(len(person.keypoints) == 17 for person in people)


def test_the_engine_runs_the_weights_through_ultralytics_itself(weights: Path) -> None:
    people = UltralyticsPeople(weights / "yolo11n-pose.pt").look(_drawn_frame(1), EVERYTHING)
    assert all(len(person.keypoints) == 17 for person in people)


def test_without_the_internet_pull_says_so_and_leaves_the_folder_as_it_was(
    tmp_path: Path, calibration: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nothing listens there
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(ModelError) as refused:
        pull("yolov8n-pose", tmp_path, lambda _text, _share: None, calibration=calibration)
    assert "인터넷" in refused.value.text.ko
    assert "internet" in refused.value.text.en
    assert list(tmp_path.iterdir()) == []
