"""The network "own eyes": a small anchor-free person detector with head box and 17 body points, trained from scratch.

Comes in: (n, 3, h, w) BGR pictures in 0..255; h and w multiples of 32. Goes out of `forward`: one raw row per place (61
numbers); out of `Readable`, which is what is exported: boxes, scores, heads and points in pixels, ready to be read without any
further sums. Dense 3x3 convolutions where the picture is large, and averaging instead of depthwise convolutions with a stride:
on a CPU both train and run nearer to its peak.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

STRIDES = (8, 16, 32)
POINTS = 17
ROW = 1 + 4 + 5 + 3 * POINTS  # score, sides, head (score, place, size), points (x, y, score)
REACH = 4.0  # one unit of a point's offset is this many strides


class Step(nn.Sequential):
    """Convolution, batch norm, ReLU (ReLU: fastest on a CPU, and int8 loses nothing on it)."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1, groups: int = 1) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
            nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.03),
            nn.ReLU(inplace=True),
        )


class Split(nn.Module):
    """Half of the channels walk through `depth` residual pairs of 3x3 steps, and every station is gathered at the end."""

    def __init__(self, inputs: int, outputs: int, depth: int, *, residual: bool = True) -> None:
        super().__init__()
        half = outputs // 2
        self.residual = residual
        self.enter = Step(inputs, outputs, 1)
        self.pairs = nn.ModuleList(nn.Sequential(Step(half, half), Step(half, half)) for _ in range(depth))
        self.leave = Step(half * (2 + depth), outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        stations = list(self.enter(x).chunk(2, 1))
        for pair in self.pairs:
            walked = pair(stations[-1])
            stations.append(stations[-1] + walked if self.residual else walked)
        return self.leave(torch.cat(stations, 1))


class Pool(nn.Module):
    """Looks far: three 5x5 maxima in a row, gathered."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.enter = Step(channels, channels // 2, 1)
        self.leave = Step(channels * 2, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        stations = [self.enter(x)]
        for _ in range(3):
            stations.append(functional.max_pool2d(stations[-1], 5, 1, 2))
        return self.leave(torch.cat(stations, 1))


class Eyes(nn.Module):
    """Backbone to stride 32, a path down and up again, and one small head per stride."""

    def __init__(self, width: tuple[int, int, int, int, int] = (16, 32, 64, 112, 144), neck: int = 64) -> None:
        super().__init__()
        a, b, c, d, e = width
        self.stem = nn.Sequential(Step(3, a, 3, 2), Step(a, b, 3, 2), Split(b, b, 1))
        self.fine = nn.Sequential(Step(b, c, 3, 2), Split(c, c, 2))
        self.middle = nn.Sequential(Step(c, d, 3, 2), Split(d, d, 2))
        self.coarse = nn.Sequential(nn.AvgPool2d(2), Step(d, e, 1), Split(e, e, 1), Pool(e))
        self.down_middle = Split(d + e, neck, 1, residual=False)
        self.down_fine = Split(c + neck, neck, 1, residual=False)
        self.to_middle = nn.Sequential(nn.AvgPool2d(2), Step(neck, neck, 1))
        self.up_middle = Split(neck * 2, neck, 1, residual=False)
        self.to_coarse = nn.Sequential(nn.AvgPool2d(2), Step(neck, neck, 1))
        self.up_coarse = Split(neck + e, neck, 1, residual=False)
        self.who = nn.ModuleList(self._tower(neck) for _ in STRIDES)
        self.where = nn.ModuleList(self._tower(neck) for _ in STRIDES)
        self.score = nn.ModuleList(nn.Conv2d(neck, 1, 1) for _ in STRIDES)
        self.rest = nn.ModuleList(nn.Conv2d(neck, ROW - 1, 1) for _ in STRIDES)
        for score, rest in zip(self.score, self.rest, strict=True):
            nn.init.constant_(score.bias, -4.6)
            nn.init.normal_(score.weight, std=0.01)
            nn.init.normal_(rest.weight, std=0.01)
            nn.init.zeros_(rest.bias)
            nn.init.constant_(rest.bias[:4], 1.5)

    @staticmethod
    def _tower(channels: int) -> nn.Sequential:
        return nn.Sequential(
            Step(channels, channels, 3, groups=channels),
            Step(channels, channels, 1),
            Step(channels, channels, 3, groups=channels),
            Step(channels, channels, 1),
        )

    def forward(self, pictures: Tensor) -> Tensor:
        """(n, 3, h, w) in 0..255 to (n, places, ROW), float32."""
        fine = self.fine(self.stem(pictures * (1 / 64) - 2))
        middle = self.middle(fine)
        coarse = self.coarse(middle)
        p4 = self.down_middle(torch.cat((middle, functional.interpolate(coarse, scale_factor=2.0)), 1))
        p3 = self.down_fine(torch.cat((fine, functional.interpolate(p4, scale_factor=2.0)), 1))
        p4 = self.up_middle(torch.cat((self.to_middle(p3), p4), 1))
        p5 = self.up_coarse(torch.cat((self.to_coarse(p4), coarse), 1))
        rows = []
        for level, x in enumerate((p3, p4, p5)):
            both = torch.cat((self.score[level](self.who[level](x)), self.rest[level](self.where[level](x))), 1)
            rows.append(both.flatten(2).transpose(1, 2))
        return torch.cat(rows, 1).float()


@dataclass(frozen=True, slots=True)
class Grid:
    """The places of a picture size: their centres (places, 2) in pixels and their strides (places, 1)."""

    centre: Tensor
    stride: Tensor

    @staticmethod
    def of(width: int, height: int, device: torch.device | str = "cpu") -> Grid:
        centres, strides = [], []
        for stride in STRIDES:
            y, x = torch.meshgrid(torch.arange(height // stride), torch.arange(width // stride), indexing="ij")
            centres.append((torch.stack((x, y), 2).reshape(-1, 2) + 0.5) * stride)
            strides.append(torch.full((centres[-1].shape[0], 1), float(stride)))
        return Grid(torch.cat(centres).to(device), torch.cat(strides).to(device))


@dataclass(frozen=True, slots=True)
class Read:
    """Raw rows read in pixels:
    logits (n, p), boxes (n, p, 4) corners, head logits (n, p), heads (n, p, 4), points (n, p, 17, 2), point logits (n, p,
    17).
    """

    score: Tensor
    box: Tensor
    head_score: Tensor
    head: Tensor
    point: Tensor
    point_score: Tensor


def read(rows: Tensor, grid: Grid) -> Read:
    sides = functional.softplus(rows[..., 1:5]) * grid.stride * 2
    box = torch.cat((grid.centre - sides[..., :2], grid.centre + sides[..., 2:]), -1)
    middle = grid.centre + rows[..., 6:8] * grid.stride * REACH
    half = functional.softplus(rows[..., 8:10]) * grid.stride
    triples = rows[..., 10:].unflatten(-1, (POINTS, 3))
    point = grid.centre.unsqueeze(-2) + triples[..., :2] * (grid.stride * REACH).unsqueeze(-1)
    return Read(rows[..., 0], box, rows[..., 5], torch.cat((middle - half, middle + half), -1), point, triples[..., 2])


class Readable(nn.Module):
    """What is exported:
    one picture size, and per place score, box (4), head score, head (4), 17 x (x, y, score); pixels and 0..1.
    """

    def __init__(self, eyes: Eyes, width: int, height: int, calibration: tuple[float, float] = (1.0, 0.0)) -> None:
        super().__init__()
        self.eyes = eyes
        self.slope, self.offset = calibration
        grid = Grid.of(width, height)
        self.register_buffer("centre", grid.centre)
        self.register_buffer("stride", grid.stride)

    def forward(self, pictures: Tensor) -> Tensor:
        seen = read(self.eyes(pictures), Grid(self.centre, self.stride))
        points = torch.cat((seen.point, seen.point_score.sigmoid().unsqueeze(-1)), -1).flatten(-2)
        score, head_score = (
            (seen.score * self.slope + self.offset).sigmoid().unsqueeze(-1),
            seen.head_score.sigmoid().unsqueeze(-1),
        )
        return torch.cat((score, seen.box, head_score, seen.head, points), -1)


def parameters(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())
