"""What holds for all metrics alike: names, documents, bounds, reasons."""

import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from cascadewatch.errors import UsageError
from cascadewatch.metrics import METRICS, compute, find
from cascadewatch.metrics.measures import EVENT_MEASURES, HOURLY_MEASURES
from cascadewatch.metrics.window import Window
from tests.metrics.windows import tier, window, windows

DOCS = Path(__file__).parents[2] / "docs" / "metrics.md"
MAY_LEAVE_0_TO_1 = {"savings_share", "break_even_rate", "headroom", "slo.budget_left"}
DESIGNED = {
    "escalation_rate", "double_escalation_rate", "flagship_share", "fallback_rate", "fallback_rate.error",
    "fallback_rate.timeout", "fallback_rate.refused", "fallback_rate.rate_limited", "fallback_rate.judge",
    "judge_failure_rate", "exhausted_rate", "cache_hit_rate", "retry_rate", "cheap_resolution_rate",
    "tier_hits", "tier_yield", "cost_usd", "cost_usd.cheap", "cost_usd.verify", "cost_usd.escalated",
    "cost_usd.fallback", "cost_usd.routed", "cost_usd.other", "flagship_only_cost_usd", "savings_usd",
    "savings_share", "cost_ratio", "blended_cost_usd", "cost_per_completed_usd", "break_even_rate",
    "headroom", "verifier_overhead", "verifier_overhead.latency", "wasted_escalation_usd", "price_coverage",
    "latency_ms.p50", "latency_ms.p95", "latency_ms.p99", "escalation_latency_penalty_ms", "quality",
    "false_accept_rate", "false_escalate_rate", "verifier_precision", "ece", "brier", "auroc",
    "slo.objective", "slo.budget_left", "slo.burn_rate", "slo.exhausted_at",
}  # fmt: skip


def test_no_designed_metric_is_missing() -> None:
    assert DESIGNED <= set(METRICS)


@pytest.mark.parametrize("key", METRICS)
def test_the_documents_hold_every_metric_with_its_present_words(key: str) -> None:
    spec, text = METRICS[key], " ".join(DOCS.read_text(encoding="utf-8").split())
    assert f"`{key}" in text
    for words in (spec.definition, spec.formula, spec.undefined):
        assert " ".join(words.split()) in text


@given(windows())
@settings(max_examples=100)
def test_intervals_of_money_ask_an_hour_for_nothing_beyond_the_hourly_measures(drawn: Window) -> None:
    hours = tuple({name: hour[name] for name in HOURLY_MEASURES} for hour in drawn.clusters)
    assert set(HOURLY_MEASURES) < set(EVENT_MEASURES)
    assert compute(replace(drawn, clusters=hours)) == compute(drawn)


@given(windows())
@settings(max_examples=200)
def test_every_metric_of_a_possible_window_is_in_bounds_or_says_why_not(drawn: Window) -> None:
    for key, metric in compute(drawn).items():
        spec, _ = find(key)
        assert metric.unit == spec.unit, key
        if metric.value is None:
            assert metric.reason, key
            assert metric.low is None, key
            assert metric.high is None, key
            continue
        assert math.isfinite(metric.value), key
        assert metric.n > 0 or spec.key in ("slo.objective", "flagship_only_cost_usd"), key
        if spec.unit == "share" and spec.key not in MAY_LEAVE_0_TO_1:
            assert 0 <= metric.value <= 1, key
        if metric.low is None or metric.high is None:
            assert metric.reason, key
        slack = 1e-9 * max(1.0, abs(metric.value))
        assert metric.low is None or metric.low <= metric.value + slack, key
        assert metric.high is None or metric.high >= metric.value - slack, key


def test_an_empty_window_has_no_value_but_a_reason_for_every_metric() -> None:
    metrics = compute(window())
    assert all(metric.value is None and metric.reason for metric in metrics.values())


def test_counts_that_cannot_be_are_not_clipped_to_a_plausible_rate() -> None:
    metric = compute(window(judged=3, escalated=4))["escalation_rate"]
    assert metric.value is None
    assert "cascadewatch verify" in str(metric.reason)


def test_a_metric_with_parts_is_computed_once_per_part() -> None:
    seen = window({"tiers": (tier("small", reached=4, served=3), tier("beta", served=1))}, events=4)
    assert list(compute(seen, ["tier_hits"])) == [
        "tier_hits[small]",
        "tier_hits[flagship]",
        "tier_hits[beta]",
    ]


def test_one_part_can_be_asked_for_by_name() -> None:
    seen = window({"tiers": (tier("small", reached=4, served=3),)}, events=4)
    assert compute(seen, ["tier_hits[small]"])["tier_hits[small]"].value == 0.75


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("escalation_rat", "did you mean 'escalation_rate'"),
        ("§§§", "docs/metrics.md"),
        ("escalation_rate[small]", "write 'escalation_rate'"),
        ("tier_hits[", "write 'tier_hits'"),
    ],
)
def test_an_unknown_key_is_refused_with_the_way_out(key: str, hint: str) -> None:
    with pytest.raises(UsageError, match=hint.replace("[", r"\[")):
        compute(window(), [key])


def test_metrics_need_no_heavy_package() -> None:
    heavy = ["numpy", "scipy", "pandas", "plotly", "streamlit", "sqlalchemy", "sklearn"]
    code = f"import sys, cascadewatch.metrics; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
