"""Sums and means of money: exact where priced, honest where not."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadewatch.metrics import compute
from cascadewatch.metrics.coverage import NO_PRICE
from cascadewatch.metrics.measures import PARTS
from cascadewatch.metrics.window import Metric
from tests.metrics.windows import added, hours, sums, tier, window

PRICED = {"events": 100, "completed": 80, "priceable": 150, "priced": 150}


def one(key: str, given: dict[str, Any] | None = None, /, **counts: int) -> Metric:
    return compute(window(given, **counts), [key])[key]


@given(hours())
def test_the_six_parts_add_up_to_the_cost_without_rest(hour: dict[str, int]) -> None:
    metrics = compute(window(**hour))
    if metrics["cost_usd"].value is not None:
        parts = [metrics[f"cost_usd.{part}"].value for part in PARTS]
        assert sum(part or 0 for part in parts) == pytest.approx(metrics["cost_usd"].value, rel=1e-12)


def test_a_fully_priced_sum_is_exact() -> None:
    metric = one("cost_usd", cost_cheap=1_500_000_000, cost_verify=250_000_000, **PRICED)
    assert (metric.value, metric.low, metric.high, metric.reason) == (1.75, 1.75, 1.75, None)


def test_a_partly_priced_sum_shows_its_coverage_instead_of_an_interval() -> None:
    metric = one("cost_usd", cost_cheap=10**9, **PRICED | {"priceable": 1_000, "priced": 972})
    assert (metric.value, metric.low, metric.high) == (1.0, None, None)
    assert metric.reason == "97.2 % of attempts priced"


def test_without_any_price_the_cost_is_unknown_not_zero() -> None:
    metric = one("cost_usd", **PRICED | {"priced": 0})
    assert metric.value is None
    assert "[[price]]" in str(metric.reason)


@pytest.mark.parametrize("key", ["cost_usd", "blended_cost_usd", "cost_per_completed_usd", "cost_usd.other"])
def test_verdicts_that_are_free_price_nobody_s_attempts(key: str) -> None:
    metric = one(key, **PRICED | {"priced": 50})
    assert (metric.value, metric.reason) == (None, NO_PRICE)


def test_a_model_of_ones_own_costs_nothing_though_one_call_has_no_price() -> None:
    own = tier("small", attempts=100, priceable=100, priced=99, verify_priceable=50, verify_priced=50)
    found = compute(window({"tiers": (own,)}, **PRICED | {"priced": 149}))
    for key, share in (("cost_usd", "99.3 %"), ("cost_usd.cheap", "99.0 %"), ("blended_cost_usd", "99.3 %")):
        assert (found[key].value, found[key].low) == (0, None), key
        assert f"{share} of attempts priced" in str(found[key].reason)


def test_answers_that_cost_nothing_are_told_from_verdicts_without_a_price() -> None:
    own = tier("small", attempts=50, priceable=50, priced=50, verify_priceable=50)
    found = compute(window({"tiers": (own,)}, **PRICED | {"priced": 50}))
    assert (found["cost_usd"].value, found["cost_usd"].reason) == (0, "33.3 % of attempts priced")
    assert (found["cost_usd.verify"].value, found["cost_usd.verify"].reason) == (None, NO_PRICE)


def test_a_part_of_a_range_takes_from_the_range_whether_answers_cost_nothing() -> None:
    own = tier("small", attempts=1_000, priceable=1_000, priced=1_000, verify_priceable=1_000)
    counts = sums(events=500, completed=500, priceable=1_000, priced=500)
    for tiers, value in (((own,), 0), ((), None)):
        of = window({"tiers": tiers}, events=1_000, priceable=2_000, priced=1_000)
        part = of.narrowed(counts, 0, 1)
        for half in (part, part.narrowed(counts, 0, 1)):
            found = compute(half, ["cost_usd", "cost_usd.cheap", "blended_cost_usd"])
            assert {metric.value for metric in found.values()} == {value}


def test_a_part_that_costs_nothing_is_unknown_where_the_range_costs_something() -> None:
    """The rest has a price: of this route only the verdicts by a rule have."""
    paid = tier("small", attempts=1_000, priceable=1_000, priced=900)
    of = window({"tiers": (paid,)}, events=1_000, priceable=2_000, priced=1_900, cost_cheap=10**9)
    route = sums(events=100, priceable=200, priced=100)
    assert compute(of.narrowed(route, 0, 1), ["cost_usd"])["cost_usd"].value is None


def test_a_part_without_any_price_has_no_cost_in_a_free_cascade() -> None:
    own = tier("small", attempts=1_000, priceable=1_000, priced=900)
    of = window({"tiers": (own,)}, events=1_000, priceable=1_000, priced=900)
    assert compute(of.narrowed(sums(events=9, priceable=9), 0, 1), ["cost_usd"])["cost_usd"].value is None


def test_calls_that_failed_and_cost_nothing_do_not_make_the_others_free() -> None:
    failing = tier("small", attempts=100, error=3, priceable=100, priced=3)
    metric = compute(window({"tiers": (failing,)}, **PRICED | {"priced": 3}))["cost_usd"]
    assert (metric.value, metric.reason) == (None, NO_PRICE)


def test_what_has_a_price_of_nothing_costs_nothing() -> None:
    assert one("cost_usd", **PRICED).value == 0


def test_events_that_need_no_price_cost_nothing() -> None:
    assert one("cost_usd", events=10, cached=10).value == 0


def test_an_unpriced_judge_leaves_the_verify_part_unknown_though_attempts_are_priced() -> None:
    small = tier("small", priceable=100, priced=100, verify_priceable=100, verify_priced=0)
    counts = {"events": 100, "priceable": 200, "priced": 100, "cost_cheap": 10**9}
    assert one("cost_usd.verify", {"tiers": (small,)}, **counts).value is None
    assert one("cost_usd.cheap", {"tiers": (small,)}, **counts).high == 1.0


def test_an_unpriced_flagship_leaves_the_escalated_part_unknown() -> None:
    tiers = (tier("small", priceable=100, priced=100), tier("flagship", priceable=30, priced=0))
    counts = {"events": 100, "priceable": 130, "priced": 100, "cost_cheap": 10**9}
    assert one("cost_usd.escalated", {"tiers": tiers}, **counts).value is None


def test_means_divide_by_events_and_by_completed_events() -> None:
    assert one("blended_cost_usd", cost_cheap=4 * 10**9, **PRICED).value == 0.04
    assert one("cost_per_completed_usd", cost_cheap=4 * 10**9, **PRICED).value == 0.05


def test_nothing_completed_has_no_cost_per_completed_event() -> None:
    assert one("cost_per_completed_usd", cost_cheap=10**9, **PRICED | {"completed": 0}).value is None


def test_a_mean_has_an_interval_from_eight_hours_on() -> None:
    hour = [sums(events=10, priceable=10, priced=10, cost_cheap=(5 + i % 3) * 10**8) for i in range(8)]
    enough = one("blended_cost_usd", {"clusters": tuple(hour)}, **added(hour))
    assert enough.low is not None
    assert enough.high is not None
    assert enough.value is not None
    assert enough.low < enough.value < enough.high
    few = one("blended_cost_usd", {"clusters": tuple(hour[:7])}, **added(hour[:7]))
    assert few.low is None
    assert "fewer than 8 hours" in str(few.reason)


@given(st.integers(1, 10**6), st.integers(0, 10**6))
def test_price_coverage_is_the_share_that_has_a_price(priced: int, unpriced: int) -> None:
    metric = one("price_coverage", priced=priced, priceable=priced + unpriced)
    assert metric.value == priced / (priced + unpriced)
