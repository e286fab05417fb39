"""What the person detector is taught: whose box counts where label and teacher differ, and what a drawn sample holds."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "scripts" / "train"))

import augment
from pictures import AGREED, EXACT, Store, merged
from scoring import overlaps

LABEL = np.asarray([[0.2, 0.2, 0.4, 0.8]], np.float32)
NEAR = np.asarray([[0.22, 0.22, 0.4, 0.8]], np.float32)
WIDTH, HEIGHT = 192, 128


def seen(box: np.ndarray, score: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return box, np.asarray([score], np.float32), np.full((1, 17, 3), 0.5, np.float32)


def store_with(folder: Path, boxes: np.ndarray) -> Store:
    """One grey picture, white where somebody is."""
    picture = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    for left, top, right, bottom in (boxes * (WIDTH, HEIGHT, WIDTH, HEIGHT)).round().astype(int):
        picture[top:bottom, left:right] = 255
    picture.tofile(folder / "pixels.u8")
    truth = {"boxes": boxes, "points": np.zeros((len(boxes), 17, 3), np.float32), "labels": boxes}
    truth["ignored"] = np.zeros((0, 4), np.float32)
    one = {"source": ["room"], "name": ["1"], "labelled": [True], "place": [0], "height": [HEIGHT], "width": [WIDTH]}
    np.savez(
        folder / "index.npz",
        **{name: np.asarray(value) for name, value in one.items()},
        **{f"{name}_n": np.asarray([len(value)]) for name, value in truth.items()},
        **truth,
    )
    return Store(folder)


class TestWhoseBoxCounts:
    def test_a_label_moves_to_a_hit_that_is_sure_and_agrees(self) -> None:
        boxes, points, ignored = merged(LABEL, seen(NEAR, EXACT))
        assert boxes == pytest.approx(NEAR)
        assert points.any()
        assert not len(ignored)

    def test_it_stays_where_the_hit_is_less_sure_and_still_takes_the_points(self) -> None:
        boxes, points, _ = merged(LABEL, seen(NEAR, EXACT - 0.05))
        assert boxes == pytest.approx(LABEL)
        assert points.any()

    def test_it_stays_where_they_do_not_agree(self) -> None:
        half = np.asarray([[0.2, 0.2, 0.4, 0.48]], np.float32)
        assert 0.4 < overlaps(LABEL, half)[0, 0] < AGREED
        assert merged(LABEL, seen(half, 0.9))[0] == pytest.approx(LABEL)

    def test_a_drawn_box_is_exact_and_stays(self) -> None:
        assert merged(LABEL, seen(NEAR, 0.9), exact=True)[0] == pytest.approx(LABEL)

    def test_the_labels_themselves_are_left_alone(self) -> None:
        before = LABEL.copy()
        merged(LABEL, seen(NEAR, 0.9))
        assert np.array_equal(before, LABEL)


class TestSamples:
    def test_a_corner_with_nobody_in_it_touches_nobody(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(augment, "CLOSE", 0.0)
        monkeypatch.setattr(augment, "EMPTY", 1.0)
        store = store_with(tmp_path, LABEL)
        people = LABEL * (WIDTH, HEIGHT, WIDTH, HEIGHT)
        windows = [augment._window(store, 0, 1.8, np.random.default_rng(seed)) for seed in range(40)]
        found = [w for w in windows if w is not None]
        assert found
        assert not any(overlaps(w[None], people).any() for w in found)

    def test_of_somebody_close_by_the_head_is_in_the_window(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(augment, "CLOSE", 1.0)
        monkeypatch.setattr(augment, "EMPTY", 0.0)
        store = store_with(tmp_path, LABEL)
        for seed in range(40):
            window = augment._window(store, 0, 1.8, np.random.default_rng(seed))
            assert window is not None
            assert window[1] <= LABEL[0, 1] * HEIGHT < window[3]

    @pytest.mark.parametrize("shares", [(0.0, 0.0, 1.0), (1.0, 0.0, 0.0), (0.1, 0.1, 0.1)])
    def test_boxes_follow_their_people(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shares: tuple[float, float, float]
    ) -> None:
        for name, share in zip(("CLOSE", "EMPTY", "LYING"), shares, strict=True):
            monkeypatch.setattr(augment, name, share)
        monkeypatch.setattr(augment, "_photographed", lambda picture, _: picture)
        monkeypatch.setattr(augment, "_shelved", lambda _canvas, boxes, points, _rng: (boxes, points))
        store = store_with(tmp_path, LABEL)
        found = 0
        for seed in range(60):
            sample = augment.draw(store, np.asarray([0]), 256, 160, np.random.default_rng(seed), plain=1.0)
            assert (sample.boxes >= -0.01).all()
            assert (sample.boxes <= (256.01, 160.01, 256.01, 160.01)).all()
            for left, top, right, bottom in sample.boxes:
                middle = sample.picture[int((top + bottom) / 2), int((left + right) / 2)]
                found += 1
                assert middle.max() > 200
        assert found > 10

    def test_the_same_number_draws_the_same_sample(self, tmp_path: Path) -> None:
        store = store_with(tmp_path, LABEL)
        one, two = (augment.draw(store, np.asarray([0]), 256, 160, np.random.default_rng(7)) for _ in range(2))
        assert np.array_equal(one.picture, two.picture)
        assert np.array_equal(one.boxes, two.boxes)

    def test_a_shop_s_sample_shows_the_empty_shop_and_only_people_who_were_pasted(self, tmp_path: Path) -> None:
        big = np.asarray([[0.2, 0.1, 0.5, 0.9]], np.float32)
        store = store_with(tmp_path, big)
        shop = np.full((90, 160, 3), 40, np.uint8)
        samples = [augment.draw_shop(store, np.asarray([0]), shop, 256, 160, np.random.default_rng(n)) for n in range(30)]
        assert {0, 1, 2} <= {len(s.boxes) for s in samples}
        assert all(s.picture.shape == (160, 256, 3) for s in samples)
        assert all((s.boxes[:, 2:] > s.boxes[:, :2]).all() for s in samples)
        assert not any(len(s.ignored) for s in samples)
