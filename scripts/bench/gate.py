"""Two people on one code: how many of them the gate finds, and whom it takes for a follower wrongly, at drawn entrances.

Comes in: options (quick: five seeds), or seeds on the command line. Goes out: tables. Each seed is another shop with other
people under another camera: ten walks of two people on one code among ten others, seen through the agent's own eyes with the
reference engine. The gate was made with seeds 1 to 100 in view (SEEN); the others count. No recordings are needed.

    .venv/bin/python -m scripts.bench.gate --seeds 101-200 [--jobs 2] [--json OUT]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from agent.capture.demo_door import DoorScene, Walk
from agent.capture.raw import Planes, RawFrame
from agent.capture.timestamps import FrameGrid
from agent.clock import SystemClock
from agent.config import load_settings
from agent.detection.detectors import PeopleDesk
from agent.detection.engine import choose_engine
from agent.entry.records import Crossing, CrossingKind, Scan
from agent.incidents.engine import Opened
from agent.lookout import Facts, Lookout
from agent.settings import CameraSettings, EntrySettings
from agent.values import FrameStamp
from scripts.bench.report import Cell, Options, Report, Table

CAMERA = "gate"
BEGAN_UTC = 1_795_270_000.0
SEEN = range(1, 101)
EARLY_S = 0.7  # a crossing may be told so long before it is over by the truth
HEARD_S = 120.0  # the desk keeps accepted codes so long
PATIENT_S = 3600.0


def measure(options: Options) -> Report:
    return _report(_counted(range(1, 6) if options.quick else range(1, 101), 2))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="1-20", help="FIRST-LAST")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    first, last = (int(part) for part in asked.seeds.split("-"))
    began = time.process_time()
    report = _report(_counted(range(first, last + 1), asked.jobs))
    for table in report.tables:
        print(table.text())
    print(f"processor time of this process: {time.process_time() - began:.0f} s", file=sys.stderr)
    if asked.json:
        asked.json.write_text(json.dumps(report.figures, indent=1), "utf-8")
    return 0


def watched(scene: DoorScene) -> Counter[str]:
    """What became of the walks of one scene."""
    crossings, told = _crossings(scene)
    counted: Counter[str] = Counter(told)
    ends = [walk.began - EARLY_S for walk in scene.walks[1:]] + [scene.length_s]
    for walk, end in zip(scene.walks, ends, strict=True):
        kinds = Counter(c.kind for c in crossings if walk.began - EARLY_S <= c.source_s < end)
        counted += _judged(walk, kinds)
    counted["went out"] = sum(at < scene.length_s - 0.5 for walk in scene.walks for at in walk.left)
    counted["told to go out"] = sum(c.kind is CrossingKind.EXIT for c in crossings)
    return counted


def _judged(walk: Walk, kinds: Counter[CrossingKind]) -> Counter[str]:
    followers = kinds[CrossingKind.TAILGATING]
    if walk.tailgating:
        return Counter({"pairs": 1, "found": int(followers > 0), "too many": max(0, followers - 1)})
    counted = Counter({"others": 1, walk.kind: 1, "false": int(followers > 0), f"false {walk.kind}": int(followers > 0)})
    if walk.kind == "stranger":
        counted["strangers found"] = int(kinds[CrossingKind.NO_CODE] > 0)
    else:
        counted["false no code"] = int(kinds[CrossingKind.NO_CODE] > 0)
    return counted


def _crossings(scene: DoorScene) -> tuple[list[Crossing], Counter[str]]:
    """Who crossed, and how many incidents were raised by each rule of the entrance."""
    settings = load_settings(None, {"detection.engine": "reference"})
    entry = EntrySettings(enabled=True, gate=CAMERA, line=scene.line(), inside=scene.inside())
    settings = replace(settings, masking=replace(settings.masking, late_s=PATIENT_S), entry=entry)
    codes = [(at_s, pass_id) for walk in scene.walks for at_s, pass_id in walk.codes]
    scans = [Scan(f"e{n}", pass_id, BEGAN_UTC + at_s) for n, (at_s, pass_id) in enumerate(codes)]
    now = BEGAN_UTC
    desk = PeopleDesk(choose_engine(settings.detection), settings.detection.weak, SystemClock())
    facts = Facts(scans=lambda: tuple(scan for scan in scans if 0 <= now - scan.utc <= HEARD_S))
    lookout = Lookout(CameraSettings(id=CAMERA, name=CAMERA, source="demo:"), settings, desk, facts)
    found: list[Crossing] = []
    told: Counter[str] = Counter()
    for raw in _frames(scene, settings.detection.fps):
        now = raw.stamp.utc
        sight = lookout.take(raw)
        raw.drop()
        found += sight.crossings
        rules = [change.incident.rule for change in sight.changes if isinstance(change, Opened)]
        told.update(f"incidents {rule}" for rule in rules if rule in ("tailgating", "entry_without_code"))
    desk.close()
    return found, told


def _frames(scene: DoorScene, fps: float) -> Iterator[RawFrame]:
    """The pictures that a camera's consumer would take, as 8-bit YUV 4:2:0."""
    grid, (width, height) = FrameGrid(fps), scene.size
    luma, chroma = width * height, width * height // 4
    for index in range(int(scene.length_s * scene.fps)):
        at_s = index / scene.fps
        if grid.takes(at_s):
            flat = np.asarray(cv2.cvtColor(scene.picture(at_s), cv2.COLOR_BGR2YUV_I420), dtype=np.uint8).reshape(-1)
            y = flat[:luma].reshape(height, width)
            u = flat[luma : luma + chroma].reshape(height // 2, width // 2)
            v = flat[luma + chroma :].reshape(height // 2, width // 2)
            yield RawFrame(FrameStamp(CAMERA, index, at_s, BEGAN_UTC + at_s), Planes(y, u, v))


def _one(seed: int) -> tuple[int, Counter[str]]:
    cv2.setNumThreads(1)
    return seed, watched(DoorScene(seed))


def _counted(seeds: Sequence[int], jobs: int) -> dict[int, Counter[str]]:
    if jobs < 2:
        return dict(_one(seed) for seed in seeds)
    with ProcessPoolExecutor(jobs) as pool:
        return dict(pool.map(_one, seeds))


def _report(by_seed: dict[int, Counter[str]]) -> Report:
    seen = sum((counted for seed, counted in by_seed.items() if seed in SEEN), Counter())
    unseen = sum((counted for seed, counted in by_seed.items() if seed not in SEEN), Counter())
    named = ((f"{SEEN[0]}-{SEEN[-1]}, in view when it was made", seen), ("others", unseen))
    parts = [(name, part) for name, part in named if part["pairs"]]
    table = Table(
        "Two people on one code at drawn entrances (reference engine)",
        ("seeds", "pairs", "found", "found %", "other walks", "called a follower", "false %", "too many", "no code found"),
        [_row(name, part) for name, part in parts],
        (
            "found: a follower was told of; called a follower: where nobody was one; too many: further ones beside a found one",
            "other walks: four alone, three times two with two codes, one with a bag, one who steps back, one without any code",
        ),
    )
    figures = {"by_seed": {str(seed): dict(counted) for seed, counted in by_seed.items()}}
    return Report((table,), figures | {name: dict(part) for name, part in parts})


def _row(name: str, part: Counter[str]) -> tuple[Cell, ...]:
    return (
        name,
        part["pairs"],
        part["found"],
        100 * part["found"] / part["pairs"],
        part["others"],
        part["false"],
        100 * part["false"] / max(1, part["others"]),
        part["too many"],
        f"{part['strangers found']}/{part['stranger']}",
    )


if __name__ == "__main__":
    raise SystemExit(main())
