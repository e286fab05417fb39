"""The tools that lie in each bag, so that it can be checked without Ansim: verify.py, verify.html and README.txt.

Comes in: the modules and templates in agent/evidence/bag_files. Goes out: the three files, whole and on their own, and the note
that lies beside an encrypted bag.
verify.py is those modules one after another; what they import from each other is left out, and so the file needs nothing but
Python. verify.html gets the same sentences, and a policy that lets it load and send nothing.
"""

from __future__ import annotations

import ast
import base64
import functools
import hashlib
import json
from collections.abc import Mapping
from importlib import resources

from agent.evidence.bag_files.findings import TEXTS

FOLDER = resources.files("agent.evidence.bag_files")
MODULES = (
    *("bag_form", "findings", "bag_source", "strict_json", "canonical_json"),
    *("ed25519", "hash_tree", "paper", "checks", "verify"),
)
OWN = ("agent.evidence.bag_files.", "__future__")


@functools.cache
def verify_script() -> bytes:
    """verify.py."""
    main = _source("verify")
    head = main[: main.index("\nimport ")]  # the shebang, what it is for, and the import that has to come first
    return "\n\n".join([head.rstrip(), *(_section(name) for name in MODULES)]).encode() + b"\n"


@functools.cache
def verify_page() -> bytes:
    """verify.html."""
    page = _source("verify", ".html").replace("/*TEXTS*/{}", _texts(), 1)
    for kind in ("script", "style"):
        body = page[page.index(f"<{kind}>") + len(kind) + 2 : page.index(f"</{kind}>")]
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        page = page.replace(f"@{kind}@", f"'sha256-{digest}'", 1)
    return page.encode()


def readme(values: Mapping[str, str]) -> bytes:
    """README.txt; values: what stands for each @name@ in its template."""
    text = _source("README", ".txt")
    for name, value in values.items():
        text = text.replace(f"@{name}@", " ".join(value.split()))
    return text.encode()


def opening_note(values: Mapping[str, str]) -> bytes:
    """What lies beside an encrypted bag: how to open it; values as for `readme`."""
    text = _source("OPENING", ".txt")
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    return text.replace("\n", "\r\n").encode("utf-8-sig")  # for Windows' editor


def page_sha256() -> str:
    """Of verify.html, in hex: printed on paper, as whoever forges a bag can put another tool into it."""
    return hashlib.sha256(verify_page()).hexdigest()


def _source(name: str, suffix: str = ".py") -> str:
    return (FOLDER / f"{name}{suffix}").read_text("utf-8")


def _texts() -> str:
    return json.dumps(TEXTS, ensure_ascii=False, indent=1)


def _section(name: str) -> str:
    """A module without its docstring and without what it imports from its neighbours."""
    source = _source(name)
    lines = source.splitlines()
    for node in ast.parse(source).body:
        neighbour = isinstance(node, ast.ImportFrom) and (node.module or "").startswith(OWN)
        text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if neighbour or text:
            assert node.end_lineno is not None
            lines[node.lineno - 1 : node.end_lineno] = [""] * (node.end_lineno - node.lineno + 1)
        if isinstance(node, ast.Assign) and ast.unparse(node).startswith("TEXTS = json.loads"):
            lines[node.lineno - 1] = f"TEXTS = {_texts()}"
    kept = "\n".join(line for line in lines if not line.startswith("#!"))
    title = f"# --- {name} "
    return title + "-" * (120 - len(title)) + "\n" + kept.strip("\n")
