"""Whether scores mean what they say, from histograms of 50 bins."""

from collections.abc import Callable
from math import comb
from random import Random
from statistics import NormalDist

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


def test_the_interval_of_auroc_holds_every_area_within_its_own_196_standard_errors() -> None:
    metric = one("auroc", {10: 5, 20: 5, 30: 10}, {5: 8, 20: 4})
    area = (5 * 8 + 5 * 10 + 10 * 12) / (20 * 12)
    assert metric.value == pytest.approx(area)
    for edge in (metric.low, metric.high):
        assert edge is not None
        shared = 1 + 15 * (1 - edge) / (2 - edge) + 15 * edge / (1 + edge)
        assert abs(edge - area) == pytest.approx(1.96 * (edge * (1 - edge) * shared / 240) ** 0.5, rel=1e-4)


NORMAL = NormalDist()


def good(rng: Random, wrong: int, area: float) -> list[exact.Scored]:
    """50 right answers and some wrong ones of a verifier with such an AUROC."""
    above = 2**0.5 * NORMAL.inv_cdf(area)
    rights = [exact.Scored(NORMAL.cdf(rng.gauss(above, 1)), True) for _ in range(50)]
    return rights + [exact.Scored(NORMAL.cdf(rng.gauss(0, 1)), False) for _ in range(wrong)]


def fooled(rng: Random, wrong: int, area: float) -> list[exact.Scored]:
    """50 right answers, and wrong ones of which a share scores above every right one."""
    rights = [exact.Scored(0.5 + rng.random() / 10, True) for _ in range(50)]
    return rights + [exact.Scored(float(rng.random() > area), False) for _ in range(wrong)]


@pytest.mark.parametrize(
    ("verifier", "wrong", "area"),
    [(good, 10, 0.9), (good, 10, 0.97), (good, 50, 0.99), (fooled, 50, 0.8)],
)
def test_the_interval_of_auroc_holds_the_truth_19_times_in_20(
    verifier: Callable[[Random, int, float], list[exact.Scored]], wrong: int, area: float
) -> None:
    rng, held = Random(3), 0
    for _ in range(400):
        found = exact.auroc(verifier(rng, wrong, area))
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        held += found.low <= area <= found.high
    assert held / 400 >= 0.93


def test_repeats_of_a_case_weigh_as_much_as_one_answer() -> None:
    once = good(Random(4), 20, 0.8)
    often = [one._replace(weight=1 / 5) for one in once for _ in range(5)]
    for figure in (exact.ece, exact.brier):
        assert figure(often) == pytest.approx(figure(once))
    alone, repeated = exact.auroc(once), exact.auroc(often)
    assert alone is not None
    assert repeated is not None
    assert (repeated.low, repeated.high) == pytest.approx((alone.low, alone.high))
    for many, single in zip(exact.reliability(often), exact.reliability(once), strict=True):
        assert (many.n, many.low, many.high) == pytest.approx((single.n, single.low, single.high))
    assert exact.isotonic(often)(0.6) == pytest.approx(exact.isotonic(once)(0.6))


APART, TURNED, TIED = ({40: 500}, {10: 500}), ({10: 500}, {40: 500}), ({25: 500}, {25: 500})


@pytest.mark.parametrize(
    ("bins", "value", "low", "high"),
    [(APART, 1.0, 0.99614, 1.0), (TURNED, 0.0, 0.0, 0.00386), (TIED, 0.5, 0.46431, 0.53569)],
)
def test_scores_of_which_every_pair_says_the_same_have_an_interval_too(
    bins: tuple[dict[int, int], dict[int, int]], value: float, low: float, high: float
) -> None:
    metric = one("auroc", *bins)
    assert (metric.value, metric.n) == (value, 1_000)
    assert metric.low == pytest.approx(low, abs=1e-5)
    assert metric.high == pytest.approx(high, abs=1e-5)
    assert "no interval" not in str(metric.reason)


@given(histograms(0, 49).filter(bool), histograms(0, 49).filter(bool))
def test_reports_and_live_figures_give_auroc_the_same_interval(
    right: dict[int, int], wrong: dict[int, int]
) -> None:
    scored = [exact.Scored((index + 0.5) / 50, True) for index, count in right.items() for _ in range(count)]
    scored += [
        exact.Scored((index + 0.5) / 50, False) for index, count in wrong.items() for _ in range(count)
    ]
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
