"""A metric against a limit: breached, within it, or well within it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alerts.finding import Direction, Estimate, Finding, Outcome, Scope
from alerts.rules import shown
from cascadewatch.drift.threshold import decide
from cascadewatch.metrics import find
from cascadewatch.metrics.window import Metric
from cascadewatch.settings import Rule

MARGIN = 0.2  # once breached, a value counts as clear again at 80 % of the limit


@dataclass(frozen=True, slots=True)
class Limit:
    """A side and a value; `top` is the highest value the metric can have, None if it goes on."""

    value: float
    direction: Direction  # "up": breached above, "down": below
    top: float | None = None

    @property
    def clear(self) -> float:
        """The value from which on the metric counts as well within the limit.

        For an upper limit that is 80 % of it, for a lower one 120 %. If the metric has a highest value, it is
        at most a fifth of the way from the lower limit to that: with 95 % of at most 100 %, 96 %.
        """
        margin = MARGIN * abs(self.value)
        if self.direction == "up":
            return self.value - margin
        if self.top is not None and self.value < self.top:
            margin = min(margin, MARGIN * (self.top - self.value))
        return self.value + margin

    def outcome(self, metric: Metric, min_n: int) -> tuple[Outcome, str | None, bool]:
        """The outcome for a metric, the reason if it is undecided or there is no data, and whether the metric
        is well within the limit."""
        up = self.direction == "up"
        said = decide(metric, above=self.value if up else None, below=None if up else self.value, min_n=min_n)
        if metric.n == 0:
            return "no_data", said.reason, False
        if said.outcome == "breached":
            return "breached", None, False
        if said.outcome == "undecided" or metric.value is None:
            return "undecided", said.reason, False
        return "ok", None, metric.value <= self.clear if up else metric.value >= self.clear


def finding(
    rule: Rule, scope: Scope, metric: Metric, limit: Limit, since: int, also: Mapping[str, Any] | None = None
) -> Finding:
    """What a rule with a limit says of one scope. `since` (epoch ms) is where its window starts."""
    outcome, reason, clear = limit.outcome(metric, rule.min_n)
    return Finding(
        rule=rule,
        scope=scope,
        outcome=outcome,
        metric=metric,
        message=sentence(rule, metric, limit, outcome, reason),
        direction=limit.direction,
        estimate=estimate(metric, since),
        detail={"limit": limit.value, "unit": metric.unit, "clear": clear, "reason": reason, **(also or {})},
    )


def estimate(metric: Metric, since: int) -> Estimate | None:
    """The metric as the estimate of an episode; None where it has no value."""
    if metric.value is None:
        return None
    return Estimate(since, metric.value, None, metric.low, metric.high, metric.n)


def sentence(rule: Rule, metric: Metric, limit: Limit, outcome: Outcome, reason: str | None) -> str:
    """What is the case, in one sentence."""
    name = rule.metric or "slo.burn_rate"
    spec, part = find(name)
    title = f"{spec.title} ({part})" if part else spec.title
    side = "above" if limit.direction == "up" else "below"
    if metric.value is None:
        return f"{title} has no value: {reason or metric.reason}."
    between = ""
    if metric.low is not None and metric.high is not None:
        between = f" ({shown(name, metric.low)} to {shown(name, metric.high)})"
    about = f"{title} is {shown(name, metric.value)}{between}, n {metric.n:,}"
    if outcome == "undecided":
        return f"{about}: not decided, {reason}."
    if outcome == "breached":
        return f"{about}: {side} {shown(name, limit.value)}."
    return f"{about}: not {side} {shown(name, limit.value)}."
