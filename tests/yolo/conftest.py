"""A stand-in for the one operator of torchvision that ultralytics uses, where the CPU build of PyTorch has no match."""

from __future__ import annotations

import sys
import types

try:
    import torchvision  # noqa: F401
except ImportError:
    pass
except RuntimeError:  # built for CUDA, beside a PyTorch without it
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        del sys.modules[name]
    stand_in = types.ModuleType("torchvision")
    sys.modules["torchvision"] = stand_in
    from agent.offline import ultralytics

    ultralytics()
    from ultralytics.utils.nms import TorchNMS

    stand_in.ops = types.SimpleNamespace(nms=TorchNMS.nms)  # type: ignore[attr-defined]
