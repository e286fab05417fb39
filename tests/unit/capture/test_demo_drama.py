"""Drawn scenes: the same for the same seed, their truth is what is drawn, and their events are what the item is about."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest

from agent.capture.demo_acts import CALM_S, STAY_S
from agent.capture.demo_drama import ITEMS, DrawnScene
from agent.capture.source import open_source
from agent.clock import ManualClock
from agent.settings import CameraSettings, OpenHours, Zone, crosses_itself
from agent.values import Box, Point

SEEDS = range(3)
ACTS = tuple(item for item in ITEMS if item != "quiet")
DIFFERS = 44  # grey levels: more than light and noise make of the same place
KINDS = {"entrance", "exit", "shelf", "till", "staff", "loiter", "fixture"}


@cache
def scene(item: str, seed: int) -> DrawnScene:
    return DrawnScene(item, seed)


def start(of: DrawnScene) -> float:
    return next(begin for item, begin, _ in of.events() if item == of.item)


def zone(of: DrawnScene, kind: str) -> Zone:
    return next(z for z in of.zones() if z.kind == kind)


def inside(area: Zone, x: float, y: float) -> bool:
    polygon = np.array([(p.x, p.y) for p in area.polygon], np.float32)
    return cv2.pointPolygonTest(polygon, (x, y), False) >= 0


def body(of: DrawnScene, who: str, t: float) -> Box:
    truth = of.truth(t)
    return truth.people[truth.who.index(who)][0]


def doing(of: DrawnScene, who: str, t: float) -> str:
    truth = of.truth(t)
    return truth.doing[truth.who.index(who)]


def changed(of: DrawnScene, t: float) -> np.ndarray:
    """Where the picture differs from that of the empty shop at the beginning."""
    now, empty = (cv2.blur(of.picture(at), (3, 3)).astype(int) for at in (t, 1.0))
    gain = np.median((now + 1) / (empty + 1))
    return np.abs(now - empty * gain).max(axis=2) > DIFFERS * max(gain, 0.6)


def part(picture: np.ndarray, box: Box) -> np.ndarray:
    h, w = picture.shape[:2]
    cut = box.clipped()
    return picture[int(cut.top * h) : int(np.ceil(cut.bottom * h)), int(cut.left * w) : int(np.ceil(cut.right * w))]


def on_floor(of: DrawnScene, box: Box) -> bool:
    width, height = of.size
    return box.width * width > 1.8 * box.height * height


@pytest.mark.parametrize("item", ITEMS)
def test_the_same_seed_draws_the_same_scene_and_another_seed_another_shop(item: str) -> None:
    one, again, other = scene(item, 0), DrawnScene(item, 0), scene(item, 1)
    assert one.events() == again.events()
    for t in (2.0, 14.0, 21.3):
        assert np.array_equal(one.picture(t), again.picture(t))
        assert one.truth(t) == again.truth(t)
    assert not np.array_equal(one.picture(2.0), other.picture(2.0))


@pytest.mark.parametrize("item", ITEMS)
def test_a_scene_begins_with_the_empty_shop_and_goes_on_until_an_alarm_is_overdue(item: str) -> None:
    for seed in range(8):
        it = scene(item, seed)
        assert 40 <= it.length_s <= 77
        assert not any(it.truth(t).people for t in np.arange(0, CALM_S, 0.5))
        for _, begin, end in it.events():
            assert CALM_S < begin < end <= it.length_s
            assert begin + 12 < it.length_s
        assert [what for what, *_ in it.events()][:1] == ([] if item == "quiet" else [item])


def test_pictures_come_in_the_size_that_is_asked_for() -> None:
    it = DrawnScene("theft", 3, (320, 180))
    assert it.picture(10.0).shape == (180, 320, 3)
    assert scene("theft", 3).picture(10.0).shape == (360, 640, 3)


@pytest.mark.parametrize("item", ["loitering", "collapse", "theft", "left_object", "quiet"])
def test_people_are_drawn_where_the_truth_says(item: str) -> None:
    for seed in SEEDS:
        it = scene(item, seed)
        for t in np.arange(9.0, it.length_s, 3.7):
            truth, differs = it.truth(t), changed(it, t)
            for box, head in truth.people:
                if box.clipped().area > 0.95 * box.area:
                    assert part(differs, head).mean() > 0.15, (seed, t)
            known = [box.grown(0.03, 0.05) for box, _ in truth.people]
            known += [box.grown(0.02, 0.03) for box in truth.gone] + [box.grown(0.03, 0.04) for _, box in truth.things]
            known.append(Box(0.0, 0.0, 0.15, 1.0) if zone(it, "entrance").polygon[0].x < 0.5 else Box(0.85, 0.0, 1.0, 1.0))
            for box in known:
                part(differs, box)[:] = False
            assert differs.mean() < 0.01, (seed, t)


def test_keypoints_lie_within_the_body() -> None:
    for item in ITEMS:
        it = scene(item, 2)
        for t in np.arange(8.0, it.length_s, 2.9):
            truth = it.truth(t)
            assert len(truth.keypoints) == len(truth.people) == len(truth.who) == len(truth.doing)
            for (box, _), points in zip(truth.people, truth.keypoints, strict=True):
                assert len(points) == 17
                room = box.grown(0.02, 0.03)
                assert all(room.contains(Point(p.x, p.y)) and 0 <= p.score <= 1 for p in points), (item, t)


def test_zones_are_ones_that_the_settings_accept() -> None:
    for item in ITEMS:
        for seed in SEEDS:
            drawn = scene(item, seed).zones()
            assert {z.kind for z in drawn} == KINDS
            assert len({z.name for z in drawn}) == len(drawn)
            for z in drawn:
                assert not crosses_itself(z.polygon)
                assert all(0 <= p.x <= 1 and 0 <= p.y <= 1 for p in z.polygon)


# What each item is about, at the moment from which an alarm is due.


@pytest.mark.parametrize("seed", SEEDS)
def test_a_loiterer_has_been_in_the_zone_for_ten_seconds(seed: int) -> None:
    it = scene("loitering", seed)
    area, due = zone(it, "loiter"), start(it)

    def there(t: float) -> bool:
        box = body(it, "loiterer", t)
        return inside(area, box.centre.x, box.bottom - 0.02 * box.height)

    assert all(there(t) for t in np.arange(due - STAY_S + 0.3, due + 5, 0.25))
    assert not there(due - STAY_S - 0.5)


@pytest.mark.parametrize("seed", range(8))
def test_an_intruder_is_wholly_in_the_closed_shop_or_at_the_staff_door(seed: int) -> None:
    it = scene("intrusion", seed)
    due = start(it)
    if it.hours == OpenHours():
        area = zone(it, "staff")
        box = body(it, "snooper", due + 0.1)
        assert all(inside(area, x, y) for x in (box.left, box.right) for y in (box.top + 0.01, box.bottom - 0.01))
    else:
        assert it.truth(due - 0.6).who == it.truth(due + 0.1).who == ("intruder",)


@pytest.mark.parametrize("seed", SEEDS)
def test_an_object_is_left_when_its_owner_has_moved_away_and_stays_there(seed: int) -> None:
    it = scene("left_object", seed)
    due = start(it)
    ((kind, thing),) = it.truth(due).things
    assert kind == "bag"
    assert thing.overlap(body(it, "forgetter", due)) == 0
    end = it.truth(it.length_s - 0.1)
    assert "forgetter" not in end.who
    assert end.things == ((kind, thing),)
    if not any(thing.overlap(box) for box, _ in end.people):
        assert part(changed(it, it.length_s - 0.1), thing).mean() > 0.4


@pytest.mark.parametrize("seed", SEEDS)
def test_who_collapses_reaches_the_floor_and_lies_there(seed: int) -> None:
    it = scene("collapse", seed)
    due = start(it)
    assert not on_floor(it, body(it, "fainter", due - 0.7))
    assert all(on_floor(it, body(it, "fainter", t)) for t in np.arange(due + 0.05, due + 14, 1.0))


@pytest.mark.parametrize("seed", range(8))
def test_damage_stays_when_the_one_who_did_it_has_gone(seed: int) -> None:
    it = scene("damage", seed)
    due, end = start(it), it.length_s - 0.1
    assert "vandal" in it.truth(due - 0.2).who
    assert "vandal" not in it.truth(due + 11).who
    assert not it.truth(due - 0.2).shelf_down
    broken = changed(it, end)
    for box, _ in it.truth(end).people:
        part(broken, box.grown(0.03, 0.05))[:] = False
    for box in it.truth(end).gone:
        part(broken, box.grown(0.02, 0.03))[:] = False
    assert broken.mean() > 0.004


@pytest.mark.parametrize("seed", SEEDS)
def test_a_fight_begins_with_a_blow_between_two_who_stand_close(seed: int) -> None:
    it = scene("fight", seed)
    due = start(it)
    one, two = body(it, "attacker", due + 0.1), body(it, "victim", due + 0.1)
    assert abs(one.centre.x - two.centre.x) < 0.6 * one.height
    assert doing(it, "attacker", due - 0.1) == "look"
    assert doing(it, "attacker", due + 0.1) == "strike"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_thief_goes_out_with_goods_and_was_not_at_the_till(seed: int) -> None:
    it = scene("theft", seed)
    due = start(it)
    box = body(it, "thief", due + 0.15)
    assert inside(zone(it, "exit"), box.centre.x, box.bottom - 0.02 * box.height)
    assert it.truth(due).goods >= 1
    moments = [it.truth(t) for t in np.arange(CALM_S, due, 0.25)]
    deeds = {did for truth in moments for who, did in zip(truth.who, truth.doing, strict=True) if who == "thief"}
    assert deeds & {"reach", "bend"}
    assert "pay" not in deeds


def test_goods_are_gone_from_the_shelf_where_the_truth_says() -> None:
    for item, seed in (("theft", 0), ("theft", 1), ("swept", 0), ("swept", 1)):
        it = scene(item, seed)
        end = it.length_s - 0.1
        truth, differs = it.truth(end), changed(it, end)
        assert truth.goods == len(truth.gone) >= 1
        for box in truth.gone:
            if not any(box.overlap(person.grown(0.02, 0.03)) for person, _ in truth.people):
                assert part(differs, box).mean() > 0.06


@pytest.mark.parametrize("seed", SEEDS)
def test_a_swept_shelf_has_lost_whole_rows(seed: int) -> None:
    it = scene("swept", seed)
    assert it.truth(start(it) + 0.05).goods >= 12
    assert [what for what, *_ in it.events()] == ["swept", "theft"]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_till_is_wrenched_at_for_long(seed: int) -> None:
    it = scene("forced_till", seed)
    ((_, due, end),) = it.events()
    assert end - due > 15
    for t in np.arange(due + 0.1, end, 1.0):
        box = body(it, "robber", t)
        assert doing(it, "robber", t) == "pry"
        assert inside(zone(it, "till"), box.centre.x, box.bottom - 0.02 * box.height)


@pytest.mark.parametrize("seed", range(12))
def test_nothing_in_a_quiet_scene_is_due_an_alarm(seed: int) -> None:
    """Who takes goods pays or puts them back; bags are taken along; nobody lies or stays; all stands where it stood."""
    it = scene("quiet", seed)
    truths = [it.truth(t) for t in np.arange(CALM_S, it.length_s, 0.25)]
    assert {who for truth in truths for who in truth.who} == {"customer"}
    assert not {did for truth in truths for did in truth.doing} & {"lie", "fall", "strike", "stagger", "pry", "push", "smash"}
    assert truths[-1].things == ()
    stays = sum(inside(zone(it, "loiter"), b.centre.x, b.bottom - 0.03 * b.height) for t in truths for b, _ in t.people) / 4
    assert stays < STAY_S * 2  # of at most two who pass
    left = changed(it, it.length_s - 0.05)
    for box in [box for box, _ in truths[-1].people] + list(truths[-1].gone):
        part(left, box.grown(0.03, 0.05))[:] = False
    assert left.mean() < 0.01


def test_a_scene_can_be_opened_as_a_source_and_ends() -> None:
    camera = CameraSettings("c", "c", "demo:2:fight")
    source = open_source(camera, ManualClock(), once=True, on_packet=None, on_event=lambda _kind, _text: None, take_fps=2.0)
    frames = [(frame.stamp.source_s, frame.width, frame.height) for frame in source.frames() if frame is not None]
    assert source.info.duration_s == scene("fight", 2).length_s
    assert frames[-1][0] == pytest.approx(scene("fight", 2).length_s, abs=0.6)
    assert {frame[1:] for frame in frames} == {(640, 360)}
