#!/usr/bin/env python3
"""Trains and measures the concealment score: one command, the same seed and data give the same figures.

    python scripts/train/concealment.py --data ../shared/data          some ten minutes on one calm core, most of it looking

Comes in: theft_clips/ and poselift/ of ../shared/data, scripts/train/acts.tsv, a YOLO-pose model and a YOLO model that knows
bags ($ANSIM_MODELS or --models); needs the extra `ansim[train]` (PyTorch). What the detectors saw is kept in --cache, an
ignored folder. Goes out: models/concealment.json (the numbers), .figures.json and .roc.svg beside it.

The figures leave one actor out: everything that is learned or chosen here (the network, the averaging, the odds, the threshold)
comes from the other actors alone, by leaving one of them out in turn; then the clips of the one left out go through
`agent.incidents.concealment.clip_score` look by look, as the agent would do it.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts" / "train")]

import torch  # noqa: E402
from hiding import Acts, Course, Plan, Rows, courses, fit, looks_of, rows_of, shoppers, together  # noqa: E402
from postures import Footage, footage  # noqa: E402

from agent.evaluation.ranking import auc_roc, roc_points  # noqa: E402
from agent.evaluation.roc_picture import Mark, roc_svg  # noqa: E402
from agent.incidents.arms import GRID_S, NAMES, arm_features, grid_times, hands_at_bag, on_grid, trailing_mean  # noqa: E402
from agent.incidents.concealment import BAG_LOOKS, LEAST_S, ConcealmentModel, ConcealmentWatch, clip_score  # noqa: E402
from agent.models import best  # noqa: E402
from agent.values import Bag, Box, Keypoint, Track  # noqa: E402

POOLS = (6, 8, 12)  # grid steps over which moments are averaged, one of them
FIRST = int(LEAST_S / GRID_S)  # grid steps before anybody is judged
BUSY_H = 4.0  # hours of people in view that a camera of a busy shop sees in a day, for "one false alarm a day"
SEED = 20261121


@dataclasses.dataclass(slots=True)
class Bench:
    """All that was seen, made ready once."""

    clips: list[Footage]
    acts: Acts
    people: list[Course]
    versions: list[Rows]
    normal: dict[str, list[Course]]
    theft: np.ndarray
    actor: np.ndarray
    doubtful: np.ndarray
    bag: np.ndarray
    held: np.ndarray  # the bag score of each clip, before it is turned into odds


def prepare(choice: argparse.Namespace) -> Bench:
    pose, bag = best("pose", choice.models), best("bags", choice.models)
    if pose is None or bag is None:
        raise SystemExit("a YOLO-pose and a YOLO model are needed: set ANSIM_MODELS or --models")
    clips = footage(choice.data / "theft_clips", choice.cache, pose, bag, choice.threads)
    acts = Acts.read(Path(__file__).with_name("acts.tsv"))
    people = [course for number, clip in enumerate(clips) for course in courses(number, clip, acts)]
    normal = shoppers(choice.data / "poselift" / "train_normal")
    chance = np.random.default_rng(SEED)
    told(f"{len(people)} courses in {len(clips)} clips, {sum(map(len, normal.values()))} of shoppers")
    versions = [rows_of(people, None), *(rows_of(people, chance) for _ in range(Plan().versions))]
    return Bench(
        clips,
        acts,
        people,
        versions,
        normal,
        np.array([clip.label != "normal" for clip in clips]),
        np.array([clip.actor for clip in clips]),
        np.array([acts.doubtful(clip) for clip in clips]),
        np.array([acts.bag(clip.name) for clip in clips]),
        np.array([_held(clip, [c for c in people if c.clip == n]) for n, clip in enumerate(clips)]),
    )


def _held(clip: Footage, people: list[Course]) -> float:
    """The best mean over the last looks for bags of anybody in the clip, as `ConcealmentModel.bag_odds` takes it."""
    best = 0.0
    bags = {t: rows for t, rows in zip(clip.times.tolist(), clip.bags, strict=True) if rows is not None}
    for course in people:
        values = []
        for seconds, points in zip(course.times.tolist(), course.points, strict=True):
            if seconds in bags:
                values.append(hands_at_bag(points, bags[seconds] * np.array([clip.aspect, 1, clip.aspect, 1, 1])))
        if len(values) >= 2:
            best = max(best, float(trailing_mean(np.array([0.0] * BAG_LOOKS + values), BAG_LOOKS)[BAG_LOOKS:].max()))
    return best


def train(bench: Bench, clips: np.ndarray, normal: Rows | None, seeds: int, name: str) -> dict[str, Any]:
    began = time.monotonic()
    versions = [rows.of(clips) for rows in bench.versions]
    net = together([fit(versions, normal, Plan(), SEED + seed) for seed in range(seeds)])
    told(f"{name}: {len(clips)} clips, {seeds} networks, {time.monotonic() - began:.0f} s")
    return net


def raw_arms(bench: Bench, net: dict[str, Any], clips: np.ndarray) -> dict[int, np.ndarray]:
    """Per averaging time the highest raw score in each of `clips`."""
    found = {pool: np.full(len(bench.clips), -20.0) for pool in POOLS}
    model = _model(net, 1, (1.0, 0.0), (1.0, 0.0), 0.5, 0.5)
    for course in bench.people:
        if course.clip in clips:
            moments = model.moments(arm_features(on_grid(course.times, course.points, grid_times(course.times))))
            for pool in POOLS:
                means = trailing_mean(np.concatenate((np.full(pool, -4.0), moments)), pool)[pool + FIRST :]
                found[pool][course.clip] = max(found[pool][course.clip], float(means.max(initial=-20.0)))
    return found


def _model(net: dict[str, Any], pool: int, arm: Any, bag: Any, marked: float, alarm: float) -> ConcealmentModel:
    return ConcealmentModel.from_dict(
        {**net, "inputs": NAMES, "pool": pool, "arm": arm, "bag": bag, "marked": marked, "alarm": alarm}
    )


def chosen(bench: Bench, clips: np.ndarray, normal: Rows | None, name: str) -> dict[str, Any]:
    """Averaging time, odds and threshold for a model trained on `clips`, from leaving one of their actors out in turn."""
    raw = {pool: np.full(len(bench.clips), np.nan) for pool in POOLS}
    for actor in sorted(set(bench.actor[clips])):
        out = clips[bench.actor[clips] == actor]
        if not bench.theft[out].any():
            continue  # an actor without thefts is always among those trained on
        net = train(bench, clips[bench.actor[clips] != actor], normal, 1, f"{name}, inner without {actor}")
        for pool, scores in raw_arms(bench, net, out).items():
            raw[pool][out] = scores[out]
    sure = clips[~bench.doubtful[clips] & np.isfinite(raw[POOLS[0]][clips])]
    armed = sure[~bench.bag[sure]]
    pool = max(POOLS, key=lambda p: (auc_roc(raw[p][armed], bench.theft[armed]) or 0.0, p))
    arm = odds(raw[pool][armed], bench.theft[armed], 1.0)
    with_bag = clips[(bench.bag[clips] | ~bench.theft[clips]) & ~bench.doubtful[clips]]
    bag = odds(bench.held[with_bag], bench.theft[with_bag], 0.1)
    both = np.maximum(arm[0] * raw[pool][sure] + arm[1], bag[0] * bench.held[sure] + bag[1])
    return {"pool": pool, "arm": arm, "bag": bag, "marked": share(best_cut(both, bench.theft[sure]))}


def odds(scores: np.ndarray, truth: np.ndarray, unit: float) -> tuple[float, float]:
    """(slope, offset) of a logistic curve through the scores, both classes weighing alike, slightly drawn to 1 per unit."""
    scores = np.maximum(scores, -8.0) / unit
    slope, offset = 1.0, -float(np.median(scores))
    weight = np.where(truth, 0.5 / truth.mean(), 0.5 / (1 - truth.mean()))
    for _ in range(4000):
        gap = (1 / (1 + np.exp(-np.clip(slope * scores + offset, -30, 30))) - truth) * weight
        slope -= 0.1 * (float((gap * scores).mean()) + 0.05 * (slope - 1))
        offset -= 0.1 * float(gap.mean())
    return slope / unit, offset


def best_cut(scores: np.ndarray, truth: np.ndarray) -> float:
    """The threshold of the best balanced accuracy, averaged over all that come within two hundredths of it."""
    edges = np.unique(scores)
    cuts = (edges[1:] + edges[:-1]) / 2
    values = np.array([balanced(scores, truth, cut) for cut in cuts])
    return float(np.mean(cuts[values >= values.max() - 0.02]))


def balanced(scores: np.ndarray, truth: np.ndarray, cut: float) -> float:
    return float(((scores >= cut)[truth].mean() + (scores < cut)[~truth].mean()) / 2)


def share(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))


def played(bench: Bench, model: ConcealmentModel, number: int, every: int = 1, *, bags: bool = True) -> tuple[float, float]:
    """The clip through the agent's own code; every: only each so many-th look; without bags: as where that model is missing."""
    clip = bench.clips[number]
    looks, pending = [], None
    for index, (seconds, people) in enumerate(looks_of(clip)):
        seen = clip.bags[index]
        if bags and seen is not None:
            pending = tuple(Bag(Box(*(float(v) for v in row[:4])), float(row[4])) for row in seen)
        if index % every == 0:
            looks.append((seconds, people, pending))
            pending = None
    return clip_score(model, looks, clip.aspect)


