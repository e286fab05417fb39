"""Rules that could not work in an evaluation are named, with the number of recordings; those that nobody measures are not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agent.evaluation.kisa import chosen
from agent.evaluation.replay import Eyes
from agent.evaluation.resting import resting
from agent.evaluation.zone_file import View
from agent.settings import DetectionSettings, Settings, Zone, ZoneKind
from agent.values import Point

CORNERS = (Point(0.1, 0.1), Point(0.5, 0.1), Point(0.5, 0.5))
BARE = View()


@pytest.fixture(scope="module")
def eyes() -> Iterator[Eyes]:
    """They have no person detector, so nobody's body points are known."""
    with Eyes(Settings(detection=DetectionSettings(engine="reference"))) as opened:
        yield opened


def drawn(*kinds: ZoneKind) -> View:
    return View(tuple(Zone(kind, kind, CORNERS) for kind in kinds))


def rules_of(*items: str) -> set[str]:
    return {rule for item in chosen(items) for rule in item.rules}


def test_without_zones_the_rules_that_need_them_are_named_and_so_is_the_detector(eyes: Eyes) -> None:
    bare, points = resting(eyes, [BARE, BARE])
    for name in ("left without paying", "shelf emptied", "till forced"):
        assert name in bare["en"]
    assert "계산하지 않고 나감" in bare["ko"]
    assert "no person detector here gives body points" in points["en"]
    assert (bare["recordings"], points["recordings"]) == (2, 2)


def test_each_recording_is_judged_by_its_own_zones(eyes: Eyes) -> None:
    views = [BARE, drawn("shelf", "exit"), drawn("shelf", "till", "exit"), drawn("shelf", "exit")]
    assert [(one["en"][:22], one["recordings"]) for one in resting(eyes, views, rules_of("theft"))] == [
        ("Without zones these ru", 1),
        ("No till (\"till\") zone ", 2),
    ]  # fmt: skip


@pytest.mark.parametrize("item", ["loitering", "left_object", "collapse", "fighting"])
def test_what_is_not_measured_is_not_named(eyes: Eyes, item: str) -> None:
    assert resting(eyes, [BARE], rules_of(item)) == []


def test_nothing_is_named_where_all_can_work(eyes: Eyes) -> None:
    assert resting(eyes, [drawn("shelf", "till", "exit")], rules_of("theft", "swept", "damage")) == []
