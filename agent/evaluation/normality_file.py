"""The normality of poses as a file: numbers in NumPy's .npz, no pickles.

Comes in: a fitted model and a path. Goes out: the file, whole or not at all, and the model again.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path

import numpy as np

from agent.errors import ModelError
from agent.evaluation.resume import write_whole
from agent.incidents.pose_normality import PoseNormality
from agent.models import PACKAGED

SHIPPED = PACKAGED / "pose_normality.npz"


def read_normality(path: Path = SHIPPED) -> PoseNormality:
    """Raises ModelError."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
            return PoseNormality.from_arrays({name: arrays[name] for name in arrays.files})
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as wrong:
        raise ModelError(
            ko=f"포즈 기준 파일 {path}이(가) 없거나 손상되었거나 다른 버전입니다. Ansim을 다시 설치하거나 --train을 쓰세요.",
            en=f"The normality of poses {path} is missing, damaged or of another version. Install Ansim again, or use --train.",
        ) from wrong


def write_normality(model: PoseNormality, path: Path) -> None:
    """The same model gives the same bytes. Raises StoreError."""
    packed = io.BytesIO()
    np.savez_compressed(packed, allow_pickle=False, **model.to_arrays())
    write_whole(path, packed.getvalue())
