"""What all tests share: where real recordings and models lie, and hypothesis without a database or a stopwatch."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# The machines that run these tests are slow and shared: time is no finding.
settings.register_profile("ansim", deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("ansim")


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the project."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real recordings to measure with; they are not part of the project."""
    return _folder("ANSIM_SHARED", "real recordings")


@pytest.fixture(scope="session")
def models_folder() -> Path:
    """Real detection models; they are not part of the project."""
    return _folder("ANSIM_MODELS", "real detection models")


def _folder(variable: str, what: str) -> Path:
    value = os.environ.get(variable)
    if not value or not Path(value).is_dir():
        pytest.skip(f"{variable} names no folder with {what}")
    return Path(value)
