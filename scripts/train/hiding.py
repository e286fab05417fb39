"""The network of the concealment score: what it learns from, and how.

Comes in: what the detectors saw in the staged thefts, and shoppers' poses. Goes out: plain numbers for
`agent.incidents.concealment.ConcealmentModel`. Needs the extra `ansim[train]` (PyTorch).

The labels of the clips say only whether there is a theft in it. acts.tsv, made by looking at each clip, says from which frame
to which a hand was at a pocket, the waistband or a bag; it also names five clips that are labelled normal and show the act, or
its end (all of one actor): they are neither negatives here nor left out of the figures.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from postures import Footage
from torch import nn
from torch.nn import functional

from agent.detection.findings import Findings
from agent.detection.tracker import Tracker
from agent.incidents.arms import arm_features, grid_times, on_grid
from agent.incidents.concealment import GAP_S
from agent.values import Box, FrameStamp, Keypoint, Person

FRAMES = 15.0  # a second, in acts.tsv
STEPS = 64  # grid steps of one training row: 16 s
LEAST = 8
IGNORED, NO, YES = -1.0, 0.0, 1.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How the network is trained; the lengths are in grid steps."""

    hidden: int = 12
    now_steps: int = 4
    before_steps: int = 8
    drop: float = 0.3
    rate: float = 0.02
    decay: float = 0.1
    epochs: int = 60
    versions: int = 6
    shopper_rows: int = 60
    seeds: int = 2


@dataclass(frozen=True, slots=True)
class Acts:
    """Per clip when something is hidden: (from, to) in seconds and where ("pocket", "waist", "bag")."""

    spans: dict[str, list[tuple[float, float, str]]]

    @classmethod
    def read(cls, file: Path) -> Acts:
        spans: dict[str, list[tuple[float, float, str]]] = {}
        for line in file.read_text(encoding="utf-8").splitlines()[1:]:
            name, place, begin, end = line.split("\t")
            spans.setdefault(name, []).append((int(begin) / FRAMES, int(end) / FRAMES, place))
        return cls(spans)

    def bag(self, name: str) -> bool:
        return any(place == "bag" for *_, place in self.spans.get(name, ()))

    def doubtful(self, clip: Footage) -> bool:
        """Labelled normal, but the act is seen (or its end cannot be told from a hanging arm)."""
        return clip.label == "normal" and clip.name in self.spans

    def labels(self, clip: Footage, at: np.ndarray, *, actor: bool) -> np.ndarray:
        """YES, NO or IGNORED for times (m,) of one person; around an act and in clips with a bag nobody can say."""
        found = np.full(len(at), NO)
        spans = self.spans.get(clip.name, ())
        if not actor or not spans:
            return found
        if self.bag(clip.name) or self.doubtful(clip):
            found[:] = IGNORED
        if not self.bag(clip.name):
            for begin, end, _ in spans:
                found[(at > begin - 0.6) & (at < end + 0.8)] = IGNORED
            for begin, end, _ in spans:
                found[(at >= begin + 0.15) & (at <= end - 0.15)] = YES
        return found


@dataclass(frozen=True, slots=True)
class Course:
    """One person followed: times (n,), points (n, 17, 3) in picture heights; label: of times, YES, NO or IGNORED; clip: its
    number, or -1 for a shopper.
    """

    clip: int
    times: np.ndarray
    points: np.ndarray
    label: Callable[[np.ndarray], np.ndarray]


def looks_of(clip: Footage) -> list[tuple[float, tuple[Person, ...]]]:
    """The detector's rows as the agent's own values."""
    return [(float(t), tuple(_person(row) for row in rows)) for t, rows in zip(clip.times, clip.people, strict=True)]


def courses(number: int, clip: Footage, acts: Acts) -> list[Course]:
    """Everybody in the clip, followed by the agent's own tracker; the actor is who stands tallest for longest."""
    tracker = Tracker("clip")
    seen: dict[int, list[tuple[float, np.ndarray]]] = {}
    for index, (seconds, people) in enumerate(looks_of(clip)):
        stamp = FrameStamp("clip", index, seconds, seconds)
        for track in tracker.step(Findings(stamp, people, (), None, np.zeros((8, 96), bool), looked=True)):
            if track.keypoints:
                points = np.array([(k.x * clip.aspect, k.y, k.score) for k in track.keypoints])
                seen.setdefault(track.id, []).append((seconds, points))
    paths = [(np.array([t for t, _ in one]), np.array([p for _, p in one])) for one in seen.values() if len(one) >= LEAST]
    size = [float(np.median(p[:, 15:17, 1].mean(1) - p[:, 0, 1])) * len(t) for t, p in paths]
    found = []
    for t, p in paths:
        actor = bool(size) and float(np.median(p[:, 15:17, 1].mean(1) - p[:, 0, 1])) * len(t) == max(size)
        for times, points in _split(t, p, GAP_S):
            found.append(Course(number, times, points, lambda at, actor=actor: acts.labels(clip, at, actor=actor)))
    return found


