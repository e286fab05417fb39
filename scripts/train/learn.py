"""The training itself: stages of growing pictures, a constant rate and a fall at its end, a moving average of the weights.

Comes in: the cache, a `Plan`. Goes out, in the run's folder: `last.pt` (to go on from), `stable.pt` (the state before the rate
falls: a longer run goes on from there), `best.pt` (averaged weights alone), `log.jsonl` (one line per report), `curves.svg`.
The same code runs on a CPU (bfloat16, channels last, a loader process) and on one GPU.
"""

from __future__ import annotations

import copy
import json
import math
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from augment import Random, Sample, draw, draw_shop
from loss import People, loss
from muon import Optimizer
from network import Eyes, Grid, read
from pictures import HELD_OUT, MEASURED, Store
from scoring import Look, average_precision, recall
from start import take_up
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

WIDTH, HEIGHT = 576, 320
# where a stage begins (share of the run), its picture size: for a run from nothing, and for one from learned weights
STAGES = ((0.0, 256, 160), (0.25, 320, 192), (0.50, 384, 224), (0.80, WIDTH, HEIGHT))
LATER_STAGES = ((0.0, 448, 256), (0.35, WIDTH, HEIGHT))
LOOK = 16  # batches that the norms of taken-up weights are measured on
# near-twins of one camera count less, pictures of shops' own cameras more
WEIGHT = {
    "theft:": 0.4,
    "weaponcctv_tr": 1.6,
    "luizperson": 0.5,
    "bavclass": 1.5,
    "fallaction": 1.2,
    "drawn": 0.5,
    "scene": 0.5,
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What decides a run.

    pictures: how many samples in all; batch: per step; rate: of AdamW (Muon's follows it); fall: from this share of the run on
    the rate falls; seed: of all that is drawn; start: file of the weights to begin with, if not with random ones; shop: picture
    of one empty shop, which half of the samples are to show.
    """

    pictures: int = 400_000
    batch: int = 16
    rate: float = 1.2e-3
    fall: float = 0.60
    decay: float = 0.03
    seed: int = 20261121
    threads: int = 1
    loaders: int = 1
    report: int = 8_000
    warm: int = 4_000
    average: float = 0.9985
    start: str = ""
    shop: str = ""

    @property
    def steps(self) -> int:
        return self.pictures // self.batch

    def size(self, step: int) -> tuple[int, int]:
        share = step / self.steps
        return next((w, h) for begin, w, h in reversed(LATER_STAGES if self.start else STAGES) if share >= begin)

    def rate_at(self, step: int) -> float:
        share = step / self.steps
        warm = min(1.0, (step + 1) * self.batch / min(self.warm, self.pictures / 8))
        fall = 1.0 if share < self.fall else 0.02 + 0.98 * (1 - math.sqrt((share - self.fall) / (1 - self.fall)))
        return self.rate * warm * fall


class Batches(Dataset[tuple[Tensor, People]]):
    """Batch number k is always the same, whoever draws it: so a run goes on exactly where it was cut."""

    def __init__(self, cache: Path, plan: Plan, numbers: np.ndarray, chance: np.ndarray) -> None:
        self._cache, self._plan, self._numbers, self._chance = cache, plan, numbers, chance
        self._store: Store | None = None
        self._shop = cv2.imread(plan.shop) if plan.shop else None
        if plan.shop and self._shop is None:
            raise FileNotFoundError(plan.shop)

    def __len__(self) -> int:
        return self._plan.steps

    def __getitem__(self, step: int) -> tuple[Tensor, People]:
        if self._store is None:
            cv2.setNumThreads(1)
            self._store = Store(self._cache)
        rng = np.random.default_rng([self._plan.seed, step])
        picked = rng.choice(self._numbers, 4096, p=self._chance)
        width, height = self._plan.size(step)
        plain = 0.5 if step / self._plan.steps > 0.9 else 0.0
        return gathered([self._sample(self._store, picked, width, height, rng, plain) for _ in range(self._plan.batch)])

    def _sample(self, store: Store, picked: np.ndarray, width: int, height: int, rng: Random, plain: float) -> Sample:
        if self._shop is not None and rng.random() < 0.5:
            return draw_shop(store, picked, self._shop, width, height, rng)
        return draw(store, picked, width, height, rng, plain=plain)


def gathered(samples: list[Sample]) -> tuple[Tensor, People]:
    pictures = torch.from_numpy(np.stack([s.picture for s in samples])).permute(0, 3, 1, 2)
    which = np.concatenate([np.full(len(s.boxes), i) for i, s in enumerate(samples)])
    vague = np.concatenate([np.full(len(s.ignored), i) for i, s in enumerate(samples)])
    column = lambda name: torch.from_numpy(np.concatenate([getattr(s, name) for s in samples]).astype(np.float32))  # noqa: E731
    people = People(
        torch.from_numpy(which.astype(np.int64)),
        column("boxes"),
        column("points"),
        column("heads"),
        torch.from_numpy(vague.astype(np.int64)),
        column("ignored"),
    )
    return pictures, people


def split(store: Store) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Numbers of the training pictures, the chance of each, and numbers of the labelled held-out ones."""
    out = np.isin(store.source, (*HELD_OUT, "absent"))
    train = np.flatnonzero(~out)
    weight = np.asarray([next((v for k, v in WEIGHT.items() if str(store.source[i]).startswith(k)), 1.0) for i in train])
    held = np.flatnonzero(np.isin(store.source, MEASURED) & store.labelled)
    return train, weight / weight.sum(), held


class Course:
    """Holding one means:
    a run is loaded (or new) and can take steps. The weights, their moving average, the optimizer, the step.
    """

    def __init__(self, run: Path, plan: Plan, device: torch.device, batches: Batches) -> None:
        torch.manual_seed(plan.seed)
        self.plan, self.device, self.run, self.step = plan, device, run, 0
        self.eyes = Eyes()
        if plan.start and not (run / "last.pt").exists():
            take_up(self.eyes, Path(plan.start), (batches[number][0] for number in range(LOOK)))
        self.eyes.to(device, memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.eyes).eval()
        self.optimizer = Optimizer(self.eyes, plan.rate, plan.decay)
        for file in (run / "last.pt", run / "stable.pt"):
            if file.exists() and self._go_on(torch.load(file, map_location=device, weights_only=True)):
                break
        self.eyes.train()

    def _go_on(self, state: dict[str, Any]) -> bool:
        """A state from after the fall of another plan's rate is no beginning."""
        if state["step"] > self.plan.fall * self.plan.steps and state["pictures"] != self.plan.pictures:
            return False
        self.eyes.load_state_dict(state["eyes"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load(state["optimizer"])
        self.step = state["step"]
        return True

    def take(self, pictures: Tensor, people: People) -> dict[str, float]:
        """One step; gives the parts of the loss."""
        ready = pictures.to(self.device, torch.bfloat16, memory_format=torch.channels_last, non_blocking=True)
        with torch.autocast(self.device.type, torch.bfloat16):
            rows = self.eyes(ready)
        value, parts = loss(rows, people.to(self.device), Grid.of(ready.shape[3], ready.shape[2], self.device))
        self.optimizer.clear()
        value.backward()
        torch.nn.utils.clip_grad_norm_(self.eyes.parameters(), 10.0)
        self.optimizer.step(self.plan.rate_at(self.step))
        self.step += 1
        falling = self.step > self.plan.fall * self.plan.steps
        follow(self.average, self.eyes, min(0.99 if falling else self.plan.average, (1 + self.step) / (20 + self.step)))
        return parts

    def save(self, name: str) -> None:
        state = {"eyes": self.eyes.state_dict(), "average": self.average.state_dict(), "optimizer": self.optimizer.state()}
        torch.save(state | {"step": self.step, "pictures": self.plan.pictures}, self.run / f"{name}.new")
        (self.run / f"{name}.new").replace(self.run / name)

    def save_weights(self) -> None:
        torch.save(
            {"average": self.average.state_dict(), "step": self.step, "plan": json.dumps(asdict(self.plan))},
            self.run / "best.pt",
        )


def learn(cache: Path, run: Path, plan: Plan, seconds: float = math.inf) -> bool:
    """Train until the plan or the time is over; True when the plan is done. Goes on from `last.pt`, else from `stable.pt`."""
    run.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(plan.threads)
    store = Store(cache)
    train, chance, held = split(store)
    batches = Batches(cache, plan, train, chance)
    course = Course(run, plan, torch.device("cuda" if torch.cuda.is_available() else "cpu"), batches)
    loader = DataLoader(
        batches,
        batch_size=None,
        sampler=range(course.step, plan.steps),
        num_workers=plan.loaders,
        prefetch_factor=6 if plan.loaders else None,
        pin_memory=course.device.type == "cuda",
    )
    begin = since = time.monotonic()
    sums: dict[str, float] = {}
    seen = 0
    for pictures, people in loader:
        for name, part in course.take(pictures, people).items():
            sums[name] = sums.get(name, 0.0) + part
        seen += 1
        if course.step == int(plan.fall * plan.steps):
            course.save("stable.pt")
        over = time.monotonic() - begin > seconds
        if course.step % max(1, plan.report // plan.batch) == 0 or course.step == plan.steps or over:
            pace = seen * plan.batch / (time.monotonic() - since)
            losses = {name: round(total / seen, 4) for name, total in sums.items()}
            report(course, {"per_s": round(pace, 1)} | losses | check(course.average, store, held, course.device))
            since, sums, seen = time.monotonic(), {}, 0
        if over:
            break
    return course.step == plan.steps


def report(course: Course, figures: dict[str, float]) -> None:
    line = {"pictures": course.step * course.plan.batch, "rate": course.plan.rate_at(course.step - 1)} | figures
    with (course.run / "log.jsonl").open("a") as log:
        log.write(json.dumps(line) + "\n")
    sys.stderr.write(json.dumps(line) + "\n")
    course.save("last.pt")
    course.save_weights()
    curves(course.run)


@torch.no_grad()
def follow(average: Eyes, eyes: Eyes, share: float) -> None:
    """Move the averaged weights (and the statistics of the norms) towards the present ones."""
    pairs = list(zip(average.state_dict().values(), eyes.state_dict().values(), strict=True))
    real = [(mine, theirs) for mine, theirs in pairs if mine.dtype.is_floating_point]
    torch._foreach_lerp_([mine for mine, _ in real], [theirs for _, theirs in real], 1 - share)


@torch.no_grad()
def check(average: Eyes, store: Store, held: np.ndarray, device: torch.device, most: int = 96) -> dict[str, float]:
    """AP50 and recall of the averaged weights on some held-out pictures (for the curve; nothing is chosen by it)."""
    looks = []
    for number in held[:: max(1, len(held) // most)]:
        pixels = store.pixels(int(number))
        canvas, scale = boxed(pixels)
        batch = torch.from_numpy(canvas).permute(2, 0, 1)[None].to(device, torch.bfloat16, memory_format=torch.channels_last)
        with torch.autocast(device.type, torch.bfloat16):
            rows = average(batch)
        seen = read(rows, Grid.of(WIDTH, HEIGHT, device))
        scores, boxes = seen.score[0].sigmoid().cpu().numpy(), seen.box[0].cpu().numpy()
        strong = scores >= 0.03
        scores, boxes = scores[strong], boxes[strong]
        sides = np.concatenate((boxes[:, :2], boxes[:, 2:] - boxes[:, :2]), 1)
        kept = np.asarray(cv2.dnn.NMSBoxes(sides.tolist(), scores.tolist(), 0.03, 0.6), int).reshape(-1)
        size = np.asarray([pixels.shape[1], pixels.shape[0]] * 2, np.float32) * scale
        looks.append(Look(store.truth(int(number), "labels"), boxes[kept] / size, scores[kept]))
    return {
        "ap50": round(average_precision(looks).value, 4),
        "r50_25": round(recall(looks, 0.5, 0.25).value, 4),
        "r30_10": round(recall(looks, 0.3, 0.10).value, 4),
    }


def boxed(pixels: np.ndarray, width: int = WIDTH, height: int = HEIGHT) -> tuple[np.ndarray, float]:
    """The picture in the upper left of width x height, grey beside it, and the scale that it was given."""
    scale = min(width / pixels.shape[1], height / pixels.shape[0])
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    inner = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    canvas = np.full((height, width, 3), 114, np.uint8)
    canvas[: inner.shape[0], : inner.shape[1]] = inner
    return canvas, scale


def curves(run: Path) -> None:
    """Draw log.jsonl; without matplotlib the log alone remains."""
    try:
        from matplotlib import pyplot as plt
    except ImportError:
        return
    plt.switch_backend("svg")

    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.4))
    for name in ("who", "where", "points", "head"):
        left.plot([x["pictures"] / 1000 for x in lines], [x.get(name, math.nan) for x in lines], label=name)
    for name, text in (("ap50", "AP50"), ("r50_25", "recall .5/.25"), ("r30_10", "recall .3/.10")):
        right.plot([x["pictures"] / 1000 for x in lines], [x.get(name, math.nan) for x in lines], label=text)
    left.set_title("loss on training samples")
    right.set_title("96 held-out pictures, averaged weights")
    for axis in (left, right):
        axis.set_xlabel("thousand samples")
        axis.legend()
        axis.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(run / "curves.svg")
    plt.close(figure)
