"""One verdict against one attempt of the tiers above."""

import pytest

from cascadewatch.metrics import compute
from cascadewatch.metrics.window import Metric, TierCounts
from cascadewatch.model import TierOrder
from tests.metrics.windows import tier, window


def one(key: str, *rows: TierCounts) -> Metric:
    order = TierOrder(("cache", "small", "mid", "big"), "small", "big")
    return compute(window({"order": order, "tiers": rows}), [key])[key]


SMALL = tier("small", attempts=1_000, verify_priceable=1_000, verify_priced=900, verify_cost=900 * 10)


def test_it_compares_one_call_with_one_call_not_totals() -> None:
    metric = one("verifier_overhead", SMALL, tier("big", priced=20, cost=20 * 100))
    assert (metric.value, metric.n) == (0.1, 900)  # totals would give 4.5


def test_all_tiers_above_the_cheap_one_count_and_none_below() -> None:
    above = (tier("mid", priced=30, cost=30 * 50), tier("big", priced=10, cost=10 * 250))
    assert one("verifier_overhead", SMALL, *above, tier("cache", priced=99, cost=99)).value == 0.1


def test_a_free_check_costs_nothing_next_to_the_flagship() -> None:
    free = tier("small", verify_priceable=10, verify_priced=10)
    assert one("verifier_overhead", free, tier("big", priced=1, cost=100)).value == 0


def test_an_unpriced_judge_is_unknown_not_free() -> None:
    unpriced = tier("small", verify_priceable=10, verify_priced=0)
    assert one("verifier_overhead", unpriced, tier("big", priced=1, cost=100)).value is None


def test_without_a_priced_attempt_above_there_is_nothing_to_compare_with() -> None:
    assert one("verifier_overhead", SMALL).value is None
    assert one("verifier_overhead", SMALL, tier("big", priced=5, cost=0)).value is None


def test_latency_is_compared_likewise() -> None:
    small = tier("small", verify_latency_known=4, verify_latency_us=4 * 50_000)
    big = tier("big", latency_known=2, latency_us=2 * 1_500_000)
    metric = one("verifier_overhead.latency", small, big)
    assert metric.value is not None
    assert round(metric.value, 4) == 0.0333


def hours(*costs: tuple[int, int]) -> Metric:
    """Hours in which ten verdicts and two attempts above cost so much."""
    clusters = tuple(
        (
            tier("small", verify_priceable=10, verify_priced=10, verify_cost=verdicts),
            tier("big", priced=2, cost=above),
        )
        for verdicts, above in costs
    )
    whole = (
        tier("small", verify_priced=10 * len(costs), verify_cost=sum(cost for cost, _ in costs)),
        tier("big", priced=2 * len(costs), cost=sum(cost for _, cost in costs)),
    )
    order = TierOrder(("small", "big"), "small", "big")
    counted = window({"order": order, "tiers": whole, "tier_clusters": clusters})
    return compute(counted, ["verifier_overhead"])["verifier_overhead"]


def test_hours_that_differ_make_an_interval() -> None:
    metric = hours(*((100 + 10 * (n % 3 - 1), 200) for n in range(24)))
    assert metric.value == pytest.approx(0.1)
    assert metric.low is not None
    assert metric.high is not None
    assert 0.09 < metric.low < 0.1 < metric.high < 0.11
    assert metric.reason is None


def test_hours_in_which_everything_is_dearer_alike_leave_no_doubt() -> None:
    metric = hours(*((100 * n, 200 * n) for n in range(1, 12)))
    assert metric.low == pytest.approx(0.1)
    assert metric.high == pytest.approx(0.1)


def test_few_hours_make_none() -> None:
    assert hours(*[(100, 200)] * 7).reason == "no interval: fewer than 8 hours"
