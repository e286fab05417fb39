"""Detection models: which ones Ansim knows, which are there, what is missing and what that costs.

Comes in: models/manifest.json and Ansim's own model (both packaged) and the models folder of the settings; $ANSIM_MODELS names
a second folder to look in.
Goes out: a `ModelStatus` per model, the file of the best one per purpose, and an `Outlook` in plain words.
"""

from __future__ import annotations

import hashlib
import importlib.resources
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from agent.errors import ModelError
from agent.values import Text

State = Literal["ready", "missing", "damaged"]
# Whether `engine = "auto"` takes the weights in models/ where no YOLO-pose model is installed: docs/adr/0016.
OWN_IN_AUTO = True
NOTE = "ansim.json"  # beside a pulled model: what it was made from, and the sha256 of each of its files
FIT = (".xml", ".onnx", ".pt")  # best first: what OpenVINO reads, then what only ultralytics does
PACKAGED = Path(str(importlib.resources.files("models")))  # where the project's own weights lie
OWN = "own"


@dataclass(frozen=True, slots=True)
class Known:
    """One entry of the manifest. file: path inside a models folder.

    sha256: of that file, or None where it is made on this PC or comes with the installation.
    weights: name of the official weights that `ansim models pull` starts from, or None where the owner brings the file.
    input: (width, height) in pixels that the model looks at.
    """

    name: str
    purpose: str
    file: str
    sha256: str | None
    weights: str | None
    licence: str
    input: tuple[int, int]
    source: str
    meaning: Text
    without: Text


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """A model that Ansim knows, or found: where it lies (None: nowhere), whether it can be used, and what to do about it.

    text: what it is for. advice: what its absence costs and how to get it; None where all is well.
    """

    name: str
    purpose: str
    state: State
    path: Path | None
    licence: str
    source: str
    text: Text
    advice: Text | None


@dataclass(frozen=True, slots=True)
class Outlook:
    """What `engine = "auto"` makes of the models that are there. missing: what is not there and what that costs."""

    engine: Literal["pose", "own", "reference"]
    text: Text
    missing: tuple[Text, ...]


def manifest() -> tuple[Known, ...]:
    """The models that this version of Ansim knows, best first within a purpose."""
    raw = json.loads((importlib.resources.files("models") / "manifest.json").read_text("utf-8"))
    return tuple(_known(entry) for entry in raw["models"])


def model_folders(folder: Path) -> tuple[Path, ...]:
    """Where model files are looked for: the configured folder, $ANSIM_MODELS, and what is installed with the agent."""
    second = os.environ.get("ANSIM_MODELS")
    return tuple(dict.fromkeys((folder.expanduser(), *([Path(second)] if second else []), PACKAGED)))


def list_models(folder: Path) -> tuple[ModelStatus, ...]:
    """All known models with their state, then pose models of other names that lie in one of `model_folders`."""
    places = model_folders(folder)
    known = [_status(entry, places) for entry in manifest()]
    taken = {status.path for status in known}
    return (*known, *(_found(path) for place in places for path in _pose_files(place) if path not in taken))


def best(purpose: str, folder: Path) -> Path | None:
    """The file to load for "pose", "own" or "faces", or None where no usable one is there."""
    return next((s.path for s in list_models(folder) if s.purpose == purpose and s.state == "ready"), None)


def outlook(statuses: tuple[ModelStatus, ...]) -> Outlook:
    """Which engine would run, and what it lacks. A model whose purpose another one fills already is not missing."""
    filled = {s.purpose for s in statuses if s.state == "ready"}
    if "pose" in filled:
        filled.add(OWN)  # it only stands in for a pose model
    first: dict[str, ModelStatus] = {}
    for status in statuses:
        if status.purpose not in filled:
            first.setdefault(status.purpose, status)
    missing = tuple(s.advice for s in first.values() if s.advice is not None)
    if "pose" in filled:
        return Outlook("pose", Text("사람 검출 모델로 봅니다(pose).", "Looks with the person detector (pose)."), missing)
    if OWN in filled and OWN_IN_AUTO:
        return Outlook("own", Text("안심의 자체 모델로 봅니다(own).", "Looks with Ansim's own model (own)."), missing)
    text = Text("모델 없이 빈 가게와 비교해서 봅니다(reference).", "Compares with the empty shop, no model (reference).")
    return Outlook("reference", text, missing)


def digest(file: Path) -> str:
    """sha256 of a file, in hex."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _known(entry: dict[str, Any]) -> Known:
    return Known(
        name=entry["name"],
        purpose=entry["purpose"],
        file=entry["file"],
        sha256=entry["sha256"],
        weights=entry["weights"],
        licence=entry["licence"],
        input=(entry["input"][0], entry["input"][1]),
        source=entry["source"],
        meaning=Text(**entry["for"]),
        without=Text(**entry["without"]),
    )


def _status(known: Known, places: tuple[Path, ...]) -> ModelStatus:
    path = next((place / known.file for place in places if (place / known.file).is_file()), None)
    state: State = "missing" if path is None else "ready" if _intact(path, known) else "damaged"
    advice = None if state == "ready" else _advice(known, state)
    return ModelStatus(known.name, known.purpose, state, path, known.licence, known.source, known.meaning, advice)


def _advice(known: Known, state: State) -> Text:
    if known.weights is not None:
        how = Text(f"받기: ansim models pull {known.name}", f"Get it: ansim models pull {known.name}")
    elif known.purpose == OWN:
        how = Text("되돌리기: 안심을 다시 설치해 주세요.", "Get it back: install Ansim again.")
    else:
        how = Text(
            f"받기: {known.source} 에서 {known.file} 파일을 받아 모델 폴더에 넣어 주세요.",
            f"Get it: put {known.file} from {known.source} into the models folder.",
        )
    if state == "damaged":
        lost = Text(f"{known.name}: 파일이 손상되어 쓰지 않습니다.", f"{known.name}: the file is damaged and is not used.")
    else:
        lost = Text(f"{known.name}: 없습니다. {known.without.ko}", f"{known.name}: not there. {known.without.en}")
    return Text(f"{lost.ko} {how.ko}", f"{lost.en} {how.en}")


def _intact(path: Path, known: Known) -> bool:
    """Whether the file is what the manifest says, or the note that `pull` left beside it; without either it is believed."""
    try:
        if known.sha256 is not None:
            return digest(path) == known.sha256
        note = path.parent / NOTE
        if not note.is_file():
            return True
        return all(digest(path.parent / name) == sha for name, sha in json.loads(note.read_text("utf-8"))["files"].items())
    except (OSError, ValueError, KeyError, AttributeError):
        return False


def _pose_files(place: Path) -> list[Path]:
    """Pose models of any name, also the owner's own exports."""
    try:
        candidates = [*place.glob("*"), *place.glob("*_openvino_model/*")]
    except OSError as fault:
        raise ModelError(
            ko=f"모델 폴더 {place}를 읽을 수 없습니다. 권한을 확인해 주세요.",
            en=f"The models folder {place} cannot be read. Check its permissions.",
        ) from fault
    fit = (path for path in candidates if path.suffix in FIT and "-pose" in path.name)
    return sorted(fit, key=lambda path: (FIT.index(path.suffix), path))


def _found(path: Path) -> ModelStatus:
    text = Text("목록에 없는 자세 모델입니다. 있는 그대로 씁니다.", "A pose model that is not in the manifest; used as it is.")
    return ModelStatus(path.stem, "pose", "ready", path, "?", str(path), text, None)
