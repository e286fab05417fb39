"""The independent audit (../shared/tools/leak_audit.py) over many stored files of one source, in one pass over that source.

Comes in: the source, and what was stored of it with its sidecars. Goes out: for each compared frame how many heads it shows and
how many of them stayed visible; and for a grid of source frames whether somebody is seen there at all.
The decision is the script's, frame by frame, with the script's own functions; `scripts/bench/run leak --verify` proves that the
sums are the script's, too. Here each source frame is decoded and judged once, whatever number of stored files shows it.
"""

from __future__ import annotations

import importlib.util
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from agent import offline
from agent.values import MaskStep

Picture = npt.NDArray[np.uint8]
SEEN_POINT = 0.5  # these four, and the tests below, are the script's
FACE_POINTS = 2
VISIBLE = 0.5
CLOSE_S = 1e-6


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored video with the source time and the mask step of each of its frames."""

    path: Path
    kind: str
    engine: str
    times: tuple[float, ...]
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """One stored frame beside its source frame. over: share of the picture without people that was changed all the same."""

    source_s: float
    persons: int
    heads: int
    leaks: int
    over: float
    step: str


@dataclass(frozen=True, slots=True)
class Sighting:
    """One source frame in which the audit looked for people."""

    source_s: float
    persons: int
    heads: int


@dataclass(frozen=True, slots=True)
class Sums:
    """The script's figures over any number of files, and the shares of frames in the mask steps BLIND and LATE.

    over_mask weighs each compared frame alike.
    """

    paired: int = 0
    persons: int = 0
    heads: int = 0
    leaks: int = 0
    longest_leak_s: float = 0.0
    over_mask: float = 0.0
    blind: float = 0.0
    late: float = 0.0

    @property
    def leak_rate(self) -> float:
        return self.leaks / max(1, self.heads)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of the source frames that show somebody: how many lie further than `within_s` from any stored frame."""

    frames: int = 0
    frames_missed: int = 0
    heads: int = 0
    heads_missed: int = 0
    missed_s: tuple[float, ...] = ()


@dataclass(slots=True)
class Audit:
    """judged: for each stored file its frames; sightings: on a grid over the whole source."""

    judged: dict[Stored, list[Judged]] = field(default_factory=dict)
    sightings: list[Sighting] = field(default_factory=list)


class Auditor:
    """Holding one means: the audit's script and its model are loaded."""

    def __init__(self, shared: Path) -> None:
        self.tool = _load(shared / "tools" / "leak_audit.py")
        self.model = self.tool.DEFAULT
        self._net = offline.openvino().Core().compile_model(self.model, "CPU")

    def people(self, picture: Picture) -> Any:
        """(box, points) of everybody whom the audit's model finds."""
        return self.tool.poses(self._net, picture)

    def audit(self, source: Path, stored: Sequence[Stored], *, step: int = 1, looks_per_s: float = 5.0) -> Audit:
        """Compare every `step`-th frame of each stored file; look for people in the source `looks_per_s` times a second."""
        tool, result = self.tool, Audit({file: [] for file in stored})
        times = source_times(source)
        wanted: dict[int, list[tuple[Stored, int]]] = defaultdict(list)
        for file in stored:
            for number, index in list(enumerate(paired(times, file.times)))[::step]:
                wanted[index].append((file, number))
        pace = max(1, round((len(times) - 1) / max(times[-1] - times[0], 1e-3) / looks_per_s)) * step
        readers = {file: enumerate(picture for _, picture in tool.frames(file.path)) for file in stored}
        for index, (t, picture) in enumerate(_decoded(source, {*wanted, *range(0, len(times), pace)})):
            if picture is None:
                continue
            people = tool.poses(self._net, picture)
            if index % pace == 0:
                heads = sum((points[:5, 2] > SEEN_POINT).sum() >= FACE_POINTS for _, points in people)
                result.sightings.append(Sighting(t, len(people), int(heads)))
            detail = tool.contrast(picture) if wanted[index] else None
            for file, number in wanted[index]:
                masked = next((picture for at, picture in readers[file] if at == number), None)
                if masked is not None:  # the script, too, ends where the shorter of the two ends
                    result.judged[file].append(self._judge(t, picture, masked, people, detail, file.steps[number]))
        return result

    def _judge(self, t: float, source: Picture, masked: Picture, people: Any, was: Any, step: str) -> Judged:
        h, w = source.shape[:2]
        if masked.shape != source.shape:
            masked = np.asarray(cv2.resize(masked, (w, h)), np.uint8)
        changed = cv2.blur(np.abs(source.astype(np.int16) - masked).max(2).astype(np.float32), (9, 9)) > 18
        hidden = changed | ((was > 4) & (self.tool.contrast(masked) < 0.35 * was))
        person = np.zeros((h, w), bool)
        heads = leaks = 0
        for box, points in people:
            x1, y1, x2, y2 = np.clip(box, 0, [w, h, w, h]).astype(int)
            person[y1:y2, x1:x2] = True
            seen = points[:5, 2] > SEEN_POINT
            if seen.sum() < FACE_POINTS:
                continue
            heads += 1
            x = np.clip(points[:5][seen, 0].astype(int), 0, w - 1)
            y = np.clip(points[:5][seen, 1].astype(int), 0, h - 1)
            leaks += int((~hidden[y, x]).mean() >= VISIBLE)
        over = float((changed & ~person).sum() / max(1, (~person).sum()))
        return Judged(t, len(people), heads, leaks, over, step)


