#!/usr/bin/env python3
"""Trains the project's own person detector from scratch: one command, and it goes on where it was cut.

    python scripts/train/person.py all --data ../shared/data --out models      everything, about 4 hours on one calm CPU core
    python scripts/train/person.py prepare | train | export                    the steps of it
    python scripts/train/person.py train --pictures 70000                      a shorter run; a longer one later goes on from
    `stable.pt`
    python scripts/train/person.py train --start models/person.onnx --run .train/more --pictures 72000 --rate 0.0007
                                                                               begins with weights that are there
    python scripts/train/person.py export --run .train/more --blend .train/run/best.pt
                                                                               the middle of a later run and its beginning
    python scripts/train/person.py train --start models/person.onnx --run .train/shop --shop empty.png --pictures 2560 \\
        --rate 0.0002                                                          one shop; then export --run .train/shop --out DIR

Comes in: ../shared/data and a pose model of ../shared/models as teacher; needs the extra `ansim[train]` (PyTorch). Goes out:
models/person.onnx and models/person.curves.svg; in between the cache (--cache, an ignored folder) with pictures and
checkpoints. Measure the result with scripts/bench/detector.py.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts" / "train")]


def prepare(choice: argparse.Namespace) -> None:
    import cv2
    import pictures

    cv2.setNumThreads(choice.threads)
    if not (choice.cache / "index.npz").exists() or choice.step == "prepare":
        pictures.prepare(choice.data, choice.teacher if str(choice.teacher) != "none" else None, choice.cache, choice.threads)


def train(choice: argparse.Namespace) -> bool:
    import learn

    wanted = {
        f.name: getattr(choice, f.name) for f in dataclasses.fields(learn.Plan) if getattr(choice, f.name, None) is not None
    }
    return learn.learn(choice.cache, choice.run or choice.cache / "run", learn.Plan(**wanted), choice.minutes * 60)


def export(choice: argparse.Namespace) -> None:
    """Write the averaged weights as ONNX (opset 17, batch norms folded) for one input size: int8, or float32 if so asked."""
    import calibrate
    import learn
    import quantize
    import torch
    from network import Eyes, Readable, parameters
    from pictures import Store
    from start import blend

    run = choice.run or choice.cache / "run"
    eyes = Eyes().eval()
    torch.set_num_threads(choice.threads)
    state = torch.load(run / "best.pt", map_location="cpu", weights_only=True)
    eyes.load_state_dict(state["average"])
    width, height = (int(v) for v in choice.size.split("x"))
    store = Store(choice.cache)
    if choice.blend:
        plan = learn.Plan(**json.loads(state["plan"]))
        batches = learn.Batches(choice.cache, plan, *learn.split(store)[:2])
        blend(eyes, choice.blend, (batches[k][0] for k in range(plan.steps - learn.LOOK, plan.steps)))
    slope, offset = calibrate.calibration(eyes, store, width, height)
    choice.out.mkdir(parents=True, exist_ok=True)
    target = choice.out / "person.onnx"
    exact = run / "float.onnx"
    torch.onnx.export(
        Readable(eyes, width, height, (slope, offset)).eval(),
        (torch.zeros(1, 3, height, width),),
        str(exact),
        input_names=["picture"],
        output_names=["people"],
        opset_version=17,
        dynamo=False,
    )
    if choice.float:
        target.write_bytes(exact.read_bytes())
    else:
        quantize.quantize(exact, store, width, height, target)
    if (run / "curves.svg").exists():
        (choice.out / "person.curves.svg").write_bytes((run / "curves.svg").read_bytes())
    sys.stderr.write(
        f"{target}: {parameters(eyes)} parameters, {target.stat().st_size >> 10} KiB, input {width}x{height}, "
        f"score = sigmoid({slope:.3f} logit + {offset:.3f})\n"
    )


FIRST: dict[str, object] = {"pictures": 200_000}
SECOND: dict[str, object] = {"pictures": 39_200, "fall": 0.72, "rate": 0.0007}


def recipe(choice: argparse.Namespace) -> tuple[argparse.Namespace, argparse.Namespace]:
    """Both runs of models/person.onnx: from nothing, then on from there at larger pictures; the second is exported, blended.

    With --pictures the first has so many and the second a fifth of them: a shorter try of the same.
    """
    asked = vars(choice)
    few = {} if choice.pictures is None else {"pictures": choice.pictures}
    fewer = {} if choice.pictures is None else {"pictures": max(choice.pictures // 5, 1)}
    first = argparse.Namespace(**{**asked, **FIRST, **few, "run": choice.cache / "run"})
    second = {**asked, **SECOND, **fewer, "run": choice.cache / "more", "start": str(first.run / "best.pt")}
    return first, argparse.Namespace(**{**second, "blend": first.run / "best.pt"})


def main() -> int:
    shared = ROOT.parent / "shared"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=("all", "prepare", "train", "export"))
    parser.add_argument("--data", type=Path, default=shared / "data")
    parser.add_argument(
        "--teacher",
        type=Path,
        default=shared / "models/yolov8n-pose_int8_openvino_model/yolov8n-pose.xml",
        help="labels points once; none: train on the data sets' boxes alone",
    )
    parser.add_argument(
        "--cache", type=Path, default=ROOT / ".train", help="pictures and checkpoints; an ignored folder, about 4 GB"
    )
    parser.add_argument("--run", type=Path, help="folder of the checkpoints (default: CACHE/run)")
    parser.add_argument("--out", type=Path, default=ROOT / "models")
    parser.add_argument("--size", default="576x320", help="input of the exported model, multiples of 32")
    parser.add_argument("--float", action="store_true", help="export float32 instead of int8")
    parser.add_argument(
        "--start", help="weights to begin with, best.pt of an earlier run or an exported ONNX file, with large pictures at once"
    )
    parser.add_argument(
        "--blend", type=Path, help="export the middle between the run's weights and these (best.pt it began with)"
    )
    parser.add_argument("--shop", help="picture of one empty shop: half of the samples show it, with people pasted in")
    parser.add_argument("--pictures", type=int, help="samples in all (default 400000)")
    parser.add_argument("--batch", type=int)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--fall", type=float, help="share of the run from which the rate falls (default 0.6)")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--loaders", type=int, help="processes that make samples (a GPU wants 12 or more)")
    parser.add_argument("--report", type=int, help="samples between two lines of the log (and two checkpoints)")
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop after so long; the next call goes on")
    choice = parser.parse_args()
    if choice.step in ("all", "prepare"):
        prepare(choice)
    runs = recipe(choice) if choice.step == "all" else (choice,)
    if choice.step in ("all", "train") and not all(train(run) for run in runs):
        sys.stderr.write("the time is over; call again to go on\n")
        return 75
    if choice.step in ("all", "export"):
        export(runs[-1])
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
