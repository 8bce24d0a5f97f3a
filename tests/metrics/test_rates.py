"""Which events stand above and below the line of each rate."""

import pytest

from cascadewatch.metrics import compute
from cascadewatch.model import CAUSES
from tests.metrics.windows import ONE_MODEL, tier, window


def value(key: str, **counts: int) -> float | None:
    return compute(window(**counts), [key])[key].value


def test_escalation_is_counted_among_judged_events_only() -> None:
    assert value("escalation_rate", events=1_000, judged=100, escalated=30) == 0.3


def test_escalation_carries_wilsons_interval_and_its_n() -> None:
    metric = compute(window(judged=100, escalated=30))["escalation_rate"]
    assert metric.n == 100
    assert (metric.low, metric.high) == pytest.approx((0.2189, 0.3958), abs=1e-4)


def test_without_judged_events_escalation_is_undefined_not_zero() -> None:
    metric = compute(window(events=50))["escalation_rate"]
    assert (metric.value, metric.n, metric.reason) == (None, 0, "no judged events")


@pytest.mark.parametrize(
    ("key", "measure", "among"),
    [
        ("double_escalation_rate", "double_escalated", "judged"),
        ("exhausted_rate", "exhausted", "judged"),
        ("cheap_resolution_rate", "cheap_accepted", "judged"),
        ("flagship_share", "flagship", "events"),
        ("fallback_rate", "fallbacks", "events"),
        ("cache_hit_rate", "cached", "events"),
        ("retry_rate", "retried", "events"),
        *((f"fallback_rate.{cause}", f"fallback_{cause}", "events") for cause in CAUSES),
    ],
)
def test_a_rate_is_its_measure_among_judged_or_all_events(key: str, measure: str, among: str) -> None:
    counts = {"events": 200, "judged": 160, measure: 8}
    assert value(key, **counts) == 8 / counts[among]


def test_the_flagship_share_waits_for_a_second_model_tier() -> None:
    metric = compute(window({"order": ONE_MODEL}, events=10), ["flagship_share"])["flagship_share"]
    assert (metric.value, metric.reason) == (None, "only one model tier seen so far")


def test_skipped_verdicts_were_not_asked_for() -> None:
    small = tier(
        "small", accept=60, reject=30, judge_error=5, judge_timeout=3, judge_unparseable=2, skipped=900
    )
    metric = compute(window({"tiers": (small,)}))["judge_failure_rate"]
    assert (metric.value, metric.n) == (0.1, 100)


def test_judge_failures_are_counted_over_all_tiers_and_models() -> None:
    given = {
        "tiers": (tier("small", "a", accept=8), tier("small", "b", judge_error=1), tier("big", reject=1))
    }
    assert compute(window(given))["judge_failure_rate"].value == 0.1


def test_tier_hits_are_among_all_events_and_yield_among_those_that_came() -> None:
    given = {
        "tiers": (
            tier("small", "m1", reached=60, served=40, ended=40),
            tier("small", "m2", reached=40, served=30, ended=35),
            tier("flagship", reached=25, served=25, ended=25),
        )
    }
    metrics = compute(window(given, events=120), ["tier_hits", "tier_yield"])
    assert metrics["tier_hits[small]"].value == 70 / 120
    assert metrics["tier_yield[small]"].value == 0.75
    assert metrics["tier_yield[flagship]"].value == 1


def test_a_window_without_attempt_sums_does_not_say_that_no_tier_served() -> None:
    metric = compute(window(events=10))["tier_hits[small]"]
    assert metric.value is None
