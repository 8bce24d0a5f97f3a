"""The flagship-only counterfactual, its range, and what is saved against it."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadewatch.metrics import compute
from cascadewatch.metrics.counterfactual import (
    even_flagship_only,
    flagship_only,
    route_ratios,
    token_ratios,
)
from cascadewatch.metrics.window import TokenRatios
from tests.metrics.windows import ONE_MODEL, added, paired_hours, sums, window

PRICED = {"events": 100, "priceable": 100, "priced": 100}
MEASURED = TokenRatios(1.0, 1.5, "route", 40)
# $2 of real flagship calls, $3 input and $4 output worked out from the cheap tier's tokens.
MIXED = PRICED | {
    "comparable": 100, "comparable_cost": 5 * 10**9, "real": 30, "real_cost": 2 * 10**9,
    "counterfactual": 70, "counterfactual_input": 3 * 10**9, "counterfactual_output": 4 * 10**9,
}  # fmt: skip


def metrics(given: dict[str, Any] | None = None, /, **counts: int) -> dict[str, Any]:
    return compute(window(given, **counts))


def test_real_calls_count_as_billed_and_the_rest_as_worked_out() -> None:
    metric = metrics({"ratios": MEASURED}, **MIXED)["flagship_only_cost_usd"]
    assert (metric.value, metric.n) == (2 + 3 + 4 * 1.5, 100)


def test_the_range_spans_token_ratio_1_to_the_measured_one() -> None:
    metric = metrics({"ratios": MEASURED}, **MIXED)["flagship_only_cost_usd"]
    assert (metric.low, metric.high) == (9, 11)


def test_a_prompt_cache_widens_the_range_downwards_on_the_worked_out_input_only() -> None:
    metric = metrics({"ratios": MEASURED, "cache_share": 0.5}, **MIXED)["flagship_only_cost_usd"]
    assert metric.value == 11
    assert metric.low == pytest.approx(9 - 3 * 0.5 * 0.9)
    assert metric.high == 11


def test_events_without_tokens_stand_at_the_mean_real_cost_and_it_says_so() -> None:
    counts = MIXED | {"counterfactual": 60, "averaged": 10}
    metric = metrics({"ratios": MEASURED, "flagship_mean": 10**8}, **counts)["flagship_only_cost_usd"]
    assert metric.value == pytest.approx(12)
    assert metric.reason == "10 of 100 events at the flagship's mean cost"


def test_without_a_mean_such_events_leave_it_undefined() -> None:
    assert metrics(**MIXED | {"averaged": 10})["flagship_only_cost_usd"].value is None


def test_assumed_token_ratios_are_named() -> None:
    metric = metrics({"ratios": TokenRatios(pairs=12)}, **MIXED)["flagship_only_cost_usd"]
    assert metric.low == metric.high == metric.value == 9
    assert metric.reason == "token ratios assumed to be 1: 12 of 30 pairs seen"


def test_one_model_tier_has_no_flagship_to_compare_with() -> None:
    drawn = compute(window({"order": ONE_MODEL}, **MIXED))
    for key in ("flagship_only_cost_usd", "savings_usd", "savings_share", "cost_ratio", "break_even_rate"):
        assert (drawn[key].value, drawn[key].reason) == (None, "only one model tier seen so far")


def test_savings_are_the_difference_and_take_over_the_range() -> None:
    metric = metrics({"ratios": MEASURED}, **MIXED)["savings_usd"]
    assert (metric.value, metric.low, metric.high) == (6, 4, 6)


def test_a_loss_is_a_negative_saving() -> None:
    drawn = metrics({"ratios": MEASURED}, **MIXED | {"comparable_cost": 22 * 10**9})
    assert (drawn["savings_usd"].value, drawn["cost_ratio"].value, drawn["savings_share"].value) == (
        -11,
        2,
        -1,
    )


def test_ratios_are_withheld_below_95_percent_coverage_but_the_sum_is_shown() -> None:
    drawn = metrics({"ratios": MEASURED}, **MIXED | {"priceable": 1_000, "priced": 949})
    for key in ("cost_ratio", "savings_share"):
        assert drawn[key].value is None
        assert drawn[key].reason == "withheld: 94.9 % of attempts priced, 95 % needed"
    assert drawn["savings_usd"].value == 6


@pytest.mark.parametrize("key", ["flagship_only_cost_usd", "savings_usd"])
def test_what_the_flagship_would_have_cost_tells_how_much_has_a_price(key: str) -> None:
    nearly = metrics({"ratios": MEASURED}, **MIXED | {"priceable": 1_000, "priced": 972})[key]
    assert nearly.reason == "97.2 % of attempts priced"
    assert (nearly.low, nearly.high) == (nearly.value - 2, nearly.value)
    half = metrics({"ratios": MEASURED}, **MIXED | {"priceable": 1_000, "priced": 778})[key]
    assert (half.value, half.low, half.high) == (nearly.value, None, None)
    assert half.reason == "77.8 % of attempts priced"


def test_hours_that_cost_alike_give_a_narrow_ratio() -> None:
    hour = sums(**{key: count // 10 for key, count in MIXED.items()})
    drawn = metrics({"ratios": MEASURED, "clusters": (hour,) * 10}, **added([hour] * 10))
    assert drawn["cost_ratio"].low == pytest.approx(5 / 11)
    assert drawn["savings_share"].high == pytest.approx(6 / 11)


def test_hours_that_differ_widen_ratio_and_share_alike() -> None:
    same = sums(**{key: count // 10 for key, count in MIXED.items()})
    hours = [same | {"comparable_cost": cost * 10**7} for cost in (40, 60, 45, 55, 50, 50, 42, 58, 47, 53)]
    drawn = metrics({"ratios": MEASURED, "clusters": tuple(hours)}, **added(hours))
    half = 2.2622 * 0.066332 / 1.1 / 10**0.5  # t(9) · sd of the hourly costs / flagship-only / sqrt(10)
    ratio, share = drawn["cost_ratio"], drawn["savings_share"]
    assert (ratio.low, ratio.high) == pytest.approx((5 / 11 - half, 5 / 11 + half), abs=2e-5)
    assert (share.low, share.high) == pytest.approx((6 / 11 - half, 6 / 11 + half), abs=2e-5)


def pairs(n: int, flagship_output: int) -> dict[str, int]:
    return sums(
        pairs=n, pair_cheap_input=100, pair_cheap_output=100,
        pair_flagship_input=100, pair_flagship_output=flagship_output,
        counterfactual_input=10**6, counterfactual_output=10**6, even_counterfactual_output=10**5,
    )  # fmt: skip


def test_a_route_with_30_pairs_has_its_own_ratio() -> None:
    ratios = route_ratios("a", {"a": pairs(30, 150), "b": pairs(100, 300)})
    assert (ratios.output, ratios.basis, ratios.pairs) == (1.5, "route", 30)


def test_a_route_with_29_pairs_takes_the_cascades() -> None:
    ratios = route_ratios("a", {"a": pairs(29, 150), "b": pairs(1, 350)})
    assert (ratios.output, ratios.basis, ratios.pairs) == (2.5, "cascade", 30)


def test_a_cascade_with_29_pairs_takes_1() -> None:
    ratios = route_ratios("a", {"a": pairs(29, 150), "b": pairs(0, 0)})
    assert ratios == TokenRatios(1, 1, "assumed", 29)


def test_a_cheap_tier_without_output_tokens_leaves_the_ratio_at_1() -> None:
    silent = pairs(30, 150) | {"pair_cheap_output": 0}
    assert route_ratios("a", {"a": silent}).output == 1


@given(st.dictionaries(st.sampled_from("abcd"), paired_hours(), min_size=1))
def test_the_routes_flagship_only_figures_add_up_to_the_cascades(
    per_route: dict[str, dict[str, int]],
) -> None:
    total, ratios, mean = added(list(per_route.values())), token_ratios(per_route), 10.0**6
    for figure in (flagship_only, even_flagship_only):
        routes = [figure(counts, route_ratios(route, per_route), mean) for route, counts in per_route.items()]
        assert sum(routes) == pytest.approx(figure(total, ratios, mean), rel=1e-12)


def test_the_cascades_ratios_are_called_by_the_best_basis_of_its_routes() -> None:
    assert token_ratios({"a": pairs(30, 150), "b": pairs(2, 150)}).basis == "route"
    assert token_ratios({"a": pairs(20, 150), "b": pairs(20, 150)}).basis == "cascade"
    assert token_ratios({"a": pairs(3, 150)}).basis == "assumed"


def test_one_bucket_of_a_range_uses_the_ratios_of_the_range() -> None:
    whole = window({"ratios": MEASURED}, **MIXED)
    bucket = whole.narrowed(whole.counts, 0, 1)
    assert compute(bucket)["savings_usd"] == compute(replace(whole, clusters=()))["savings_usd"]
