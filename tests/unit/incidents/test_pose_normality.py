"""Poses: what is told of them does not depend on size or place, and what ordinary people never do scores higher."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.incidents.neighbours import Neighbours
from agent.incidents.pose_cues import Array, PoseTrack, cues, runs, smoothed
from agent.incidents.pose_normality import WEIGHTS, PoseNormality
from tests.unit.incidents.figure import HELD, POCKET, figure, shoppers, track


@pytest.fixture(scope="module")
def model() -> PoseNormality:
    return PoseNormality.fit(shoppers())


def test_hands_are_told_in_trunks() -> None:
    hanging, pocket, held = (cues(track(figure(30, hands=hands))) for hands in (None, POCKET, HELD))
    assert hanging.to_hip.max() < -0.3 < pocket.to_hip.min()
    assert held.together.min() > -0.2
    assert hanging.together.max() < -1.0


@settings(max_examples=25)
@given(
    scale=st.floats(0.4, 6.0),
    right=st.floats(-500, 2000),
    down=st.floats(-500, 2000),
    seed=st.integers(0, 50),
)
def test_size_and_place_do_not_matter(scale: float, right: float, down: float, seed: int) -> None:
    near = figure(25, seed=seed)
    far = near.copy()
    far[..., :2] = far[..., :2] * scale + np.asarray([right, down])
    one, other = cues(track(near)), cues(track(far))
    for name in ("to_hip", "together", "trunks", "spread", "change", "pace"):
        assert np.allclose(getattr(one, name), getattr(other, name), atol=1e-6), name


def test_a_short_gap_is_filled_in_and_a_long_one_parts() -> None:
    points = figure(60)
    kept = np.asarray([n for n in range(60) if not 10 <= n < 15 and not 25 <= n < 45])
    first, second = runs(PoseTrack("01", "v", "1", kept, points[kept]))
    assert first.frames.tolist() == list(range(25))
    assert second.frames.tolist() == list(range(45, 60))
    assert np.allclose(first.points[12, :, :2], points[9, :, :2] * 0.5 + points[15, :, :2] * 0.5)
    assert (first.points[10:15, :, 2] <= 0.2).all()
    assert (first.points[:10, :, 2] == 0.8).all()


def test_pictures_without_whole_coordinates_are_left_out_and_unknown_confidence_is_low() -> None:
    points = figure(30)
    points[3, 5, 0], points[4, 0, 1], points[8, :, 2] = np.nan, np.inf, np.nan
    (run,) = runs(track(points))
    assert np.isfinite(run.points).all()
    assert (run.points[[3, 4, 8], :, 2] <= 0.2).all()
    assert runs(track(np.full((5, 17, 3), np.nan))) == []


@pytest.mark.parametrize(
    ("frames", "shape", "fps"),
    [
        ([0, 1], (2, 17, 2), 15),
        ([0, 1], (3, 17, 3), 15),
        ([1, 1], (2, 17, 3), 15),
        ([2, 1], (2, 17, 3), 15),
        ([0], (1, 17, 3), 0),
    ],
)
def test_what_is_no_track_is_refused(frames: list[int], shape: tuple[int, ...], fps: float) -> None:
    with pytest.raises(ValueError, match="not a track"):
        PoseTrack("01", "v", "1", np.asarray(frames), np.zeros(shape), fps)


@given(st.integers(1, 30), st.floats(0.1, 9))
def test_smoothing_keeps_what_is_constant_and_stays_between_the_ends(count: int, deviation: float) -> None:
    values = np.random.default_rng(count).normal(size=(count, 2))
    even = smoothed(np.full((count, 1), 3.5), deviation)
    assert np.allclose(even, 3.5)
    found = smoothed(values, deviation)
    assert found.shape == values.shape
    assert (found <= values.max(0) + 1e-9).all()
    assert (found >= values.min(0) - 1e-9).all()


def test_the_distance_is_that_to_the_third_nearest_example() -> None:
    line = np.asarray([[0.0], [1.0], [2.0], [4.0], [8.0]])
    known = Neighbours.of(line, most=9, axes=0, chance=np.random.default_rng(0))
    assert known.distance(np.asarray([[0.0], [8.0], [3.0]])).tolist() == [2.0, 6.0, 2.0]


def test_numbers_that_are_not_sure_count_less() -> None:
    known = Neighbours.of(np.zeros((3, 2)), most=3, axes=0, chance=np.random.default_rng(0))
    asked, sure = np.asarray([[3.0, 1.0]] * 2), np.asarray([[1.0, 1.0], [0.1, 1.9]])
    assert known.distance(asked, sure) == pytest.approx([np.sqrt(10), np.sqrt(0.9 + 1.9)])


@pytest.mark.parametrize("hands", [POCKET, HELD])
def test_hands_where_ordinary_people_never_have_them_score_higher_from_then_on(model: PoseNormality, hands: Array) -> None:
    found = model.score(track(figure(90, seed=77, hands=hands, from_frame=45)))
    assert found.frames.tolist() == list(range(90))
    assert found.score[55:].min() > found.score[:35].max()


def test_the_cues_say_which_of_them_stands_out(model: PoseNormality) -> None:
    found = model.score(track(figure(60, seed=78, hands=HELD)))
    loudest = max(WEIGHTS, key=lambda name: found.cues[name].mean() if name in ("to_hip", "together") else 0.0)
    assert loudest == "together"


def test_a_camera_that_was_never_seen_is_compared_with_all(model: PoseNormality) -> None:
    points = figure(60, seed=79, hands=POCKET, from_frame=30)
    found = model.score(track(points, camera="elsewhere"))
    assert found.score[40:].min() > found.score[:20].max()


@settings(max_examples=25)
@given(st.integers(1, 40), st.integers(0, 1000), st.floats(0, 300))
def test_scores_are_finite_and_not_negative_whatever_the_points(
    model: PoseNormality, count: int, seed: int, noise: float
) -> None:
    points = figure(count, seed=seed)
    points[..., :2] += np.random.default_rng(seed).normal(scale=noise, size=(count, 17, 2))
    found = model.score(track(points))
    assert len(found.score) == count
    assert np.isfinite(found.score).all()
    assert (found.score >= 0).all()


def test_people_at_one_point_or_without_pictures_are_scored_too(model: PoseNormality) -> None:
    assert np.isfinite(model.score(track(np.ones((20, 17, 3)))).score).all()
    assert len(model.score(track(np.empty((0, 17, 3)))).score) == 0


def test_the_same_tracks_give_the_same_model_and_it_survives_as_arrays(model: PoseNormality) -> None:
    again = PoseNormality.from_arrays(model.to_arrays())
    assert PoseNormality.fit(shoppers()).fingerprint() == model.fingerprint() == again.fingerprint()
    one, other = (m.score(track(figure(40, seed=80))).score for m in (model, again))
    assert np.allclose(one, other, atol=1e-6)
    assert PoseNormality.fit(shoppers(6)).fingerprint() != model.fingerprint()


@pytest.mark.parametrize("change", ["version", "missing", "tails"])
def test_arrays_of_another_kind_are_refused(model: PoseNormality, change: str) -> None:
    arrays = model.to_arrays()
    if change == "version":
        arrays["version"] = np.asarray(99)
    elif change == "missing":
        del arrays["pace.examples"]
    else:
        arrays["pace.tails"] = arrays["pace.tails"][:, :5]
    with pytest.raises(ValueError, match=r"version|not a pose normality|another size"):
        PoseNormality.from_arrays(arrays)


def test_one_video_or_nothing_long_enough_cannot_be_learned_from() -> None:
    for tracks in ([], shoppers(1), [track(figure(5), video=f"v{n}") for n in range(4)]):
        with pytest.raises(ValueError, match="two videos"):
            PoseNormality.fit(tracks)


def test_learning_tells_how_far_it_is() -> None:
    told: list[tuple[int, int]] = []
    PoseNormality.fit(shoppers(5, 40), told=lambda done, of: told.append((done, of)))
    assert told == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]