def shoppers(folder: Path) -> dict[str, list[Course]]:
    """Poses of real shoppers who did nothing, by recording (PoseLift, train_normal): (y, x, confidence) at 15 a second."""
    found: dict[str, list[Course]] = {}
    for file in sorted(folder.glob("*.json.gz")):
        with gzip.open(file) as packed:
            people = json.load(packed)
        found[file.name] = []
        for frames in people.values():
            numbers = sorted(int(n) for n in frames)
            points = np.array([np.array(frames[str(n)]["keypoints"], float).reshape(17, 3)[:, [1, 0, 2]] for n in numbers])
            points, times = points[::2], np.array(numbers)[::2] / FRAMES
            for t, p in _split(times, points, GAP_S):
                found[file.name].append(Course(-1, t, p, lambda at: np.full(len(at), NO)))
    return found


def _split(times: np.ndarray, points: np.ndarray, gap_s: float) -> list[tuple[np.ndarray, np.ndarray]]:
    cuts = np.flatnonzero(np.diff(times) > gap_s) + 1
    parts = zip(np.split(times, cuts), np.split(points, cuts), strict=True)
    return [(t, p) for t, p in parts if len(t) >= LEAST]


def _person(row: np.ndarray) -> Person:
    values = [float(v) for v in row]
    points = tuple(Keypoint(*values[5 + 3 * i : 8 + 3 * i]) for i in range(17))
    return Person(Box(*values[:4]), values[4], points)


def varied(course: Course, chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray, float]:
    """Times, points and the tempo of a version of the course: another tempo, another rate of looks, another camera (turned,
    stretched, sheared), other mistakes of the pose model. Mirroring would change nothing: see `arm_features`.
    """
    tempo = chance.uniform(0.8, 1.25)
    times, points = course.times[0] + (course.times - course.times[0]) * tempo, course.points.copy()
    if chance.random() < 0.6:
        kept = np.sort(chance.choice(len(times), max(LEAST, int(len(times) * chance.uniform(0.4, 1))), replace=False))
        times, points = times[kept], points[kept]
    turn = chance.uniform(-0.12, 0.12)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    shear = chance.uniform(-0.1, 0.1, 2)
    lens = rotation @ np.array([[chance.uniform(0.8, 1.25), shear[0]], [shear[1], 1.0]])
    points[..., :2] = points[..., :2] @ lens.T
    torso = np.median(np.linalg.norm(points[:, 5:7, :2].mean(1) - points[:, 11:13, :2].mean(1), axis=-1))
    points[..., :2] += chance.normal(0, 0.025 * torso, points[..., :2].shape) + chance.normal(0, 0.04 * torso, (1, 17, 2))
    kept_points = chance.random(points.shape[:2]) > 0.05
    points[..., 2] = np.clip(points[..., 2] * chance.uniform(0.8, 1.1, (1, 17)), 0, 1) * kept_points
    return times, points, tempo


@dataclass(frozen=True, slots=True)
class Rows:
    """Courses on the grid: x (n, 2, STEPS, features), y (n, STEPS), clip (n,)."""

    x: torch.Tensor
    y: torch.Tensor
    clip: np.ndarray

    def of(self, clips: Sequence[int]) -> Rows:
        kept = np.isin(self.clip, clips)
        return Rows(self.x[kept], self.y[kept], self.clip[kept])


