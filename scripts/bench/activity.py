"""How strongly people move on recordings: how often each strength is reached, and how often it would count as violent.

    ANSIM_MODELS=../shared/models .venv/bin/python -m scripts.bench.activity FILE_OR_FOLDER ... [--engine auto]

Prints JSON: per source the seconds that people were followed for, the quantiles of their strength, and how much of the time and
in how many stretches it was above `--violent`.
"""

from __future__ import annotations

import argparse
import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from agent.evaluation.zone_file import View
from scripts.bench.sights import Watcher, recordings

QUANTILES = (0.1, 0.5, 0.9, 0.99, 0.999, 1.0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="+", help="recordings, folders of them, or demo:SEED")
    parser.add_argument("--engine", default="auto", choices=("auto", "reference", "own", "pose"))
    parser.add_argument("--violent", type=float, default=0.6)
    parser.add_argument("--fps", type=float)
    asked = parser.parse_args()
    watcher, told = Watcher(asked.engine), {}
    try:
        for source in asked.sources:
            films = [source] if source.startswith("demo:") else [str(path) for path in recordings(Path(source))]
            told[source] = _told([_watch(watcher, film, asked.fps) for film in films], asked.violent)
            print(f"{source}: {len(films)} recordings", file=sys.stderr)
    finally:
        watcher.close()
    print(json.dumps(told, indent=1))
    return 0


def _watch(watcher: Watcher, film: str, fps: float | None) -> dict[int, list[tuple[float, float]]]:
    """Per track: time and strength."""
    found: dict[int, list[tuple[float, float]]] = {}
    for sight in watcher.sights(film, View(), fps):
        for track in sight.tracks:
            if track.by == "person" or track.box.height > 0.25:
                found.setdefault(track.id, []).append((sight.stamp.source_s, sight.activity.get(track.id, 0.0)))
    return found


def _told(films: list[dict[int, list[tuple[float, float]]]], violent: float) -> dict[str, Any]:
    tracks = [track for film in films for track in film.values()]
    values = np.array([value for track in tracks for _, value in track] or [0.0])
    seconds = sum(later[0] - before[0] for track in tracks for before, later in pairwise(track))
    stretches = sum(
        (i == 0 or track[i - 1][1] <= violent) and value > violent for track in tracks for i, (_, value) in enumerate(track)
    )
    return {
        "recordings": len(films),
        "person_hours": round(seconds / 3600, 4),
        "strength": {str(q): round(float(np.quantile(values, q)), 3) for q in QUANTILES},
        "above_violent_share": round(float((values > violent).mean()), 6),
        "stretches_above_violent": int(stretches),
    }


if __name__ == "__main__":
    raise SystemExit(main())
