"""How many heads stay visible in what is stored, how much is masked in vain, and whether everybody was recorded at all.

Comes in: recordings of people. Goes out: the sums of the independent audit over everything that `ansim run --once` stored of
each, by engine, and the frames in which it failed. The command runs in long-lived child processes (the same entry point with
the same arguments), which saves starting Python some hundred times; the next recording is played while one is audited.
"""

from __future__ import annotations

import contextlib
import io
import json
import multiprocessing
import shutil
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any

from scripts.bench.audit import (
    Audit,
    Auditor,
    Coverage,
    Judged,
    Stored,
    Sums,
    add_up,
    coverage,
    leak_runs,
    source_times,
    stored_files,
)
from scripts.bench.machine import ROOT, CommandError
from scripts.bench.report import Options, Report, Table

SAMPLE = 12  # clips in a quick look: every eighth or so of the list, so always the same ones
CLIP_STEP = 4  # of theft_clips every fourth stored frame is compared: 93 clips x 3 engines would take half an hour else
WORKERS = 2
CONTROL_STEP = 20
TARGETS = {"reference": (0.005, 0.15), "own": (0.002, 0.10), "pose": (0.002, 0.10)}  # leak_rate, over_mask
MOST_RUNS = 40  # runs of leaking frames that the table names; JSON has them all


@dataclass(frozen=True, slots=True)
class Result:
    """One engine on one set of recordings."""

    presence: Sums
    clips: Sums
    covered: Coverage
    recordings: int
    failed: dict[str, list[tuple[str, str, float, float, int, tuple[str, ...]]]]


def measure(options: Options) -> Report:
    """Run, audit, add up."""
    auditor = Auditor(options.shared)
    sets = {"one-by-one": [options.people_film], "theft_clips": _clips(options)}
    if not options.quick and (other := options.shared / "data" / "video" / "bottle-detection.mp4").exists():
        sets["bottles"] = [other]
    results: dict[str, dict[str, Result]] = {}
    verified: list[str] = []
    with ProcessPoolExecutor(WORKERS, multiprocessing.get_context("spawn")) as agent, _folder(options.keep) as folder:
        for name, recordings in sets.items():
            step = CLIP_STEP if name == "theft_clips" else 1
            step = step * 3 if options.quick else step
            audits: list[tuple[Path, Audit]] = []
            runs = deque([_start(agent, options.engines, recordings[0], folder)])
            for number, source in enumerate(recordings, 1):
                if number < len(recordings):
                    runs.append(_start(agent, options.engines, recordings[number], folder))
                stored = _finished(runs.popleft(), folder / source.stem)
                audits.append((source, auditor.audit(source, stored, step=step)))
                print(f"  leak: {name} {number}/{len(recordings)}", file=sys.stderr, end="\r", flush=True)
                if options.verify and name == "one-by-one":
                    verified = _verify(auditor, options.shared, source, audits[-1][1], step)
                if options.keep is None:
                    shutil.rmtree(folder / source.stem, ignore_errors=True)
            results[name] = {engine: _result(engine, audits) for engine in options.engines}
    figures: dict[str, Any] = {
        name: {engine: asdict(result) | _rates(result) for engine, result in by_engine.items()}
        for name, by_engine in results.items()
    }
    proof = [_verified_table(verified)] if options.verify else []
    return Report([_sums_table(results, options), _failures_table(results), *proof], figures)


def run_agent(arguments: list[str]) -> str:
    """`ansim` with these arguments; called in the child process. Gives what it printed."""
    from agent.cli import main

    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = main(arguments)
    if code:
        raise CommandError(f"ansim {' '.join(arguments)}: exit {code}\n{said.getvalue()[-2000:]}")
    return said.getvalue()


