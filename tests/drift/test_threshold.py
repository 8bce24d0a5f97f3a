"""A metric against a limit, by its interval."""

import pytest

from cascadewatch.drift.threshold import Decision, decide
from cascadewatch.errors import ConfigError
from cascadewatch.metrics.interval import proportion
from cascadewatch.metrics.slo import burn_rate
from cascadewatch.metrics.window import Metric, Objective
from tests.metrics.windows import window

BREACHED, WITHIN = Decision("breached"), Decision("within")
UNSURE = Decision("undecided", "the interval includes the limit")


@pytest.mark.parametrize(
    ("escalated", "expected"), [(400, BREACHED), (320, UNSURE), (280, UNSURE), (200, WITHIN)]
)
def test_above(escalated: int, expected: Decision) -> None:
    assert decide(proportion(escalated, 1000, ""), above=0.30) == expected


@pytest.mark.parametrize(
    ("priced", "expected"), [(900, BREACHED), (945, UNSURE), (955, UNSURE), (990, WITHIN)]
)
def test_below(priced: int, expected: Decision) -> None:
    assert decide(proportion(priced, 1000, ""), below=0.95) == expected


def test_an_exact_figure_on_the_limit_is_within_it() -> None:
    assert decide(Metric(5.0, 100, 5.0, 5.0, "usd"), above=5.0) == WITHIN
    assert decide(Metric(5.01, 100, 5.01, 5.01, "usd"), above=5.0) == BREACHED


def test_few_observations_decide_nothing() -> None:
    found = decide(proportion(29, 29, ""), above=0.30)
    assert found == Decision("undecided", "rests on 29 observations, min_n is 30")
    assert decide(proportion(29, 29, ""), above=0.30, min_n=10) == BREACHED


@pytest.mark.parametrize(
    ("metric", "reason"),
    [
        (Metric(None, 0, reason="no judged events"), "no judged events"),
        (Metric(0.5, 100, reason="no interval: fewer than 8 hours"), "no interval: fewer than 8 hours"),
        (Metric(0.5, 100), "the metric has no interval"),
    ],
)
def test_a_metric_without_value_or_interval_decides_nothing(metric: Metric, reason: str) -> None:
    assert decide(metric, above=0.30) == Decision("undecided", reason)


def test_a_burn_rate_is_compared_like_any_metric() -> None:
    goal = Objective(0.30, 28 * 86_400_000, 10_000, 3000, 0, 28 * 86_400_000)
    burning = burn_rate(window({"objective": goal}, judged=500, escalated=450))
    assert decide(burning, above=2.5) == BREACHED
    assert decide(burning, above=3.3) == WITHIN


@pytest.mark.parametrize("limits", [{}, {"above": 0.3, "below": 0.2}])
def test_exactly_one_limit_is_needed(limits: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="either `above` or `below`"):
        decide(proportion(1, 2, ""), **limits)  # type: ignore[arg-type]
