"""Which detection models are there, what is missing, and what is said about it."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from pathlib import Path

import pytest

from agent import models
from agent.errors import ModelError
from agent.model_pull import pull
from agent.models import NOTE, OWN, ModelStatus, best, list_models, manifest, outlook


@pytest.fixture(autouse=True)
def _no_other_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANSIM_MODELS", raising=False)
    monkeypatch.setattr(models, "PACKAGED", tmp_path / "packaged")


def status(folder: Path, name: str) -> ModelStatus:
    return next(status for status in list_models(folder) if status.name == name)


def put(folder: Path, name: str, content: bytes = b"model") -> Path:
    """Put a file where the manifest wants the model `name`."""
    path = folder / next(known.file for known in manifest() if known.name == name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_the_manifest_is_complete_in_both_languages() -> None:
    for known in manifest():
        assert known.licence
        assert known.meaning.ko != known.meaning.en
        assert known.without.ko != known.without.en
        if known.purpose != OWN:  # that one comes with the installation
            assert known.source.startswith("https://")
            assert known.sha256 is not None or known.weights is not None  # a file is known by its hash or made on this PC


def test_an_empty_folder_leaves_the_reference_and_says_what_that_costs(tmp_path: Path) -> None:
    seen = outlook(list_models(tmp_path))
    assert seen.engine == "reference"
    assert len(seen.missing) == 4  # own model, faces, bags, and one pose model, not both
    assert "ansim models pull yolo11n-pose" in seen.missing[0].ko
    assert "ansim models pull yolo11n-pose" in seen.missing[0].en


def test_a_folder_that_does_not_exist_is_an_empty_one(tmp_path: Path) -> None:
    assert {status.state for status in list_models(tmp_path / "nowhere")} == {"missing"}


def test_one_pose_model_is_enough(tmp_path: Path) -> None:
    model = put(tmp_path, "yolov8n-pose")
    assert best("pose", tmp_path) == model
    seen = outlook(list_models(tmp_path))
    assert seen.engine == "pose"
    assert [text.en.split(":")[0] for text in seen.missing] == ["face_detection_yunet_2026may", "yolov8n"]


def test_without_a_pose_model_the_own_one_looks_once_it_is_good_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.models._intact", lambda *_: True)
    put(tmp_path / "packaged", "person")
    monkeypatch.setattr("agent.models.OWN_IN_AUTO", False)
    assert outlook(list_models(tmp_path)).engine == "reference"
    monkeypatch.setattr("agent.models.OWN_IN_AUTO", True)
    seen = outlook(list_models(tmp_path))
    assert seen.engine == "own"
    assert "more of the picture" in seen.missing[0].en
    assert not any(text.en.startswith("person:") for text in seen.missing)
    put(tmp_path, "yolo11n-pose")
    assert outlook(list_models(tmp_path)).engine == "pose"


def test_the_second_folder_is_looked_in_after_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    second = put(tmp_path / "second", "yolo11n-pose")
    monkeypatch.setenv("ANSIM_MODELS", str(tmp_path / "second"))
    assert best("pose", tmp_path / "first") == second
    first = put(tmp_path / "first", "yolo11n-pose")
    assert best("pose", tmp_path / "first") == first


def test_an_export_of_the_owners_own_is_found(tmp_path: Path) -> None:
    own = tmp_path / "yolo11s-pose_openvino_model" / "yolo11s-pose.xml"
    own.parent.mkdir()
    own.write_text("<net/>", "utf-8")
    assert best("pose", tmp_path) == own


def test_a_file_with_another_hash_is_damaged_and_not_used(tmp_path: Path) -> None:
    put(tmp_path, "face_detection_yunet_2026may", b"not YuNet")
    found = status(tmp_path, "face_detection_yunet_2026may")
    assert found.state == "damaged"
    assert found.advice is not None
    assert "damaged" in found.advice.en
    assert best("faces", tmp_path) is None


@pytest.mark.parametrize("harm", ["changed", "gone", "note broken"])
def test_a_pulled_model_that_was_damaged_later_is_not_used(tmp_path: Path, harm: str) -> None:
    model = put(tmp_path, "yolo11n-pose")
    weights = model.with_suffix(".bin")
    weights.write_bytes(b"weights")
    hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (model, weights)}
    (model.parent / NOTE).write_text(json.dumps({"files": hashes}), "utf-8")
    assert status(tmp_path, "yolo11n-pose").state == "ready"

    if harm == "changed":
        weights.write_bytes(b"weightz")
    elif harm == "gone":
        weights.unlink()
    else:
        (model.parent / NOTE).write_text("{", "utf-8")
    assert status(tmp_path, "yolo11n-pose").state == "damaged"
    assert best("pose", tmp_path) is None


def test_pulling_an_unknown_model_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="yolo11n-pose") as refused:
        pull("yolo11-pose", tmp_path, lambda _text, _share: None)
    assert "yolo11n-pose" in refused.value.text.ko


def test_pulling_a_model_that_is_brought_by_hand_says_where_from(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="https://") as refused:
        pull("face_detection_yunet_2026may", tmp_path, lambda _text, _share: None)
    assert "모델 폴더" in refused.value.text.ko


@pytest.mark.skipif(importlib.util.find_spec("ultralytics") is not None, reason="the extra ansim[yolo] is installed")
def test_pulling_without_the_extra_says_how_to_install_it(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"ansim\[yolo\]") as refused:
        pull("yolo11n-pose", tmp_path / "models", lambda _text, _share: None)
    assert "ansim[yolo]" in refused.value.text.ko
    assert not (tmp_path / "models").exists()


def test_the_stand_ins_of_the_developers_machine_are_whole(models_folder: Path) -> None:
    assert status(models_folder, "face_detection_yunet_2026may").state == "ready"
    assert outlook(list_models(models_folder)).engine == "pose"