def stored_files(data: Path, engine: str) -> list[Stored]:
    """All presence segments and clips in a data folder that have their sidecar."""
    found = []
    for folder, kind in (("presence", "presence"), ("clips", "clip")):
        for video in sorted((data / folder).rglob("*.mp4")):
            notes = json.loads(video.with_suffix(".json").read_text("utf-8"))["frames"]
            times, steps = tuple(n["source_s"] for n in notes), tuple(str(n["step"]) for n in notes)
            found.append(Stored(video, kind, engine, times, steps))
    return found


def paired(times: Sequence[float], wanted: Iterable[float]) -> list[int]:
    """For each wanted source time the index of the source frame that the script compares: it walks on, and takes the nearer."""
    at, chosen = 0, []
    for want in wanted:
        before = None
        while times[at] + CLOSE_S < want:
            before = at
            if at + 1 == len(times):
                break
            at += 1
        nearer = before is not None and abs(times[before] - want) < abs(times[at] - want)
        chosen.append(before if nearer and before is not None else at)
    return chosen


def add_up(files: Iterable[Sequence[Judged]]) -> Sums:
    """The sums over files; a leak lasts from its first to its last frame in a row, within one file."""
    files = list(files)
    frames = [frame for file in files for frame in file]
    if not frames:
        return Sums()
    return Sums(
        paired=len(frames),
        persons=sum(frame.persons for frame in frames),
        heads=sum(frame.heads for frame in frames),
        leaks=sum(frame.leaks for frame in frames),
        longest_leak_s=max((end - start + 1e-3 for file in files for start, end, _ in leak_runs(file)), default=0.0),
        over_mask=sum(frame.over for frame in frames) / len(frames),
        blind=sum(frame.step == MaskStep.BLIND for frame in frames) / len(frames),
        late=sum(frame.step == MaskStep.LATE for frame in frames) / len(frames),
    )


def leak_runs(frames: Sequence[Judged]) -> list[tuple[float, float, list[Judged]]]:
    """Leaking frames in a row: (first source second, last, the frames)."""
    runs: list[list[Judged]] = []
    before = False
    for frame in frames:
        if frame.leaks and before:
            runs[-1].append(frame)
        elif frame.leaks:
            runs.append([frame])
        before = frame.leaks > 0
    return [(run[0].source_s, run[-1].source_s, run) for run in runs]


def coverage(sightings: Iterable[Sighting], stored_s: Iterable[float], within_s: float = 0.2) -> Coverage:
    """Whether somebody was seen at times that no stored frame is near to. stored_s: source times of all stored frames."""
    kept = np.array(sorted(stored_s))
    seen = [s for s in sightings if s.persons]
    missed = [s for s in seen if not len(kept) or float(np.abs(kept - s.source_s).min()) > within_s + CLOSE_S]
    return Coverage(
        len(seen), len(missed), sum(s.heads for s in seen), sum(s.heads for s in missed), tuple(s.source_s for s in missed)
    )


def source_times(path: Path) -> list[float]:
    """The time of each frame, as the script counts it."""
    return [t for t, _ in _decoded(path, set())]


def _decoded(path: Path, wanted: set[int]) -> Iterator[tuple[float, Picture | None]]:
    """All frames with their times, as BGR pictures only where wanted: the conversion costs more than the decoding."""
    import av

    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        for index, frame in enumerate(container.decode(stream)):
            t = float((frame.pts or 0) * (stream.time_base or 0))
            yield t, np.asarray(frame.to_ndarray(format="bgr24"), np.uint8) if index in wanted else None


def _load(path: Path) -> Any:
    offline.openvino()  # before the script does, so that it stays silent
    spec = importlib.util.spec_from_file_location("leak_audit", path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
