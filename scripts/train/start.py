"""Learned weights to begin a run with, of an earlier run's `best.pt` or of an exported ONNX file, int8 ones too.

Comes in: the network, the file, some batches of training pictures. Goes out: the network that says what the file says. An
exported file holds neither batch norms nor fractions: each convolution's whole numbers become fractions again, and the norm
behind it gets the mean and the spread that its sums have on training pictures, and the factor and offset that undo them; so
the first step in training mode sees about the same function. What rounding took away is not in the file, and not restored.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from network import Eyes, Step
from torch import Tensor, nn


def take_up(eyes: Eyes, file: Path, pictures: Iterable[Tensor]) -> None:
    """Give `eyes` the weights of `file`. pictures: batches (n, 3, h, w) in 0..255, needed for an ONNX file alone."""
    if file.suffix == ".onnx":
        fill(eyes, convolutions(file))
        measure(eyes, pictures)
    else:
        eyes.load_state_dict(torch.load(file, map_location="cpu", weights_only=True)["average"])


def convolutions(file: Path) -> list[tuple[np.ndarray, np.ndarray]]:
    """Weight and offset of each convolution of an ONNX file, in the order in which they are run."""
    import onnx

    graph = onnx.load(str(file)).graph
    values = {i.name: onnx.numpy_helper.to_array(i) for i in graph.initializer}
    makers = {output: node for node in graph.node for output in node.output}
    value = lambda name: _value(name, values, makers)  # noqa: E731
    return [(value(node.input[1]), value(node.input[2])) for node in graph.node if node.op_type == "Conv"]


def _value(name: str, values: dict[str, np.ndarray], makers: dict[str, Any]) -> np.ndarray:
    if name in values:
        return values[name].astype(np.float32)
    if makers[name].op_type == "Identity":  # what two convolutions share is written once
        return _value(makers[name].input[0], values, makers)
    whole, scale, zero = (values[part] for part in makers[name].input)
    return ((whole.astype(np.float32) - zero.reshape(-1, 1, 1, 1)) * scale.reshape(-1, 1, 1, 1)).astype(np.float32)


@torch.no_grad()
def fill(eyes: Eyes, weights: list[tuple[np.ndarray, np.ndarray]]) -> None:
    """Set the convolutions, in the order in which they are run, and make each norm add its offset and nothing more.

    Raises ValueError where the file is of another network.
    """
    order = _run_order(eyes)
    if [tuple(c.weight.shape) for c in order] != [w.shape for w, _ in weights]:
        raise ValueError("these weights are of another network")
    norms = _norms(eyes)
    for convolution, (weight, offset) in zip(order, weights, strict=True):
        convolution.weight.copy_(torch.from_numpy(weight))
        bias = torch.from_numpy(offset)
        norm = norms.get(convolution)
        if norm is None:
            assert convolution.bias is not None
            convolution.bias.copy_(bias)
        else:
            _settle(norm, torch.zeros_like(bias), torch.ones_like(bias) - norm.eps, bias)


@torch.no_grad()
def measure(eyes: Eyes, pictures: Iterable[Tensor]) -> None:
    """Give each norm the mean and variance of what it gets on `pictures`; what the network says stays the same."""
    norms = _norms(eyes)
    sums = {c: torch.zeros(3, c.out_channels, dtype=torch.float64) for c in norms}

    def gather(convolution: nn.Conv2d, _: object, made: Tensor) -> None:
        flat = made.detach().double().transpose(0, 1).flatten(1)
        sums[convolution] += torch.stack((torch.full((len(flat),), float(flat.shape[1])), flat.sum(1), (flat**2).sum(1)))

    hooks = [convolution.register_forward_hook(gather) for convolution in norms]
    eyes.eval()
    for batch in pictures:
        eyes(batch.float())
    for hook in hooks:
        hook.remove()
    for convolution, norm in norms.items():
        count, total, squares = sums[convolution]
        mean = total / count
        _settle(norm, mean.float(), (squares / count - mean**2).clamp(min=1e-6).float(), norm.bias.clone())


@torch.no_grad()
def blend(eyes: Eyes, file: Path, pictures: Iterable[Tensor]) -> None:
    """Move `eyes` halfway back to the weights (a `best.pt`) that its run began with, and measure its norms anew on `pictures`.

    Both lie in one basin, and their middle knows unseen sources better than either (Wortsman et al. 2022).
    """
    other = torch.load(file, map_location="cpu", weights_only=True)["average"]
    for name, value in eyes.state_dict().items():
        if value.dtype.is_floating_point:
            value.lerp_(other[name], 0.5)
    norms = _norms(eyes).values()
    before = {norm: norm.momentum for norm in norms}
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    eyes.train()
    for batch in pictures:
        eyes(batch.float())
    for norm, momentum in before.items():
        norm.momentum = momentum
    eyes.eval()


def _settle(norm: nn.BatchNorm2d, mean: Tensor, variance: Tensor, offset: Tensor) -> None:
    """The norm, so that with these statistics it only adds `offset`."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(variance)
    norm.weight.copy_((variance + norm.eps).sqrt())
    norm.bias.copy_(offset + mean)


def _norms(eyes: Eyes) -> dict[nn.Conv2d, nn.BatchNorm2d]:
    return {step[0]: step[1] for step in eyes.modules() if isinstance(step, Step)}  # type: ignore[misc]


def _run_order(eyes: Eyes) -> list[nn.Conv2d]:
    order: list[nn.Conv2d] = []
    hooks = [m.register_forward_hook(lambda m, *_: order.append(m)) for m in eyes.modules() if isinstance(m, nn.Conv2d)]
    eyes.eval()(torch.zeros(1, 3, 64, 64))
    for hook in hooks:
        hook.remove()
    return order
