"""Foreign libraries that would report home, brought in with their reporting switched off.

Comes in: nothing. Goes out: the modules `openvino` and `ultralytics`. Ansim never tells anybody that it runs; these two do by
default: openvino keeps a client id in ~/intel and reports conversions, ultralytics reports each use and installs packages.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

from agent.errors import ModelError

# Read by ultralytics when it is imported: no usage reports and no look-ups of newer versions; no pip behind the owner's back.
SILENT = {"YOLO_OFFLINE": "true", "YOLO_AUTOINSTALL": "false"}


def openvino() -> Any:
    """The package openvino, which falls back to a stub of its reporting when that part cannot be imported."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # None: importing it raises ImportError
    return importlib.import_module("openvino")


def ultralytics() -> Any:
    """The package ultralytics; ModelError where the extra ansim[yolo] is not installed."""
    os.environ.update(SILENT)
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    try:
        return importlib.import_module("ultralytics")
    except ImportError as fault:
        raise without_extra() from fault


def without_extra() -> ModelError:
    """Says that, and how, the extra has to be installed first."""
    return ModelError(
        ko="이 기능에는 ultralytics가 필요합니다. 'pip install \"ansim[yolo]\"'로 설치해 주세요. 수 GB가 필요합니다.",
        en="This needs ultralytics. Install it with 'pip install \"ansim[yolo]\"'; it takes several GB.",
    )
