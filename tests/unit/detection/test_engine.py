"""Which detectors are taken: what is asked for, else the best that is there, and what is missing is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent import models
from agent.detection.engine import choose_engine
from agent.errors import ModelError
from agent.settings import DetectionSettings


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine on which no model is installed, not even the project's own."""
    monkeypatch.delenv("ANSIM_MODELS", raising=False)
    folder = tmp_path / "packaged"
    folder.mkdir()
    monkeypatch.setattr(models, "PACKAGED", folder)
    return folder


def asked(engine_name: str, models: Path) -> DetectionSettings:
    return DetectionSettings(engine=engine_name, models=models)  # type: ignore[arg-type]


def test_with_nothing_installed_the_reference_runs_alone_and_says_what_that_costs(tmp_path: Path) -> None:
    chosen = choose_engine(asked("auto", tmp_path))
    assert chosen.running == ("reference",)
    assert chosen.people is None
    assert len(chosen.missing) == 3
    assert all(lack.what.ko and lack.cost.en for lack in chosen.missing)


def test_reference_never_loads_a_model_even_where_one_lies(tmp_path: Path) -> None:
    (tmp_path / "yolo11n-pose.onnx").write_bytes(b"not a model")
    assert choose_engine(asked("reference", tmp_path)).running == ("reference",)


@pytest.mark.parametrize("name", ["pose", "own"])
def test_an_engine_that_is_asked_for_by_name_must_be_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelError):
        choose_engine(asked(name, tmp_path))


def test_a_broken_model_is_refused_with_advice(tmp_path: Path) -> None:
    (tmp_path / "yolo11n-pose.onnx").write_bytes(b"not a model")
    with pytest.raises(ModelError, match="models pull"):
        choose_engine(asked("pose", tmp_path))


def test_an_openvino_folder_goes_before_onnx_and_onnx_before_pt(tmp_path: Path) -> None:
    (tmp_path / "yolo11n-pose.pt").touch()
    assert models.best("pose", tmp_path) == tmp_path / "yolo11n-pose.pt"
    (tmp_path / "yolo11n-pose.onnx").touch()
    assert models.best("pose", tmp_path) == tmp_path / "yolo11n-pose.onnx"
    folder = tmp_path / "yolo11n-pose_int8_openvino_model"
    folder.mkdir()
    (folder / "yolo11n-pose.xml").touch()
    assert models.best("pose", tmp_path) == folder / "yolo11n-pose.xml"


def test_models_are_looked_for_in_the_settings_then_the_environment_then_the_project(
    tmp_path: Path, bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, extra = tmp_path / "mine", tmp_path / "extra"
    monkeypatch.setenv("ANSIM_MODELS", str(extra))
    assert models.model_folders(mine) == (mine, extra, bare)


def test_a_damaged_own_model_is_not_run_and_the_owner_is_told_what_to_do(tmp_path: Path, bare: Path) -> None:
    (bare / "person.onnx").write_bytes(b"cut short")
    with pytest.raises(ModelError, match=r"damaged.*install Ansim again"):
        choose_engine(asked("own", tmp_path))


def test_a_damaged_face_model_is_named_among_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "face_detection_yunet_2026may.onnx").write_bytes(b"cut short")
    chosen = choose_engine(asked("auto", tmp_path))
    assert chosen.faces is None
    assert any("damaged" in lack.what.en for lack in chosen.missing)


def test_the_real_pose_model_is_taken_by_auto(models_folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ANSIM_MODELS", str(models_folder))
    assert choose_engine(asked("auto", tmp_path)).running == ("reference", "pose", "faces", "bags")
