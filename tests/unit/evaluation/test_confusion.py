"""Counts of outcomes on written-out decisions, and the picture of a curve."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from agent.evaluation.confusion import Confusion, confusion
from agent.evaluation.roc_picture import Mark, roc_svg


def test_decisions_are_counted() -> None:
    pairs = [(True, True)] * 5 + [(True, False)] * 3 + [(False, True)] * 2 + [(False, False)] * 6
    assert confusion(pairs) == Confusion(hits=5, misses=3, false=2, right=6)


@pytest.mark.parametrize(
    ("counts", "accuracy"),
    [
        (Confusion(5, 3, 2, 6), (5 / 8 + 6 / 8) / 2),
        (Confusion(4, 0, 0, 4), 1.0),
        (Confusion(0, 4, 0, 4), 0.5),
        (Confusion(4, 0, 4, 0), 0.5),
        (Confusion(4, 0, 0, 0), None),
        (Confusion(0, 0, 1, 3), None),
        (Confusion(), None),
    ],
)
def test_accuracy_is_balanced_so_that_saying_nothing_gains_nothing(counts: Confusion, accuracy: float | None) -> None:
    assert counts.balanced_accuracy == accuracy


def test_the_picture_is_lines_and_letters_and_always_the_same() -> None:
    points = [(0.0, 0.0), (0.25, 0.75), (1.0, 1.0)]
    made = roc_svg(points, "10 clips < all", [Mark(0.25, 0.75, "threshold")])
    assert made == roc_svg(points, "10 clips < all", [Mark(0.25, 0.75, "threshold")])
    root = ET.fromstring(made)
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags == {"svg", "title", "rect", "text", "path", "polyline", "circle"}
    assert "10 clips &lt; all" in made
