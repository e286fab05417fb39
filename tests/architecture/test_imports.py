"""Who may import whom (the contracts are in pyproject.toml), and that the linters' limits are switched on."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest


def test_import_contracts_hold(root: Path) -> None:
    ran = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[ran.stdout.find("Contracts") :] + ran.stderr


def test_each_contract_of_the_design_is_there(root: Path) -> None:
    contracts = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    assert {contract["id"] for contract in contracts} == {
        "layers",
        "web",
        "agent-without-web",
        "clear-pictures",
        "opened-originals",
        "pure",
    }


@pytest.mark.parametrize(
    ("limit", "rule"),
    [
        (("mccabe", "max-complexity"), "C901"),
        (("pylint", "max-args"), "PLR0913"),
        (("pylint", "max-branches"), "PLR0912"),
        (("pylint", "max-returns"), "PLR0911"),
        (("pylint", "max-statements"), "PLR0915"),
        (("flake8-tidy-imports", "ban-relative-imports"), "TID252"),
    ],
)
def test_each_limit_that_is_configured_is_also_checked(root: Path, limit: tuple[str, str], rule: str) -> None:
    lint = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["ruff"]["lint"]
    assert limit[1] in lint[limit[0]]
    assert any(rule.startswith(chosen) for chosen in lint["select"])
    assert not any(rule.startswith(ignored) for ignored in lint["ignore"])


def test_no_limit_is_configured_without_a_test_above(root: Path) -> None:
    lint = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["ruff"]["lint"]
    tables = {name: set(value) for name, value in lint.items() if isinstance(value, dict) and name != "per-file-ignores"}
    assert tables == {
        "mccabe": {"max-complexity"},
        "pylint": {"max-args", "max-branches", "max-returns", "max-statements"},
        "flake8-tidy-imports": {"ban-relative-imports"},
    }


def test_openvino_is_imported_without_its_reporting(root: Path, tmp_path: Path) -> None:
    """openvino writes a client id into ~/intel, and reports, unless its reporting part is kept out."""
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from agent.detection.runtime import Network\n"
        "from agent.errors import ModelError\n"
        "try: Network(Path('/nowhere/model.xml'))\n"
        "except ModelError: pass\n"
        "assert 'openvino' in sys.modules\n"
        "assert sys.modules.get('openvino_telemetry') is None, 'use agent.offline.openvino()'\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=root,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert list(tmp_path.iterdir()) == []
