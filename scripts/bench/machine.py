"""The machine under the measurement: what it is, and what a child process or this one cost it.

Comes in: commands. Goes out: wall time and processor time of whole process trees, memory, and the line that names the machine.
"""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import os
import platform
import re
import resource
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PACKAGES = ("av", "numpy", "opencv-python", "openvino")
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Cost:
    """What one command took. cpu_s: user and system time of it and of all its children."""

    wall_s: float
    cpu_s: float
    output: str


class CommandError(Exception):
    """A measured command failed; the message holds the end of what it said."""


def measured(command: Sequence[str], env: Mapping[str, str] | None = None) -> Cost:
    """Run `command` in the project's root. Raises CommandError when it does not end well. Not while other children run."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        list(command), cwd=ROOT, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False
    )
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise CommandError(f"{' '.join(command)}: exit {done.returncode}\n{(done.stdout + done.stderr)[-2000:]}")
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return Cost(wall, cpu, done.stdout + done.stderr)


def resident_mb() -> float:
    """Resident memory of this process now, libraries included (MB)."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def environment() -> dict[str, Any]:
    """Which machine this is and how busy it is with other things."""
    return {
        "when": dt.datetime.now(dt.UTC).isoformat(timespec="minutes"),
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "load": [round(value, 1) for value in os.getloadavg()],
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
        "commit": _commit(),
    }


def environment_line(env: Mapping[str, Any]) -> str:
    """The same in one line."""
    packages = ", ".join(f"{name} {version}" for name, version in env["packages"].items())
    load = f"load {env['load'][0]} before, {os.getloadavg()[0]:.1f} after"
    return f"{env['cpu']}, {env['cores']} cores ({load}); {env['when']}; Python {env['python']}, {packages}; {env['commit']}"


def _cpu_model() -> str:
    """The name, and on virtual machines that hide it the family and model numbers."""
    told = Path("/proc/cpuinfo").read_text("utf-8")
    facts = dict(re.findall(r"^(model name|cpu family|model|cpu MHz)\s*: (.+)$", told, re.MULTILINE))
    name = facts.get("model name", platform.processor() or "unknown CPU")
    return f"{name} (family {facts.get('cpu family', '?')} model {facts.get('model', '?')}, {facts.get('cpu MHz', '?')} MHz)"


def _commit() -> str:
    said = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False)
    return said.stdout.strip() or "no commit"
