"""The training pictures, decoded once: a flat uint8 file of pixels and an index of boxes and teacher keypoints.

Comes in: ../shared/data (people/, theft_clips/) and a pose model of ../shared/models as teacher. Goes out, in the cache
folder: `pixels.u8` (BGR pictures one after the other), `index.npz` (size, place, source, boxes, keypoints, what to ignore).
Nothing of it belongs into the repository: the cache folder must be an ignored one.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from scoring import overlaps

LONGER_SIDE = 640
THEFT_STEP = 12  # every 12th frame of a clip at 15 frames a second
SURE = 0.40  # a teacher's hit from here on counts as a person that the labels forgot
DOUBT = 0.10  # between DOUBT and SURE the place is left out of the loss
ACTOR = "theft:"
DRAWN = ("drawn", "scene")  # sources whose boxes are exact
DRAWN_SHOPS, DRAWN_FRAMES = 4, 90
# scenes of theft, falls and fights, each in another shop under another camera; `ansim evaluate` draws other seeds
SCENE_SEEDS, SCENE_FRAMES = range(9001, 9009), 10
AGREED, EXACT = 0.5, 0.60  # a label takes the place of a teacher's hit that overlaps it by AGREED and scores EXACT
# Whole sources that training never sees: real CCTV, doorbells at night, the videos of Intel (one-by-one and bottles are
# measured elsewhere), two of five actors. personcctv_tr is the same uploader's training half of personcctv, so it stays out.
HELD_OUT = ("personcctv", "personcctv_tr", "thief", "intel", "theft:A_checkered", "theft:E_older_plaid")
MEASURED = ("personcctv", "thief")  # the held-out sources that carry people's own labels


@dataclass(frozen=True, slots=True)
class Picture:
    """One decoded picture (BGR, longer side <= 640), where it is from,
    and its labelled boxes (n, 4) left, top, right, bottom in 0..1.
    """

    source: str
    name: str
    pixels: np.ndarray
    boxes: np.ndarray
    labelled: bool


def pictures(data: Path) -> Iterator[Picture]:
    """All stills of people/ in the order of their names, then frames of the theft clips, then those of the drawn shops."""
    for folder in sorted(p for p in (data / "people").iterdir() if p.is_dir()):
        for file in sorted(p for p in folder.iterdir() if p.suffix.lower() in {".jpg", ".jpeg", ".png"}):
            pixels = cv2.imread(str(file))
            if pixels is not None:
                truth = file.with_suffix(".txt")
                yield Picture(folder.name, file.stem, fitted(pixels), yolo_boxes(truth), truth.exists())
    yield from theft_frames(data / "theft_clips")
    yield from drawn_frames()
    yield from drawn_scenes()


def theft_frames(folder: Path) -> Iterator[Picture]:
    """Frames of the staged thefts, and each clip's median: the room without those who moved.

    The source is the actor, so that an actor can be held out as a whole.
    """
    import av

    lines = (folder / "labels.tsv").read_text().splitlines()[1:]
    for clip, _, actor, *_ in (line.split("\t") for line in lines):
        nobody, taken = np.zeros((0, 4), np.float32), []
        with av.open(str(folder / clip)) as container:
            for number, frame in enumerate(container.decode(video=0)):
                if number % THEFT_STEP == 0:
                    taken.append(fitted(frame.to_ndarray(format="bgr24")))
                    yield Picture(ACTOR + actor, f"{clip}#{number}", taken[-1], nobody, False)
        yield Picture(ACTOR + actor, f"{clip}#median", np.median(taken, axis=0).astype(np.uint8), nobody, False)


def drawn_frames() -> Iterator[Picture]:
    """Frames of the drawn shop (nobody was filmed for them): what a newcomer sees first must be seen by the model as well."""
    from agent.capture.demo import CYCLE_S, DemoShop

    for seed in range(101, 101 + DRAWN_SHOPS):
        shop = DemoShop(seed)
        for number in range(DRAWN_FRAMES):
            t = (number + 0.37) * CYCLE_S / DRAWN_FRAMES
            truth = shop.truth(t)
            people = [box.clipped() for box, _ in truth.people]
            boxes = np.asarray([(b.left, b.top, b.right, b.bottom) for b in people], np.float32).reshape(-1, 4)
            if truth.covered == 0:
                yield Picture(DRAWN[0], f"{seed}#{number}", fitted(shop.picture(t)), boxes, True)


def drawn_scenes() -> Iterator[Picture]:
    """Moments of the drawn scenes: people who lie, kneel and fight, other furniture, other cameras, empty shops."""
    from agent.capture.demo_drama import ITEMS, DrawnScene

    for item, seed in itertools.product(ITEMS, SCENE_SEEDS):
        scene = DrawnScene(item, seed)
        for number in range(SCENE_FRAMES):
            t = (number + 0.41) * scene.length_s / SCENE_FRAMES
            truth = scene.truth(t)
            people = [box.clipped() for box, _ in truth.people]
            boxes = np.asarray([(b.left, b.top, b.right, b.bottom) for b in people], np.float32).reshape(-1, 4)
            boxes = boxes[((boxes[:, 2:] - boxes[:, :2]) > 0.004).all(1)]
            if truth.covered == 0:
                yield Picture(DRAWN[1], f"{item}-{seed}#{number}", fitted(scene.picture(t)), boxes, True)


def fitted(pixels: np.ndarray) -> np.ndarray:
    height, width = pixels.shape[:2]
    scale = LONGER_SIDE / max(height, width)
    if scale >= 1:
        return pixels
    return cv2.resize(pixels, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)


def yolo_boxes(file: Path) -> np.ndarray:
    """Boxes of a YOLO label file as (n, 4) corners, clipped to the picture; boxes of no area are dropped."""
    if not file.exists():
        return np.zeros((0, 4), np.float32)
    rows = [[float(v) for v in line.split()[1:5]] for line in file.read_text().splitlines() if line.strip()]
    middle = np.asarray(rows, np.float32).reshape(-1, 4)
    corners = np.concatenate((middle[:, :2] - middle[:, 2:] / 2, middle[:, :2] + middle[:, 2:] / 2), 1).clip(0, 1)
    return corners[((corners[:, 2:] - corners[:, :2]) > 0.004).all(1)]


class Teacher:
    """A YOLO pose model under OpenVINO: (boxes (n, 4), scores (n,), keypoints (n, 17, 3)), all in 0..1 of the picture."""

    def __init__(self, model: Path, threads: int) -> None:
        import openvino

        settings: dict[str, Any] = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"}
        self._compiled = openvino.Core().compile_model(str(model), "CPU", settings)
        self._side = int(self._compiled.inputs[0].shape[2])

    def look(self, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        height, width = pixels.shape[:2]
        scale = self._side / max(height, width)
        canvas = np.full((self._side, self._side, 3), 114, np.uint8)
        inner = cv2.resize(pixels, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_LINEAR)
        canvas[: inner.shape[0], : inner.shape[1]] = inner
        blob = np.ascontiguousarray(canvas[None, :, :, ::-1].transpose(0, 3, 1, 2), np.float32) / 255
        rows = next(iter(self._compiled(blob).values()))[0].T
        rows = rows[rows[:, 4] >= DOUBT]
        size = np.asarray([width * scale, height * scale], np.float32)
        keep = cv2.dnn.NMSBoxes(
            (rows[:, :4] - np.pad(rows[:, 2:4] / 2, ((0, 0), (0, 2)))).tolist(), rows[:, 4].tolist(), DOUBT, 0.6
        )
        rows = rows[np.asarray(keep, int).reshape(-1)]
        boxes = np.concatenate((rows[:, :2] - rows[:, 2:4] / 2, rows[:, :2] + rows[:, 2:4] / 2), 1) / np.tile(size, 2)
        points = rows[:, 5:].reshape(-1, 17, 3).copy()
        points[:, :, :2] /= size
        return boxes.clip(0, 1).astype(np.float32), rows[:, 4].astype(np.float32), points.astype(np.float32)


def merged(
    labels: np.ndarray, seen: tuple[np.ndarray, np.ndarray, np.ndarray], *, exact: bool = False
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels and teacher's hits as one truth: (boxes (n, 4), keypoints (n, 17, 3), ignored (k, 4)).

    A label takes the keypoints of the hit that overlaps it most (IoU >= .4), and where both agree the hit's place, unless it is
    `exact` (labels that were turned with their pictures are loose); a sure hit without a label becomes a person of its own (the
    labels miss small people); an unsure one is ignored.
    """
    boxes, scores, points = seen
    out_points, labels = np.zeros((len(labels), 17, 3), np.float32), labels.copy()
    free = np.ones(len(boxes), bool)
    if len(labels) and len(boxes):
        table = overlaps(labels, boxes)
        for flat in np.argsort(-table, axis=None):
            label, hit = np.unravel_index(flat, table.shape)
            if table[label, hit] < 0.4:
                break
            if free[hit] and not out_points[label].any():
                out_points[label], free[hit] = points[hit], False
                if not exact and table[label, hit] >= AGREED and scores[hit] >= EXACT:
                    labels[label] = boxes[hit]
        free &= table.max(0) < 0.4
    sure = free & (scores >= SURE)
    return (
        np.concatenate((labels, boxes[sure])),
        np.concatenate((out_points, points[sure])),
        boxes[free & (scores >= DOUBT) & ~sure],
    )


