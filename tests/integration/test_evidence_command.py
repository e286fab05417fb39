"""`ansim export` and `ansim verify` as an owner and a police officer run them."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from pathlib import Path

import pyrage
import pytest

from tests import bags
from tests.command import KOREAN, command, environment
from tests.stored import incident

PASSPHRASE = "four words of length"


def ansim(*arguments: object, typed: str = "", language: str = "C.UTF-8") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), input=typed, capture_output=True, text=True, check=False, env=environment(language), cwd="/"
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop") / "data"
    with bags.shop(folder):
        pass
    return folder


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


def test_what_is_exported_is_encrypted_and_verifies(data: Path, stick: Path) -> None:
    made = ansim(
        "export", incident().id, "--data", data, "--to", stick, "--purpose", "theft", "--json", typed=PASSPHRASE + "\n"
    )
    assert made.returncode == 0, made.stderr
    told = json.loads(made.stdout)
    (bag,) = stick.glob("*.age")
    assert told["path"] == str(bag)
    assert bag.name.endswith(".zip.age")
    checked = ansim("verify", bag, "--anchor", told["anchor"], "--json", typed=PASSPHRASE + "\n")
    assert checked.returncode == 0, checked.stderr
    found = json.loads(checked.stdout)
    assert found["verdict"] == "unchanged"
    assert found["device"] == told["device"]
    assert [check["state"] for check in found["checks"]] == ["ok"] * 7
    wrong = ansim("verify", bag, typed="another\n")
    assert wrong.returncode == 1
    assert "not the right one" in wrong.stdout


def test_beside_a_locked_bag_lies_how_to_open_it(data: Path, stick: Path, tmp_path: Path) -> None:
    """What the bag's own README says, nobody can read before it is open."""
    paper = tmp_path / "report.pdf"
    to = ("--to", stick, "--report", paper)
    made = ansim("export", incident().id, "--data", data, *to, "--purpose", "theft", typed=PASSPHRASE + "\n")
    assert made.returncode == 0, made.stderr
    (bag,), (note,) = stick.glob("*.age"), stick.glob("*.txt")
    text = note.read_text("utf-8-sig")
    assert note.name == bag.name.removesuffix(".zip.age") + ".txt"
    assert f"age -d -o {bag.with_suffix('').name} {bag.name}" in text
    assert hashlib.sha256(bag.read_bytes()).hexdigest() in text
    assert "theft" not in text
    assert "@" not in text
    assert paper.read_bytes().startswith(b"%PDF-")


def test_a_changed_bag_ends_with_5_and_says_so_in_korean(data: Path, stick: Path) -> None:
    made = ansim("export", incident().id, "--data", data, "--to", stick, "--purpose", "theft", "--plain", typed="plain\n")
    assert made.returncode == 0, made.stderr
    (bag,) = stick.iterdir()
    content = bag.read_bytes()
    bag.write_bytes(content.replace(b"Stayed at the till", b"Never at the till.", 1))
    checked = ansim("verify", bag, language=KOREAN)
    assert checked.returncode == 5
    assert checked.stdout.startswith("바뀌었습니다: ")


def test_plain_has_to_be_confirmed(data: Path, stick: Path) -> None:
    made = ansim("export", incident().id, "--data", data, "--to", stick, "--purpose", "theft", "--plain", typed="yes\n")
    assert made.returncode == 2
    assert "anybody who finds the stick" in made.stderr
    assert list(stick.iterdir()) == []


def test_it_goes_to_a_key_as_well(data: Path, stick: Path, tmp_path: Path) -> None:
    key = pyrage.x25519.Identity.generate()
    to = ("--to", stick, "--recipient", key.to_public())
    made = ansim("export", incident().id, "--data", data, "--purpose", "theft", *to)
    assert made.returncode == 0, made.stderr
    (bag,) = stick.glob("*.age")
    (tmp_path / "key.txt").write_text(f"# created: today\n{key}\n")
    assert ansim("verify", bag, "--identity", tmp_path / "key.txt").returncode == 0
    assert ansim("verify", bag).returncode == 1


@pytest.mark.parametrize(
    ("arguments", "typed", "code", "said"),
    [
        (("--purpose", "theft"), "short\n", 2, "12 characters"),
        (("--purpose", "theft"), "\n", 2, "--plain"),
        (("--purpose", " "), PASSPHRASE + "\n", 2, "register"),
        (("--purpose", "theft", "--recipient", "age1x"), "", 2, "age1"),
        (("--purpose", "theft", "--to", "/nowhere"), PASSPHRASE + "\n", 4, "no folder"),
    ],
)
def test_what_is_wrong_is_said(data: Path, stick: Path, arguments: tuple[str, ...], typed: str, code: int, said: str) -> None:
    made = ansim("export", incident().id, "--data", data, "--to", stick, *arguments, typed=typed)
    assert (made.returncode, list(stick.iterdir())) == (code, [])
    assert said in made.stderr


def test_an_incident_that_is_not_there_is_named(data: Path, stick: Path) -> None:
    made = ansim("export", "20260101T000000Z-x-y-1", "--data", data, "--to", stick, "--purpose", "x", typed=PASSPHRASE + "\n")
    assert made.returncode == 2
    assert "20260101T000000Z-x-y-1" in made.stderr


def test_the_ledger_says_who_exported_what_and_the_chain_holds(data: Path, stick: Path) -> None:
    ansim("export", incident().id, "--data", data, "--to", stick, "--purpose", "theft", "--by", "Kim", typed=PASSPHRASE + "\n")
    text = b"".join(path.read_bytes() for path in sorted((data / "ledger").iterdir())).decode()
    assert re.search(r'"by":"Kim".*"kind":"evidence.exported"', text)
    assert PASSPHRASE not in text
    assert ansim("check", "--deep", "--data", data).returncode == 0
