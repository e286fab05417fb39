"""What a 1080p camera costs: processor seconds per second of the camera, over the cost of decoding alone, stage by stage.

Comes in: two films as cameras send them (footage.py), an empty room and the same room with people. Goes out: for each engine
the cost, its ratio to decoding alone (measured before and after it, in the same process and run), and how many such cameras
2 cores carry. Each case runs in a process of its own; the first WARM_S seconds of the film, in which the empty room is learnt,
are not counted.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scripts.bench.machine import resident_mb
from scripts.bench.report import Options, Report, Table

WARM_S, MEASURED_S, QUICK_S = 20.0, 60.0, 20.0
CARRIED = 2 * 0.8  # processor seconds a second that two cores may be loaded with
IDLE_GOAL = 1.6
GROUPS = {  # stages of the rig, put together for the table
    "decode": ("decode", "ring"),
    "reference": ("reference", "view"),
    "detect": ("detect",),
    "track": ("track",),
    "shelves": ("alterations",),
    "rules": ("rules",),
    "mask": ("plan", "mask"),
    "encode": ("encode",),
    "vault": ("vault",),
    "clips": ("clips",),
    "rest": ("rest",),
}


@dataclass(frozen=True, slots=True)
class Measured:
    """Processor seconds per second of the camera. decoding: alone, before and after; stages: within the pipeline."""

    decoding: tuple[float, float]
    stages: dict[str, float]
    looks: int
    masked: int
    clips: int
    seconds: float
    grown_mb: float

    @property
    def decode_alone(self) -> float:
        return sum(self.decoding) / 2

    @property
    def total(self) -> float:
        return sum(self.stages.values())

    @property
    def ratio(self) -> float:
        return self.total / self.decode_alone


def measure(options: Options) -> Report:
    """All films with all engines."""
    from scripts.bench.footage import films

    seconds = QUICK_S if options.quick else MEASURED_S
    made = films(options.people_film, options.cache, WARM_S + MEASURED_S)
    results: dict[str, dict[str, Measured]] = {}
    for name, film in made.items():
        results[name] = {}
        for engine in options.engines:
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as apart:
                results[name][engine] = apart.submit(one_case, film, engine, seconds).result()
    sizes = {name: film.stat().st_size * 8 / (WARM_S + MEASURED_S) / 1e6 for name, film in made.items()}
    figures = {n: {e: asdict(m) | {"total": m.total, "ratio": m.ratio} for e, m in r.items()} for n, r in results.items()}
    return Report([_cost_table(results, sizes), _stages_table(results)], {"mbit_s": sizes, "cases": figures})


def one_case(film: Path, engine: str, seconds: float) -> Measured:
    """Called in a process of its own."""
    from scripts.bench.rig import Rig

    before = _decode(film, seconds)
    with tempfile.TemporaryDirectory(prefix="ansim-cost-") as folder:
        rig = Rig(film, engine, Path(folder), timed=True)
        start_mb = resident_mb()
        recorded: list[int] = []

        def over(source_s: float) -> bool:
            if source_s >= WARM_S and not recorded:
                recorded.append(rig.pipeline.tally.frames)
                rig.watch.reset()
            return source_s >= WARM_S + seconds

        end_s = rig.play(over)
        watch, tally = rig.watch, rig.pipeline.tally
        stages = {name: spent / (end_s - WARM_S) for name, spent in watch.stages().items()}
        grouped = {group: sum(stages.get(name, 0.0) for name in names) for group, names in GROUPS.items()}
        looks, masked, grown = watch.calls["detect"], tally.frames - recorded[0], resident_mb() - start_mb
        rig.close()
        clips = rig.clips
    return Measured((before, _decode(film, seconds)), grouped, looks, masked, clips, end_s - WARM_S, grown)


def _decode(film: Path, seconds: float) -> float:
    """Decoding alone, with the settings of a live camera: processor seconds per second of the film."""
    import av

    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        stream.thread_type, stream.codec_context.thread_count = "SLICE", 1
        started = time.process_time()
        last = 0.0
        for frame in container.decode(stream):
            last = float(frame.time or 0.0)
            if last >= seconds:
                break
        return (time.process_time() - started) / last


def _cost_table(results: dict[str, dict[str, Measured]], sizes: dict[str, float]) -> Table:
    rows: list[tuple[Any, ...]] = []
    for name, by_engine in results.items():
        for engine, m in by_engine.items():
            goal = IDLE_GOAL if name == "idle" else None
            figures = (round(m.decode_alone, 4), round(m.total, 4), round(m.ratio, 2), goal, round(CARRIED / m.total, 1))
            work = (round(m.looks / m.seconds, 1), round(m.masked / m.seconds, 1), m.clips, m.grown_mb)
            rows.append((f"{name}, {engine}", *figures, *work))
    columns = ("film, engine", "decoding alone", "whole", "ratio", "goal", "cameras", "looks/s", "masked/s", "clips", "MB")
    seconds = next(iter(next(iter(results.values())).values())).seconds
    rates = ", ".join(f"{name} {size:.1f}" for name, size in sizes.items())
    return Table(
        "Cost of a camera with 1920 x 1080, 15 frames/s, H.264: processor seconds per second",
        columns,
        rows,
        (
            f"{seconds:.0f} s measured after {WARM_S:.0f} s of warming up; Mbit/s of the films: {rates}. ratio: whole over",
            "decoding alone (one thread as for a live camera, taken before and after in the same process). cameras: how many 2",
            "cores carry at 80 % load. looks/s: of the person detector. masked/s: frames masked, to be stored or shown live.",
            "clips: rendered for incidents, the last one included, though not its cost. MB: taken since the engine was loaded.",
        ),
    )


def _stages_table(results: dict[str, dict[str, Measured]]) -> Table:
    cases = [(f"{name}, {engine}", m) for name, by_engine in results.items() for engine, m in by_engine.items()]
    rows: list[tuple[Any, ...]] = [(case, *(round(m.stages[group] * 1000, 1) for group in GROUPS)) for case, m in cases]
    notes = ("decode: demuxing, wrapping and the ring included. vault: its own thread, hashing and syncing included.",)
    return Table("The same by stage: processor milliseconds per second of the camera", ("film, engine", *GROUPS), rows, notes)
