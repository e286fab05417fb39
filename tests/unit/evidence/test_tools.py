"""The tools in the bag stand on their own: verify.py without Ansim and with an old Python, verify.html without a network."""

from __future__ import annotations

import ast
import base64
import hashlib
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from agent.evidence.bag_files.findings import TEXTS
from agent.evidence.bag_tools import FOLDER, MODULES, verify_page, verify_script
from scripts.bench.tampering import Untouched, zip_of
from tests.bags import unpacked

STANDARD = {
    "__future__", "argparse", "base64", "collections", "hashlib", "json", "os", "pathlib", "re", "stat", "struct", "sys",
    "time", "typing", "zlib",
}  # fmt: skip


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """With nothing of Ansim to import, elsewhere, and with an environment that knows no Korean."""
    return subprocess.run(
        [sys.executable, "-I", "-S", str(folder / "verify.py"), *arguments],
        cwd="/", env={"LC_ALL": "C"}, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip


def test_verify_py_is_one_file_of_the_standard_library_for_python_3_8() -> None:
    tree = ast.parse(verify_script().decode(), feature_version=(3, 8))
    imported = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert {name.split(".")[0] for name in imported} <= STANDARD
    later = {"removeprefix", "removesuffix", "is_relative_to", "hardlink_to", "bit_count", "pairwise"}  # newer than 3.8
    assert not later & {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def test_no_part_of_verify_py_hides_another() -> None:
    names: Counter[str] = Counter()
    for name in MODULES:
        for node in ast.parse((FOLDER / f"{name}.py").read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                names[node.name] += 1
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                found = [part for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)]
                names.update(one.id for one in found)
    assert [name for name, count in names.items() if count > 1] == []


def test_verify_py_checks_the_bag_it_lies_in(good: Untouched, tmp_path: Path) -> None:
    folder = unpacked(good.files, tmp_path / "bag")
    ran = run(folder)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "바뀌지 않았습니다" in ran.stdout
    assert " ".join(good.key.fingerprint[at : at + 4] for at in range(0, 64, 4)) in ran.stdout
    assert {path.name for path in folder.iterdir()} == {name.split("/")[0] for name in good.files}  # nothing was written


def test_verify_py_ends_as_it_found(good: Untouched, tmp_path: Path) -> None:
    folder = unpacked(good.files, tmp_path / "bag")
    zipped = tmp_path / "bag.zip"
    zipped.write_bytes(zip_of(good.name, good.files))
    anchor = tmp_path / "anchor.txt"
    anchor.write_text(good.anchor + "\n")
    assert run(folder, str(zipped), "--anchor", str(anchor)).returncode == 0
    assert run(folder, str(zipped), "--anchor", good.other.fingerprint).returncode == 5
    assert run(folder, str(tmp_path / "nowhere")).returncode == 1
    (folder / "data" / "event.json").write_bytes(b"{}")
    ran = run(folder, "--json")
    assert ran.returncode == 5
    assert json.loads(ran.stdout)["text"]["en"] == "Changed: data/event.json was changed."


def test_verify_html_may_load_and_send_nothing() -> None:
    page = verify_page().decode()
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; ")
    for kind in ("script", "style"):
        (body,) = re.findall(rf"<{kind}>(.*?)</{kind}>", page, re.DOTALL)
        assert f"{kind}-src 'sha256-{base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()}'" in policy[1]
    assert not re.search(r"https?://|fetch\(|XMLHttpRequest|WebSocket|sendBeacon|localStorage|import\(|eval\(|innerHTML", page)
    assert not re.search(r"<(link|img|iframe|object|embed|form)\b|\bsrc=|\bhref=", page)


def test_both_speak_the_same_sentences(good: Untouched) -> None:
    assert "/*TEXTS*/" not in good.files["verify.html"].decode()
    for text in TEXTS.values():
        for language in ("ko", "en"):
            assert json.dumps(text[language], ensure_ascii=False) in good.files["verify.py"].decode()
            assert json.dumps(text[language], ensure_ascii=False) in good.files["verify.html"].decode()


@pytest.mark.parametrize("key", sorted(TEXTS))
def test_each_sentence_takes_the_same_words_in_both_languages(key: str) -> None:
    fields = {language: set(re.findall(r"\{(\w+)\}", text)) for language, text in TEXTS[key].items()}
    assert fields["ko"] == fields["en"]


def test_every_sentence_is_said_and_every_said_one_is_there() -> None:
    sources = "".join((FOLDER / f"{name}.py").read_text("utf-8") for name in MODULES)
    sources += (FOLDER / "verify.html").read_text("utf-8") + (Path(str(FOLDER)).parent / "verify.py").read_text("utf-8")
    said = set(re.findall(r'"([a-z_]+\d?)"', sources)) | {f"name{number}" for number in range(1, 8)}
    assert set(TEXTS) <= said
    raised = set(re.findall(r'(?:Finding|unknown)\("(\w+)"', sources)) | set(re.findall(r'return "(ok\d)"', sources))
    assert raised <= set(TEXTS)


def test_the_readme_names_this_bag_and_device(good: Untouched) -> None:
    text = good.files["README.txt"].decode()
    assert "@" not in text
    assert good.name in text
    assert good.key.fingerprint[:4] in text
