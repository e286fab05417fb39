"""What the documents say is so: links lead somewhere, and commands, settings, exit codes and messages are those of the code."""

from __future__ import annotations

import dataclasses
import re
import shlex
import tomllib
from pathlib import Path

import pytest

from agent import errors
from agent.cli import _parser
from agent.config import default_toml, load_settings
from agent.settings import CameraSettings

ROOT = Path(__file__).resolve().parents[2]
READMES = [ROOT / "README.md", ROOT / "README.ko.md"]
GUIDES = [ROOT / "docs" / "guide" / "en.md", ROOT / "docs" / "guide" / "ko.md"]
FIGURES = [ROOT / "docs" / "evaluation.md"]
DESIGN = sorted((ROOT / "docs" / "design").glob("*.md"))
ALL = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")})

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
KEY = re.compile(r"`([a-z_]+(?:\.[a-z_0-9]+)+)`")
LONGEST_LINE = 170  # a link cannot be broken


def _id(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _prose(path: Path) -> str:
    return FENCE.sub("", path.read_text("utf-8"))


def _fences(path: Path, language: str) -> list[str]:
    return [body for kind, body in FENCE.findall(path.read_text("utf-8")) if kind == language]


def _anchors(path: Path) -> set[str]:
    """Of its headings, as GitHub makes them: lower case, signs dropped, blanks to hyphens."""
    headings = re.findall(r"^#+ (.*)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", heading.strip().lower())) for heading in headings}


@pytest.mark.parametrize("path", ALL, ids=_id)
def test_every_link_leads_somewhere(path: Path) -> None:
    wrong = []
    for target in LINK.findall(_prose(path)):
        file, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", file):
            continue
        found = (path.parent / file).resolve() if file else path
        if not found.is_relative_to(ROOT) or not found.exists() or (anchor and anchor not in _anchors(found)):
            wrong.append(target)
    assert not wrong


def test_every_document_is_reached_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        path = waiting.pop()
        if path in reached or path.suffix != ".md" or not path.is_file():
            continue
        reached.add(path)
        targets = [target.partition("#")[0] for target in LINK.findall(_prose(path)) if ":" not in target]
        waiting += [(path.parent / target).resolve() for target in targets]
    assert {_id(path) for path in ALL} - {_id(path) for path in reached} <= {"docs/adr/template.md"}


@pytest.mark.parametrize("command", ["scripts/run", "scripts/test"])
def test_the_two_commands_are_there_and_told_of(command: str) -> None:
    assert (ROOT / command).stat().st_mode & 0o111
    assert all(command in readme.read_text("utf-8") for readme in READMES)


@pytest.mark.parametrize("readme", READMES, ids=_id)
def test_exit_codes_are_those_of_the_errors(readme: Path) -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.AnsimError)]
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", readme.read_text("utf-8"), re.MULTILINE)}
    assert told == {0, 130} | {kind.exit_code for kind in kinds}


def _commands(path: Path) -> list[list[str]]:
    """What is written as a command of ours: in shell blocks and in code within sentences."""
    lines = [line for body in _fences(path, "sh") for line in body.splitlines()] + re.findall(r"`([^`\n]+)`", _prose(path))
    found = []
    for line in lines:
        if "'" in line or "|" in line:  # prose in code quotes, or a choice of several words
            continue
        words = shlex.split(line, comments=True)
        if words and words[0].rpartition("/")[2] == "ansim" and len(words) > 1:
            found.append(words[1:])
        elif words and words[0] == "scripts/run":
            found.append(["run", *words[1:]])
    return found


@pytest.mark.parametrize("path", [*READMES, *GUIDES, *DESIGN, *FIGURES], ids=_id)
def test_every_command_is_one_that_the_program_takes(path: Path) -> None:
    for words in _commands(path):
        _parser().parse_args(words)  # SystemExit fails the test


@pytest.mark.parametrize("readme", READMES, ids=_id)
def test_every_command_of_the_program_is_in_the_readme(readme: Path) -> None:
    told = {" ".join(words[: 2 if words[0] in ("models", "user") else 1]) for words in _commands(readme)}
    assert {"run", "check", "doctor", "models list", "models pull", "user add"} <= told


