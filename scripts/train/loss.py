"""Which place answers for which person, and how wrong it is.

Comes in: raw rows of the network and the people of a batch, all people in one flat list (so that the cost grows with the
people that are there, not with the fullest picture). Goes out: the loss and its parts. Assignment as in TOOD (Feng et al.
2021): each person takes the ten places where score^0.5 x IoU^6 is highest; the target score is that measure, scaled to the
best IoU.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from network import Grid, read
from torch import Tensor
from torch.nn import functional

TAKEN = 10
# COCO's own spread of each point, times two (keypoint evaluation of cocodataset.org): how far off is far, as a share of the
# body's size
SPREAD = torch.tensor([26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87, 89, 89]) / 500


@dataclass(frozen=True, slots=True)
class People:
    """All people of a batch:
    whose picture (g,), boxes (g, 4), points (g, 17, 3), heads (g, 5), and ignored places (k, 4) with their picture (k,).
    """

    picture: Tensor
    boxes: Tensor
    points: Tensor
    heads: Tensor
    ignored_picture: Tensor
    ignored: Tensor

    def to(self, device: torch.device) -> People:
        return People(*(getattr(self, name).to(device, non_blocking=True) for name in self.__slots__))


def complete_iou(a: Tensor, b: Tensor, *, complete: bool) -> Tensor:
    """IoU of boxes with the same leading shape; `complete`: less distance and form (Zheng et al. 2020)."""
    low, high = torch.maximum(a[..., :2], b[..., :2]), torch.minimum(a[..., 2:], b[..., 2:])
    shared = (high - low).clamp(min=0).prod(-1)
    sa, sb = (a[..., 2:] - a[..., :2]).clamp(min=1e-3), (b[..., 2:] - b[..., :2]).clamp(min=1e-3)
    iou = shared / (sa.prod(-1) + sb.prod(-1) - shared + 1e-6)
    if not complete:
        return iou
    around = torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])
    apart = ((a[..., :2] + a[..., 2:] - b[..., :2] - b[..., 2:]) ** 2).sum(-1) / 4 / (around**2).sum(-1).clamp(min=1e-6)
    form = 0.405 * (torch.atan(sa[..., 0] / sa[..., 1]) - torch.atan(sb[..., 0] / sb[..., 1])) ** 2
    with torch.no_grad():
        weight = form / (1 - iou + form + 1e-6)
    return iou - apart - weight * form


@torch.no_grad()
def assign(score: Tensor, box: Tensor, people: People, grid: Grid) -> tuple[Tensor, Tensor, Tensor]:
    """Pairs (person, place) and the target score of each. score (n, p) after the sigmoid, box (n, p, 4)."""
    iou = complete_iou(box[people.picture], people.boxes[:, None], complete=False).clamp(min=0)
    centre = grid.centre[None]
    reach = 1.0 * grid.stride[None]
    middle = (people.boxes[:, :2] + people.boxes[:, 2:])[:, None] / 2
    inside = ((centre > people.boxes[:, None, :2]) & (centre < people.boxes[:, None, 2:])).all(-1)
    inside |= ((centre - middle).abs() < reach).all(-1)
    measure = score[people.picture].clamp(min=1e-4) ** 0.5 * iou.clamp(min=1e-3) ** 6 * inside
    top = measure.topk(TAKEN, 1)
    mine = torch.zeros_like(inside).scatter_(1, top.indices, top.values > 0)
    person, place = mine.nonzero(as_tuple=True)
    slot = people.picture[person] * score.shape[1] + place
    claim = iou[person, place] + torch.arange(len(person), device=iou.device) * 1e-7
    best = torch.zeros(score.numel(), device=iou.device).scatter_reduce_(0, slot, claim, "amax", include_self=False)
    won = claim >= best[slot]
    person, place = person[won], place[won]
    value, fit = measure[person, place], iou[person, place]
    most = lambda v: torch.zeros(len(people.boxes), device=v.device).scatter_reduce_(0, person, v, "amax")[person]  # noqa: E731
    return person, place, value / most(value).clamp(min=1e-12) * most(fit)


def loss(rows: Tensor, people: People, grid: Grid) -> tuple[Tensor, dict[str, float]]:
    """The sum to be made small, and its parts for the curves."""
    seen = read(rows, grid)
    target = torch.zeros_like(seen.score)
    if len(people.boxes) == 0:
        who = functional.binary_cross_entropy_with_logits(seen.score, target, reduction="sum") / 10
        return who, {"who": float(who)}
    person, place, wanted = assign(seen.score.detach().sigmoid(), seen.box.detach(), people, grid)
    picture = people.picture[person]
    target[picture, place] = wanted
    counts = torch.ones_like(target)
    if len(people.ignored):
        inside = ((grid.centre[None] > people.ignored[:, None, :2]) & (grid.centre[None] < people.ignored[:, None, 2:])).all(-1)
        which, where = inside.nonzero(as_tuple=True)
        counts[people.ignored_picture[which], where] = 0
        counts[picture, place] = 1
    total = wanted.sum().clamp(min=1)
    who = (functional.binary_cross_entropy_with_logits(seen.score, target, reduction="none") * counts).sum() / total
    boxes = people.boxes[person]
    where = ((1 - complete_iou(seen.box[picture, place], boxes, complete=True)) * wanted).sum() / total
    size = (boxes[:, 2:] - boxes[:, :2]).clamp(min=4).prod(-1)
    body, truth = seen.point[picture, place], people.points[person]
    spread = (2 * SPREAD.to(rows.device) ** 2)[None] * size[:, None]
    off = ((body - truth[..., :2]) ** 2).sum(-1) / spread.clamp(min=1)
    sure = truth[..., 2] * (truth[..., 2] > 0.2) * wanted[:, None]
    points = ((1 - torch.exp(-off)) * sure + 0.15 * torch.log1p(off) * sure).sum() / sure.sum().clamp(min=1)
    taught = (truth[..., 2] > 0).any(-1, keepdim=True) * wanted[:, None]
    point_score = functional.binary_cross_entropy_with_logits(
        seen.point_score[picture, place], truth[..., 2].clamp(0, 1), reduction="none"
    )
    point_score = (point_score * taught).sum() / (taught.sum() * 17).clamp(min=1)
    known = people.heads[person][:, 4] * wanted
    head_iou = complete_iou(seen.head[picture, place], people.heads[person][:, :4], complete=True)
    head = ((1 - head_iou) * known).sum() / known.sum().clamp(min=1)
    head_score = functional.binary_cross_entropy_with_logits(
        seen.head_score[picture, place], people.heads[person][:, 4], reduction="none"
    )
    head_score = (head_score * taught[:, 0]).sum() / taught.sum().clamp(min=1)
    whole = who + 5.0 * where + 1.5 * points + 0.3 * point_score + 1.0 * head + 0.3 * head_score
    parts = {"who": who, "where": where, "points": points, "point_score": point_score, "head": head, "head_score": head_score}
    return whole, {name: float(value.detach()) for name, value in parts.items()}
