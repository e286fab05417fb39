"""Drawn entrances: the same for the same seed, and their truth about codes and the line is what is drawn."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from agent.capture.demo_door import DoorScene
from agent.capture.demo_door_walks import APART_S
from agent.entry.line import Line

SEEDS = (1, 2, 3)


@cache
def scene(seed: int) -> DoorScene:
    return DoorScene(seed, walks=10)


def line(of: DoorScene) -> Line:
    return Line(*of.line(), of.inside())


def depths(of: DoorScene, t: float) -> list[float]:
    """How far inside everybody is, in their own heights."""
    return [line(of).of_box(box) for box, _ in of.truth(t).people]


def test_the_same_seed_draws_the_same_entrance_and_another_seed_another() -> None:
    again = DoorScene(1, walks=10)
    assert scene(1).walks == again.walks
    assert np.array_equal(scene(1).picture(12.0), again.picture(12.0))
    assert scene(1).walks != scene(2).walks
    assert not np.array_equal(scene(1).picture(2.0), scene(2).picture(2.0))


@pytest.mark.parametrize("seed", SEEDS)
def test_half_of_the_walks_are_two_people_on_one_code(seed: int) -> None:
    walks = scene(seed).walks
    pairs = [walk for walk in walks if walk.tailgating]
    assert len(walks) == 2 * len(pairs) == 10
    assert all(len(walk.crossed) == 2 and len(walk.codes) == 1 for walk in pairs)
    assert len({pass_id for walk in walks for _, pass_id in walk.codes}) == sum(len(walk.codes) for walk in walks)


@pytest.mark.parametrize("seed", SEEDS)
def test_everybody_else_has_a_code_each_or_is_a_stranger(seed: int) -> None:
    for walk in scene(seed).walks:
        if not walk.tailgating:
            assert len(walk.codes) == (0 if walk.kind == "stranger" else len(walk.crossed))


@pytest.mark.parametrize("seed", SEEDS)
def test_codes_are_shown_before_coming_in_and_after_those_before_are_through(seed: int) -> None:
    through = 0.0
    for walk in scene(seed).walks:
        assert all(through < at < walk.began <= min(walk.crossed) for at, _ in walk.codes)
        through = max(walk.crossed)


@pytest.mark.parametrize("seed", SEEDS)
def test_somebody_is_on_the_line_when_the_truth_says_so_and_on_both_sides_before_and_after(seed: int) -> None:
    it = scene(seed)
    for walk in it.walks:
        for at in walk.crossed:
            assert min(abs(depth) for depth in depths(it, at)) < 0.12
            assert min(depths(it, at - 0.8)) < -0.1
            assert max(depths(it, at + 0.8)) > 0.05
        for at in walk.left:
            assert min(abs(depth) for depth in depths(it, at)) < 0.12


@pytest.mark.parametrize("seed", SEEDS)
def test_nobody_squeezes_past_somebody_who_comes_the_other_way(seed: int) -> None:
    walks = scene(seed).walks
    inward, outward = [at for w in walks for at in w.crossed], [at for w in walks for at in w.left]
    assert all(abs(one - other) >= APART_S for one in inward for other in outward)
    assert all(max(one.crossed) < other.began for one, other in pairwise(walks))


def test_the_shop_is_empty_at_first_so_that_it_can_be_learnt() -> None:
    assert all(scene(seed).truth(t).people == () for seed in SEEDS for t in (0.0, 3.0, 6.0))
