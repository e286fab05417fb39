"""Chooses the person detector: takes what is installed, and says what is missing and what that costs.

Comes in: the settings and the models folder. Goes out: an `Engine` with the detectors in force and sentences for the owner.
The order of `engine = "auto"`: an installed YOLO-pose model, else the project's own model (once it is good enough, see
agent.models), and always the empty-shop reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from agent.detection.bags import Bags
from agent.detection.faces import Faces
from agent.detection.people import People, PosePeople, UltralyticsPeople
from agent.errors import ModelError
from agent.models import OWN_IN_AUTO, ModelStatus, list_models
from agent.settings import DetectionSettings
from agent.values import Text

OWN_ALONE = 0.40  # our own model takes furniture for somebody now and then, with scores below this


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that is not installed: what it is and how to get it, and what its absence costs."""

    what: Text
    cost: Text


@dataclass(frozen=True, slots=True)
class Engine:
    """The detectors in force besides the reference, which always is. running: their names, for the health page.

    alone: from this score on a person counts by the detector's word alone; below, only where the picture also differs from the
    empty shop (0: always by its word alone). bags: who carries one, for the score of hidden goods; masks ask nothing of it.
    """

    people: People | None
    faces: Faces | None
    running: tuple[str, ...]
    missing: tuple[Lack, ...]
    alone: float = 0.0
    bags: Bags | None = None

    @property
    def gives_points(self) -> bool:
        """Whether people come with the points of their bodies."""
        return self.people is not None and self.people.name == "pose"


def choose_engine(settings: DetectionSettings, threads: int = 2) -> Engine:
    """The detectors for `settings`. Raises ModelError where one is asked for by name and is not there, or does not load."""
    statuses = list_models(settings.models)
    missing: list[Lack] = []
    people = _people(settings, statuses, threads, missing)
    faces = None
    if settings.engine != "reference":
        found = _ready("faces", statuses)
        faces = Faces(found) if found else None
        if faces is None:
            missing.append(_lack("faces", statuses, _NO_FACES))
    if people is None and settings.engine == "auto":
        missing.append(_NO_PEOPLE)
    bags = _bags(settings, statuses, threads, missing) if people is not None else None
    running = ("reference", *(one.name for one in (people, faces, bags) if one is not None))
    alone = OWN_ALONE if people is not None and people.name == "own" else 0.0
    return Engine(people, faces, running, tuple(missing), alone, bags)


def load_pose(model: Path, device: str, threads: int) -> People:
    """The engine that can run `model`: OpenVINO for .xml and .onnx, ultralytics for .pt."""
    return UltralyticsPeople(model, device) if model.suffix == ".pt" else PosePeople(model, device, threads)


def _people(settings: DetectionSettings, statuses: tuple[ModelStatus, ...], threads: int, missing: list[Lack]) -> People | None:
    if settings.engine == "reference":
        return None
    pose = _ready("pose", statuses)
    if settings.engine in ("auto", "pose") and pose is not None:
        return load_pose(pose, settings.device, threads)
    if settings.engine == "pose":
        raise _refused(statuses, "pose", _POSE_WANTED)
    missing.append(_lack("pose", statuses, _NO_POSE))
    own = _ready("own", statuses) if settings.engine == "own" or OWN_IN_AUTO else None
    if own is not None:
        from agent.detection.own import OwnPeople

        return OwnPeople(own, settings.device, threads)
    if settings.engine == "own":
        raise _refused(statuses, "own", _OWN_WANTED)
    return None


def _bags(settings: DetectionSettings, statuses: tuple[ModelStatus, ...], threads: int, missing: list[Lack]) -> Bags | None:
    found = _ready("bags", statuses)
    if found is None:
        missing.append(_lack("bags", statuses, _NO_BAGS))
        return None
    return Bags(found, settings.device, threads)


def _ready(purpose: str, statuses: tuple[ModelStatus, ...]) -> Path | None:
    return next((s.path for s in statuses if s.purpose == purpose and s.state == "ready"), None)


def _damaged(purpose: str, statuses: tuple[ModelStatus, ...]) -> Text | None:
    """What to do about a model that is there and cannot be used."""
    return next((s.advice for s in statuses if s.purpose == purpose and s.state == "damaged"), None)


def _lack(purpose: str, statuses: tuple[ModelStatus, ...], usual: Lack) -> Lack:
    damaged = _damaged(purpose, statuses)
    return usual if damaged is None else Lack(damaged, usual.cost)


def _refused(statuses: tuple[ModelStatus, ...], purpose: str, usual: Text) -> ModelError:
    said = _damaged(purpose, statuses) or usual
    return ModelError(ko=said.ko, en=said.en)


_POSE_WANTED = Text(
    ko="사람 자세 모델이 없습니다. 'ansim models pull'로 받거나 engine을 \"auto\"로 두세요.",
    en="There is no YOLO-pose model. Get one with 'ansim models pull', or set engine to \"auto\".",
)
_OWN_WANTED = Text(
    ko='안심의 자체 사람 모델이 설치에 없습니다. 안심을 다시 설치하거나 engine을 "auto"로 두세요.',
    en='Ansim\'s own person model is not in this installation. Install Ansim again, or set engine to "auto".',
)
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
_NO_BAGS = Lack(
    Text(
        ko="가방 모델(YOLO)이 없습니다. 'ansim models pull yolov8n'으로 받을 수 있습니다.",
        en="No model for bags (YOLO) is installed; 'ansim models pull yolov8n' gets one.",
    ),
    Text(ko="물건을 가방에 숨기는 동작을 훨씬 덜 알아봅니다.", en="Goods hidden in a bag are noticed far less often."),
)
