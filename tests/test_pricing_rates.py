"""Tokens times rates, in whole nano-dollars, rounded once."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadewatch.model import Usage
from cascadewatch.pricing import Rates, cost, nano_usd

TEN_AND_THIRTY = Rates(10_000_000_000, 30_000_000_000, 10_000_000_000, 10_000_000_000, "test")  # USD per 1M
HALF_A_NANO = Rates(500_000, 0, 500_000, 500_000, "test")

counts = st.integers(0, 10_000_000)
femto = st.integers(0, 10**12)


def test_a_million_tokens_at_ten_dollars_are_ten_dollars() -> None:
    assert cost(TEN_AND_THIRTY, Usage(input=1_000_000, output=0)) == 10 * 10**9


def test_input_and_output_have_their_own_rates() -> None:
    # the first case of the recorded GSM8K run on GPT-4: 1194 x 10 + 82 x 30 USD per million
    assert cost(TEN_AND_THIRTY, Usage(input=1194, output=82)) == 14_400_000


@pytest.mark.parametrize(("tokens", "nano"), [(1, 0), (2, 1), (3, 2), (5, 2), (7, 4)])
def test_half_a_nano_dollar_goes_to_the_even_neighbour(tokens: int, nano: int) -> None:
    assert cost(HALF_A_NANO, Usage(input=tokens, output=0)) == nano


@pytest.mark.parametrize("usage", [Usage(input=5), Usage(output=5), Usage(), Usage(cache_read=5, output=1)])
def test_an_unknown_count_makes_the_cost_unknown(usage: Usage) -> None:
    assert cost(TEN_AND_THIRTY, usage) is None


def test_an_unknown_cache_count_counts_as_none() -> None:
    assert cost(TEN_AND_THIRTY, Usage(input=5, output=5)) == cost(
        TEN_AND_THIRTY, Usage(input=5, cache_read=0, cache_write=0, output=5)
    )


def test_cached_tokens_have_their_own_rates() -> None:
    rates = Rates(3_000_000_000, 0, 300_000_000, 3_750_000_000, "test")
    assert cost(rates, Usage(input=1000, cache_read=1000, cache_write=1000, output=0)) == 7_050_000


def test_reasoning_is_part_of_the_output() -> None:
    assert cost(TEN_AND_THIRTY, Usage(input=0, output=100, reasoning=80)) == 3_000_000


def test_reasoning_is_charged_apart_where_it_has_its_own_rate() -> None:
    rates = replace(TEN_AND_THIRTY, reasoning=3_000_000_000)
    assert cost(rates, Usage(input=0, output=100, reasoning=80)) == 840_000
    assert cost(rates, Usage(input=0, output=100, reasoning=900)) == 300_000
    assert cost(rates, Usage(input=0, output=100)) == 3_000_000


def test_output_without_a_price_makes_the_cost_unknown_unless_there_is_none() -> None:
    embedding = replace(TEN_AND_THIRTY, output=None)
    assert cost(embedding, Usage(input=10, output=1)) is None
    assert cost(embedding, Usage(input=10, output=0)) == 100_000


def test_a_fee_for_the_request_is_charged_once() -> None:
    rates = replace(TEN_AND_THIRTY, request=12_000_000_000_000)
    assert cost(rates, Usage(input=0, output=0)) == 12_000_000


@pytest.mark.parametrize(
    ("usage", "nano"),
    [
        (Usage(input=100, output=0), 100_000),
        (Usage(input=101, output=0), 202_000),
        (Usage(input=1, cache_read=50, cache_write=50, output=0), 202_000),
        (Usage(input=201, output=0), 603_000),
        (Usage(input=1, output=500), 1_000),
    ],
    ids=["at the threshold", "above", "cached tokens count", "above the second", "output does not count"],
)
def test_above_a_threshold_the_whole_request_pays_that_tier(usage: Usage, nano: int) -> None:
    rates = [Rates(n * 10**9, 0, n * 10**9, n * 10**9, "test") for n in (1, 2, 3)]
    assert cost(replace(rates[0], tiers=((100, rates[1]), (200, rates[2]))), usage) == nano


@given(st.tuples(counts, counts, counts, counts), st.tuples(femto, femto, femto, femto))
def test_the_cost_is_the_exact_sum_rounded_half_even(
    tokens: tuple[int, int, int, int], each: tuple[int, int, int, int]
) -> None:
    new, out, read, write = tokens
    usage = Usage(input=new, cache_read=read, cache_write=write, output=out)
    exact = Fraction(sum(count * rate for count, rate in zip(tokens, each, strict=True)), 10**6)
    assert cost(Rates(*each, "test"), usage) == round(exact)


@given(counts, counts, counts)
def test_a_token_costs_the_same_wherever_no_cache_price_is_listed(new: int, read: int, write: int) -> None:
    apart = cost(TEN_AND_THIRTY, Usage(input=new, cache_read=read, cache_write=write, output=1))
    assert apart == cost(TEN_AND_THIRTY, Usage(input=new + read + write, output=1))


@pytest.mark.parametrize(
    ("usd", "nano"), [(0, 0), (0.00031, 310_000), (1e-9, 1), (5e-10, 0), (10_000, 10**13), (0.3, 3 * 10**8)]
)
def test_dollars_become_whole_nano_dollars(usd: float, nano: int) -> None:
    assert nano_usd(usd) == nano
