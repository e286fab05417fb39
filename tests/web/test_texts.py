"""Both catalogues are complete, compiled and in step with the pages; the colours can be read."""

from __future__ import annotations

import importlib.util
import io
import re
from dataclasses import fields, is_dataclass
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from agent.incidents.feedback import thresholds
from agent.settings import IncidentSettings
from web import words

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


def catalogue(root: Path, language: str) -> Catalog:
    with (root / "web/translations" / language / "LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file, locale=language)


def in_pages(root: Path) -> set[object]:
    loader = SourceFileLoader("translations", str(root / "scripts/translations"))
    spec = importlib.util.spec_from_loader("translations", loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return {message.id for message in module.found() if message.id}


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_sentence_of_the_pages_is_translated(root: Path, language: str) -> None:
    known = {message.id: message for message in catalogue(root, language) if message.id}
    assert set(known) == in_pages(root), "run scripts/translations"
    for message in known.values():
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        originals = message.id if isinstance(message.id, tuple) else (message.id,)
        assert all(texts), message.id
        assert not message.fuzzy
        wanted = set(PLACEHOLDER.findall(originals[-1]))
        assert all(set(PLACEHOLDER.findall(text)) <= wanted for text in texts), message.id
        assert set(PLACEHOLDER.findall(texts[-1])) == wanted, message.id


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_compiled_catalogue_says_the_same(root: Path, language: str) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, catalogue(root, language))
    stored = root / "web/translations" / language / "LC_MESSAGES/messages.mo"
    assert stored.read_bytes() == compiled.getvalue(), "run scripts/translations"


def test_korean_is_korean(root: Path) -> None:
    for message in catalogue(root, "ko"):
        if message.id:
            texts = message.string if isinstance(message.string, tuple) else (message.string,)
            bare = PLACEHOLDER.sub("", "".join(texts)).replace("%%", "").strip()
            assert not bare or re.search("[가-힣]", bare), message.id


def test_every_rule_has_a_name_an_explanation_a_group_and_words_for_its_threshold() -> None:
    known = {field.name for field in fields(IncidentSettings) if is_dataclass(getattr(IncidentSettings(), field.name))} - {
        "people"
    }
    assert set(words.RULES) == set(words.EXPLANATIONS) == known
    assert sorted(rule for _, rules in words.GROUPS for rule in rules) == sorted(known)
    for threshold in thresholds(IncidentSettings(), IncidentSettings()):
        assert threshold.rule in words.THRESHOLDS or threshold.name.endswith("_s") or threshold.name == "seconds"


PAIRS = [
    ("ink", "ground"), ("ink", "card"), ("ink", "sunk"), ("soft", "ground"), ("soft", "card"), ("soft", "sunk"),
    ("accent", "ground"), ("accent", "card"), ("accent", "wash"), ("on-accent", "accent"),
    ("bad", "bad-wash"), ("warn", "warn-wash"), ("note", "note-wash"), ("good", "good-wash"),
    ("ink", "good-wash"), ("ink", "bad-wash"),
]  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("front", "ground"), PAIRS)
def test_text_stands_out_from_its_ground(root: Path, scheme: str, front: str, ground: str) -> None:
    css = (root / "web/static/panel.css").read_text()
    blocks = re.findall(r":root \{(.*?)\}", css, flags=re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", blocks[("light", "dark").index(scheme)]))
    light, dark = sorted((_luminance(colours[front]), _luminance(colours[ground])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def _luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
