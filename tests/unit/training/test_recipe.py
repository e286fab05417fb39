"""One command makes models/person.onnx again: a run from nothing, one that goes on, and the middle of both."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "scripts" / "train"))

from person import recipe


def chosen(**more: object) -> argparse.Namespace:
    return argparse.Namespace(
        **{"cache": Path("c"), "pictures": None, "fall": None, "rate": None, "start": None, "blend": None} | more
    )


def test_the_second_run_goes_on_from_the_first_and_is_blended_with_it() -> None:
    first, second = recipe(chosen())
    assert (first.run, first.pictures, first.start, first.blend) == (Path("c/run"), 200_000, None, None)
    assert (second.run, second.pictures, second.start) == (Path("c/more"), 39_200, str(Path("c/run/best.pt")))
    assert (second.fall, second.rate, second.blend) == (0.72, 0.0007, Path("c/run/best.pt"))


def test_a_shorter_try_keeps_the_shares() -> None:
    first, second = recipe(chosen(pictures=1000))
    assert (first.pictures, second.pictures) == (1000, 200)
