"""What the agent's own detectors see in the staged thefts, looked at once: what the concealment score learns from.

Comes in: theft_clips/ (labels.tsv and clips), a YOLO-pose model and a YOLO model that knows bags. Goes out: one `.npz` a clip
and detector in the cache folder (places and scores, no pixels), and `Footage` read from it. The cache is no part of the
repository.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

PEOPLE, BAGS = (2, 0), (8, 4)  # step and first frame, of 15 a second: what a PC with two cores can afford
MOST = 6  # people kept per look, the surest first
WEAK = 0.10
TOLD_S = 5.0

Rows = Callable[[Any], list[list[float]]]


@dataclass(frozen=True, slots=True)
class Footage:
    """What was seen in one clip. times: (n,) seconds; people: per look rows (p, 56) of box left, top, right, bottom, score and
    17 x (x, y, confidence); bags: per look rows (k, 5), or None where nobody looked for bags; places in shares of the picture;
    aspect: picture width / height.
    """

    name: str
    label: str
    actor: str
    aspect: float
    times: np.ndarray
    people: tuple[np.ndarray, ...]
    bags: tuple[np.ndarray | None, ...]


def footage(clips: Path, cache: Path, pose: Path, bag: Path, threads: int) -> list[Footage]:
    """All clips of labels.tsv, in its order; looks at those that the cache does not know yet."""
    from agent.detection.bags import Bags
    from agent.detection.engine import load_pose

    cache.mkdir(parents=True, exist_ok=True)
    table = [line.split("\t") for line in (clips / "labels.tsv").read_text(encoding="utf-8").splitlines()[1:] if line.strip()]
    names = [row[0] for row in table]
    _look(clips, names, cache, "people", PEOPLE, lambda: _people_rows(load_pose(pose, "CPU", threads)))
    _look(clips, names, cache, "bags", BAGS, lambda: _bag_rows(Bags(bag, "CPU", threads)))
    return [_footage(cache, row[0], row[1], row[2]) for row in table]


def _people_rows(eyes: Any) -> Rows:
    def rows(raw: Any) -> list[list[float]]:
        seen = sorted(eyes.look(raw, WEAK), key=lambda p: -p.score)[:MOST]
        return [
            [p.box.left, p.box.top, p.box.right, p.box.bottom, p.score, *(v for k in p.keypoints for v in (k.x, k.y, k.score))]
            for p in seen
        ]

    return rows


def _bag_rows(eyes: Any) -> Rows:
    return lambda raw: [[b.box.left, b.box.top, b.box.right, b.box.bottom, b.score] for b in eyes.look(raw)]


def _place(cache: Path, name: str, what: str) -> Path:
    return cache / f"{name.replace('/', '__')}.{what}.npz"


def _look(clips: Path, names: list[str], cache: Path, what: str, beat: tuple[int, int], load: Callable[[], Rows]) -> None:
    todo = [name for name in names if not _place(cache, name, what).exists()]
    if not todo:
        return
    rows = load()
    began = told = time.monotonic()
    for number, name in enumerate(todo, 1):
        _look_at(clips / name, rows, _place(cache, name, what), beat)
        now = time.monotonic()
        if now - told > TOLD_S or number == len(todo):
            left = (now - began) / number * (len(todo) - number)
            sys.stderr.write(f"{what}: {number}/{len(todo)} clips, {left:.0f} s to go\n")
            told = now


def _look_at(clip: Path, rows: Rows, target: Path, beat: tuple[int, int]) -> None:
    times, counts, found, aspect = [], [], [], 1.0
    for seconds, raw in _frames(clip, *beat):
        seen = rows(raw)
        aspect = raw.width / raw.height
        times.append(seconds)
        counts.append(len(seen))
        found += seen
    partial = target.with_suffix(".partial.npz")
    np.savez_compressed(
        partial, times=np.array(times), counts=np.array(counts), rows=np.array(found, np.float32), aspect=np.array(aspect)
    )
    partial.replace(target)


def _frames(clip: Path, step: int, first: int) -> Iterator[tuple[float, Any]]:
    import av

    from agent.capture.raw import Planes, RawFrame
    from agent.values import FrameStamp

    with av.open(str(clip)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number % step == first:
                whole = frame.to_ndarray(format="yuv420p")
                chroma = whole[frame.height :].reshape(2, frame.height // 2, frame.width // 2)
                seconds = float(frame.time if frame.time is not None else number / 15)
                stamp = FrameStamp("clip", number, seconds, seconds)
                yield seconds, RawFrame(stamp, Planes(whole[: frame.height], chroma[0], chroma[1]))


def _footage(cache: Path, name: str, label: str, actor: str) -> Footage:
    times, people, aspect = _read(_place(cache, name, "people"), 56)
    bag_times, bags, _ = _read(_place(cache, name, "bags"), 5)
    looked = dict(zip(np.round(bag_times, 3).tolist(), bags, strict=True))
    return Footage(name, label, actor, aspect, times, people, tuple(looked.get(t) for t in np.round(times, 3).tolist()))


def _read(file: Path, width: int) -> tuple[np.ndarray, tuple[np.ndarray, ...], float]:
    with np.load(file) as kept:
        ends = np.cumsum(kept["counts"])
        rows = kept["rows"].reshape(-1, width)
        return kept["times"], tuple(np.split(rows, ends[:-1])) if len(ends) else (), float(kept["aspect"])
