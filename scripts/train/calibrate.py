"""Makes a score mean something: the chance that the hit is a person (IoU >= .5), on unchanged training pictures.

Comes in: the trained weights and the cache. Goes out: slope and offset for the score's logit, which the export builds in. The
order of the hits, and so the average precision, stays as it was. It is fitted on training sources alone; unseen ones are
somewhat less sure.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from learn import boxed, split
from network import Eyes, Grid, read
from pictures import DRAWN, Store
from scoring import Look, matched, overlaps

PICTURES = 320
LEAST = 0.003
SEED = 20261121


def calibration(eyes: Eyes, store: Store, width: int, height: int) -> tuple[float, float]:
    """(slope, offset) by logistic regression of "is a person" on the logit (Platt 1999)."""
    train, _, _ = split(store)
    labelled = train[store.labelled[train] & ~np.isin(store.source[train], DRAWN)]
    chosen = np.random.default_rng(SEED).choice(labelled, min(PICTURES, len(labelled)), replace=False)
    logits, right = (np.concatenate(c) for c in zip(*(_hits(eyes, store, int(n), width, height) for n in chosen), strict=True))
    return fitted(logits, right)


@torch.no_grad()
def _hits(eyes: Eyes, store: Store, number: int, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    pixels = store.pixels(number)
    canvas, scale = boxed(pixels, width, height)
    seen = read(eyes(torch.from_numpy(canvas).permute(2, 0, 1)[None].float()), Grid.of(width, height))
    logits, boxes = seen.score[0].numpy(), seen.box[0].numpy()
    strong = 1 / (1 + np.exp(-logits)) >= LEAST
    logits, boxes = logits[strong], boxes[strong] / (np.asarray([pixels.shape[1], pixels.shape[0]] * 2) * scale)
    sides = np.concatenate((boxes[:, :2], boxes[:, 2:] - boxes[:, :2]), 1)
    scores = 1 / (1 + np.exp(-logits))
    kept = np.asarray(cv2.dnn.NMSBoxes(sides.tolist(), scores.tolist(), LEAST, 0.6), int).reshape(-1)
    logits, boxes = logits[kept], boxes[kept]
    hit = matched(Look(store.truth(number, "boxes"), boxes, logits), 0.5)
    vague = store.truth(number, "ignored")
    unclear = ~hit & (overlaps(boxes, vague).max(1, initial=0) > 0.3) if len(vague) else np.zeros(len(hit), bool)
    return logits[~unclear], hit[~unclear].astype(float)


def fitted(logits: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """Newton's method on the log-likelihood; two unknowns, so thirty rounds are plenty."""
    rows = np.stack((logits, np.ones_like(logits)), 1)
    answer = np.asarray([1.0, 0.0])
    for _ in range(30):
        chance = 1 / (1 + np.exp(-(rows @ answer).clip(-30, 30)))
        curve = (rows * (chance * (1 - chance))[:, None]).T @ rows + 1e-6 * np.eye(2)
        answer = answer + np.linalg.solve(curve, rows.T @ (right - chance))
    return float(answer[0]), float(answer[1])
