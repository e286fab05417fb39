"""The concealment model as a file: plain numbers in JSON.

Comes in: a path. Goes out: the model, or an error that says what to do.
"""

from __future__ import annotations

import json
from pathlib import Path

from agent.errors import ModelError
from agent.incidents.concealment import ConcealmentModel
from agent.models import PACKAGED

SHIPPED = PACKAGED / "concealment.json"


def read_concealment(path: Path = SHIPPED) -> ConcealmentModel:
    """Raises ModelError where the file is missing, damaged or of another version."""
    try:
        return ConcealmentModel.from_dict(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError, RecursionError) as wrong:
        raise ModelError(
            ko=f"물건 숨김 모델 {path}이(가) 없거나 손상되었거나 다른 버전입니다. Ansim을 다시 설치해 주세요.",
            en=f"The concealment model {path} is missing, damaged or of another version. Install Ansim again.",
        ) from wrong
