"""Flagship calls that were billed at another price than the one flagship-only is worked out with."""

from typing import Any

import pytest

from cascadewatch.metrics import compute
from cascadewatch.metrics.billing import billed_share
from cascadewatch.metrics.window import TierCounts, TokenRatios
from tests.metrics.windows import ORDER, sums, tier, window

# 100 cheap answers of 1,000 and 200 tokens, 40 of them escalated to a flagship of $2.50 and $10 a million.
COUNTS = sums(
    events=100, priceable=140, priced=140, comparable=100, comparable_cost=117 * 10**6,
    real=40, real_cost=90 * 10**6, counterfactual=60, counterfactual_input=150 * 10**6,
    counterfactual_output=120 * 10**6, pairs=40, pair_cheap_input=40_000, pair_cheap_output=8_000,
    pair_flagship_input=40_000, pair_flagship_output=8_000,
)  # fmt: skip
CHEAP = tier(
    "small", "mini", attempts=100, ok=100, priced=100, tokens_known=100, input=100_000, output=20_000
)


def flagship(model: str = "big", /, **said: int) -> TierCounts:
    """40 calls of 1,000 and 200 tokens, $0.09 in all: half of the $0.18 that they cost by the list."""
    sure = {"attempts": 40, "ok": 40, "priced": 40, "tokens_known": 40, "cost": 90 * 10**6,
            "input": 40_000, "output": 8_000}  # fmt: skip
    return tier("flagship", model, **sure | said)


def share(*tiers: TierCounts, **counts: int) -> float:
    return billed_share([COUNTS | counts], tiers or (CHEAP, flagship()), ORDER)


def test_half_the_price_is_seen_in_the_bills() -> None:
    assert share() == pytest.approx(0.5)


def test_sums_of_routes_are_taken_together() -> None:
    half = {name: n // 2 for name, n in COUNTS.items()}
    assert billed_share([half, half], (CHEAP, flagship()), ORDER) == pytest.approx(0.5)


@pytest.mark.parametrize("cost", [163, 180, 197])
def test_bills_within_a_tenth_of_the_price_are_the_price(cost: int) -> None:
    assert share(CHEAP, flagship(cost=cost * 10**6)) == 1


def test_what_a_prompt_cache_spares_is_no_discount() -> None:
    """36,000 of the 40,000 tokens at a tenth of the input price: $0.10 becomes $0.019."""
    read = {"input": 4_000, "cache_read": 36_000}
    assert share(CHEAP, flagship(**read, cost=99 * 10**6)) == 1
    assert share(CHEAP, flagship(**read, cost=50 * 10**6)) < 0.3


@pytest.mark.parametrize(
    "tiers",
    [
        (CHEAP, flagship(attempts=29, ok=29, priced=29, tokens_known=29)),
        (CHEAP, flagship(tokens_known=30)),
        (CHEAP, flagship(priced=30)),
        (CHEAP, flagship(), flagship("bigger")),
        (CHEAP,),
        (flagship(),),
    ],
    ids=["few-calls", "few-tokens", "few-costs", "several-models", "no-calls", "no-cheap-answers"],
)
def test_where_it_cannot_be_told_the_price_holds(tiers: tuple[TierCounts, ...]) -> None:
    assert share(*tiers) == 1


def test_where_nothing_was_worked_out_the_price_holds() -> None:
    assert share(counterfactual=0, counterfactual_input=0, counterfactual_output=0) == 1


def metrics(**counts: int) -> dict[str, Any]:
    ratios = TokenRatios(basis="route", pairs=40, billed=0.5)
    return compute(window({"ratios": ratios}, **COUNTS | counts))


def test_the_rest_is_taken_at_what_is_billed_and_the_range_has_the_price() -> None:
    metric = metrics()["flagship_only_cost_usd"]
    assert (metric.value, metric.low, metric.high) == pytest.approx((0.225, 0.225, 0.36))
    assert metric.reason == (
        "flagship taken at 50 % of its price, as real calls were billed: [[price]] would say it exactly"
    )
    assert metrics()["savings_usd"].value == pytest.approx(0.225 - 0.117)
    assert metrics()["savings_share"].value == pytest.approx(1 - 0.117 / 0.225)


def test_break_even_takes_it_over_and_says_so() -> None:
    judged = {"even": 100, "even_cheap": 27 * 10**6, "even_escalated": 40, "even_after": 90 * 10**6,
              "even_real": 40, "even_real_cost": 90 * 10**6, "even_counterfactual": 60,
              "even_counterfactual_input": 150 * 10**6,
              "even_counterfactual_output": 120 * 10**6}  # fmt: skip
    metric = metrics(**judged)["break_even_rate"]
    assert metric.value == pytest.approx((0.00225 - 0.00027) / 0.00225)
    assert "50 % of its price" in str(metric.reason)
