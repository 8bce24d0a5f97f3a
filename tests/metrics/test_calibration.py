"""Whether scores mean what they say, from histograms of 50 bins."""

from math import comb

import pytest
from hypothesis import given

from cascadewatch.metrics import compute
from cascadewatch.metrics import exact_calibration as exact
from cascadewatch.metrics.window import Metric
from tests.metrics.windows import histograms, window


def one(key: str, right: dict[int, int], wrong: dict[int, int]) -> Metric:
    bins = {("score", "accept/right"): right, ("score", "reject/wrong"): wrong}
    return compute(window({"bins": bins}), [key])[key]


def test_a_score_that_is_the_share_right_has_no_calibration_error() -> None:
    metric = one("ece", {5: 11, 45: 91}, {5: 89, 45: 9})  # midpoints 0.11 and 0.91
    assert metric.value == pytest.approx(0)
    assert metric.n == 200


def test_an_overconfident_score_is_off_by_its_distance() -> None:
    assert one("ece", {45: 60}, {45: 40}).value == pytest.approx(0.91 - 0.6)


def test_calibration_error_averages_within_tenths_of_the_scale() -> None:
    # 0.01 (all right) and 0.09 (all wrong) fall into the same tenth: mean score 0.05, half of them right.
    assert one("ece", {0: 5}, {4: 5}).value == pytest.approx(0.45)


def test_brier_is_the_mean_squared_distance() -> None:
    assert one("brier", {45: 1}, {5: 1}).value == pytest.approx((0.09**2 + 0.11**2) / 2)


def test_ties_count_half_in_auroc() -> None:
    assert one("auroc", {25: 7}, {25: 3}).value == 0.5


@given(histograms(0, 49).filter(bool), histograms(0, 49).filter(bool))
def test_auroc_is_the_share_of_pairs_in_the_right_order(right: dict[int, int], wrong: dict[int, int]) -> None:
    wins = sum(n * m * ((a > b) + (a == b) / 2) for a, n in right.items() for b, m in wrong.items())
    metric = one("auroc", right, wrong)
    assert metric.value == pytest.approx(wins / (sum(right.values()) * sum(wrong.values())))


def test_the_interval_of_auroc_is_delongs() -> None:
    right, wrong = {10: 5, 20: 5, 30: 10}, {5: 8, 20: 4}
    places = [8 / 12] * 5 + [10 / 12] * 5 + [1.0] * 10
    under = [1.0] * 8 + [12.5 / 20] * 4
    area = sum(places) / 20
    variance = sum((p - area) ** 2 for p in places) / 19 / 20 + sum((u - area) ** 2 for u in under) / 11 / 12
    metric = one("auroc", right, wrong)
    assert metric.value == pytest.approx(area)
    assert metric.low == pytest.approx(area - 1.96 * variance**0.5, abs=1e-4)


APART, TURNED, TIED = ({40: 500}, {10: 500}), ({10: 500}, {40: 500}), ({25: 500}, {25: 500})


@pytest.mark.parametrize(
    ("bins", "value", "low", "high"),
    [(APART, 1.0, 0.99238, 1.0), (TURNED, 0.0, 0.0, 0.00762), (TIED, 0.5, 0.49619, 0.50381)],
)
def test_scores_of_which_every_pair_says_the_same_have_an_interval_too(
    bins: tuple[dict[int, int], dict[int, int]], value: float, low: float, high: float
) -> None:
    # 500 pairs without a common answer: 500 / (500 + 1.96²) of all pairs at the least say the same.
    metric = one("auroc", *bins)
    assert (metric.value, metric.n) == (value, 1_000)
    assert metric.low == pytest.approx(low, abs=1e-5)
    assert metric.high == pytest.approx(high, abs=1e-5)
    assert "no interval" not in str(metric.reason)


@given(histograms(0, 49).filter(bool), histograms(0, 49).filter(bool))
def test_reports_and_live_figures_give_auroc_the_same_interval(
    right: dict[int, int], wrong: dict[int, int]
) -> None:
    scored = [((index + 0.5) / 50, True) for index, count in right.items() for _ in range(count)]
    scored += [((index + 0.5) / 50, False) for index, count in wrong.items() for _ in range(count)]
    area, metric = exact.auroc(scored), one("auroc", right, wrong)
    assert area is not None
    assert (area.low is None) == (metric.low is None)
    for mine, other in ((area.value, metric.value), (area.low, metric.low), (area.high, metric.high)):
        assert mine is None or mine == pytest.approx(other, abs=1e-9)


def test_one_kind_of_answer_has_no_order() -> None:
    metric = one("auroc", {10: 5}, {})
    assert (metric.value, metric.n) == (None, 5)


def test_a_handful_of_labels_has_no_interval() -> None:
    for key in ("auroc", "brier", "ece"):
        metric = one(key, {10: 3}, {5: 3})
        assert metric.low is None
        assert "no interval" in str(metric.reason)


def test_unlabelled_scores_do_not_count() -> None:
    bins = {("score", "accept/unknown"): {10: comb(10, 3)}}
    assert compute(window({"bins": bins}))["brier"].value is None
