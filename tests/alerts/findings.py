"""Findings as the tests need them."""

from typing import Any

from alerts.finding import Estimate, Finding, Outcome, Scope
from cascadewatch.metrics.window import Metric
from cascadewatch.settings import Rule

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
LIMIT = Rule(name="too-many", kind="threshold", metric="escalation_rate", above=0.5)
DRIFT = Rule(name="escalation-drift", kind="drift", metric="escalation_rate")
SUPPORT = Scope("support")


def said(outcome: Outcome, rule: Rule = LIMIT, *, clear: bool = True, **fields: Any) -> Finding:
    """What a rule with a limit says; `clear` matters where it is within the limit."""
    detail = {"clear": clear, "limit": rule.above, **fields.pop("detail", {})}
    metric = fields.pop("metric", Metric(0.6, 100, 0.51, 0.69))
    return Finding(rule, fields.pop("scope", SUPPORT), outcome, metric, "words.", detail=detail, **fields)


def drifted(phase: Any, value: float = 0.4, *, rule: Rule = DRIFT, since: int = 0, **fields: Any) -> Finding:
    """What a drift rule says of a stream whose baseline is 30 %."""
    direction = fields.pop("direction", "up" if value > 0.3 else "down")
    estimate = None if phase is None else Estimate(since, value, 0.3, value - 0.02, value + 0.02, 900, 300.0)
    return Finding(
        rule, fields.pop("scope", SUPPORT), "breached" if phase else "ok", Metric(value, 900), "words.",
        direction, phase, estimate, **fields,
    )  # fmt: skip
