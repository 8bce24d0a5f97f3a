"""One verdict against one attempt of the tiers above."""

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
