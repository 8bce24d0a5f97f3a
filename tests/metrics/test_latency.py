"""Percentiles by path, read from histograms."""

from collections import Counter
from statistics import quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadewatch.metrics import compute
from cascadewatch.metrics.latency import percentile, quantile
from cascadewatch.metrics.measures import latency_bin, latency_edge
from tests.metrics.windows import histograms, window

RESOLUTION = 10 ** (1 / 20)  # 12.2 %


@given(st.lists(st.floats(1, 1e6), min_size=100, max_size=300), st.sampled_from((50, 95, 99)))
def test_a_percentile_is_within_a_bin_of_the_observations_around_it(
    values: list[float], percent: int
) -> None:
    ordered = sorted(values)
    rank = percent * len(ordered) / 100
    around = ordered[max(0, int(rank) - 1)], ordered[min(len(ordered) - 1, int(rank) + 1)]
    found = percentile(Counter(map(latency_bin, values)), percent, "").value
    assert found is not None
    assert around[0] / RESOLUTION * 0.999 <= found <= around[1] * RESOLUTION * 1.001


def test_a_smooth_sample_is_read_much_closer_than_the_bins() -> None:
    values = [10 ** (1 + 2 * i / 10_000) for i in range(10_000)]  # even on the log scale
    bins = Counter(map(latency_bin, values))
    for percent in (50, 95, 99):
        assert quantile(bins, percent / 100) == pytest.approx(
            quantiles(values, n=100)[percent - 1], rel=0.005
        )


@given(histograms(-1, 300).filter(bool), st.floats(0, 1), st.floats(0, 1))
def test_a_higher_quantile_is_never_lower(bins: dict[int, int], one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert quantile(bins, low) <= quantile(bins, high) * (1 + 1e-12)


def test_everything_under_a_millisecond_is_read_evenly() -> None:
    assert quantile({-1: 10}, 0.5) == 0.5


def test_empty_bins_are_skipped() -> None:
    assert quantile({5: 0, 40: 10, 90: 0}, 1.0) == pytest.approx(latency_edge(41))


def test_paths_are_kept_apart() -> None:
    bins = {("latency", "accepted"): {40: 500}, ("latency", "escalated"): {60: 500}}
    metrics = compute(window({"bins": bins}), ["latency_ms.p50", "latency_ms.p99"])
    assert list(metrics) == [
        f"latency_ms.p{p}[{path}]" for p in (50, 99) for path in ("escalated", "accepted")
    ]
    assert metrics["latency_ms.p50[accepted]"].value == pytest.approx(100, rel=0.12)
    assert metrics["latency_ms.p50[escalated]"].value == pytest.approx(1_000, rel=0.12)


@pytest.mark.parametrize(("percent", "enough"), [(95, 20), (99, 100)])
def test_too_few_requests_give_a_value_without_interval(percent: int, enough: int) -> None:
    few, plenty = percentile({40: enough - 1}, percent, ""), percentile({40: enough}, percent, "")
    assert few.value is not None
    assert (few.low, few.high) == (None, None)
    assert str(few.reason).startswith("few")
    assert plenty.low is not None


def test_the_interval_of_the_median_covers_the_order_statistics() -> None:
    metric = percentile(dict.fromkeys(range(100), 1), 50, "")
    # 100 values one bin apart: 95 % of medians lie between the 40th and the 60th.
    assert metric.low == pytest.approx(latency_edge(40), rel=0.12)
    assert metric.high == pytest.approx(latency_edge(60), rel=0.12)


def test_the_penalty_is_the_median_wait_before_the_serving_attempt() -> None:
    metric = compute(window({"bins": {("penalty", ""): {100: 9}}}))["escalation_latency_penalty_ms"]
    assert metric.value == pytest.approx(latency_edge(100), rel=0.12)
    assert metric.n == 9
