"""The drawn shop: always the same, full of deeds, and its truth is true."""

from __future__ import annotations

import numpy as np
import pytest

from agent.capture.demo import DemoShop, demo_zones, open_demo
from agent.capture.demo_drama import DrawnScene
from agent.capture.demo_story import CYCLE_S
from agent.settings import crosses_itself
from agent.values import Box, Point

TIMES = np.arange(0.0, CYCLE_S, 0.5)


@pytest.fixture(scope="module")
def shop() -> DemoShop:
    return DemoShop(1)


def inside(zone: str, point: Point) -> bool:
    polygon = next(z.polygon for z in demo_zones() if z.kind == zone)
    found = False
    for a, b in zip(polygon, (*polygon[1:], polygon[0]), strict=True):
        if (a.y > point.y) != (b.y > point.y) and point.x < (b.x - a.x) * (point.y - a.y) / (b.y - a.y) + a.x:
            found = not found
    return found


def longest(shop: DemoShop, zone: str) -> float:
    """The longest stay (s) of anybody's feet in a zone before second 100, counted over all people."""
    best = run = 0.0
    for t in np.arange(0.0, 100.0, 0.25):
        here = any(inside(zone, box.foot) for box, _ in shop.truth(t).people)
        run = run + 0.25 if here else 0.0
        best = max(best, run)
    return best


def test_the_same_seed_draws_the_same_shop_and_another_seed_other_people(shop: DemoShop) -> None:
    again, other = DemoShop(1), DemoShop(2)
    for t in (0.0, 20.0, 46.0, 88.0):
        assert np.array_equal(shop.picture(t), again.picture(t))
    assert not np.array_equal(shop.picture(20.0), other.picture(20.0))


def test_nobody_is_there_in_the_first_six_seconds(shop: DemoShop) -> None:
    empty = shop.picture(0.0)
    assert all(not shop.truth(t).people and alike(shop.picture(t), empty) for t in np.arange(0, 6, 0.5))


def test_no_two_pictures_are_the_same_as_no_camera_gives_the_same_twice(shop: DemoShop) -> None:
    assert not np.array_equal(shop.picture(1.0), shop.picture(1.1))
    assert alike(shop.picture(1.0), shop.picture(1.1))


def test_all_deeds_are_done_in_the_first_hundred_seconds(shop: DemoShop) -> None:
    assert longest(shop, "loiter") >= 33
    assert longest(shop, "staff") >= 5
    assert longest(shop, "till") >= 4
    truths = [shop.truth(t) for t in np.arange(0, 100, 0.1)]
    assert any(t.shelf_down for t in truths)
    assert max(t.goods for t in truths) == 2
    assert sum(t.covered >= 1 for t in truths) >= 80


def test_the_rest_of_the_round_shows_theft_things_left_and_a_collapse(shop: DemoShop) -> None:
    truths = [shop.truth(t) for t in np.arange(116, CYCLE_S, 0.1)]
    deeds = {(who, did) for truth in truths for who, did in zip(truth.who, truth.doing, strict=True)}
    assert deeds >= {("thief", "hide"), ("sweeper", "sweep"), ("forgetter", "putdown"), ("fainter", "lie"), ("staff", "bend")}
    assert not {did for who, did in deeds if who == "thief"} & {"pay"}
    assert max(len(truth.gone) for truth in truths) >= 12
    assert sum(bool(truth.things) and "forgetter" not in truth.who for truth in truths) > 150
    assert sum("lie" in truth.doing for truth in truths) >= 100


def test_at_the_end_of_a_round_the_shop_is_as_it_was_at_its_beginning(shop: DemoShop) -> None:
    end = shop.truth(CYCLE_S - 0.1)
    assert not end.people
    assert not end.things
    assert not end.gone
    assert alike(shop.picture(CYCLE_S - 0.1), shop.picture(0.0))


def test_bodies_lie_within_their_boxes_and_keypoints_within_the_bodies(shop: DemoShop) -> None:
    for t in np.arange(7.0, CYCLE_S, 1.3):
        truth = shop.truth(t)
        for (box, head), points in zip(truth.people, truth.keypoints, strict=True):
            assert len(points) == 17
            assert all(box.grown(0.02, 0.03).contains(Point(p.x, p.y)) for p in points)
            assert all(head.grown(0.01, 0.01).contains(Point(p.x, p.y)) for p in points[:5])


