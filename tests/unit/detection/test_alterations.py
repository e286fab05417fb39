"""What looks different in the shop for good is told once nobody hides it; what only seems to differ is not."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from agent.capture.raw import Planes, RawFrame
from agent.detection.alterations import KEPT_S, AlterationWatch
from agent.detection.detectors import blob_boxes
from agent.detection.findings import Findings, Unseen
from agent.detection.reference import Reference
from agent.detection.tracker import Tracker
from agent.settings import Zone
from agent.values import Alteration, AlterationKind, Box, FrameStamp, Person, Point, Track, ViewFault

FPS = 4.0
SIZE = (384, 216)
SHELF = Box(0.10, 0.15, 0.60, 0.60)
CABINET = Box(0.70, 0.15, 0.92, 0.62)
FLOOR = Box(0.45, 0.72, 0.55, 0.88)
CUSTOMER = Box(0.28, 0.10, 0.46, 0.98)  # stands before the shelf
BESIDE = Box(0.46, 0.30, 0.64, 0.98)  # stands before the place on the floor
LATER = Box(0.67, 0.30, 0.85, 0.98)  # stands beside it and hides nothing of it


def zone(name: str, kind: str, box: Box) -> Zone:
    corners = ((box.left, box.top), (box.right, box.top), (box.right, box.bottom), (box.left, box.bottom))
    return Zone(name, kind, tuple(Point(x, y) for x, y in corners))  # type: ignore[arg-type]


ZONES = (zone("snacks", "shelf", SHELF), zone("cabinet", "fixture", CABINET))


class Shop:
    """A drawn shop: a shelf of 3 x 8 goods on a dark back, a cabinet, a floor with a soft light; filmed with noise.

    gone: goods that are not there. things: patches of texture that stand about. light, offset: of the exposure. lamp: how much
    brighter the left half is. shake: how far (pixels) the camera trembles.
    """

    def __init__(self, seed: int = 1, *, noise: float = 1.5) -> None:
        self.rng = np.random.default_rng(seed)
        self.pool = self.rng.normal(0, noise, (SIZE[1] + 40, SIZE[0] + 40)).astype(np.float32)
        self._drawn: tuple[object, tuple[np.ndarray, ...]] | None = None
        self.gone: set[int] = set()
        self.things: list[tuple[Box, int]] = []
        self.shadow: Box | None = None
        self.light, self.offset, self.lamp = 1.0, 0.0, 0.0
        self.shift = (0, 0)
        self.shake = 0
        self.cabinet_at = CABINET
        self.goods = self.rng.integers(60, 230, (24, 3))
        self.index = 0
        self.now_s = 0.0
        self.size = SIZE

    def frame(self, people: Sequence[tuple[Box, int]] = ()) -> RawFrame:
        width, height = SIZE
        planes = y, u, v = self._still()
        for box, seed in self.things:
            textured(planes, box, seed)
        if self.shadow is not None:
            soft = np.zeros((height, width), np.float32)
            soft[slices(self.shadow, soft.shape)] = 1.0
            y *= 1.0 - 0.3 * cv2.GaussianBlur(soft, (0, 0), 9)
        for box, seed in people:
            textured(planes, box, seed, sway=2 * np.sin(self.index))
        y[:, : width // 2] *= 1.0 + self.lamp
        down, right = np.add(self.shift, self.rng.integers(-self.shake, self.shake + 1, 2))
        moved = np.array([[1, 0, right], [0, 1, down]], np.float32)
        picture = cv2.warpAffine(y * self.light + self.offset, moved, SIZE, borderMode=cv2.BORDER_REPLICATE)
        noisy = np.clip(picture + self._noise(), 0, 255).astype(np.uint8)
        chroma = [np.clip(cv2.resize(c, (width // 2, height // 2)), 0, 255).astype(np.uint8) for c in (u, v)]
        noisy, *chroma = (
            cv2.resize(c, (self.size[0] // k, self.size[1] // k)) for c, k in ((noisy, 1), *((c, 2) for c in chroma))
        )
        stamp = FrameStamp("camera", self.index, self.now_s, 1_790_000_000.0 + self.now_s)
        self.index += 1
        self.now_s += 1 / FPS
        return RawFrame(stamp, Planes(noisy, *chroma))

    def _still(self) -> tuple[np.ndarray, ...]:
        state = (frozenset(self.gone), self.cabinet_at)
        if self._drawn is None or self._drawn[0] != state:
            width, height = SIZE
            y = np.add.outer(np.linspace(110, 150, height), np.linspace(0, 15, width)).astype(np.float32)
            planes = (y, np.full_like(y, 124), np.full_like(y, 130))
            fill(planes, SHELF, (45, 128, 128))
            for slot in set(range(24)) - self.gone:
                self._article(planes, slot)
            self._cabinet(planes)
            self._drawn = (state, planes)
        return tuple(plane.copy() for plane in self._drawn[1])

    def _noise(self) -> np.ndarray:
        top, left = self.rng.integers(0, 40, 2)
        return self.pool[top : top + SIZE[1], left : left + SIZE[0]]

    def _article(self, planes: tuple[np.ndarray, ...], slot: int) -> None:
        box = slot_box(slot)
        light, blue, red = self.goods[slot]
        fill(planes, box, (light, 90 + blue / 3, 90 + red / 3))
        band = Box(box.left, box.top + box.height * 0.4, box.right, box.top + box.height * 0.65)
        fill(planes, band, (255 - light, 128, 128))

    def _cabinet(self, planes: tuple[np.ndarray, ...]) -> None:
        box = self.cabinet_at
        fill(planes, box, (190, 120, 140))
        for i in range(4):
            top = box.top + box.height * (i + 0.2) / 4
            fill(planes, Box(box.left + 0.02, top, box.right - 0.02, top + box.height * 0.15), (80, 128, 128))


class Watched:
    """The shop as the agent sees it: reference, tracker and the watch; with `detector`, people are found as they are."""

    def __init__(self, shop: Shop, *, detector: bool = True, zones: Sequence[Zone] = ZONES) -> None:
        self.shop = shop
        self.detector = detector
        self.watch = AlterationWatch(zones, witness=detector)
        self.reference, self.tracker = Reference(), Tracker("camera")
        self.known: tuple[Alteration, ...] = ()
        self.tracks: tuple[Track, ...] = ()

    def see(self, seconds: float, *people: Box, faults: Sequence[ViewFault] = (), late: bool = False) -> tuple[Alteration, ...]:
        for _ in range(round(seconds * FPS)):
            raw = self.shop.frame([(box, 7 + i) for i, box in enumerate(people)])
            seen = self.reference.look(raw)
            found = tuple(Person(box, 0.9) for box in people) if self.detector else ()
            findings = Findings(raw.stamp, found, (), seen.changed, seen.moving, self.detector, blob_boxes(seen.changed))
            self.tracks = self.tracker.step(findings)
            self.reference.learn(raw.stamp.source_s)
            told = Unseen(raw.stamp, "late", seen.changed) if late else findings
            self.known = self.watch.step(raw, told, self.tracks, faults)
        return self.known

    def kinds(self) -> list[AlterationKind]:
        return [alteration.kind for alteration in self.known]


def slot_box(slot: int) -> Box:
    row, column = divmod(slot, 8)
    left, top = SHELF.left + 0.01 + column * 0.061, SHELF.top + 0.01 + row * 0.148
    return Box(left, top, left + 0.05, top + 0.125)


def slices(box: Box, shape: tuple[int, ...]) -> tuple[slice, slice]:
    inside = box.clipped()
    return (
        slice(round(inside.top * shape[0]), round(inside.bottom * shape[0])),
        slice(round(inside.left * shape[1]), round(inside.right * shape[1])),
    )


def fill(planes: tuple[np.ndarray, ...], box: Box, colour: tuple[float, float, float]) -> None:
    for plane, value in zip(planes, colour, strict=True):
        plane[slices(box, plane.shape)] = value


def textured(planes: tuple[np.ndarray, ...], box: Box, seed: int, sway: float = 0.0) -> None:
    moved = Box(box.left + sway / SIZE[0], box.top, box.right + sway / SIZE[0], box.bottom)
    rows, columns = slices(moved, planes[0].shape)
    pattern = np.random.default_rng(seed).integers(20, 90, (12, 8)).astype(np.float32)
    size = (columns.stop - columns.start, rows.stop - rows.start)
    planes[0][rows, columns] = cv2.resize(pattern, size, interpolation=cv2.INTER_NEAREST)
    planes[1][rows, columns], planes[2][rows, columns] = 118, 142


@pytest.fixture(params=[True, False], ids=["detector", "reference only"])
def watched(request: pytest.FixtureRequest) -> Watched:
    """A shop that has been watched for a while, with a person detector and without."""
    watched = Watched(Shop(), detector=request.param)
    assert watched.see(10) == ()
    return watched


def test_goods_that_are_gone_after_somebody_was_there_are_taken(watched: Watched) -> None:
    watched.see(3, CUSTOMER)
    watched.shop.gone = {3, 4}
    watched.see(2, CUSTOMER)
    assert watched.known == ()  # still hidden
    (taken,) = watched.see(6)
    assert taken.kind is AlterationKind.TAKEN
    assert taken.zone == "snacks"
    assert taken.box.overlap(slot_box(3)) > 0.7 * slot_box(3).area
    assert taken.box.area < 4 * slot_box(3).area
    assert 9 < taken.since_s < 11
    assert 15 < taken.at_s < 21
    assert len(taken.tracks) == 1
    assert taken.undone_s is None


def test_goods_that_are_put_back_undo_it(watched: Watched) -> None:
    for gone in ({3, 4}, set()):
        watched.see(3, CUSTOMER)
        watched.shop.gone = gone
        watched.see(2, CUSTOMER)
        known = watched.see(6)
    (taken,) = known
    assert taken.undone_s is not None
    assert taken.undone_s > taken.at_s


def test_a_part_that_is_put_back_leaves_the_rest_taken(watched: Watched) -> None:
    for gone in ({2, 3, 4, 5}, {2}):
        watched.see(3, CUSTOMER)
        watched.shop.gone = gone
        watched.see(2, CUSTOMER)
        known = watched.see(6)
    assert [alteration.kind for alteration in known] == [AlterationKind.TAKEN]
    assert known[0].undone_s is not None or known[0].share < 0.1


def test_the_same_goods_may_be_taken_again(watched: Watched) -> None:
    for gone in ({3}, set(), {3}):
        watched.see(3, CUSTOMER)
        watched.shop.gone = gone
        watched.see(2, CUSTOMER)
        known = watched.see(6)
    assert [(alteration.kind, alteration.undone_s is None) for alteration in known] == [
        (AlterationKind.TAKEN, False),
        (AlterationKind.TAKEN, True),
    ]


def test_goods_on_an_empty_place_of_the_shelf_are_put_and_taken_again_are_taken() -> None:
    shop = Shop()
    shop.gone = {3, 4}
    watched = Watched(shop)
    watched.see(10)
    for gone, kinds in ((set(), [AlterationKind.PUT]), ({3, 4}, [AlterationKind.PUT, AlterationKind.TAKEN])):
        watched.see(3, CUSTOMER)
        watched.shop.gone = gone
        watched.see(2, CUSTOMER)
        watched.see(6)
        assert watched.kinds() == kinds
    assert watched.known[0].undone_s is not None
    assert watched.known[1].undone_s is None


def test_a_shelf_that_is_swept_is_taken_with_a_large_share(watched: Watched) -> None:
    watched.see(3, CUSTOMER)
    watched.shop.gone = set(range(20))
    watched.see(2, CUSTOMER)
    known = watched.see(8)
    assert {alteration.kind for alteration in known} == {AlterationKind.TAKEN}
    assert sum(alteration.share for alteration in known) > 0.5


def test_a_thing_on_the_floor_is_left_and_gone_again_undone(watched: Watched) -> None:
    watched.see(3, BESIDE)
    watched.shop.things = [(FLOOR, 3)]
    watched.see(2, BESIDE)
    (left,) = watched.see(10)
    assert left.kind is AlterationKind.LEFT
    assert left.zone is None
    assert left.tracks
    watched.see(3, BESIDE)
    watched.shop.things = []
    watched.see(2, BESIDE)
    (gone,) = watched.see(10)
    assert gone.id == left.id
    assert gone.undone_s is not None


def test_whoever_comes_near_when_it_has_been_seen_already_has_nothing_to_do_with_it() -> None:
    watched = Watched(Shop())
    watched.see(10)
    watched.see(3, BESIDE)
    watched.shop.things = [(FLOOR, 3)]
    watched.see(1, BESIDE)
    (owner,) = watched.tracks
    watched.see(3.0)
    assert watched.known == (), "it has not rested for long enough yet"
    (left,) = watched.see(6, LATER)
    assert left.tracks == (owner.id,)


def test_a_thing_of_the_room_that_is_gone_is_removed() -> None:
    shop = Shop()
    shop.things = [(FLOOR, 3)]
    watched = Watched(shop)
    watched.see(10)
    watched.see(3, BESIDE)
    shop.things = []
    watched.see(2, BESIDE)
    watched.see(10)
    assert watched.kinds() == [AlterationKind.REMOVED]


def test_a_cabinet_that_topples_is_a_fixture_that_differs_even_if_nobody_was_near(watched: Watched) -> None:
    watched.shop.cabinet_at = Box(0.62, 0.52, 0.98, 0.75)
    known = watched.see(12)
    assert AlterationKind.FIXTURE in {alteration.kind for alteration in known if alteration.zone == "cabinet"}


def test_a_shelf_that_is_knocked_over_is_a_fixture_and_not_goods_taken(watched: Watched) -> None:
    watched.see(3, CUSTOMER)
    watched.shop.gone = set(range(24))
    watched.shop.things = [(Box(0.08, 0.10, 0.62, 0.60), 21), (Box(0.05, 0.60, 0.66, 0.80), 22)]
    watched.see(2, CUSTOMER)
    known = watched.see(12)
    assert AlterationKind.FIXTURE in {alteration.kind for alteration in known}
    assert AlterationKind.TAKEN not in {alteration.kind for alteration in known}


def test_passers_by_do_not_put_off_what_has_stood_there_before_and_after_them() -> None:
    def first_told_s(*, passed: bool) -> float:
        watched = Watched(Shop(), detector=False)
        watched.see(10)
        watched.see(3, CUSTOMER)
        watched.shop.things = [(Box(0.08, 0.10, 0.62, 0.60), 21), (Box(0.05, 0.60, 0.66, 0.80), 22)]
        watched.see(1, CUSTOMER)
        start_s = watched.shop.now_s
        watched.see(2.5)
        if passed:
            for step in range(8):
                watched.see(0.25, Box(0.0 + 0.1 * step, 0.2, 0.14 + 0.1 * step, 0.95))
        while not watched.see(0.25):
            assert watched.shop.now_s < start_s + 20
        return watched.shop.now_s - start_s

    assert first_told_s(passed=True) <= first_told_s(passed=False) + 4.0


def test_somebody_who_stands_still_before_the_shelf_is_no_alteration(watched: Watched) -> None:
    assert watched.see(60, CUSTOMER) == ()
    assert watched.see(10) == ()


def test_nothing_is_told_where_somebody_only_passed_by(watched: Watched) -> None:
    for step in range(30):
        watched.see(1 / FPS, Box(step * 0.03 - 0.1, 0.2, step * 0.03 + 0.08, 0.98))
    assert watched.see(10) == ()


def test_it_waits_however_long_somebody_stands_before_it() -> None:
    watched = Watched(Shop())
    watched.see(10)
    watched.see(2, CUSTOMER)
    watched.shop.gone = {3, 4}
    watched.see(120, CUSTOMER)
    watched.see(6)
    assert watched.kinds() == [AlterationKind.TAKEN]


@pytest.mark.parametrize("change", ["gain", "lamp", "shadow", "switch", "nudge", "drift"])
def test_other_light_and_a_nudged_camera_are_no_alterations(watched: Watched, change: str) -> None:
    shop = watched.shop
    watched.see(3, CUSTOMER)
    match change:
        case "gain":
            shop.light = 1.25
        case "lamp":
            shop.lamp = 0.25
        case "shadow":
            shop.shadow = Box(0.3, 0.3, 0.7, 0.9)
        case "switch":
            shop.light, shop.offset = 0.45, 4.0
        case "nudge":
            shop.shift = (1, 2)
        case "drift":
            for _ in range(40):
                shop.light *= 0.99
                watched.see(0.5)
    watched.see(2, CUSTOMER)
    assert watched.see(12) == ()
    shop.light, shop.offset, shop.lamp, shop.shadow, shop.shift = 1.0, 0.0, 0.0, None, (0, 0)
    watched.see(2, CUSTOMER)
    assert watched.see(12) == ()


def test_goods_are_missed_in_other_light_too() -> None:
    watched = Watched(Shop())
    watched.see(10)
    watched.see(2, CUSTOMER)
    watched.shop.gone, watched.shop.light = {3, 4}, 0.8
    watched.see(2, CUSTOMER)
    watched.see(6)
    assert watched.kinds() == [AlterationKind.TAKEN]


@pytest.mark.parametrize("seed", range(6))
def test_nothing_is_found_where_nothing_happened(seed: int) -> None:
    shop = Shop(seed, noise=(0.5, 1.5, 3.0)[seed % 3])
    shop.shake = seed % 2
    watched = Watched(shop, detector=seed % 4 < 3)
    dice = np.random.default_rng(seed)
    watched.see(8)
    for _ in range(6):
        left = dice.uniform(0, 0.8)
        shop.light = dice.uniform(0.85, 1.15)
        assert watched.see(dice.uniform(1, 5), Box(left, dice.uniform(0.1, 0.3), left + 0.18, 0.98)) == ()
        assert watched.see(dice.uniform(1, 6)) == ()


def test_while_the_view_is_spoilt_nothing_is_told_and_afterwards_what_was_taken_is() -> None:
    watched = Watched(Shop())
    watched.see(10)
    watched.see(2, CUSTOMER)
    watched.shop.gone = {3, 4}
    for faults in ((ViewFault.COVERED,), (ViewFault.FROZEN,)):
        assert watched.see(10, faults=faults) == ()
    assert watched.see(10, late=True) == ()
    watched.see(6)
    assert watched.kinds() == [AlterationKind.TAKEN]


def test_a_view_that_was_turned_is_learnt_anew() -> None:
    watched = Watched(Shop())
    watched.see(10)
    watched.see(2, CUSTOMER)
    watched.shop.gone = {3, 4}
    watched.see(2, faults=(ViewFault.TURNED,))
    assert watched.see(8) == ()


def test_another_resolution_and_a_clock_that_jumps_begin_anew() -> None:
    watched = Watched(Shop())
    watched.see(10)
    watched.shop.size = (320, 240)
    watched.shop.gone = {3, 4}
    assert watched.see(10) == ()
    watched.shop.now_s = 2.0
    assert watched.see(10) == ()
    watched.shop.now_s = 9000.0
    assert watched.see(10) == ()


def test_a_screen_that_changes_with_nobody_near_is_not_told() -> None:
    watched = Watched(Shop())
    watched.see(10)
    for seed in range(5):
        watched.shop.things = [(Box(0.7, 0.7, 0.85, 0.9), seed)]
        watched.see(6)
    assert watched.known == ()


def test_without_zones_big_things_are_found_and_small_ones_are_not() -> None:
    watched = Watched(Shop(), zones=())
    watched.see(10)
    watched.see(2, BESIDE)
    watched.shop.things = [(FLOOR, 3), (Box(0.66, 0.9, 0.68, 0.93), 4)]
    watched.see(2, BESIDE)
    watched.see(10)
    assert watched.kinds() == [AlterationKind.LEFT]


def test_an_alteration_is_known_for_ten_minutes() -> None:
    watched = Watched(Shop())
    watched.see(10)
    watched.see(2, CUSTOMER)
    watched.shop.gone = {3, 4}
    watched.see(2, CUSTOMER)
    (taken,) = watched.see(6)
    watched.shop.now_s = taken.at_s + KEPT_S - 1
    assert watched.see(0.5) == (taken,)
    watched.see(1)
    assert watched.known == ()
