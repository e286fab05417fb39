"""Runs the measurements that were asked for, prints their tables and the line that names the machine.

Comes in: arguments (see scripts/bench/run). Goes out: text or Markdown, and with --json all figures. Exit codes: 0 measured,
1 a measured command failed, 2 recordings or models are missing.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from scripts.bench.machine import ROOT, CommandError, environment, environment_line
from scripts.bench.report import Options, Report

NAMES = ("leak", "speed", "cost", "memory", "detector", "entry", "gate", "export", "tamper", "reveal", "ledger")
APART = ("detector",)  # scripts of their own, that print their own tables
ENGINES = ("reference", "own", "pose")


def main() -> int:
    asked = _parser().parse_args()
    options = Options(
        engines=_engines(asked.engines),
        shared=Path(os.environ["ANSIM_SHARED"]).resolve(),
        cache=Path(os.environ.get("ANSIM_BENCH_CACHE", "/tmp/ansim-bench")),  # noqa: S108  # only films and a peer's environment  # only films and a peer's environment
        quick=asked.quick,
        verify=asked.verify,
        keep=asked.keep,
    )
    if not options.people_film.exists():
        print(f"No recordings at {options.shared}: set ANSIM_SHARED to the folder with data/ and models/.", file=sys.stderr)
        return 2
    env = environment()
    result: dict[str, Any] = {"environment": env, "quick": options.quick, "engines": options.engines}
    for name in asked.names or NAMES:
        started = time.perf_counter()
        try:
            report = _apart(name) if name in APART else importlib.import_module(f"scripts.bench.{name}").measure(options)
        except CommandError as failure:
            print(f"{name}: {failure}", file=sys.stderr)
            return 1
        result[name] = report.figures
        for table in report.tables:
            print(table.markdown() if asked.markdown else table.text(), flush=True)
        print(f"{name} took {time.perf_counter() - started:.0f} s", file=sys.stderr)
    env["load_after"] = [round(value, 1) for value in os.getloadavg()]
    print(f"\n{environment_line(env)}")
    if asked.json:
        asked.json.write_text(json.dumps(result, indent=1, default=str), "utf-8")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench/run", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*NAMES, []], metavar="NAME", help=f"which of {', '.join(NAMES)} (all)")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write all figures to this file")
    parser.add_argument("--quick", action="store_true", help="a short look: fewer recordings, shorter runs")
    parser.add_argument("--markdown", action="store_true", help="print Markdown tables")
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=ENGINES, help="which engines")
    parser.add_argument("--verify", action="store_true", help="leak: prove the sums against the audit's own script")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leak: keep what was stored there")
    return parser


def _engines(wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the wanted engines whose model is here."""
    own = (ROOT / "models" / "person.onnx").exists()
    pose = any(Path(os.environ["ANSIM_MODELS"]).glob("*pose*"))
    here = {"reference": True, "own": own, "pose": pose}
    for engine in wanted:
        if not here[engine]:
            print(f"engine {engine} is left out: its model is not here", file=sys.stderr)
    return tuple(engine for engine in wanted if here[engine])


def _apart(name: str) -> Report:
    """A script of its own: it prints its table itself, and its figures are taken from its JSON."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.json"
        done = subprocess.run([sys.executable, f"scripts/bench/{name}.py", "--json", str(out)], cwd=ROOT, check=False)
        if done.returncode:
            raise CommandError(f"scripts/bench/{name}.py: exit {done.returncode}")
        return Report((), json.loads(out.read_text("utf-8")))


if __name__ == "__main__":
    raise SystemExit(main())
