"""Whether memory grows: a looped recording is played as quickly as it goes, for the equivalent of an hour of the camera.

Comes in: a recording of people. Goes out: resident memory at the start, after warming up and at the end, and the slope of a
straight line through the samples after warming up, with its 95 % bound. Runs in a process of its own; clips are rendered at
once, so that none wait because playing is quicker than life.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from scripts.bench.report import Options, Report, Table

HOUR_S, QUICK_HOUR_S = 3600.0, 420.0
WARM_SHARE = 1 / 6  # of the run: the ring (150 s) is full, and some clips have been rendered
SAMPLE_S = 5.0
LOITERING_S = 10.0  # so that incidents open and clips are rendered in each loop
BLOCKS = 8  # the slope's bound comes from the means of so many stretches, since neighbouring samples go together
T_95 = 2.447  # Student's t for 8 - 2 degrees of freedom, both sides


@dataclass(frozen=True, slots=True)
class Slope:
    """MB per hour of the camera, and how far that may be off (95 %)."""

    mb_per_hour: float
    bound: float


@dataclass(frozen=True, slots=True)
class Memory:
    """MB. start: the agent's code and the engine are loaded, no frame was taken. ring: packets in memory at the end."""

    start: float
    warm: float
    end: float
    peak: float
    ring: float
    slope: Slope
    hours: float
    frames: int
    clips: int
    wall_s: float
    samples: list[tuple[float, float]]


def measure(options: Options) -> Report:
    """One hour with `reference`, and with the heaviest other engine that is here."""
    seconds = QUICK_HOUR_S if options.quick else HOUR_S
    wanted = options.engines[:1] if options.quick else tuple(dict.fromkeys((options.engines[0], options.engines[-1])))
    results: dict[str, Memory] = {}
    for engine in wanted:
        length = seconds if engine == "reference" else seconds / 3
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as apart:
            results[engine] = apart.submit(one_case, options.people_film, engine, length).result()
    rows: list[tuple[Any, ...]] = [
        (engine, m.start, m.warm, m.end, m.warm - m.start, m.ring, round(m.slope.mb_per_hour, 1), round(m.slope.bound, 1),
         round(m.hours, 2), m.clips)
        for engine, m in results.items()
    ]  # fmt: skip
    columns = ("engine", "MB start", "MB warm", "MB end", "MB camera", "of it ring", "MB/h", "+-", "hours", "clips")
    table = Table(
        "Memory of one camera over an hour of looped playing",
        columns,
        rows,
        (
            f"{options.people_film.name}; resident memory of the process, libraries and model included. The first sixth of the",
            "run is warming up; warm and end: means of the first and of the last stretch after it. MB camera: warm less start.",
            "MB/h: straight line through the means of 8 stretches, and its 95 % bound. A model runs a third of the time.",
        ),
    )
    return Report([table], {engine: asdict(m) for engine, m in results.items()})


def one_case(film: Path, engine: str, seconds: float) -> Memory:
    """Called in a process of its own."""
    from scripts.bench.machine import resident_mb
    from scripts.bench.rig import Rig

    samples: list[tuple[float, float]] = []
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="ansim-memory-") as folder:
        rig = Rig(film, engine, Path(folder), timed=False, loitering_s=LOITERING_S)
        start = resident_mb()

        def over(source_s: float) -> bool:
            if not samples or source_s >= samples[-1][0] + SAMPLE_S:
                samples.append((source_s, resident_mb()))
            return source_s >= seconds

        end_s = rig.play(over)
        ring, frames, clips = rig.ring.size / 2**20, rig.pipeline.tally.taken, rig.clips
        rig.close()
    stretches = blocks([s for s in samples if s[0] >= seconds * WARM_SHARE])
    peak = max(mb for _, mb in samples)
    wall = time.perf_counter() - began
    return Memory(
        start, stretches[0][1], stretches[-1][1], peak, ring, slope(stretches), end_s / 3600, frames, clips, wall, samples
    )


def blocks(samples: Sequence[tuple[float, float]], count: int = BLOCKS) -> list[tuple[float, float]]:
    """The mean (seconds, MB) of `count` stretches of equal length, in the order of time."""
    size = len(samples) / count
    parts = [samples[round(i * size) : round((i + 1) * size)] for i in range(count)]
    return [(fmean(s for s, _ in part), fmean(mb for _, mb in part)) for part in parts if part]


def slope(points: Sequence[tuple[float, float]]) -> Slope:
    """The line of least squares through (seconds, MB) points, per hour; the bound is for BLOCKS points."""
    x, y = [s / 3600 for s, _ in points], [mb for _, mb in points]
    spread = sum((v - fmean(x)) ** 2 for v in x)
    rise = sum((v - fmean(x)) * (w - fmean(y)) for v, w in zip(x, y, strict=True)) / spread
    rest = [w - fmean(y) - rise * (v - fmean(x)) for v, w in zip(x, y, strict=True)]
    error = stdev(rest) * ((len(points) - 1) / (len(points) - 2)) ** 0.5 / spread**0.5
    return Slope(rise, T_95 * error)
