"""What a recording's alterations are: goods taken and put, things left, and how many an hour where nothing happened.

    ANSIM_MODELS=../shared/models .venv/bin/python -m scripts.bench.alterations FILE_OR_FOLDER [--zones F] [--engine reference]

Prints JSON: per recording its length and each alteration (kind, zone, place, when, who), and over all how many per hour.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from agent.capture.demo import demo_zones
from agent.evaluation.zone_file import View, read_view
from agent.values import Alteration
from scripts.bench.sights import Watcher, recordings


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", help="a recording, a folder of them, or demo:SEED (with its own zones)")
    parser.add_argument("--zones", type=Path)
    parser.add_argument("--engine", default="auto", choices=("auto", "reference", "own", "pose"))
    parser.add_argument("--fps", type=float)
    asked = parser.parse_args()
    drawn = asked.source.startswith("demo:")
    view = read_view(asked.zones) if asked.zones else View(demo_zones() if drawn else ())
    sources = [asked.source] if drawn else [str(path) for path in recordings(Path(asked.source))]
    watcher, found = Watcher(asked.engine), {}
    try:
        for number, source in enumerate(sources, 1):
            found[source] = _watch(watcher, source, view, asked.fps)
            print(f"{number}/{len(sources)} {source}", file=sys.stderr)
    finally:
        watcher.close()
    seconds = sum(one["seconds"] for one in found.values())
    kinds = Counter(a["kind"] for one in found.values() for a in one["alterations"])
    per_hour = sum(kinds.values()) / max(seconds, 1e-9) * 3600
    over_all = {"recordings": len(found), "hours": round(seconds / 3600, 3), "kinds": kinds, "per_hour": round(per_hour, 2)}
    print(json.dumps({"over_all": over_all, "recordings": found}, indent=1, ensure_ascii=False))
    return 0


def _watch(watcher: Watcher, source: str, view: View, fps: float | None) -> dict[str, Any]:
    known: dict[int, Alteration] = {}
    last_s = 0.0
    for sight in watcher.sights(source, view, fps):
        known |= {alteration.id: alteration for alteration in sight.alterations}
        last_s = sight.stamp.source_s
    return {"seconds": round(last_s, 2), "alterations": [_told(alteration) for alteration in known.values()]}


def _told(alteration: Alteration) -> dict[str, Any]:
    box = [round(side, 3) for side in dataclasses.astuple(alteration.box)]
    rounded = {
        name: round(getattr(alteration, name), 4)
        for name in ("area", "share", "since_s", "at_s", "undone_s")
        if getattr(alteration, name) is not None
    }
    return {"kind": str(alteration.kind), "zone": alteration.zone, "box": box, **rounded, "tracks": list(alteration.tracks)}


if __name__ == "__main__":
    raise SystemExit(main())
