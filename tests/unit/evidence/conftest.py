"""One bag for all that only look at it or change a copy."""

from __future__ import annotations

import pytest

from scripts.bench.tampering import Untouched
from tests import bags


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> Untouched:
    return bags.untouched(tmp_path_factory.mktemp("shop") / "data")
