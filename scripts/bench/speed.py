"""The whole offline path against deface 1.5.0 on the same recording, taken in turns in the same run.

Comes in: a recording. Goes out: frames of the source per second and processor time per frame, and their ratios to deface's.
deface is installed into an environment of its own in the cache folder; it uses ONNX Runtime there, the quicker of its two ways.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from statistics import median
from typing import Any

from scripts.bench.audit import source_times
from scripts.bench.machine import Cost, measured
from scripts.bench.report import Options, Report, Table

PEER = "deface==1.5.0"
BACKEND = "onnxruntime"
NEEDS = ("onnx", BACKEND)  # for that backend
GOALS = {"reference": 10.0, "own": 5.0, "pose": 5.0}
QUICK_S = 15.0
ROUNDS = 3


@dataclass(slots=True)
class Runs:
    """What one program took, run by run."""

    costs: list[Cost] = field(default_factory=list)

    def per_frame_ms(self, frames: int) -> float:
        return median(cost.cpu_s for cost in self.costs) / frames * 1000

    def frames_per_s(self, frames: int) -> float:
        return frames / median(cost.wall_s for cost in self.costs)


def measure(options: Options) -> Report:
    """deface once (it takes minutes), each engine ROUNDS times around it; medians are compared."""
    deface = installed(options.cache)
    with tempfile.TemporaryDirectory(prefix="ansim-speed-") as name:
        folder = Path(name)
        film = shortened(options.people_film, folder / "short.mp4", QUICK_S) if options.quick else options.people_film
        frames = len(source_times(film))
        rounds = 1 if options.quick else ROUNDS
        runs = {engine: Runs() for engine in options.engines}
        peer = Runs()
        for number in range(rounds):
            for engine in options.engines:
                data = folder / f"{engine}-{number}"
                command = [sys.executable, "-m", "agent", "run", "--once", "--no-web", "--engine", engine]
                runs[engine].costs.append(measured([*command, "--source", str(film), "--data", str(data), "--json"]))
            if number == 0:
                out = folder / "deface.mp4"
                peer.costs.append(measured([str(deface), str(film), "--output", str(out), "--backend", "onnxrt"]))
    rows: list[tuple[Any, ...]] = [("deface 1.5.0", peer.frames_per_s(frames), peer.per_frame_ms(frames), 1.0, 1.0, None)]
    for engine, mine in runs.items():
        quicker = mine.frames_per_s(frames) / peer.frames_per_s(frames)
        cheaper = peer.per_frame_ms(frames) / mine.per_frame_ms(frames)
        rows.append((f"ansim, {engine}", mine.frames_per_s(frames), mine.per_frame_ms(frames), quicker, cheaper, GOALS[engine]))
    table = Table(
        "Speed: a whole recording, offline",
        ("program", "frames/s", "CPU ms/frame", "x deface frames/s", "x less CPU", "goal x"),
        rows,
        (
            f"{film.name}, {frames} frames{' (cut for --quick)' if options.quick else ''}; frames of the source a second, with",
            "the start of the program. Ansim takes and stores 8 of the source's 10 frames a second, deface all of them.",
            f"deface with {backend(options.cache)}. CPU: of the whole process tree. Medians of {rounds} runs, deface of 1.",
        ),
    )
    figures = {name: [[c.wall_s, c.cpu_s] for c in r.costs] for name, r in {"deface": peer, **runs}.items()}
    return Report([table], {"frames": frames, "backend": backend(options.cache), "wall_and_cpu_s": figures})


def installed(cache: Path) -> Path:
    """The peer's command, installed when it is not there yet."""
    home = cache / PEER.replace("==", "-")
    command, whole = home / "bin" / "deface", home / "installed"
    if not whole.exists():
        print(f"installing {PEER} into {home} ...", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        pip = [str(home / "bin" / "python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
        subprocess.run([*pip, PEER, *NEEDS], check=True)
        whole.touch()
    return command


def backend(cache: Path) -> str:
    """Which inference library the peer used, with its version."""
    python = cache / PEER.replace("==", "-") / "bin" / "python"
    code = f"import importlib.metadata as m; print('{BACKEND}', m.version('{BACKEND}'))"
    return subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def shortened(source: Path, target: Path, seconds: float) -> Path:
    """The first seconds of a recording, packet by packet."""
    import av

    with av.open(str(source)) as given, av.open(str(target), "w") as out:
        video = given.streams.video[0]
        stream = out.add_stream_from_template(video)
        for packet in given.demux(video):
            if packet.dts is None or packet.pts is None or float(packet.pts * (packet.time_base or Fraction(1))) > seconds:
                break
            packet.stream = stream
            out.mux(packet)
    return target
