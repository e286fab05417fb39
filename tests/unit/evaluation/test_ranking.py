"""Areas and rates against tables that were worked out by hand, and what must hold for any scores."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agent.evaluation.ranking import auc_pr, auc_roc, equal_error, roc_points, spread, spread_of_mean

# scores, truth, AUC-ROC (share of pairs in order), average precision, equal error rate
TABLES = [
    ([4, 3, 2, 1], [1, 1, 0, 0], 1.0, 1.0, 0.0),
    ([1, 2, 3, 4], [1, 1, 0, 0], 0.0, (1 / 3 + 2 / 4) / 2, 1.0),
    ([5, 5, 5, 5], [1, 0, 1, 0], 0.5, 0.5, 0.5),
    ([4, 3, 2, 1], [1, 0, 1, 0], 3 / 4, (1 + 2 / 3) / 2, 0.5),
    ([3, 2, 2, 1], [1, 1, 0, 0], 7 / 8, 0.5 + 0.5 * 2 / 3, 0.25),
    ([9, 8, 7, 6, 5, 4], [0, 1, 1, 0, 1, 0], 5 / 9, (1 / 2 + 2 / 3 + 3 / 5) / 3, 1 / 3),
]


@pytest.mark.parametrize(("scores", "truth", "roc", "precision", "equal"), TABLES)
def test_tables(scores: list[float], truth: list[int], roc: float, precision: float, equal: float) -> None:
    assert auc_roc(scores, truth) == pytest.approx(roc)
    assert auc_pr(scores, truth) == pytest.approx(precision)
    assert equal_error(scores, truth) == pytest.approx(equal)


def test_the_curve_calls_equal_scores_together() -> None:
    assert roc_points([3, 2, 2, 1], [1, 1, 0, 0]) == [(0, 0), (0, 0.5), (0.5, 1), (1, 1)]


@pytest.mark.parametrize("truth", [[1, 1], [0, 0], []])
def test_one_class_alone_has_no_measure(truth: list[int]) -> None:
    scores = [0.5] * len(truth)
    assert auc_roc(scores, truth) is auc_pr(scores, truth) is equal_error(scores, truth) is None
    with pytest.raises(ValueError, match="both classes"):
        roc_points(scores, truth)


@pytest.mark.parametrize(("scores", "truth"), [([1, 2], [1]), ([float("nan"), 1], [0, 1]), ([[1]], [[1]])])
def test_scores_that_do_not_fit_are_refused(scores: list[float], truth: list[int]) -> None:
    with pytest.raises(ValueError, match="scores"):
        auc_roc(scores, truth)


def test_infinite_scores_have_their_place() -> None:
    assert auc_roc([float("-inf"), 1.0, float("inf")], [0, 1, 1]) == 1.0
    assert auc_roc([float("-inf"), float("-inf")], [0, 1]) == 0.5


SCORED = st.lists(st.tuples(st.integers(-5, 5), st.booleans()), min_size=2, max_size=60)


@given(SCORED)
def test_the_area_is_the_share_of_pairs_in_order(scored: list[tuple[int, bool]]) -> None:
    hits = [score for score, so in scored if so]
    rest = [score for score, so in scored if not so]
    assume(hits and rest)
    pairs = [(a > b) + (a == b) / 2 for a in hits for b in rest]
    scores, truth = zip(*scored, strict=True)
    assert auc_roc(scores, truth) == pytest.approx(sum(pairs) / len(pairs))


@given(SCORED)
def test_only_the_order_counts_and_turning_it_round_turns_the_area(scored: list[tuple[int, bool]]) -> None:
    scores, truth = zip(*scored, strict=True)
    assume(len(set(truth)) == 2)
    area, error = auc_roc(scores, truth), equal_error(scores, truth)
    assert area is not None
    assert error is not None
    cubes = [score**3 + score for score in scores]
    assert auc_roc(cubes, truth) == pytest.approx(area)
    assert equal_error(cubes, truth) == pytest.approx(error)
    assert auc_pr(cubes, truth) == pytest.approx(auc_pr(scores, truth))
    assert auc_roc([-score for score in scores], truth) == pytest.approx(1 - area)
    assert 0 <= error <= 1


@given(SCORED)
def test_the_curve_never_turns_back(scored: list[tuple[int, bool]]) -> None:
    scores, truth = zip(*scored, strict=True)
    assume(len(set(truth)) == 2)
    points = roc_points(scores, truth)
    assert points[0] == (0, 0)
    assert points[-1] == (1, 1)
    assert points == sorted(points)
    assert len(points) == len(set(scores)) + 1


def test_the_spread_draws_whole_groups_and_is_the_same_each_time() -> None:
    groups = [([3, 2, 1], [1, 0, 0]), ([5, 1], [0, 0]), ([4, 2], [1, 0]), ([1, 2], [1, 0])]
    found = spread(groups, auc_roc)
    assert found is not None
    low, high = found
    whole = auc_roc([3, 2, 1, 5, 1, 4, 2, 1, 2], [1, 0, 0, 0, 0, 1, 0, 1, 0])
    assert whole is not None
    assert low < whole < high
    assert found == spread(groups, auc_roc)
    assert spread(groups[:1], auc_roc) is None
    assert spread([([1], [0]), ([2], [0])], auc_roc) is None


def test_equal_groups_have_no_spread() -> None:
    assert spread([([2, 1], [1, 0])] * 5, auc_roc) == (1.0, 1.0)
    assert spread_of_mean([0.6, 0.6, 0.6]) == pytest.approx((0.6, 0.6))
    assert spread_of_mean([0.6]) is None