def rows_of(found: Sequence[Course], chance: np.random.Generator | None) -> Rows:
    """Features and labels of the courses as they are, or (with `chance`) of a version of each."""
    xs, ys, clips = [], [], []
    for course in found:
        times, points, tempo = (course.times, course.points, 1.0) if chance is None else varied(course, chance)
        grid = grid_times(times)
        if len(grid) < LEAST:
            continue
        labels = course.label(course.times[0] + (grid - course.times[0]) / tempo)
        features = arm_features(on_grid(times, points, grid)).transpose(1, 0, 2)
        for begin in range(0, len(grid) - LEAST + 1, STEPS):
            part, wanted = features[:, begin : begin + STEPS], labels[begin : begin + STEPS]
            x, y = np.zeros((2, STEPS, features.shape[-1]), np.float32), np.full(STEPS, IGNORED, np.float32)
            x[:, : part.shape[1]], y[: len(wanted)] = part, wanted
            x[:, part.shape[1] :] = part[:, -1:]
            xs.append(x)
            ys.append(y)
            clips.append(course.clip)
    return Rows(torch.tensor(np.array(xs)), torch.tensor(np.array(ys)), np.array(clips))


class Hands(nn.Module):
    """The same sums as `ConcealmentModel.moments`, with drop-out."""

    def __init__(self, features: int, plan: Plan) -> None:
        super().__init__()
        self.plan = plan
        self.inner = nn.Linear(features, plan.hidden)
        self.outer = nn.Linear(2 * plan.hidden, 1)
        self.forgets, self.misses = nn.Dropout(plan.drop), nn.Dropout(0.1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        now_steps, before_steps = self.plan.now_steps, self.plan.before_steps
        n, hands, steps, _ = x.shape
        hidden = torch.relu(self.inner(self.misses(x))).reshape(n * hands, steps, -1).transpose(1, 2)
        now = functional.avg_pool1d(functional.pad(hidden, (now_steps - 1, 0), mode="replicate"), now_steps, 1)
        longer = functional.pad(hidden, (now_steps + before_steps - 1, 0), mode="replicate")[:, :, :-now_steps]
        before = functional.avg_pool1d(longer, before_steps, 1)
        odds = self.outer(self.forgets(torch.cat((now, before), 1).transpose(1, 2)))[..., 0].reshape(n, hands, steps)
        return torch.logsumexp(2 * odds, 1) / 2 - np.log(2) / 2


def fit(versions: Sequence[Rows], normal: Rows | None, plan: Plan, seed: int) -> dict[str, Any]:
    """Train one network; gives its numbers, with the scaling of the inputs folded in."""
    torch.manual_seed(seed)
    chance = np.random.default_rng(seed)
    flat = versions[0].x.transpose(1, 2)[versions[0].y >= 0].reshape(-1, versions[0].x.shape[-1])
    mean, spread = flat.mean(0), flat.std(0) + 0.05
    net = Hands(flat.shape[-1], plan)
    steps = torch.optim.AdamW(net.parameters(), lr=plan.rate, weight_decay=plan.decay)
    slower = torch.optim.lr_scheduler.CosineAnnealingLR(steps, plan.epochs)
    known = torch.cat([v.y for v in versions])
    heavier = 0.5 * float((known == NO).sum() / (known == YES).sum()) + 0.5
    for _ in range(plan.epochs):
        rows = versions[chance.integers(len(versions))]
        x, y = rows.x, rows.y
        if normal is not None and plan.shopper_rows:
            some = chance.choice(len(normal.x), min(plan.shopper_rows, len(normal.x)), replace=False)
            x, y = torch.cat((x, normal.x[some])), torch.cat((y, normal.y[some]))
        odds = net((x - mean) / spread)
        weight = torch.where(y == YES, heavier, 1.0) * (y >= 0)
        wanted = y.clamp_min(0) * 0.96 + 0.02
        loss = (functional.binary_cross_entropy_with_logits(odds, wanted, reduction="none") * weight).sum() / weight.sum()
        steps.zero_grad()
        loss.backward()
        steps.step()
        slower.step()
    inner = (net.inner.weight.detach() / spread).double().numpy()
    outer = net.outer.weight.detach()[0].double().numpy()
    return {
        "inner": inner.T,
        "bias": net.inner.bias.detach().double().numpy() - inner @ mean.double().numpy(),
        "now": outer[: plan.hidden],
        "before": outer[plan.hidden :],
        "offset": float(net.outer.bias.detach()[0]),
        "now_steps": plan.now_steps,
        "before_steps": plan.before_steps,
    }


def together(nets: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Several networks as one wider network that gives the mean of their log odds."""
    share = 1 / len(nets)
    return {
        **nets[0],
        "inner": np.concatenate([net["inner"] for net in nets], 1),
        "bias": np.concatenate([net["bias"] for net in nets]),
        "now": share * np.concatenate([net["now"] for net in nets]),
        "before": share * np.concatenate([net["before"] for net in nets]),
        "offset": share * sum(net["offset"] for net in nets),
    }
