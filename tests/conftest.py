"""What all tests share: where real recordings and models lie, and hypothesis without a database or a stopwatch."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, expect, sync_playwright

from tests.command import PATIENCE_S
from tests.web.window import ARGUMENTS, CHROMIUM

# The machines that run these tests are slow and shared: time is no finding.
settings.register_profile("ansim", deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("ansim")


SOONEST = frozenset({"integration", "web"})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The folders whose files take long come first, so that at the end no process is left alone with one of them."""
    items.sort(key=lambda item: SOONEST.isdisjoint(item.path.parts))


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


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The one Chromium of a test process: Playwright can be started once in it."""
    if not CHROMIUM.exists():
        pytest.skip("Debian's chromium is not installed (scripts/setup does it)")
    expect.set_options(timeout=PATIENCE_S * 1000)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield chromium
        chromium.close()


def _folder(variable: str, what: str) -> Path:
    value = os.environ.get(variable)
    if not value or not Path(value).is_dir():
        pytest.skip(f"{variable} names no folder with {what}")
    return Path(value)
