"""The optimizer: Muon (Jordan 2024) for the convolutions, AdamW for everything else.

Comes in: the network. Goes out: an `Optimizer` pair behind one small face. Muon turns a convolution's averaged gradient, read
as a matrix (out, in x k x k), into the nearest one with equal singular values; so rare directions learn as fast as common ones.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import torch
from torch import Tensor, nn

RATIO = 8.0  # Muon's rate is so many times AdamW's: its rows have length one
MOMENTUM = 0.95


def straightened(matrix: Tensor) -> Tensor:
    """Newton-Schulz: (b, m, n) to about the same directions with singular values near 1 (five rounds, Jordan's quintic)."""
    x = matrix.bfloat16()
    tall = x.shape[1] > x.shape[2]
    if tall:
        x = x.mT
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(5):
        a = x @ x.mT
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return (x.mT if tall else x).float()


class Optimizer:
    """Both optimizers with one rate; `state` and `load` for checkpoints."""

    def __init__(self, network: nn.Module, rate: float, decay: float) -> None:
        convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d) and m.groups == 1 and m.bias is None]
        self._turned = [m.weight for m in convolutions]
        turned = {id(p) for p in self._turned}
        others = [p for p in network.parameters() if id(p) not in turned]
        groups = [{"params": [p for p in others if p.ndim > 1], "weight_decay": decay}]
        groups += [{"params": [p for p in others if p.ndim <= 1], "weight_decay": 0.0}]
        self._adam = torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.99))
        self._speed = [torch.zeros_like(p) for p in self._turned]
        self._decay = decay
        self._alike: dict[tuple[int, int], list[int]] = defaultdict(list)
        for number, p in enumerate(self._turned):
            self._alike[p.shape[0], p[0].numel()].append(number)

    @torch.no_grad()
    def step(self, rate: float) -> None:
        for group in self._adam.param_groups:
            group["lr"] = rate
        self._adam.step()
        for (rows, columns), members in self._alike.items():
            pushes = []
            for number in members:
                gradient = self._turned[number].grad
                assert gradient is not None
                self._speed[number].lerp_(gradient, 1 - MOMENTUM)
                pushes.append(gradient.lerp(self._speed[number], MOMENTUM).reshape(rows, columns))
            turned = straightened(torch.stack(pushes)) * max(1.0, rows / columns) ** 0.5
            for number, push in zip(members, turned, strict=True):
                weight = self._turned[number]
                weight.mul_(1 - rate * RATIO * self._decay).sub_(push.reshape(weight.shape), alpha=rate * RATIO)

    def clear(self) -> None:
        self._adam.zero_grad(set_to_none=True)
        for p in self._turned:
            p.grad = None

    def state(self) -> dict[str, Any]:
        return {"adam": self._adam.state_dict(), "speed": self._speed}

    def load(self, state: dict[str, Any]) -> None:
        self._adam.load_state_dict(state["adam"])
        for mine, theirs in zip(self._speed, state["speed"], strict=True):
            mine.copy_(theirs)
