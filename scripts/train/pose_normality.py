#!/usr/bin/env python3
"""Learns what ordinary shoppers' poses look like and writes models/pose_normality.npz.

    scripts/train/pose_normality.py --data ../shared/data --out models          about half a minute on one core
    scripts/train/pose_normality.py --data ../shared/data --check               writes nothing, prints two more measurements

Learned from poselift/train_normal alone, seed fixed. --check asks what poselift/dev cannot say, for it has one ordinary video:
how dev's thefts rank among ordinary videos that were left out of the learning in turn, and how much each cue gives.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from agent.evaluation.normality_file import SHIPPED, write_normality
from agent.evaluation.pose_files import pose_files, read_pose_video
from agent.evaluation.poses import NOBODY, read_ordinary
from agent.evaluation.ranking import auc_roc, spread
from agent.incidents import pose_normality
from agent.incidents.pose_cues import smoothed
from agent.incidents.pose_normality import FOLDS, WEIGHTS, PoseNormality, PoseScores

SEED = 0

Scored = list[tuple[str, PoseScores]]  # video, what each cue gave


def main() -> None:
    """See above."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with poselift/")
    parser.add_argument("--out", type=Path, default=SHIPPED.parent)
    parser.add_argument("--check", action="store_true")
    asked = parser.parse_args()
    ordinary = read_ordinary(asked.data / "poselift" / "train_normal")
    model = PoseNormality.fit(ordinary.tracks, seed=SEED)
    print(f"{ordinary.videos} videos, {len(ordinary.tracks)} people, pictures by camera: {dict(model.pictures)}")
    if asked.check:
        check(model, ordinary.tracks, asked.data / "poselift" / "dev")
        return
    write_normality(model, asked.out / SHIPPED.name)
    print(f"{asked.out / SHIPPED.name}: {(asked.out / SHIPPED.name).stat().st_size} bytes, {model.fingerprint()}")


def check(model: PoseNormality, tracks: tuple[pose_normality.PoseTrack, ...], dev: Path) -> None:
    """Dev's videos by the whole model, every ordinary video by one that has not learned from it."""
    videos = sorted({track.video for track in tracks})
    fold = {videos[n]: place % FOLDS for place, n in enumerate(np.random.default_rng(SEED + 1).permutation(len(videos)))}
    truth: dict[str, np.ndarray] = {}
    scored: Scored = []
    for file in pose_files(dev):
        video = read_pose_video(file)
        truth[video.name] = video.labels
        scored += [(video.name, model.score(track)) for track in video.tracks]
    for number in range(FOLDS):
        part = PoseNormality.fit([track for track in tracks if fold[track.video] != number], seed=SEED)
        scored += [(track.video, part.score(track)) for track in tracks if fold[track.video] == number]
    for name, weights in {
        "all cues": WEIGHTS,
        **{f"only {cue}": {cue: 1.0} for cue in WEIGHTS},
        **{f"without {cue}": {other: weight for other, weight in WEIGHTS.items() if other != cue} for cue in WEIGHTS},
    }.items():
        report(name, scored, truth, weights)


def report(name: str, scored: Scored, truth: Mapping[str, np.ndarray], weights: Mapping[str, float]) -> None:
    """Frames with people: over dev alone, over dev and the left-out ordinary videos, and the mean within videos."""
    frames = {video: _highest([scores for of, scores in scored if of == video], weights) for video in {of for of, _ in scored}}
    groups = {}
    for video, scores in sorted(frames.items()):
        labels = truth.get(video, np.zeros(len(scores), bool))
        full = np.full(len(labels), NOBODY)
        full[: len(scores)] = scores[: len(labels)]
        groups[video] = (full, labels)
    within = [value for video in truth if video in groups and (value := auc_roc(*groups[video])) is not None]
    seen = {video: (scores[scores > NOBODY], labels[scores > NOBODY]) for video, (scores, labels) in groups.items()}
    dev, everything = [seen[video] for video in truth if video in seen], list(seen.values())
    low, high = spread(everything, auc_roc) or (np.nan, np.nan)
    print(
        f"{name:16} dev {_together(dev):.3f}  with left-out ordinary videos {_together(everything):.3f} ({low:.3f}-{high:.3f})"
        f"  within videos {np.mean(within):.3f}"
    )


def _together(groups: list[tuple[np.ndarray, np.ndarray]]) -> float:
    return auc_roc(np.concatenate([s for s, _ in groups]), np.concatenate([t for _, t in groups])) or float("nan")


def _highest(people: list[PoseScores], weights: Mapping[str, float]) -> np.ndarray:
    last = max((int(one.frames[-1]) for one in people if len(one.frames)), default=-1)
    found = np.full(last + 1, NOBODY)
    for one in people:
        mean = sum(weight * one.cues[cue] for cue, weight in weights.items()) / sum(weights.values())
        for run in np.split(np.arange(len(one.frames)), np.flatnonzero(np.diff(one.frames) > 1) + 1):
            if len(run):
                at = one.frames[run]
                found[at] = np.maximum(found[at], smoothed(mean[run][:, None], pose_normality.SMOOTH_S * 15.0)[:, 0])
    return found


if __name__ == "__main__":
    main()
