"""A wheel built from the tree and installed elsewhere is whole: its command runs and finds settings, models and pages."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

LOOK = """
import importlib.resources, json, pathlib, agent, web
found = {
    "agent": agent.__file__,
    "settings": len((importlib.resources.files("config") / "default.toml").read_text("utf-8")),
    "models": len(json.loads((importlib.resources.files("models") / "manifest.json").read_text("utf-8"))["models"]),
}
for folder in ("templates", "static", "translations"):
    found[folder] = [p.suffix for p in (pathlib.Path(web.__file__).parent / folder).rglob("*") if p.is_file()]
from agent.config import load_settings
from agent.models import list_models
found["language"] = load_settings(None, {}).shop.language
found["listed"] = [s.name for s in list_models(pathlib.Path("/nowhere"))]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of the tree, built with the locked hatchling and without the network."""
    out = tmp_path_factory.mktemp("wheel")
    root = Path(__file__).resolve().parents[2]
    ran = subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--no-index",
            "--no-build-isolation",
            "--wheel-dir",
            str(out),
            str(root),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with ansim from the wheel; the dependencies are lent by the one that runs the tests."""
    home = tmp_path_factory.mktemp("elsewhere")
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index", str(wheel)],
        check=True,
    )
    site = next(home.glob("lib/python*/site-packages"))
    # Behind the wheel's own packages, and as a plain path: its .pth files, the editable ansim among them, are not read.
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    return home


def test_the_wheel_holds_no_tests_and_no_recordings(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"agent", "web", "config", "models"}


def test_its_command_runs(elsewhere: Path, tmp_path: Path) -> None:
    ran = subprocess.run(
        [str(elsewhere / "bin" / "ansim"), "--help"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert "run" in ran.stdout
    assert "check" in ran.stdout


def test_it_finds_what_it_comes_with(elsewhere: Path, tmp_path: Path) -> None:
    ran = subprocess.run(
        [str(elsewhere / "bin" / "python"), "-c", LOOK], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert str(elsewhere) in found["agent"]
    assert found["settings"] > 0
    assert found["models"] > 0
    assert found["listed"]
    assert found["language"] in {"ko", "en"}
    assert ".html" in found["templates"]
    assert ".css" in found["static"]
    assert {".po", ".mo"} <= set(found["translations"])