def test_goods_and_things_are_drawn_where_the_truth_says(shop: DemoShop) -> None:
    empty = shop.picture(0.0).astype(int)
    truth, differs = shop.truth(168.0), np.abs(shop.picture(168.0) - empty).max(axis=2) > 24
    assert len(truth.gone) >= 12
    assert all(share(differs, box) > 0.3 for box in truth.gone)
    ((kind, bag),) = truth.things
    assert kind == "bag"
    assert share(differs, bag) > 0.5


def test_a_covered_lens_shows_next_to_nothing(shop: DemoShop) -> None:
    covered = next(shop.picture(t) for t in np.arange(0, CYCLE_S, 0.5) if shop.truth(t).covered >= 1)
    assert covered.mean() < 40
    assert covered.std() < 10


def test_people_are_drawn_where_the_truth_says(shop: DemoShop) -> None:
    """What differs from the empty shop lies within the boxes of people (and the shelf, the goods, the staff door)."""
    empty = shop.picture(0.0).astype(int)
    for t in (11.0, 25.0, 40.0):
        truth, differs = shop.truth(t), np.abs(shop.picture(t) - empty).max(axis=2) > 24
        for box, head in truth.people:
            if box.clipped().area > 0.9 * box.area:
                assert share(differs, head) > 0.5
                assert share(differs, box) > 0.25
        for box, _ in truth.people:
            clear(differs, box.grown(0.02, 0.03))
        clear(differs, Box(300 / 960, 290 / 540, 584 / 960, 414 / 540))
        assert differs.mean() < 0.002


def test_each_round_has_the_same_deeds_by_other_people(shop: DemoShop) -> None:
    first, second = shop.truth(20.0), shop.truth(20.0 + CYCLE_S)
    assert first.doing == second.doing
    assert not np.array_equal(shop.picture(20.0), shop.picture(20.0 + CYCLE_S))


def test_the_canary_is_on_every_face() -> None:
    canary = np.random.default_rng(5).integers(0, 255, (8, 8, 3), dtype=np.uint8)
    plain, marked = DemoShop(1), DemoShop(1, canary)
    differs = np.abs(plain.picture(26.0).astype(int) - marked.picture(26.0)).max(axis=2) > 8
    heads = [head for _, head in plain.truth(26.0).people]
    assert heads
    assert sum(share(differs, head) > 0.8 for head in heads) >= 1


def test_the_zones_are_ones_that_the_settings_accept() -> None:
    kinds = [zone.kind for zone in demo_zones()]
    assert set(kinds) >= {"entrance", "exit", "shelf", "till", "staff", "loiter", "fixture"}
    assert {"1번 진열대", "2번 진열대", "계산대"} <= {zone.name for zone in demo_zones()}
    for zone in demo_zones():
        assert not crosses_itself(zone.polygon)
        assert all(0 <= p.x <= 1 and 0 <= p.y <= 1 for p in zone.polygon)


def test_once_it_lasts_one_round_and_else_for_ever() -> None:
    assert open_demo("demo", 1, once=True).info.duration_s == CYCLE_S
    assert open_demo("demo", 1, once=False).info.duration_s is None


def test_a_scene_is_as_long_as_it_is_and_has_zones_of_its_own() -> None:
    scene = DrawnScene("collapse", 17)
    assert open_demo("demo", 17, "collapse", once=False).info.duration_s == scene.length_s
    assert demo_zones(17, "collapse") == scene.zones() != demo_zones()


def alike(one: np.ndarray, other: np.ndarray) -> bool:
    """The same but for the sensor's noise."""
    return int(np.abs(one.astype(int) - other).max()) <= 14


def share(differs: np.ndarray, box: Box) -> float:
    return float(part(differs, box).mean())


def clear(differs: np.ndarray, box: Box) -> None:
    part(differs, box)[:] = False


def part(differs: np.ndarray, box: Box) -> np.ndarray:
    h, w = differs.shape
    cut = box.clipped()
    return differs[int(cut.top * h) : int(cut.bottom * h) + 1, int(cut.left * w) : int(cut.right * w) + 1]