def _start(agent: ProcessPoolExecutor, engines: Sequence[str], source: Path, folder: Path) -> dict[str, Future[str]]:
    """The command on one recording, by engine, each into a data folder of its own."""
    runs = {}
    for engine in engines:
        data = folder / source.stem / engine
        command = ["run", "--once", "--no-web", "--engine", engine, "--source", str(source), "--data", str(data), "--json"]
        runs[engine] = agent.submit(run_agent, command)
    return runs


def _finished(runs: Mapping[str, Future[str]], folder: Path) -> list[Stored]:
    """What they stored. Raises CommandError where one failed."""
    for run in runs.values():
        run.result()
    return [file for engine in runs for file in stored_files(folder / engine, engine)]


def _clips(options: Options) -> list[Path]:
    folder = options.shared / "data" / "theft_clips"
    clips = sorted(folder.glob("*/*.mp4"))
    return clips[:: max(1, len(clips) // SAMPLE)][:SAMPLE] if options.quick else clips


def _result(engine: str, audits: Sequence[tuple[Path, Audit]]) -> Result:
    pairs = ((source, *pair) for source, audit in audits for pair in audit.judged.items())
    mine = [(source, file, judged) for source, file, judged in pairs if file.engine == engine]
    return Result(
        presence=add_up(judged for _, file, judged in mine if file.kind == "presence"),
        clips=add_up(judged for _, file, judged in mine if file.kind == "clip"),
        covered=_sum_coverage(
            coverage(audit.sightings, (t for f in audit.judged if (f.engine, f.kind) == (engine, "presence") for t in f.times))
            for _, audit in audits
        ),
        recordings=len(audits),
        failed=_failed(mine),
    )


def _failed(mine: Sequence[tuple[Path, Stored, Sequence[Judged]]]) -> dict[str, list[Any]]:
    """By source: (kind, file, from, to, leaking frames, mask steps) of each run of leaking frames."""
    failed: dict[str, list[Any]] = {}
    for source, file, judged in mine:
        for start, end, run in leak_runs(judged):
            steps = tuple(sorted({frame.step for frame in run}))
            failed.setdefault(source.stem, []).append((file.kind, file.path.name, start, end, len(run), steps))
    return failed


def _sum_coverage(parts: Iterable[Coverage]) -> Coverage:
    frames, frames_missed, heads, heads_missed, missed_s = zip(*map(astuple, parts), strict=True)
    return Coverage(sum(frames), sum(frames_missed), sum(heads), sum(heads_missed), tuple(t for part in missed_s for t in part))


def _rates(result: Result) -> dict[str, float]:
    return {"presence_leak_rate": result.presence.leak_rate, "clips_leak_rate": result.clips.leak_rate}


def _sums_table(results: dict[str, dict[str, Result]], options: Options) -> Table:
    columns = (
        *("set, engine, kind", "frames", "heads", "leaks", "leak_rate", "longest s"),
        *("over_mask", "blind", "late", "goal", "seen", "missed"),
    )
    rows: list[tuple[Any, ...]] = []
    for name, by_engine in results.items():
        for engine, result in by_engine.items():
            goal = "{} / {}".format(*TARGETS[engine]) if name == "one-by-one" else None
            cover = (result.covered.frames, result.covered.frames_missed)
            for kind, sums, seen in (("presence", result.presence, cover), ("clips", result.clips, (None, None))):
                rows.append(
                    (f"{name}, {engine}, {kind}", sums.paired, sums.heads, sums.leaks, round(sums.leak_rate, 5),
                     round(sums.longest_leak_s, 2), round(sums.over_mask, 4), round(sums.blind, 3), round(sums.late, 3),
                     goal, *seen)
                )  # fmt: skip
    counts = {name: next(iter(by_engine.values())).recordings for name, by_engine in results.items()}
    every = "recordings: " + ", ".join(f"{name} {count}" for name, count in counts.items())
    return Table(
        "Leak: heads that stayed visible in what was stored",
        columns,
        rows,
        (
            f"{every}{'; --quick: fewer frames and clips' if options.quick else ''}.",
            f"theft_clips: every {CLIP_STEP * (3 if options.quick else 1)}. stored frame. goal: leak_rate / over_mask at most.",
            "blind: share of frames pixelated as a whole, the empty shop not known yet; late: with a detector that was late.",
            "seen: frames of the source (5 a second) that show somebody; missed: of these, over 0.2 s from any presence frame.",
        ),
    )


def _failures_table(results: dict[str, dict[str, Result]]) -> Table:
    rows: list[tuple[Any, ...]] = []
    left = 0
    for by_engine in results.values():
        for engine, result in by_engine.items():
            for source, runs in result.failed.items():
                for kind, file, start, end, frames, steps in runs:
                    rows.append((f"{source}, {engine}", kind, file, f"{start:.2f}-{end:.2f}", frames, " ".join(steps)))
    if len(rows) > MOST_RUNS:
        rows.sort(key=lambda row: -row[4])
        left, rows = len(rows) - MOST_RUNS, rows[:MOST_RUNS]
    notes = (f"{left} shorter runs are in the JSON only.",) if left else ()
    columns = ("source, engine", "kind", "file", "source s", "frames", "mask step")
    return Table("Where heads stayed visible", columns, rows, notes)


def _verified_table(lines: Sequence[str]) -> Table:
    rows = [tuple(line.split("|")) for line in lines]
    return Table("The same sums from the audit's own script, file by file", ("file", "script", "here", "same"), rows)


def _verify(auditor: Auditor, shared: Path, source: Path, audit: Audit, step: int) -> list[str]:
    """Run the script itself on each file, and on the source as if it were stored unmasked: that must leak.

    Raises CommandError where a figure differs, or where the unmasked heads are not all found.
    """
    with tempfile.TemporaryDirectory() as folder:
        sidecar = Path(folder) / "unmasked.json"
        times = source_times(source)
        sidecar.write_text(json.dumps({"frames": [{"source_s": t, "step": "normal"} for t in times]}), "utf-8")
        unmasked = Stored(source, "control", "unmasked", tuple(times), ("normal",) * len(times))
        control = auditor.audit(source, [unmasked], step=CONTROL_STEP).judged[unmasked]
        compared = [_compared(shared, source, file, judged, _sidecar(file), step) for file, judged in audit.judged.items()]
        compared.append(_compared(shared, source, unmasked, control, sidecar, CONTROL_STEP))
    lines = [line for line, _ in compared]
    sums = add_up([control])
    if not all(same for _, same in compared) or sums.leaks < sums.heads or not sums.heads:
        raise CommandError("\n".join(["the script gives other figures, or the unmasked source does not leak:", *lines]))
    return lines


def _sidecar(file: Stored) -> Path:
    return file.path.with_suffix(".json")


def _compared(shared: Path, source: Path, file: Stored, judged: Sequence[Judged], sidecar: Path, step: int) -> tuple[str, bool]:
    """The script's figures for one file beside ours, as a line of the table, and whether they are the same."""
    command = [sys.executable, str(shared / "tools" / "leak_audit.py"), str(source), str(file.path), "--sidecar", str(sidecar)]
    said = subprocess.run([*command, "--step", str(step)], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    theirs = json.loads(said.strip().splitlines()[-1])
    ours = add_up([judged])
    names = ("paired", "persons", "heads", "leaks")
    same = all(theirs[name] == getattr(ours, name) for name in names) and abs(theirs["over_mask"] - ours.over_mask) < 1e-4
    same = same and abs(theirs["longest_leak_s"] - ours.longest_leak_s) < 0.011
    figures = [" ".join(str(v) for v in [*(theirs[n] for n in names), theirs["over_mask"]])]
    figures += [" ".join(str(v) for v in [*(getattr(ours, n) for n in names), round(ours.over_mask, 4)])]
    return "|".join([f"{file.engine} {file.path.name}", *figures, "yes" if same else "NO"]), same


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="ansim-leak-") as folder:
        yield Path(folder)