def prepare(data: Path, teacher: Path | None, cache: Path, threads: int) -> None:
    """Write the cache; goes on where an earlier run was cut (teacher answers are kept every 500 pictures).

    Without a teacher there are neither points nor heads, and pictures without labels of their own are left out.
    """
    cache.mkdir(parents=True, exist_ok=True)
    model = Teacher(teacher, threads) if teacher else None
    kept = cache / "teacher.npz"
    known: dict[str, np.ndarray] = dict(np.load(kept)) if kept.exists() and model else {}
    rows: list[tuple[str, str, int, int, int, bool]] = []
    truth: dict[str, list[np.ndarray]] = {"boxes": [], "points": [], "ignored": [], "labels": []}
    offset, start = 0, time.monotonic()
    with (cache / "pixels.u8").open("wb") as out:
        for number, picture in enumerate(pictures(data)):
            key = f"{picture.source}|{picture.name}"
            if model is None:
                if not picture.labelled:
                    continue
                known[key] = np.zeros((0, 56), np.float32)
            if key not in known:
                assert model is not None
                boxes, scores, points = model.look(picture.pixels)
                known[key] = np.concatenate((boxes, scores[:, None], points.reshape(-1, 51)), 1)
                if len(known) % 500 == 0:
                    np.savez(kept, **known)  # type: ignore[arg-type]
            table = known[key]
            seen = (table[:, :4], table[:, 4], table[:, 5:].reshape(-1, 17, 3))
            found = merged(picture.boxes, seen, exact=picture.source in DRAWN)
            for name, value in zip(("boxes", "points", "ignored"), found, strict=True):
                truth[name].append(value)
            truth["labels"].append(picture.boxes)
            height, width = picture.pixels.shape[:2]
            rows.append((picture.source, picture.name, offset, height, width, picture.labelled))
            out.write(picture.pixels.tobytes())
            offset += picture.pixels.size
            if number % 100 == 0:
                sys.stderr.write(f"\r{number} pictures, {time.monotonic() - start:.0f} s, {picture.source:16s}")
    if model:
        np.savez(kept, **known)  # type: ignore[arg-type]
    counts = {f"{name}_n": np.asarray([len(v) for v in values]) for name, values in truth.items()}
    flat = {name: np.concatenate(values) for name, values in truth.items()}
    source, name, place, height, width, labelled = (np.asarray(column) for column in zip(*rows, strict=True))
    np.savez(
        cache / "index.npz",
        source=source,
        name=name,
        place=place,
        height=height,
        width=width,
        labelled=labelled,
        **counts,
        **flat,
    )
    sys.stderr.write(f"\n{len(rows)} pictures, {sum(counts['boxes_n'])} people, {offset >> 20} MiB\n")


class Store:
    """The cache, opened for reading: pictures by number, with their truth."""

    def __init__(self, cache: Path) -> None:
        self._pixels = np.memmap(cache / "pixels.u8", np.uint8, "r")
        index = np.load(cache / "index.npz")
        self.source, self.name, self.labelled = index["source"], index["name"], index["labelled"]
        self._place, self._height, self._width = index["place"], index["height"], index["width"]
        self._truth = {k: index[k] for k in ("boxes", "points", "ignored", "labels")}
        self._first = {k: np.concatenate(([0], np.cumsum(index[f"{k}_n"]))) for k in self._truth}

    def __len__(self) -> int:
        return len(self.source)

    def pixels(self, number: int) -> np.ndarray:
        place, height, width = int(self._place[number]), int(self._height[number]), int(self._width[number])
        return self._pixels[place : place + height * width * 3].reshape(height, width, 3)

    def truth(self, number: int, kind: str) -> np.ndarray:
        """kind: boxes, points (with the boxes, teacher's), ignored, or labels (the data set's own boxes alone)."""
        first = self._first[kind]
        return self._truth[kind][first[number] : first[number + 1]]
