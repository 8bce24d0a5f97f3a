"""The escalation rate as an objective with a budget."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadewatch.metrics import compute
from cascadewatch.metrics.slo import burn_factor_reachable
from cascadewatch.metrics.window import Metric, Objective
from tests.metrics.windows import HOUR, window

DAY = 24 * HOUR


def one(key: str, objective: Objective | None, **counts: int) -> Metric:
    return compute(window({"objective": objective}, **counts), [key])[key]


def goal(escalated: int, judged: int = 1_000) -> Objective:
    return Objective(0.30, 28 * DAY, judged, escalated, 0, 28 * DAY)


@pytest.mark.parametrize(("escalated", "left"), [(0, 1.0), (150, 0.5), (300, 0.0), (450, -0.5)])
def test_the_budget_is_the_escalations_the_objective_allows(escalated: int, left: float) -> None:
    metric = one("slo.budget_left", goal(escalated))
    assert metric.value == pytest.approx(left)
    assert metric.low is not None
    assert metric.high is not None
    assert metric.low <= left <= metric.high


def test_the_burn_rate_is_that_of_the_range_not_of_the_objectives_window() -> None:
    assert one("slo.burn_rate", goal(150), judged=100, escalated=60).value == 2


def test_the_budget_ends_where_the_rolling_mean_passes_the_objective() -> None:
    # 20 % over 28 days, now 40 %: after half of the window the mean of the two is 30 %.
    metric = one("slo.exhausted_at", goal(200), judged=10_000, escalated=4_000)
    assert metric.value == 28 * DAY + 14 * DAY
    assert metric.low is not None
    assert metric.high is not None
    assert metric.low < metric.value < metric.high


def young(since: int, escalated: int) -> Objective:
    """1,000 judged requests since then; now is the end of the 28 days."""
    return Objective(0.30, 28 * DAY, 1_000, escalated, 0, 28 * DAY, since)


def test_of_a_young_cascade_nothing_leaves_the_window_yet() -> None:
    # Five days of 200 requests, 20 % in all, now 60 %: (200 + 120 x) / (1,000 + 200 x) is 30 % at x = 1.67.
    metric = one("slo.exhausted_at", young(23 * DAY, 200), judged=10_000, escalated=6_000)
    assert metric.value == round(28 * DAY + 5 / 3 * DAY)


def test_once_the_window_is_full_the_oldest_leave_it() -> None:
    # 27 days at 10 %, now 40 %: a day fills the window, then each adds 40 % of a day's requests and takes
    # 10 % of one's away: 27 * 10 % + 40 % + x * 30 % is 28 * 30 % at x = 17.67 days.
    metric = one("slo.exhausted_at", young(DAY, 100), judged=10_000, escalated=4_000)
    assert metric.value == pytest.approx(28 * DAY + (1 + 53 / 3) * DAY, abs=1)


def test_a_first_event_before_the_window_makes_it_a_full_one() -> None:
    full = one("slo.exhausted_at", goal(200), judged=10_000, escalated=4_000)
    assert one("slo.exhausted_at", young(-DAY, 200), judged=10_000, escalated=4_000) == full


@given(st.integers(0, 28 * DAY - HOUR), st.integers(0, 300), st.integers(3_001, 10_000))
def test_at_the_end_of_the_budget_the_window_holds_as_much_as_it_may(
    since: int, escalated: int, rate: int
) -> None:
    metric = one("slo.exhausted_at", young(since, escalated), judged=10_000, escalated=rate)
    assert metric.value is not None
    seen, after = 28 * DAY - since, metric.value - 28 * DAY
    gone = max(0, seen + after - 28 * DAY)
    held = escalated / 1_000 * (seen - gone) + rate / 10_000 * after
    assert held / (seen - gone + after) == pytest.approx(0.30, abs=1e-3)


def test_the_interval_is_open_where_the_budget_may_last() -> None:
    metric = one("slo.exhausted_at", goal(200), judged=100, escalated=35)
    assert metric.value is not None
    assert metric.low is not None
    assert metric.high is None
    assert "lasts" in str(metric.reason)


@pytest.mark.parametrize(
    ("used", "escalated", "reason"),
    [(200, 30, "at this rate the budget lasts"), (301, 40, "used up already")],
)
def test_it_says_why_no_end_is_in_sight(used: int, escalated: int, reason: str) -> None:
    metric = one("slo.exhausted_at", goal(used), judged=100, escalated=escalated)
    assert metric.value is None
    assert reason in str(metric.reason)


@pytest.mark.parametrize("key", ["slo.objective", "slo.budget_left", "slo.burn_rate", "slo.exhausted_at"])
def test_without_an_objective_it_says_how_to_set_one(key: str) -> None:
    metric = one(key, None, judged=100, escalated=30)
    assert metric.value is None
    assert "`objective`" in str(metric.reason)


# The usual factors of availability SLOs against an escalation objective: what can fire at all.
@pytest.mark.parametrize(
    ("objective", "reachable"),
    [
        (0.05, (14.4, 14, 7, 6, 3, 2, 1)),
        (0.10, (7, 6, 3, 2, 1)),
        (0.30, (3, 2, 1)),
        (0.40, (2, 1)),
        (0.55, (1,)),
    ],
)
def test_a_factor_above_1_over_the_objective_can_never_fire(
    objective: float, reachable: tuple[float, ...]
) -> None:
    factors = (14.4, 14, 7, 6, 3, 2, 1)
    assert tuple(f for f in factors if burn_factor_reachable(objective, f) is None) == reachable


def test_an_unreachable_factor_is_refused_in_a_sentence() -> None:
    sentence = burn_factor_reachable(0.3, 14.4)
    assert sentence is not None
    assert "14.4 can never fire" in sentence
    assert "30 %" in sentence
