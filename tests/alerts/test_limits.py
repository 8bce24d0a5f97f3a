"""A metric against its limit: what is sure, what is not, and from where on it is over."""

import pytest

from alerts.finding import Outcome
from alerts.limits import Limit, finding
from cascadewatch.metrics.window import Metric
from cascadewatch.settings import Rule
from tests.alerts.findings import LIMIT, SUPPORT


def metric(low: float, high: float, n: int = 100) -> Metric:
    return Metric((low + high) / 2, n, low, high)


@pytest.mark.parametrize(
    ("limit", "clear"),
    [
        (Limit(0.2, "up"), 0.16),
        (Limit(1.0, "up"), 0.8),
        (Limit(-0.1, "up"), -0.12),
        (Limit(0.95, "down", top=1), 0.96),
        (Limit(0.05, "down", top=1), 0.06),
        (Limit(100.0, "down"), 120.0),
        (Limit(0.0, "down"), 0.0),
    ],
)
def test_a_fifth_of_the_way_back_is_well_within(limit: Limit, clear: float) -> None:
    assert limit.clear == pytest.approx(clear)


@pytest.mark.parametrize(
    ("low", "high", "outcome", "clear"),
    [
        (0.51, 0.60, "breached", False),
        (0.49, 0.60, "undecided", False),
        (0.41, 0.49, "ok", False),
        (0.30, 0.45, "ok", True),
    ],
)
def test_the_whole_interval_decides(low: float, high: float, outcome: Outcome, clear: bool) -> None:
    assert Limit(0.5, "up").outcome(metric(low, high), 30)[::2] == (outcome, clear)
    mirrored = metric(1 - high, 1 - low)
    assert Limit(0.5, "down", top=1).outcome(mirrored, 30)[::2] == (outcome, clear)


def test_few_observations_decide_nothing_and_none_are_no_data() -> None:
    assert Limit(0.5, "up").outcome(metric(0.8, 0.9, 29), 30)[0] == "undecided"
    assert Limit(0.5, "up").outcome(metric(0.8, 0.9, 30), 30)[0] == "breached"
    assert Limit(0.5, "up").outcome(Metric(None, 0, reason="no events"), 30)[:2] == ("no_data", "no events")
    withheld = Metric(None, 50, reason="withheld: 90 % of attempts priced")
    assert Limit(0.5, "up").outcome(withheld, 30)[:2] == ("undecided", withheld.reason)


def words(rule: Rule, given: Metric, limit: Limit) -> str:
    return finding(rule, SUPPORT, given, limit, 0).message


def test_a_sentence_says_what_is_the_case() -> None:
    limit = Limit(0.5, "up")
    assert words(LIMIT, metric(0.55, 0.65), limit) == (
        "Escalation rate is 60 % (55 % to 65 %), n 100: above 50 %."
    )
    assert words(LIMIT, metric(0.35, 0.45), limit).endswith("n 100: not above 50 %.")
    assert words(LIMIT, metric(0.45, 0.55), limit).endswith("not decided, the interval includes the limit.")
    assert (
        words(LIMIT, Metric(None, 0, reason="no events"), limit) == "Escalation rate has no value: no events."
    )


def test_a_value_without_an_interval_of_its_own_is_told_plainly() -> None:
    rule = Rule(name="dear", kind="threshold", metric="cost_usd", above=10)
    exact = Metric(12.5, 40, 12.5, 12.5, "usd")
    assert words(rule, exact, Limit(10, "up")) == ("Cost is $12.50 ($12.50 to $12.50), n 40: above $10.00.")


def test_of_a_metric_with_parts_the_part_is_named() -> None:
    rule = Rule(name="small", kind="threshold", metric="tier_hits[small]", below=0.5)
    assert words(rule, metric(0.35, 0.45), Limit(0.5, "down", top=1)).startswith("Tier hits (small) is 40 %")
