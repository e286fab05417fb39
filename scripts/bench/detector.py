"""Measures the project's own person detector beside its peers, on the same pictures, in one run.

Comes in: ../shared/data (people_frames, the held-out sources of people/) and ../shared/models. Goes out: a table on the
screen, and with --json all figures with their 95 % intervals, the versions and the load of the machine. Pictures are shown to
nobody.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts" / "train")]

from pictures import MEASURED, yolo_boxes  # noqa: E402
from scoring import Look, average_precision, precision, recall  # noqa: E402

from agent.capture.raw import Planes, RawFrame  # noqa: E402
from agent.detection.own import OwnPeople  # noqa: E402
from agent.detection.people import People, PosePeople, people_from  # noqa: E402
from agent.detection.runtime import Network, letterbox  # noqa: E402
from agent.values import FrameStamp, Person  # noqa: E402

WEAK = 0.03  # all figures are taken from hits down to this score
WARM, ROUNDS = 10, 80


class Yolox:
    """YOLOX nano as published (Apache-2.0): (1, 3549, 85) raw, decoded here; class 0 is person."""

    name = "yolox_nano"

    def __init__(self, model: Path, threads: int) -> None:
        self._net = Network(model, "CPU", threads, rgb=False, scale=1.0)
        grids, strides = [], []
        for stride in (8, 16, 32):
            y, x = np.meshgrid(np.arange(self._net.height // stride), np.arange(self._net.width // stride), indexing="ij")
            grids.append(np.stack((x, y), 2).reshape(-1, 2))
            strides.append(np.full((len(grids[-1]), 1), stride))
        self._grid, self._stride = np.concatenate(grids), np.concatenate(strides)

    def look(self, raw: RawFrame, weak: float) -> tuple[Person, ...]:
        width, height = letterbox(raw.width, raw.height, self._net.width, self._net.height)
        picture = np.full((self._net.height, self._net.width, 3), 114, np.uint8)
        picture[:height, :width] = raw.look_bgr(width, height)
        rows = self._net.run(picture)[0][0]
        scores = rows[:, 4] * rows[:, 5]
        strong = scores >= weak
        middle = ((rows[:, :2] + self._grid) * self._stride)[strong]
        half = (np.exp(rows[:, 2:4]) * self._stride)[strong] / 2
        boxes = np.concatenate((middle - half, middle + half), 1)
        return people_from(boxes, scores[strong], np.zeros((len(boxes), 17, 3)), width, height)


@dataclass(frozen=True, slots=True)
class Item:
    """One picture as a frame of a camera, and its true boxes (n, 4) in 0..1."""

    frame: RawFrame
    truth: np.ndarray


def frame_of(bgr: np.ndarray) -> RawFrame:
    bgr = bgr[: bgr.shape[0] // 2 * 2, : bgr.shape[1] // 2 * 2]
    height, width = bgr.shape[:2]
    flat = cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420).reshape(-1)
    luma, quarter = height * width, height * width // 4
    chroma = (flat[luma : luma + quarter], flat[luma + quarter :])
    return RawFrame(
        FrameStamp("bench", 0, 0.0, 0.0),
        Planes(flat[:luma].reshape(height, width), *(c.reshape(height // 2, width // 2) for c in chroma)),
    )


def items(images: Iterable[Path], label: Callable[[Path], Path]) -> list[Item]:
    """Labelled pictures only; a picture without a label file says nothing about who is missed."""
    return [Item(frame_of(cv2.imread(str(p))), yolo_boxes(label(p))) for p in sorted(images) if label(p).exists()]


def sets(data: Path) -> dict[str, list[Item]]:
    frames = data / "people_frames"
    found = {"people_frames": items((frames / "images").glob("*.jpg"), lambda p: frames / "labels" / f"{p.stem}.txt")}
    for source in MEASURED:
        found[source] = items((data / "people" / source).glob("*.jpg"), lambda p: p.with_suffix(".txt"))
    found["held_out"] = [item for source in MEASURED for item in found[source]]
    return found


def engines(models: Path, own: Path, threads: int) -> dict[str, Callable[[], People]]:
    wanted: dict[str, tuple[Path, Callable[[Path], Any]]] = {
        "own": (own, lambda p: OwnPeople(p, threads=threads)),
        "yolox_nano": (models / "yolox_nano.onnx", lambda p: Yolox(p, threads)),
        "yolov8n-pose int8": (
            models / "yolov8n-pose_int8_openvino_model/yolov8n-pose.xml",
            lambda p: PosePeople(p, threads=threads),
        ),
        "yolo11n-pose": (models / "yolo11n-pose_from-int8_fp32.onnx", lambda p: PosePeople(p, threads=threads)),
    }
    return {name: (lambda make=make, path=path: make(path)) for name, (path, make) in wanted.items() if path.exists()}


def looks(engine: People, pictures: list[Item]) -> list[Look]:
    found = []
    for item in pictures:
        people = engine.look(item.frame, WEAK)
        boxes = np.asarray([(p.box.left, p.box.top, p.box.right, p.box.bottom) for p in people], np.float64).reshape(-1, 4)
        found.append(Look(item.truth, boxes.clip(0, 1), np.asarray([p.score for p in people], np.float64)))
    return found


def quality(seen: list[Look]) -> dict[str, Any]:
    figures = {
        "recall_50_25": recall(seen, 0.5, 0.25),
        "recall_30_10": recall(seen, 0.3, 0.10),
        "ap50": average_precision(seen),
        "precision_50_25": precision(seen, 0.5, 0.25),
        "precision_30_10": precision(seen, 0.3, 0.10),
    }
    return {"pictures": len(seen), "people": sum(len(s.truth) for s in seen)} | {k: asdict(v) for k, v in figures.items()}


def speed(engine: People, pictures: list[Item]) -> dict[str, float]:
    """Milliseconds of one `look`: shrinking the frame, the network, and reading its answer."""
    times = []
    for number in range(WARM + ROUNDS):
        begin = time.perf_counter()
        engine.look(pictures[number % len(pictures)].frame, 0.10)
        times.append((time.perf_counter() - begin) * 1000)
    median, late = np.quantile(times[WARM:], [0.5, 0.95])
    return {"median_ms": round(float(median), 2), "p95_ms": round(float(late), 2), "least_ms": round(min(times[WARM:]), 2)}


def table(result: dict[str, Any]) -> str:
    lines = []
    for name in next(iter(result["engines"].values()))["sets"]:
        first = next(iter(result["engines"].values()))["sets"][name]
        lines += [f"\n{name}: {first['pictures']} pictures, {first['people']} people; value [95 % interval]"]
        lines += [f"  {'':18s} {'recall .5/.25':22s} {'recall .3/.10':22s} {'AP50':22s} {'precision .5/.25':22s}"]
        for engine, answer in result["engines"].items():
            cells = [answer["sets"][name][key] for key in ("recall_50_25", "recall_30_10", "ap50", "precision_50_25")]
            text = " ".join(f"{c['value']:.3f} [{c['low']:.3f}, {c['high']:.3f}]  " for c in cells)
            lines.append(f"  {engine:18s} {text}")
    lines.append(f"\nms per frame of 1920 x 1080, {result['threads']} threads; load of the machine {result['load']}")
    for engine, answer in result["engines"].items():
        lines.append(f"  {engine:18s} {answer['speed']}")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    shared = ROOT.parent / "shared"
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("ANSIM_SHARED", shared)) / "data")
    parser.add_argument("--models", type=Path, default=Path(os.environ.get("ANSIM_MODELS", shared / "models")))
    parser.add_argument("--own", type=Path, default=ROOT / "models" / "person.onnx")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", nargs="*", help="names of engines")
    parser.add_argument("--json", type=Path)
    choice = parser.parse_args()
    if not choice.data.is_dir():
        sys.stderr.write(f"no data at {choice.data}\n")
        return 2
    pictures = sets(choice.data)
    made = {
        n: make()
        for n, make in engines(choice.models, choice.own, choice.threads).items()
        if not choice.only or n in choice.only
    }
    answers = {name: {"speed": speed(engine, pictures["people_frames"])} for name, engine in made.items()}
    load = [round(v, 2) for v in os.getloadavg()]
    for name, engine in made.items():
        seen = {key: looks(engine, chosen) for key, chosen in pictures.items() if key != "held_out"}
        seen["held_out"] = [look for source in MEASURED for look in seen[source]]
        answers[name]["sets"] = {key: quality(found) for key, found in seen.items()}
        sys.stderr.write(f"{name} measured\n")
    result = {
        "when": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "threads": choice.threads,
        "load": load,
        "engines": answers,
    }
    sys.stdout.write(table(result) + "\n")
    if choice.json:
        choice.json.write_text(json.dumps(result, indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
