"""Rules about the source that no linter knows: who may write pictures, make threads, catch everything or print."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(path for folder in ("agent", "web", "config", "models") for path in (ROOT / folder).rglob("*.py"))
LONGEST = 400  # lines; the house style asks for 60 to 300

# Calls that put pixels (or anything at all) into a file or a byte string.
WRITERS = re.compile(
    r"(^|\.)(imwrite|imwritemulti|imencode|imencodemulti|VideoWriter|tofile|save|savez|savez_compressed|savetxt|dump|dumps)$"
)
HARMLESS = re.compile(r"^(json|tomlkit|rfc8785)\.(dump|dumps)$")

# Who may, and why it is safe.
MAY_WRITE = {
    ("agent/recording/encoder.py", "av.open"): "takes a MaskedFrame only, checked at run time",
    ("agent/recording/still.py", "cv2.imencode"): "takes a MaskedFrame only, checked at run time",
    ("agent/recording/memory_video.py", "av.open"): "takes a MaskedFrame only, checked at run time, and writes to memory",
    (
        "agent/capture/memory_encoder.py",
        "CodecContext.create",
    ): "encodes the drawn shop, which no camera ever saw, in memory only",
    ("agent/evaluation/normality_file.py", "np.savez_compressed"): "a fitted model's numbers, no agent calls it",
}


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_name(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def _calls(path: Path) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            yield node, _name(node.func)


def _opens_for_writing(call: ast.Call) -> bool:
    """Whether av.open or CodecContext.create has a mode other than a literal "r" (both read where none is given)."""
    modes = [*call.args[1:2], *(keyword.value for keyword in call.keywords if keyword.arg == "mode")]
    return any(not (isinstance(mode, ast.Constant) and mode.value == "r") for mode in modes)


def _writes(path: Path) -> Iterator[tuple[str, int]]:
    for call, name in _calls(path):
        if name in {"av.open", "av.container.open"}:
            if _opens_for_writing(call):
                yield "av.open", call.lineno
        elif name.endswith("CodecContext.create"):
            if _opens_for_writing(call):
                yield "CodecContext.create", call.lineno
        elif WRITERS.search(name) and not HARMLESS.match(name):
            yield name, call.lineno


def _id(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=_id)
def test_only_the_encoder_and_the_still_write_pictures(path: Path) -> None:
    wrong = [f"{_id(path)}:{line} {name}" for name, line in _writes(path) if (_id(path), name) not in MAY_WRITE]
    assert not wrong, f"writes something outside the allow-list of this test: {wrong}"


@pytest.mark.parametrize(
    ("source", "finds"),
    [
        ("import cv2\ncv2.imwrite('a', b)", ["cv2.imwrite"]),
        ("from cv2 import imencode\nimencode('.jpg', b)", ["imencode"]),
        ("import av\nav.open('a.mp4', 'w')", ["av.open"]),
        ("import av\nav.open('a.mp4', mode=how)", ["av.open"]),
        ("import av\nav.open('a.mp4')\nav.open('b', 'r')", []),
        ("import av\nav.CodecContext.create('libx264', 'w')\nav.CodecContext.create('h264', 'r')", ["CodecContext.create"]),
        ("b.tofile('a')\nnp.save('a', b)\npickle.dump(b, f)", ["b.tofile", "np.save", "pickle.dump"]),
        ("import json\njson.dumps({})", []),
    ],
)
def test_the_writer_search_finds_what_it_should(tmp_path: Path, source: str, finds: list[str]) -> None:
    module = tmp_path / "module.py"
    module.write_text(source, "utf-8")
    assert [name for name, _ in _writes(module)] == finds


def test_the_allow_list_names_only_what_is_there() -> None:
    stale = [
        f"{module} {name}"
        for module, name in MAY_WRITE
        if (ROOT / module).is_file() and name not in {found for found, _ in _writes(ROOT / module)}
    ]
    assert not stale


def test_nothing_imports_pickle_or_its_kin() -> None:
    banned = {"pickle", "shelve", "marshal", "dill", "joblib"}
    wrong = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            wrong += [f"{_id(path)}:{name}" for name in names if name.split(".")[0] in banned]
    assert not wrong


def test_only_workers_makes_threads() -> None:
    makers = {"Thread", "Timer", "ThreadPoolExecutor", "ProcessPoolExecutor", "Process", "start_new_thread"}
    wrong = [f"{_id(path)}:{call.lineno}" for path in MODULES for call, name in _calls(path) if name.split(".")[-1] in makers]
    assert [place for place in wrong if not place.startswith("agent/workers.py:")] == []


def test_only_the_command_line_prints() -> None:
    wrong = [
        f"{_id(path)}:{call.lineno}"
        for path in MODULES
        for call, name in _calls(path)
        if name in {"print", "breakpoint", "input"}
    ]
    assert [place for place in wrong if not place.startswith("agent/cli.py:")] == []


def _passes_on(handler: ast.ExceptHandler) -> bool:
    """Whether a handler only tidies up: its last word is a bare `raise`."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def test_only_workers_catches_everything() -> None:
    wrong = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ExceptHandler) and not _passes_on(node):
                caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
                if any(kind is None or _name(kind) in {"Exception", "BaseException"} for kind in caught):
                    wrong.append(f"{_id(path)}:{node.lineno}")
    assert [place for place in wrong if not place.startswith("agent/workers.py:")] == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty = re.compile(r"^_?(utils?|helpers?|managers?|base|common|misc|shared|core|lib)$")
    assert [_id(path) for path in MODULES if empty.match(path.stem) or empty.match(path.parent.name)] == []


@pytest.mark.parametrize("path", MODULES, ids=_id)
def test_each_module_says_what_it_is_and_is_short(path: Path) -> None:
    text = path.read_text("utf-8")
    if not text:
        return  # an empty __init__.py
    assert ast.get_docstring(ast.parse(text)), "a module begins with what comes in and what goes out"
    assert len(text.splitlines()) <= LONGEST


def test_no_file_names_a_package_index_or_this_workplace() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        pytest.skip("not a git clone")
    banned = re.compile(rb"pypi\.org|pythonhosted|--(extra-)?index-url|--find-links|file:///opt|(?<![\w.-])/wor" + rb"k/")
    here = Path(__file__).resolve()
    wrong = []
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.is_file() and path != here and (found := banned.search(path.read_bytes())):
            wrong.append(f"{name}: {found.group().decode()}")
    assert not wrong


def test_the_folders_in_the_readme_are_the_folders_of_the_tree() -> None:
    section = re.search(r"^## Folders$.*?^```\w*$(.*?)^```$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    if section is None:
        pytest.skip("the README has no section 'Folders' with a tree yet")
    told = set(re.findall(r"^([\w.]+)/(?:\s|$)", section.group(1), re.MULTILINE))
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        pytest.skip("not a git clone")
    there = {name.split("/")[0] for name in listed.stdout.splitlines() if "/" in name and (ROOT / name).is_file()}
    assert told == there
