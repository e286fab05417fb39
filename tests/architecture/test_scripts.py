"""What the scripts say when they cannot go on, and that the locks lock everything."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

SCRIPTS = ["setup", "run", "test", "lock"]


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder of commands as a poor machine has them: the few that the script cannot do without, no sudo, nobody is root."""
    for command in ("bash", "dirname", "basename", "sed", "tr", "grep", "cat", "sha256sum", "cut", "env"):
        (tmp_path / command).symlink_to(shutil.which(command) or pytest.fail(f"this machine has no {command}"))
    _command(tmp_path, "id", "echo 1000")
    return tmp_path


def _command(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(f"#!{shutil.which('bash')}\n{text}\n", "utf-8")
    (folder / name).chmod(0o755)


def _setup(root: Path, path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(root / "scripts" / "setup"), *arguments],
        env={"PATH": str(path), "HOME": str(path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("script", SCRIPTS)
def test_each_script_is_runnable_bash_that_says_what_it_does(root: Path, script: str) -> None:
    path = root / "scripts" / script
    assert path.stat().st_mode & 0o111
    lines = path.read_text("utf-8").splitlines()
    assert lines[0] == "#!/usr/bin/env bash"
    assert lines[1].startswith("# ")
    assert "set -euo pipefail" in lines
    assert subprocess.run(["bash", "-n", str(path)], check=False).returncode == 0


@pytest.mark.parametrize(("option", "package"), [((), "libzbar0"), (("--dev",), "chromium")])
def test_without_root_setup_names_the_missing_packages_and_the_command(
    root: Path, bare: Path, option: tuple[str, ...], package: str
) -> None:
    _command(bare, "python3", "exit 0")  # new enough, with venv
    _command(bare, "dpkg-query", "exit 0")  # nothing is installed
    ran = _setup(root, bare, *option)
    assert ran.returncode == 3
    assert "관리자" in ran.stderr
    command = next(line for line in ran.stderr.splitlines() if "apt-get install" in line)
    assert package in command
    assert "libzbar0" in command


def test_a_package_under_a_newer_name_counts_as_installed(root: Path, bare: Path) -> None:
    _command(bare, "python3", "exit 0")
    _command(bare, "dpkg-query", "printf 'installed libzbar0t64, libzbar0 (= 0.23),\\ninstalled libgl1, ,\\n'")
    ran = _setup(root, bare)
    assert "libglib2.0-0" in ran.stderr
    assert not re.search(r"libzbar0|libgl1", ran.stderr)


def test_an_old_python_is_named(root: Path, bare: Path) -> None:
    _command(bare, "python3", '[[ $1 == --version ]] && echo "Python 3.9.2"; exit 1')
    ran = _setup(root, bare)
    assert ran.returncode == 5
    assert "3.11" in ran.stderr
    assert "3.9.2" in ran.stderr


def test_an_unknown_option_is_refused(root: Path, bare: Path) -> None:
    ran = _setup(root, bare, "--quick")
    assert ran.returncode == 2
    assert "--quick" in ran.stderr


@pytest.mark.parametrize(("lock", "extras"), [("requirements.lock", ("build",)), ("requirements-dev.lock", ("build", "dev"))])
def test_the_lock_pins_every_dependency_with_its_hashes_and_names_no_source(
    root: Path, lock: str, extras: tuple[str, ...]
) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    listed = [line for extra in extras for line in project["optional-dependencies"][extra]]
    own = [name for line in listed if line.startswith("ansim[") for name in line.removeprefix("ansim[").rstrip("]").split(",")]
    listed += [line for extra in own for line in project["optional-dependencies"][extra]]
    wanted = [*project["dependencies"], *(line for line in listed if not line.startswith("ansim["))]
    text = (root / lock).read_text("utf-8")
    pins = re.findall(r"^([a-z0-9.-]+)==\S+.*\\\n((?: +--hash=sha256:[0-9a-f]{64}.*\n?)+)", text, re.MULTILINE)
    assert {re.split(r"[<>=]", line)[0] for line in wanted} <= {name for name, _ in pins}
    assert len(pins) == len(re.findall(r"^\S+==", text, re.MULTILINE))
    assert not re.search(r"https?:|file:|^--", text, re.MULTILINE)
