"""Drawn scenes as the score takes them: which are played for an item, and what is due in them."""

from __future__ import annotations

import pytest

from agent.capture.demo_drama import ITEMS as SCENES
from agent.capture.demo_drama import DrawnScene
from agent.errors import ConfigError
from agent.evaluation.kisa import ITEMS, chosen, item_of
from agent.evaluation.kisa_demo import QUIET, USUAL, known_of, scenes_of


@pytest.mark.parametrize(
    ("asked", "scenes"),
    [
        (["loitering"], ("loitering", "quiet")),
        (["damage", "collapse"], ("collapse", "damage", "quiet")),
        (["fighting"], ("fight", "quiet")),
        (["theft", "swept", "forced_till"], ("theft", "swept", "forced_till", "quiet")),
    ],
)
def test_the_scenes_of_the_items_are_played_and_as_many_quiet_ones(asked: list[str], scenes: tuple[str, ...]) -> None:
    assert scenes_of(chosen(asked)) == scenes


def test_an_item_that_nobody_draws_is_refused_with_those_that_are() -> None:
    with pytest.raises(ConfigError, match=r"no drawn scenes of arson.*some of loitering, intrusion"):
        scenes_of(chosen(["arson", "loitering"]))


def test_the_usual_items_are_items_and_every_scene_is_of_one() -> None:
    assert {item.key for item in chosen(USUAL)} == set(USUAL)
    assert all(item_of(scene) is not None for scene in SCENES if scene != QUIET)


@pytest.mark.parametrize("scene", SCENES)
def test_what_is_due_in_a_scene_is_what_was_drawn(scene: str) -> None:
    known = known_of(DrawnScene(scene, 3))
    keys = {item.key for item in ITEMS}
    assert set(known.dues) <= keys
    if scene == QUIET:
        assert (known.about, dict(known.dues)) == (None, {})
    else:
        assert known.about in known.dues