def shopping(model: ConcealmentModel, normal: dict[str, list[Course]]) -> tuple[np.ndarray, float]:
    """The highest score of each shopper (odds), and the hours of people in view."""
    peaks, hours = [], 0.0
    for people in normal.values():
        for course in people:
            watch, best = ConcealmentWatch(model), 0.0
            for seconds, points in zip(course.times.tolist(), course.points, strict=True):
                keys = tuple(Keypoint(float(x), float(y), float(c)) for x, y, c in points)
                track = Track(1, "shop", Box(0, 0, 1, 1), True, 1.0, "person", seconds, seconds, keypoints=keys)
                best = max([best, *(seen.score for seen in watch.step(seconds, (track,), aspect=1.0).values())])
            peaks.append(best)
            hours += float(course.times[-1] - course.times[0]) / 3600
    return np.clip(np.array(peaks), 1e-9, 1 - 1e-9), hours


def alarm_cut(peaks: np.ndarray, hours: float) -> float:
    """The odds that one shopper a day exceeds, by an exponential tail through the highest tenth of the peaks."""
    logit = np.sort(np.log(peaks / (1 - peaks)))
    tail = logit[-max(8, len(logit) // 10) :]
    wide = float((tail - tail[0]).mean())
    return float(tail[0] + wide * math.log(max(len(tail) / hours * BUSY_H, 1.0)))


def wilson(hits: int, of: int) -> list[float]:
    """95 % interval of a share (Wilson 1927)."""
    if not of:
        return [0.0, 1.0]
    z, p = 1.96, hits / of
    middle, half = p + z * z / (2 * of), z * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    return [round((middle - half) / (1 + z * z / of), 3), round((middle + half) / (1 + z * z / of), 3)]


def figures(bench: Bench, called: np.ndarray, scores: np.ndarray) -> dict[str, Any]:
    """Per actor and over all, as labelled, and once more without the clips whose label is doubtful."""

    def of(kept: np.ndarray) -> dict[str, Any]:
        truth, call, score = bench.theft[kept], called[kept], scores[kept]
        hits, right = int((call & truth).sum()), int((~call & ~truth).sum())
        both = truth.any() and (~truth).any()
        found: dict[str, Any] = {"thefts": int(truth.sum()), "found": hits, "found_95": wilson(hits, int(truth.sum()))}
        found |= {"normal": int((~truth).sum()), "left_alone": right, "left_alone_95": wilson(right, int((~truth).sum()))}
        if both:
            chance = np.random.default_rng(SEED)
            draws = []
            for _ in range(2000):
                some = np.concatenate(
                    [chance.choice(np.flatnonzero(truth == t), int((truth == t).sum())) for t in (True, False)]
                )
                draws.append((call[some][truth[some]].mean() + (~call[some])[~truth[some]].mean()) / 2)
            value = (call[truth].mean() + (~call)[~truth].mean()) / 2
            found |= {"balanced": round(float(value), 3), "balanced_95": np.quantile(draws, (0.025, 0.975)).round(3).tolist()}
            found["auc"] = round(float(auc_roc(score, truth) or 0.0), 3)
        return found

    names = sorted(set(bench.actor))
    sure = ~bench.doubtful
    found = {"all": of(np.ones(len(scores), bool)), **{name: of(bench.actor == name) for name in names}}
    found["all, sure labels"] = of(sure)
    return found | {f"{name}, sure labels": of((bench.actor == name) & sure) for name in set(bench.actor[~sure])}


def measure(bench: Bench, normal: Rows) -> dict[str, Any]:
    """Leave one actor out, at the rate of looking of the cache, at a third of it, and without the model that sees bags."""
    ways: dict[str, dict[str, Any]] = {
        "7.5 looks a second": {},
        "2.5 looks a second": {"every": 3},
        "without bags": {"bags": False},
    }
    scores = {way: np.zeros(len(bench.clips)) for way in ways}
    margins = {way: np.zeros(len(bench.clips)) for way in ways}
    at_s = np.zeros(len(bench.clips))
    everyone = np.arange(len(bench.clips))
    for actor in sorted(set(bench.actor)):
        others = everyone[bench.actor != actor]
        pick = chosen(bench, others, normal, f"without {actor}")
        model = _model(train(bench, others, normal, Plan().seeds, f"without {actor}"), alarm=0.99, **pick)
        told(f"without {actor}: averaging {pick['pool']} steps, called from {pick['marked']:.3f}")
        for way, how in ways.items():
            for number in everyone[bench.actor == actor]:
                score, at = played(bench, model, number, **how)
                scores[way][number] = score
                margins[way][number] = _odds(score) - _odds(pick["marked"])
                if not how:
                    at_s[number] = at
    found = {way: figures(bench, margins[way] >= 0, margins[way]) for way in ways}
    first = margins["7.5 looks a second"]
    rows = []
    for n, clip in enumerate(bench.clips):
        row = {"file": clip.name, "label": clip.label, "actor": clip.actor}
        odds_of = {"score": round(float(scores["7.5 looks a second"][n]), 5), "margin": round(float(first[n]), 3)}
        rows.append(row | odds_of | {"at_s": round(float(at_s[n]), 2)})
    return {"ways": found, "clips": rows, "curve": roc_points(first, bench.theft)}


def _odds(score: float) -> float:
    score = min(max(score, 1e-9), 1 - 1e-9)
    return math.log(score / (1 - score))


def false_alarms(bench: Bench, pick: dict[str, Any]) -> tuple[float, dict[str, Any]]:
    """The alarm threshold, from shoppers whom the network has not seen: each half of the recordings judged by the other."""
    everyone = np.arange(len(bench.clips))
    names = sorted(bench.normal)
    peaks, hours = [], 0.0
    for half in (0, 1):
        seen = [course for name in names[half::2] for course in bench.normal[name]]
        net = train(bench, everyone, rows_of(seen, np.random.default_rng(SEED)), 1, f"half {half + 1} of the shoppers")
        model = _model(net, alarm=0.99, **pick)
        more, some = shopping(model, {name: bench.normal[name] for name in names[1 - half :: 2]})
        peaks.append(more)
        hours += some
    together_peaks = np.concatenate(peaks)
    alarm = share(alarm_cut(together_peaks, hours))
    above = int((together_peaks >= pick["marked"]).sum())
    return alarm, {
        "shoppers": len(together_peaks),
        "hours_in_view": round(hours, 2),
        "above_marked": above,
        "above_marked_per_hour": round(above / hours, 2),
        "above_alarm": int((together_peaks >= alarm).sum()),
        "busy_hours_a_day": BUSY_H,
    }


def told(line: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {line}\n")


def main() -> int:
    shared = ROOT.parent / "shared"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=shared / "data")
    parser.add_argument("--models", type=Path, help="folder with the detectors (default: $ANSIM_MODELS)")
    parser.add_argument("--cache", type=Path, default=ROOT / ".train" / "concealment", help="what the detectors saw; ignored")
    parser.add_argument("--out", type=Path, default=ROOT / "models")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--model-only", action="store_true", help="train the final model, measure nothing")
    choice = parser.parse_args()
    choice.models = choice.models or Path(os.environ.get("ANSIM_MODELS", str(shared / "models")))
    torch.set_num_threads(choice.threads)
    torch.use_deterministic_algorithms(mode=True)
    bench = prepare(choice)
    normal = rows_of([course for people in bench.normal.values() for course in people], np.random.default_rng(SEED))
    everyone = np.arange(len(bench.clips))
    pick = chosen(bench, everyone, normal, "all actors")
    alarm, shops = false_alarms(bench, pick)
    net = train(bench, everyone, normal, Plan().seeds, "all actors")
    model = {**net, **pick, "inputs": NAMES, "alarm": alarm}
    plain = {name: _rounded(value) for name, value in model.items()}
    ConcealmentModel.from_dict(plain)
    (choice.out / "concealment.json").write_text(json.dumps(plain) + "\n", encoding="utf-8")
    told(f"marked {pick['marked']:.3f}, alarm {alarm:.4f}, shoppers {shops}")
    if choice.model_only:
        return 0
    found = measure(bench, normal)
    curve = found.pop("curve")
    every = found["ways"]["7.5 looks a second"]["all"]
    mark = Mark(1 - every["left_alone"] / every["normal"], every["found"] / every["thefts"], "threshold of the other actors")
    picture = roc_svg(curve, "Hidden goods, one actor left out (theft_clips)", [mark])
    (choice.out / "concealment.roc.svg").write_text(picture, encoding="utf-8")
    loud = {row["file"] for row in found["clips"] if row["score"] >= alarm}
    hours = sum(float(clip.times[-1]) for clip in bench.clips if clip.label == "normal") / 3600
    called = sum(row["margin"] >= 0 for row in found["clips"] if row["label"] == "normal")
    found["at_alarm"] = {
        "thefts": sum(clip.label != "normal" and clip.name in loud for clip in bench.clips),
        "normal": sum(clip.label == "normal" and clip.name in loud for clip in bench.clips),
        "normal_hours": round(hours, 3),
        "called_normal_per_hour": round(called / hours, 1),
    }
    told(f"alarm: {found['at_alarm']}")
    report = {"seed": SEED, "plan": dataclasses.asdict(Plan()), "shoppers": shops, **found}
    (choice.out / "concealment.figures.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    for way, groups in found["ways"].items():
        for name, one in groups.items():
            counts = f"{one['found']}/{one['thefts']} {one['left_alone']}/{one['normal']}"
            told(f"{way:20} {name:30} {one.get('balanced', ''):6} {one.get('auc', ''):6} {counts}")
    return 0


def _rounded(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return np.vectorize(lambda v: float(f"{v:.6g}"))(value).tolist()
    return list(value) if isinstance(value, tuple) else value


if __name__ == "__main__":
    raise SystemExit(main())
