"""Turns the trained network's sums into whole numbers (int8), which a CPU does two to three times as fast.

Comes in: the float ONNX file and the cache. Goes out: the same file with quantised convolutions. The ranges are taken from
unchanged pictures of the training sources, drawn with a fixed seed; the first convolution, the heads, scores and boxes stay
in float32.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from learn import boxed, split
from pictures import Store

PICTURES = 300
SEED = 20261121
# what is still computed in float32: the first convolution and the small heads; int8 there costs boxes their exactness
EXACT = [r".*/stem/stem\.0/.*Conv", r".*/(who|where)\.\d/.*Conv", r".*/(score|rest)\.\d/Conv"]


def quantize(file: Path, store: Store, width: int, height: int, target: Path) -> None:
    """Write `file` quantised to `target`. Needs nncf and onnx."""
    import nncf
    import onnx

    model = onnx.load(str(file))
    name = model.graph.input[0].name
    data = nncf.Dataset(list(_pictures(store, width, height)), lambda picture: {name: picture})
    made = nncf.quantize(
        model,
        data,
        subset_size=PICTURES,
        preset=nncf.QuantizationPreset.MIXED,
        target_device=nncf.TargetDevice.CPU,
        ignored_scope=nncf.IgnoredScope(patterns=EXACT),
    )
    onnx.save(made, str(target))


def _pictures(store: Store, width: int, height: int) -> Iterator[np.ndarray]:
    train, _, _ = split(store)
    labelled = train[store.labelled[train]]
    chosen = np.random.default_rng(SEED).choice(labelled, min(PICTURES, len(labelled)), replace=False)
    for number in chosen:
        canvas, _ = boxed(store.pixels(int(number)), width, height)
        yield canvas.transpose(2, 0, 1)[None].astype(np.float32)
