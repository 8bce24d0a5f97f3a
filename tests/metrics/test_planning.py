"""The planning calculator."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadewatch.errors import UsageError
from cascadewatch.metrics.planning import Plan, Verify, forecast

PRICE = st.floats(0.0001, 10)


@given(PRICE, PRICE, PRICE, st.sampled_from(("every", "escalated")))
def test_at_break_even_the_cascade_saves_nothing(
    cheap: float, verifier: float, flagship: float, verify: Verify
) -> None:
    rate = forecast(Plan(cheap, verifier, flagship, 1_000, 0.0, verify)).break_even
    assert rate is not None
    if 0 <= rate <= 1:
        saved = forecast(Plan(cheap, verifier, flagship, 1_000, rate, verify)).savings_usd_per_day
        assert saved == pytest.approx(0, abs=1e-8)


def test_savings_scale_with_traffic_and_may_be_a_loss() -> None:
    assert forecast(Plan(1, 0, 10, 500, 0.5)).savings_usd_per_day == 500 * (10 - 1 - 5)
    assert forecast(Plan(1, 0, 10, 500, 1.0)).savings_usd_per_day == -500


def test_a_free_flagship_has_no_ratio() -> None:
    planned = forecast(Plan(1, 0, 0, 10, 0.5))
    assert (planned.ratio, planned.break_even) == (None, None)


@pytest.mark.parametrize(
    ("cheap", "verifier", "rate", "name"),
    [(-1, 0, 0.1, "cheap_usd"), (1, float("nan"), 0.1, "verifier_usd"), (1, 0, 1.1, "escalation_rate")],
)
def test_a_plan_that_cannot_be_is_refused_by_name(
    cheap: float, verifier: float, rate: float, name: str
) -> None:
    with pytest.raises(UsageError, match=name):
        Plan(cheap, verifier, 1, 1, rate)
