"""Measures what the rules cost: one camera's incident engine on a crowded shop, in milliseconds of processor time per frame.

Comes in: nothing but options. Goes out: JSON on the screen. Twenty people with ten minutes of path each, six zones, goods that
go, sales, movement and concealment scores: more than a small shop ever has at once. No pictures are involved.

Usage: .venv/bin/python scripts/bench/rules.py [--people 20] [--sales 20] [--frames 240]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from agent.incidents.engine import IncidentEngine  # noqa: E402
from agent.incidents.rules import RULES  # noqa: E402
from agent.incidents.scene import Scene  # noqa: E402
from agent.settings import IncidentSettings, Zone, ZoneKind  # noqa: E402
from agent.values import (  # noqa: E402
    Alteration,
    AlterationKind,
    Box,
    Concealment,
    FrameStamp,
    Keypoint,
    Payment,
    Point,
    Track,
    TrackPoint,
)

FPS, PATH_S, PATH_FPS = 8.0, 600.0, 4.0
LOOK_EVERY = 3  # body points come with every third frame, as from a person detector at its usual rate
BEGAN_UTC = 1_795_270_000.0
DRAWN: tuple[tuple[str, ZoneKind, float, float, float, float], ...] = (
    ("shelf 1", "shelf", 0.05, 0.2, 0.25, 0.6),
    ("shelf 2", "shelf", 0.3, 0.2, 0.5, 0.6),
    ("shelf 3", "shelf", 0.55, 0.2, 0.75, 0.6),
    ("till", "till", 0.7, 0.7, 0.9, 1.0),
    ("kiosk", "fixture", 0.92, 0.4, 1.0, 0.8),
    ("door", "exit", 0.0, 0.75, 0.1, 1.0),
)


def main() -> int:
    asked = _parser().parse_args()
    scenes = list(_scenes(asked.people, asked.sales, asked.frames))
    whole = _timed(IncidentEngine("bench", IncidentSettings()), scenes)
    bare = _timed(IncidentEngine("bench", IncidentSettings(), rules=()), scenes)
    result = {
        "people": asked.people,
        "sales": asked.sales,
        "path_points": round(PATH_S * PATH_FPS),
        "frames": asked.frames,
        "rules": len(RULES),
        "engine_ms_per_frame": _summed_up(whole),
        "of_that_without_any_rule_ms": _summed_up(bare),
        "python": platform.python_version(),
        "machine": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "load": [round(value, 1) for value in os.getloadavg()],
        "utc": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    print(json.dumps(result, indent=1))
    return 0


def _timed(engine: IncidentEngine, scenes: list[Scene]) -> list[float]:
    """Milliseconds of processor time of each step; the first second, in which everybody is new, is left out."""
    taken = []
    for scene in scenes:
        began = time.process_time()
        engine.step(scene)
        taken.append((time.process_time() - began) * 1000)
    return taken[round(FPS) :]


def _summed_up(taken: list[float]) -> dict[str, float]:
    ordered = sorted(taken)
    return {
        "median": round(median(ordered), 4),
        "mean": round(sum(ordered) / len(ordered), 4),
        "p95": round(ordered[round(0.95 * (len(ordered) - 1))], 4),
    }


def _scenes(people: int, sold: int, frames: int) -> Iterator[Scene]:
    dice = random.Random(1)
    paths = [_path(dice, frames) for _ in range(people)]
    goods = tuple(_goods(n, people) for n in range(10))
    sales = tuple(Payment(BEGAN_UTC + PATH_S * n / sold, None, str(n)) for n in range(sold))
    length, zones = round(PATH_S * PATH_FPS), tuple(_zone(*drawn) for drawn in DRAWN)
    for n in range(frames):
        now_s = PATH_S + n / FPS
        stamp = FrameStamp("bench", n, now_s, BEGAN_UTC + now_s)
        newest = length + round(n / FPS * PATH_FPS)
        tracks = tuple(_track(i, path[newest - length : newest], now_s, n) for i, path in enumerate(paths, 1))
        yield Scene(
            camera="bench",
            stamp=stamp,
            local=datetime.fromtimestamp(stamp.utc, UTC),
            open_now=True,
            zones=zones,
            tracks=tracks,
            alterations=goods,
            activity={track.id: dice.random() for track in tracks},
            payments=sales,
            concealment={track.id: Concealment(dice.random() / 2, now_s - 2, now_s, alarm=0.9) for track in tracks},
        )


def _path(dice: random.Random, frames: int) -> list[TrackPoint]:
    """Somebody who strolls about the shop and stands in between."""
    x, foot, points = dice.uniform(0.1, 0.9), dice.uniform(0.6, 1.0), []
    to_x, to_foot = x, foot
    for n in range(round(PATH_S * PATH_FPS) + round(frames / FPS * PATH_FPS) + 1):
        if n % 40 == 0:
            to_x, to_foot = dice.uniform(0.05, 0.95), dice.uniform(0.6, 1.0)
        x, foot = x + 0.1 * (to_x - x), foot + 0.1 * (to_foot - foot)
        points.append(TrackPoint(n / PATH_FPS, Box(x - 0.05, foot - 0.45, x + 0.05, foot), seen=True))
    return points


def _track(number: int, path: list[TrackPoint], now_s: float, frame: int) -> Track:
    box = path[-1].box
    looked = (frame + number) % LOOK_EVERY == 0
    points = tuple(Keypoint(box.centre.x, box.top + k / 17 * box.height, 0.9) for k in range(17)) if looked else ()
    return Track(number, "bench", box, True, 0.9, "person", 0.0, now_s, keypoints=points, path=tuple(path))


def _goods(number: int, people: int) -> Alteration:
    kind = list(AlterationKind)[number % len(AlterationKind)]
    box = Box(0.3, 0.3, 0.35, 0.35)
    at_s = PATH_S - 10.0 * number
    return Alteration(number, kind, box, 0.003, 0.03, at_s - 3, at_s, "shelf 2", (1 + number % people,))


def _zone(name: str, kind: ZoneKind, left: float, top: float, right: float, bottom: float) -> Zone:
    return Zone(name, kind, (Point(left, top), Point(right, top), Point(right, bottom), Point(left, bottom)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--sales", type=int, default=20)
    parser.add_argument("--frames", type=int, default=240)
    return parser


if __name__ == "__main__":
    sys.exit(main())
