"""Break-even and headroom, from measured costs alone."""

from fractions import Fraction

import pytest
from hypothesis import given, settings

from cascadewatch.metrics import compute
from cascadewatch.metrics.breakeven import economics
from cascadewatch.metrics.window import Window
from tests.metrics.windows import added, sums, window, windows

# 100 judged events: the cheap tier with its verdict costs 20, escalating 60 more, the flagship alone 50.
MEASURED = {
    "events": 100, "priceable": 100, "priced": 100, "judged": 100, "escalated": 40,
    "even": 100, "even_cheap": 2_000 * 10**9, "even_escalated": 40, "even_after": 2_400 * 10**9,
    "even_real": 100, "even_real_cost": 5_000 * 10**9,
}  # fmt: skip


def test_the_terms_are_the_measured_means() -> None:
    terms = economics(window(**MEASURED))
    assert terms is not None
    assert (terms.c, terms.E, terms.F, terms.e) == (20, 60, 50, 0.4)
    assert terms.break_even == pytest.approx(0.5)
    assert terms.headroom == pytest.approx(0.1)
    assert not terms.assumed


@given(windows())
@settings(max_examples=200)
def test_c_plus_escalation_is_the_blended_cost_of_judged_events(drawn: Window) -> None:
    terms, counts = economics(drawn), drawn.counts
    if terms is None or terms.assumed:
        return
    spent = counts["even_cheap"] + counts["even_after"]
    c = Fraction(counts["even_cheap"], counts["even"])
    e = Fraction(counts["even_escalated"], counts["even"])
    after = Fraction(counts["even_after"], counts["even_escalated"])
    assert (c + e * after) * counts["even"] == spent  # exactly, as integers
    assert (terms.c + terms.e * terms.E) * terms.n * 1e9 == pytest.approx(spent, rel=1e-12)
    assert terms.blended * terms.n * 1e9 == pytest.approx(spent, rel=1e-12)


def test_at_the_break_even_rate_the_cascade_costs_what_the_flagship_does() -> None:
    terms = economics(window(**MEASURED))
    assert terms is not None
    assert terms.c + terms.break_even * terms.E == pytest.approx(terms.F)


def test_below_30_escalations_the_flagship_stands_in_for_what_escalating_costs() -> None:
    few = window(**MEASURED | {"even_escalated": 29, "even_after": 1})
    metric = compute(few)["break_even_rate"]
    assert metric.value == pytest.approx((50 - 20) / 50)
    assert str(metric.reason).startswith("assumed")


def test_thirty_escalations_are_enough_to_measure_what_escalating_costs() -> None:
    terms = economics(window(**MEASURED | {"even_escalated": 30, "even_after": 2_400 * 10**9}))
    assert terms is not None
    assert (terms.E, terms.assumed) == (80, False)


def test_a_cheap_tier_dearer_than_the_flagship_breaks_even_below_zero() -> None:
    dear = compute(window(**MEASURED | {"even_cheap": 6_000 * 10**9}))
    assert dear["break_even_rate"].value == pytest.approx(-1 / 6)
    assert dear["headroom"].value == pytest.approx(-1 / 6 - 0.4)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"even": 0}, "no judged event is fully priced"),
        ({"even_averaged": 1}, "no real flagship call"),
        ({"even_after": 0}, "escalating costs nothing"),
        ({"priced": 94}, "withheld"),
    ],
)
def test_it_says_why_there_is_none(change: dict[str, int], reason: str) -> None:
    drawn = window(**MEASURED | change)
    assert economics(drawn) is None
    for key in ("break_even_rate", "headroom"):
        assert reason in str(compute(drawn)[key].reason)


def hours_of(rates: list[int]) -> list[dict[str, int]]:
    """Hours of 100 judged events with these escalations, at the costs of MEASURED."""
    return [
        sums(events=100, priceable=100, priced=100, judged=100, escalated=e, even=100, even_escalated=e,
             even_cheap=2_000, even_after=60 * e, even_real=100, even_real_cost=5_000)
        for e in rates
    ]  # fmt: skip


def test_with_constant_prices_only_the_headroom_is_uncertain() -> None:
    hours = hours_of([35, 45, 38, 42, 40, 36, 44, 41, 39])
    drawn = compute(window({"clusters": tuple(hours)}, **added(hours)))
    sure, room = drawn["break_even_rate"], drawn["headroom"]
    assert sure.low == pytest.approx(0.5)
    assert room.low is not None
    assert room.high is not None
    assert room.low == pytest.approx(0.1 - 0.0259, abs=0.001)  # t(8) · sd of the hourly rates / sqrt(9)
    assert room.high == pytest.approx(0.1 + 0.0259, abs=0.001)


def test_few_hours_give_no_interval() -> None:
    hours = hours_of([40] * 7)
    metric = compute(window({"clusters": tuple(hours)}, **added(hours)))["headroom"]
    assert metric.low is None
    assert "fewer than 8 hours" in str(metric.reason)


def test_an_assumed_break_even_is_uncertain_only_by_the_cheap_tiers_share() -> None:
    hours = [hour | {"even_cheap": 50 * e} for hour, e in zip(hours_of([2] * 9), range(36, 45), strict=True)]
    metric = compute(window({"clusters": tuple(hours)}, **added(hours)))["break_even_rate"]
    assert metric.value == pytest.approx(1 - 0.4)
    assert metric.low == pytest.approx(0.6 - 0.0211, abs=0.0001)  # t(8) · 0.0274 / sqrt(9)
    assert str(metric.reason).startswith("assumed")
