"""How unusual somebody's poses are, beside those of people who only shopped. Pure.

Comes in: tracks of body points of ordinary customers (to learn from), then any track. Goes out: a score per picture.

Learned from ordinary tracks alone, without one labelled theft. Six cues are asked at every picture: a hand at the hips, hands
held together, the pose twice (in trunks, in its own spread), how it changes, the pace. Each answers with the share p of
ordinary pictures of the same camera that are at least as far out; the score is the weighted mean of -log p, smoothed. So a
score needs no unit: 0 is as usual as can be, and cues, cameras and distances compare. What "ordinary" spreads to is measured on
recordings that were left out of the examples (four folds); a camera with few pictures borrows from all others.

The two hand cues have a direction, and that is knowledge, not data: what is hidden goes with a hand to pocket, bag or
waistband, and mostly with both hands at one place. The others only ask how rare something is. docs/design/normality.md says
what was chosen with which data in view.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from agent.incidents.neighbours import Neighbours
from agent.incidents.pose_cues import Array, Cues, Frames, PoseTrack, cues, runs, smoothed

VERSION = 1
WEIGHTS: Mapping[str, float] = {"to_hip": 1.0, "together": 1.0, "trunks": 0.25, "spread": 0.25, "change": 0.25, "pace": 0.25}
# Per cue that needs examples: how many, and along how many directions (0: all, weighted by confidence).
_REMEMBERED = {"trunks": (3000, 0), "spread": (3000, 0), "change": (3000, 20), "pace": (2000, 3)}
FOLDS = 4
SMOOTH_S = 0.4  # standard deviation: an act lasts about a second, a slip of the estimator a few pictures
SHORTEST = 8  # pictures of a run to learn from; shorter ones have no motion
BORROWED = 1500.0  # pictures of all cameras that a camera's own are mixed with
RAREST = 0.002  # smallest share that is told apart
_SHARES = np.concatenate([np.linspace(1.0, 0.1, 46), np.geomspace(0.1, RAREST, 20)[1:]])
_ALL = "*"

Told = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class PoseScores:
    """Scores of one track. frames: (n,); score: (n,) >= 0; cues: what each cue gave, unsmoothed, in the same unit."""

    frames: Frames
    score: Array
    cues: Mapping[str, Array]


@dataclass(frozen=True, slots=True)
class PoseNormality:
    """What ordinary poses look like: numbers only, no pictures, no places, nobody's track.

    tails: per cue and camera ("*" is all together) the values that shares `_SHARES` of ordinary pictures reach; pictures: per
    camera, how many those are.
    """

    examples: Mapping[str, Neighbours]
    tails: Mapping[str, Mapping[str, Array]]
    pictures: Mapping[str, int]

    @classmethod
    def fit(cls, tracks: Sequence[PoseTrack], *, seed: int = 0, told: Told | None = None) -> Self:
        """Learn from ordinary tracks; the same tracks in the same order and the same seed give the same numbers.

        told: called with (steps done, of how many). Raises ValueError for long enough runs from fewer than two videos.
        """
        learnt = [(run.video, run.camera, cues(run)) for track in tracks for run in runs(track) if len(run.frames) >= SHORTEST]
        videos = sorted({video for video, _, _ in learnt})
        if len(videos) < 2:
            raise ValueError("ordinary tracks from at least two videos are needed")
        chance = np.random.default_rng(seed)
        folds = min(FOLDS, len(videos))
        fold = {videos[n]: place % folds for place, n in enumerate(chance.permutation(len(videos)))}
        values: dict[str, dict[str, list[Array]]] = {name: {} for name in WEIGHTS}
        for number in range(folds):
            examples = _examples([c for video, _, c in learnt if fold[video] != number], chance)
            for video, camera, found in learnt:
                if fold[video] == number:
                    for name, value in _values(found, examples).items():
                        values[name].setdefault(camera, []).append(value)
            if told:
                told(number + 1, folds + 1)
        model = cls(
            examples=_examples([c for _, _, c in learnt], chance),
            tails={name: _tails(cameras) for name, cameras in values.items()},
            pictures={camera: sum(map(len, parts)) for camera, parts in values["pace"].items()},
        )
        if told:
            told(folds + 1, folds + 1)
        return model

    def score(self, track: PoseTrack) -> PoseScores:
        """Scores of every picture from the first to the last of each run; short gaps are scored as filled in."""
        found = [self._scored(run) for run in runs(track)]
        if not found:
            return PoseScores(np.empty(0, np.int64), np.empty(0), {name: np.empty(0) for name in WEIGHTS})
        return PoseScores(
            np.concatenate([f.frames for f in found]),
            np.concatenate([f.score for f in found]),
            {name: np.concatenate([f.cues[name] for f in found]) for name in WEIGHTS},
        )

    def _scored(self, run: PoseTrack) -> PoseScores:
        unusual = {name: self._rarity(name, run.camera, value) for name, value in _values(cues(run), self.examples).items()}
        mean = sum(weight * unusual[name] for name, weight in WEIGHTS.items()) / sum(WEIGHTS.values())
        return PoseScores(run.frames, smoothed(np.asarray(mean)[:, None], SMOOTH_S * run.fps)[:, 0], unusual)

    def _rarity(self, cue: str, camera: str, value: Array) -> Array:
        """-log of the share of ordinary pictures at least as far out."""
        tails, own = self.tails[cue], float(self.pictures.get(camera, 0))
        share = BORROWED * _share(tails[_ALL], value)
        if own:
            share = share + own * _share(tails[camera], value)
        rarity: Array = -np.log(share / (BORROWED + own))
        return rarity

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything as named arrays (for numpy.savez); `from_arrays` gives the same model again."""
        cameras = sorted(self.pictures)
        found: dict[str, NDArray[Any]] = {
            "version": np.asarray(VERSION),
            "cameras": np.asarray(cameras, dtype=np.str_),
            "pictures": np.asarray([self.pictures[camera] for camera in cameras], dtype=np.int64),
        }
        for name, known in self.examples.items():
            found |= {f"{name}.mean": known.mean, f"{name}.axes": known.axes, f"{name}.examples": known.examples}
        for name in WEIGHTS:
            found[f"{name}.tails"] = np.stack([self.tails[name][camera] for camera in [_ALL, *cameras]]).astype(np.float32)
        return found

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Raises ValueError where the arrays are not such a model of this version."""
        try:
            if int(arrays["version"]) != VERSION:
                raise ValueError(f"version {arrays['version']}, not {VERSION}")
            cameras = [str(camera) for camera in arrays["cameras"]]
            tails = {name: arrays[f"{name}.tails"].astype(np.float64) for name in WEIGHTS}
            if any(table.shape != (len(cameras) + 1, len(_SHARES)) for table in tails.values()):
                raise ValueError("tables of another size")
            return cls(
                {n: Neighbours(arrays[f"{n}.mean"], arrays[f"{n}.axes"], arrays[f"{n}.examples"]) for n in _REMEMBERED},
                {name: dict(zip([_ALL, *cameras], table, strict=True)) for name, table in tails.items()},
                dict(zip(cameras, map(int, arrays["pictures"]), strict=True)),
            )
        except (KeyError, TypeError) as missing:
            raise ValueError(f"not a pose normality: {missing}") from missing

    def fingerprint(self) -> str:
        """SHA-256 of all numbers and weights: the same scores come from the same fingerprint only."""
        digest = hashlib.sha256(repr((VERSION, sorted(WEIGHTS.items()), SMOOTH_S, BORROWED)).encode())
        for name, array in sorted(self.to_arrays().items()):
            digest.update(name.encode() + np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()


def _examples(found: Sequence[Cues], chance: np.random.Generator) -> dict[str, Neighbours]:
    return {
        name: Neighbours.of(np.concatenate([getattr(one, name) for one in found]), most=most, axes=axes, chance=chance)
        for name, (most, axes) in _REMEMBERED.items()
    }


def _values(found: Cues, examples: Mapping[str, Neighbours]) -> dict[str, Array]:
    """How far out each cue is, in its own unit."""
    return {
        "to_hip": found.to_hip,
        "together": found.together,
        "trunks": examples["trunks"].distance(found.trunks, found.sure),
        "spread": examples["spread"].distance(found.spread, found.sure),
        "change": examples["change"].distance(found.change),
        "pace": examples["pace"].distance(found.pace),
    }


def _tails(cameras: Mapping[str, Sequence[Array]]) -> dict[str, Array]:
    parts = {camera: np.concatenate(values) for camera, values in sorted(cameras.items())}
    parts[_ALL] = np.concatenate(list(parts.values()))
    return {camera: _rising(np.quantile(values, 1.0 - _SHARES)) for camera, values in parts.items()}


def _rising(quantiles: Array) -> Array:
    """Strictly rising, so that each value has one share where many pictures have the same; exact in single precision."""
    found = quantiles.astype(np.float32)
    for before, here in pairwise(range(len(found))):
        found[here] = max(found[here], np.nextafter(found[before], np.float32(np.inf)))
    return found.astype(np.float64)


def _share(tail: Array, value: Array) -> Array:
    """Share of ordinary pictures that reach `value`, from 1 down to `RAREST`."""
    share: Array = np.exp(np.interp(value, tail, np.log(_SHARES)))
    return share