def _known_keys() -> set[str]:
    keys: set[str] = {f"cameras.{field.name}" for field in dataclasses.fields(CameraSettings)}

    def walk(table: dict[str, object], before: str) -> None:
        for name, value in table.items():
            keys.add(f"{before}{name}")
            if isinstance(value, dict):
                walk(value, f"{before}{name}.")

    walk(tomllib.loads(default_toml()), "")
    return keys


@pytest.mark.parametrize("path", ALL, ids=_id)
def test_settings_that_are_named_exist(path: Path) -> None:
    known = _known_keys()
    modules = {"config.toml", "config.default"} | {f"masking.{name}" for name in ("masked", "plan", "masked.apply_mask")}
    named = {key for key in KEY.findall(_prose(path)) if key.partition(".")[0] in tomllib.loads(default_toml())}
    assert named - known - modules == set()


@pytest.mark.parametrize("path", [*READMES, *GUIDES], ids=_id)
def test_examples_of_settings_are_valid(path: Path, tmp_path: Path) -> None:
    examples = _fences(path, "toml")
    assert examples
    for body in examples:
        file = tmp_path / "config.toml"
        file.write_text(body, "utf-8")
        assert load_settings(file).cameras


def _sentences() -> str:
    """The text of all that the program and its scripts say, with adjacent string literals joined."""
    files = [*(ROOT / "agent").rglob("*.py"), *(ROOT / "web").rglob("*.py"), *(ROOT / "scripts").glob("[rst]*")]
    text = "\n".join(file.read_text("utf-8") for file in files if file.is_file())
    return re.sub(r'"\s*\n\s*f?"', "", text)


@pytest.mark.parametrize("readme", READMES, ids=_id)
def test_messages_that_are_explained_are_said_by_the_program(readme: Path) -> None:
    heading = "When something goes wrong" if readme.name == "README.md" else "문제가 생겼을 때"
    (section,) = re.findall(rf"^## {heading}$(.*?)^## ", readme.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    told = [quoted for cell in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE) for quoted in re.findall(r"`([^`]+)`", cell)]
    said = _sentences()
    assert len(told) >= 10
    assert [quoted for quoted in told if quoted not in said] == []


def test_both_readmes_have_the_same_parts() -> None:
    english, korean = (_shape(readme) for readme in READMES)
    assert english == korean


def test_both_guides_have_the_same_parts() -> None:
    english, korean = (_shape(guide) for guide in GUIDES)
    assert english == korean


def _shape(path: Path) -> tuple[int, int, list[str]]:
    """How many sections and rows of tables it has, and its pictures."""
    text = path.read_text("utf-8")
    count = [len(re.findall(mark, text, re.MULTILINE)) for mark in (r"^## ", r"^\|")]
    return count[0], count[1], re.findall(r"!\[[^]]*\]\(([^)]+)\)", text)


def test_records_of_decisions_are_numbered_and_listed() -> None:
    folder = ROOT / "docs" / "adr"
    records = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert [int(name[:4]) for name in records] == list(range(1, len(records) + 1))
    listed = re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", (folder / "README.md").read_text("utf-8"))
    assert listed == records
    for name in records:
        text = (folder / name).read_text("utf-8")
        assert text.startswith(f"# {name[:4]} ")
        assert all(part in text for part in ("- Status: ", "- Date: ", "## Situation", "## Decision", "## Consequences"))


@pytest.mark.parametrize("path", ALL, ids=_id)
def test_lines_can_be_read_in_a_diff(path: Path) -> None:
    lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("|")]
    assert max(map(len, lines), default=0) <= LONGEST_LINE


@pytest.mark.parametrize("path", [*READMES, *GUIDES, *DESIGN], ids=_id)
def test_no_measured_figure_is_told_without_its_command(path: Path) -> None:
    """Figures live in docs/performance.md and docs/evaluation.md, beside the command that measures them again."""
    assert not re.search(r"\d\s*(?:%|fps\b|ms\b(?! of)|frames/s|x faster)", _prose(path).replace("1 ms, places", ""))
