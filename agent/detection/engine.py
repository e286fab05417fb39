"""Chooses the person detector: takes what is installed, and says what is missing and what that costs.

Comes in: the settings and the models folder. Goes out: an `Engine` with the detectors in force and sentences for the owner.
The order of `engine = "auto"`: an installed YOLO-pose model, else the project's own model (once it is good enough, see
agent.models), and always the empty-shop reference.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.detection.faces import Faces
from agent.detection.people import People, PosePeople, UltralyticsPeople
from agent.errors import ModelError
from agent.models import OWN_IN_AUTO
from agent.settings import DetectionSettings
from agent.values import Text

OWN_MODEL = "person.onnx"
PACKAGED_MODELS = Path(__file__).resolve().parents[2] / "models"


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that is not installed: what it is and how to get it, and what its absence costs."""

    what: Text
    cost: Text


@dataclass(frozen=True, slots=True)
class Engine:
    """The detectors in force besides the reference, which always is. running: their names, for the health page."""

    people: People | None
    faces: Faces | None
    running: tuple[str, ...]
    missing: tuple[Lack, ...]


def choose_engine(settings: DetectionSettings, threads: int = 2) -> Engine:
    """The detectors for `settings`. Raises ModelError where one is asked for by name and is not there, or does not load."""
    folders = model_folders(settings.models)
    missing: list[Lack] = []
    people = _people(settings, folders, threads, missing)
    faces = None
    if settings.engine != "reference":
        found = _first(folders, ("face_detection_yunet*.onnx",))
        faces = Faces(found) if found else None
        if faces is None:
            missing.append(_NO_FACES)
    if people is None and settings.engine == "auto":
        missing.append(_NO_PEOPLE)
    running = ("reference", *([people.name] if people else []), *([faces.name] if faces else []))
    return Engine(people, faces, running, tuple(missing))


def model_folders(configured: Path) -> tuple[Path, ...]:
    """Where model files are looked for: the configured folder, $ANSIM_MODELS, and the project's own weights."""
    extra = os.environ.get("ANSIM_MODELS")
    folders = (configured.expanduser(), *([Path(extra)] if extra else []), PACKAGED_MODELS)
    return tuple(dict.fromkeys(folder for folder in folders if folder.is_dir()))


def pose_model(folders: Sequence[Path]) -> Path | None:
    """The best installed YOLO-pose model: an OpenVINO folder, else .onnx, else .pt (needs ultralytics)."""
    return _first(folders, ("*pose*openvino*/*.xml", "*pose*.xml", "*pose*.onnx", "*pose*.pt"))


def own_model(folders: Sequence[Path]) -> Path | None:
    """The project's own person detector."""
    return _first(folders, (OWN_MODEL,))


def load_pose(model: Path, device: str, threads: int) -> People:
    """The engine that can run `model`: OpenVINO for .xml and .onnx, ultralytics for .pt."""
    return UltralyticsPeople(model, device) if model.suffix == ".pt" else PosePeople(model, device, threads)


def _people(settings: DetectionSettings, folders: Sequence[Path], threads: int, missing: list[Lack]) -> People | None:
    if settings.engine == "reference":
        return None
    pose = pose_model(folders)
    if settings.engine in ("auto", "pose") and pose is not None:
        return load_pose(pose, settings.device, threads)
    if settings.engine == "pose":
        raise ModelError(
            ko="사람 자세 모델이 없습니다. 'ansim models pull'로 받거나 engine을 \"auto\"로 두세요.",
            en="There is no YOLO-pose model. Get one with 'ansim models pull', or set engine to \"auto\".",
        )
    missing.append(_NO_POSE)
    own = own_model(folders) if settings.engine == "own" or OWN_IN_AUTO else None
    if own is not None:
        from agent.detection.own import OwnPeople

        return OwnPeople(own, settings.device, threads)
    if settings.engine == "own":
        raise ModelError(
            ko=f'자체 사람 모델 {OWN_MODEL}이(가) models 폴더에 없습니다. engine을 "auto"로 두세요.',
            en=f'The project\'s own model {OWN_MODEL} is not in the models folder. Set engine to "auto".',
        )
    return None


def _first(folders: Sequence[Path], patterns: Sequence[str]) -> Path | None:
    return next(_matches(folders, patterns), None)


def _matches(folders: Sequence[Path], patterns: Sequence[str]) -> Iterator[Path]:
    for pattern in patterns:
        for folder in folders:
            yield from sorted(folder.glob(pattern))


_NO_POSE = Lack(
    Text(
        ko="사람 자세 모델(YOLO-pose)이 없습니다. 'ansim models pull'로 받을 수 있습니다.",
        en="No YOLO-pose model is installed; 'ansim models pull' gets one.",
    ),
    Text(ko="머리와 손을 덜 정확하게 찾습니다.", en="Heads and hands are found less exactly."),
)
_NO_PEOPLE = Lack(
    Text(ko="사람 검출 모델이 하나도 없습니다.", en="There is no person detector at all."),
    Text(
        ko="빈 가게 화면과 달라진 곳을 모두 한 색으로 가립니다. 옮겨 놓은 물건도 가려질 수 있습니다.",
        en="All that differs from the empty shop is filled with one colour, goods that were moved included.",
    ),
)
_NO_FACES = Lack(
    Text(ko="얼굴 모델(YuNet)이 없습니다.", en="There is no face model (YuNet)."),
    Text(
        ko="카메라 바로 앞의 얼굴을 찾는 두 번째 확인이 빠집니다.",
        en="The second witness for faces close to the lens is missing.",
    ),
)
