"""`ansim keys` as an owner uses it: one ceremony, a sheet shown once, and every step on the ledger."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pyrage
import pytest
from pyrage import x25519

from agent.clock import SystemClock
from agent.vault import Vault

PASS, NEWER = "correct horse battery staple", "a newer and longer passphrase"


def keys(folder: Path, *arguments: str, said: str = "", language: str = "en") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "agent", "keys", *arguments, "--data", str(folder)],
        input=said, capture_output=True, text=True, check=False, timeout=120,
        env={"ANSIM_LANGUAGE": language, "PATH": "", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"},
    )  # fmt: skip


def test_an_owner_makes_renews_and_gets_back_the_keys(tmp_path: Path) -> None:
    home = tmp_path / "data"
    assert "no owner's key" in keys(home, "show").stdout

    made = keys(home, "make", said=f"{PASS}\n")
    assert made.returncode == 0, made.stderr
    text = next(line for line in made.stdout.splitlines() if line.startswith("AGE-SECRET-KEY-1"))
    words = re.findall(r"\d+\. (\S+)", made.stdout)
    assert len(words) == 24
    public = str(x25519.Identity.from_str(text).to_public())
    assert public in made.stdout
    for path in (p for p in home.rglob("*") if p.is_file()):
        assert text.encode() not in path.read_bytes()
        assert PASS.encode() not in path.read_bytes()

    again = keys(home, "make", said=f"{PASS}\n")
    assert (again.returncode, "rotate" in again.stderr) == (2, True)
    wrong = keys(home, "rotate", said="something else entirely\n")
    assert (wrong.returncode, "not right" in wrong.stderr) == (2, True)

    back = keys(home, "restore", said=f"{' '.join(words)}\n{NEWER}\n", language="ko")
    assert back.returncode == 0, back.stderr
    assert public in back.stdout

    lawyer = str(x25519.Identity.generate().to_public())
    assert keys(home, "add", "변호사", lawyer).returncode == 0
    assert "변호사" in keys(home, "show").stdout
    assert keys(home, "end", lawyer).returncode == 0
    shown = keys(home, "show", language="ko").stdout
    assert re.search(r"기기 열쇠 지문: ([0-9a-f]{4} ){15}[0-9a-f]{4}", shown)

    ledger = [json.loads(line) for path in sorted((home / "ledger").iterdir()) for line in path.read_text("utf-8").splitlines()]
    steps = [record["body"]["action"] for record in ledger if record["kind"] == "key"]
    assert steps == ["made", "restored", "recipient_added", "recipient_ended"]
    locked = [path for path in (home / "keys").glob("owner.age*") if path.name != "owner.age"]
    assert len(locked) == 1
    assert json.loads(pyrage.passphrase.decrypt(locked[0].read_bytes(), PASS))["identities"] == [text]


@pytest.mark.parametrize("arguments", [("add", "lawyer", "age1nonsense"), ("end", "age1nonsense"), ("passphrase",)])
def test_what_cannot_be_done_says_why_and_changes_nothing(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    ran = keys(tmp_path / "data", *arguments, said=f"{PASS}\n{NEWER}\n")
    assert ran.returncode == 2
    assert ran.stderr.strip()
    assert not (tmp_path / "data" / "keys" / "owner.age").exists()


def test_while_the_agent_runs_the_panel_is_the_place(tmp_path: Path) -> None:
    home = tmp_path / "data"
    with Vault(home, SystemClock()):
        for command in (["keys", "make"], ["user", "add", "x"], ["export", "x", "--to", str(tmp_path), "--purpose", "p"]):
            ran = subprocess.run(
                [sys.executable, "-m", "agent", *command, "--data", str(home)],
                input="", capture_output=True, text=True, check=False, timeout=120,
                env={"ANSIM_LANGUAGE": "en", "PATH": "", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"},
            )  # fmt: skip
            assert (ran.returncode, "in the panel under 'Evidence'" in ran.stderr) == (4, True), command
