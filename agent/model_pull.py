"""Getting a model: official weights by ultralytics, exported to OpenVINO int8, into the models folder, whole or not at all.

Comes in: the name of a model in the manifest. Goes out: the file to load, with a note beside it of what it was made from.
The export runs in a process of its own, so that its gigabyte of PyTorch is gone when it ends. Weights that the owner put into
the models folder (a PC without internet) are used instead of a download.
"""

from __future__ import annotations

import difflib
import importlib.metadata
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from agent.errors import ModelError
from agent.models import NOTE, Known, digest, manifest
from agent.offline import SILENT, without_extra
from agent.values import Text

Progress = Callable[[Text, float], None]

# Runs in the child. quantize=8 measures activations on pictures, by default on the eight that ultralytics downloads for that.
_EXPORT = """
import sys
from agent.offline import ultralytics
weights, side, *calibration = sys.argv[1:]
data = {"data": calibration[0]} if calibration else {}
ultralytics().YOLO(weights).export(format="openvino", quantize=8, imgsz=int(side), batch=1, device="cpu", **data)
"""
_OFFLINE = re.compile(
    r"ConnectionError|URLError|Max retries|resolve|unreachable|Download failure|timed out|ProxyError|SSLError", re.IGNORECASE
)


def pull(name: str, folder: Path, progress: Progress, *, calibration: Path | None = None) -> Path:
    """Put the model `name` into `folder` and give the file to load. What is there is replaced once the new one is whole.

    progress: called with a sentence and the share that is done, 0 to 1. calibration: a dataset .yaml of ultralytics to measure
    int8 ranges on, instead of the one that it downloads. Raises ModelError, and then leaves `folder` as it was.
    """
    known = _wanted(name)
    if importlib.util.find_spec("ultralytics") is None or importlib.util.find_spec("nncf") is None:
        raise without_extra()
    work = folder / f".{name}.partial"
    try:
        shutil.rmtree(work, ignore_errors=True)  # left by a pull that was cut off
        work.mkdir(parents=True)
        made = _export(known, folder, work, progress, calibration)
        progress(Text("확인하고 옮기는 중입니다.", "Checking it and putting it in place."), 0.95)
        _note(known, made, work)
        target = folder / Path(known.file).parent
        _replace(made, target)
        (work / _weights(known)).replace(folder / _weights(known))  # kept for a PC with CUDA, and for the next export
    except OSError as fault:
        raise ModelError(
            ko=f"모델 폴더 {folder}에 쓸 수 없습니다({fault.strerror}). 디스크 공간과 권한을 확인해 주세요.",
            en=f"The models folder {folder} cannot be written ({fault.strerror}). Check disk space and permissions.",
        ) from fault
    finally:
        shutil.rmtree(work, ignore_errors=True)
    progress(Text("모델이 준비되었습니다.", "The model is ready."), 1.0)
    return folder / known.file


def _wanted(name: str) -> Known:
    names = {known.name: known for known in manifest()}
    if name not in names:
        near = difflib.get_close_matches(name, names, 1) or [next(iter(names))]
        raise ModelError(
            ko=f"'{name}' 모델은 모릅니다. '{near[0]}'를 찾으셨나요? 'ansim models list'로 확인해 주세요.",
            en=f"There is no model '{name}'. Did you mean '{near[0]}'? 'ansim models list' shows them.",
        )
    known = names[name]
    if known.weights is None:
        raise ModelError(
            ko=f"{name}은(는) 직접 받아야 합니다. {known.source} 에서 {known.file} 파일을 받아 모델 폴더에 넣어 주세요.",
            en=f"{name} has to be brought by hand: put {known.file} from {known.source} into the models folder.",
        )
    return known


def _weights(known: Known) -> str:
    return known.weights or ""


def _export(known: Known, folder: Path, work: Path, progress: Progress, calibration: Path | None) -> Path:
    """Run the export in `work`; the folder that it made."""
    weights = work / _weights(known)
    own = folder / weights.name
    if own.is_file():
        shutil.copyfile(own, weights)
    getting = f"{known.name} 가중치를 받는 중입니다. 라이선스: {known.licence}"
    progress(Text(getting, f"Getting the weights of {known.name}, licence {known.licence}."), 0.05)
    log = work / "export.log"
    environment = os.environ | SILENT | {"YOLO_CONFIG_DIR": str(work.resolve()), "PYTHONPATH": os.pathsep.join(sys.path)}
    order = [sys.executable, "-c", _EXPORT, weights.name, str(known.input[0])]
    if calibration is not None:
        order.append(str(calibration.resolve()))
    with log.open("wb") as out:
        child = subprocess.Popen(  # noqa: S603  # our own interpreter, a fixed program, names from our manifest
            order, cwd=work, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT
        )
    try:
        _watch(child, weights, progress)
    finally:
        child.kill()  # nothing to a child that has ended; ends it when Ctrl+C stopped us
        child.wait()
    made = work / f"{weights.stem}_int8_openvino_model"
    if child.returncode != 0 or not (made / f"{weights.stem}.xml").is_file() or not (made / f"{weights.stem}.bin").is_file():
        raise _failed(known, log.read_text("utf-8", errors="replace"))
    return made


def _watch(child: subprocess.Popen[bytes], weights: Path, progress: Progress) -> None:
    """Wait for the export; tell when the weights are there and the long part begins."""
    told = False
    while True:
        try:
            child.wait(0.5)
        except subprocess.TimeoutExpired:
            if not told and weights.is_file():
                told = True
                text = Text("OpenVINO int8로 바꾸는 중입니다. 1~2분 걸립니다.", "Exporting to OpenVINO int8; a minute or two.")
                progress(text, 0.3)
        else:
            return


def _failed(known: Known, log: str) -> ModelError:
    if _OFFLINE.search(log):
        return ModelError(
            ko=f"{known.weights} 파일을 받지 못했습니다. 인터넷 연결을 확인하거나, "
            "다른 PC에서 받은 파일을 모델 폴더에 넣고 다시 실행해 주세요.",
            en=f"{known.weights} could not be downloaded. Check the internet connection, or put the file from another PC into "
            "the models folder and run this again.",
        )
    last = next((line.strip() for line in reversed(log.splitlines()) if line.strip()), "?")[:200]
    return ModelError(
        ko=f"{known.name} 모델을 바꾸지 못했습니다: {last}",
        en=f"{known.name} could not be exported: {last}",
    )


def _note(known: Known, made: Path, work: Path) -> None:
    """Say beside the model what it is, and let `ansim models list` find out when it was damaged."""
    note = {
        "name": known.name,
        "licence": known.licence,
        "source": known.source,
        "weights": {"file": known.weights, "sha256": digest(work / _weights(known))},
        "made_by": {package: importlib.metadata.version(package) for package in ("ultralytics", "openvino", "nncf")},
        "files": {file.name: digest(file) for file in sorted(made.iterdir()) if file.is_file()},
    }
    with (made / NOTE).open("w", encoding="utf-8") as out:
        json.dump(note, out, ensure_ascii=False, indent=2)
        out.flush()
        os.fsync(out.fileno())


def _replace(made: Path, target: Path) -> None:
    """Put a folder in the place of another: `target` is always the old model, nothing, or the new one, never half of one."""
    old = target.with_name(f".{target.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.replace(old)
    made.replace(target)
    shutil.rmtree(old, ignore_errors=True)
