"""What the verifier costs: per verdict, against the tier it guards, and by sending right answers up."""

from collections.abc import Sequence
from typing import NamedTuple

from cascadewatch.metrics.counterfactual import NANO
from cascadewatch.metrics.coverage import coverage_note, withheld
from cascadewatch.metrics.interval import FEW_CLUSTERS, half_width, weighted_proportion
from cascadewatch.metrics.quality import estimating
from cascadewatch.metrics.spec import MetricSpec
from cascadewatch.metrics.window import LabelCounts, Metric, TierCounts, Window

NO_HOURS = "no interval: tiers are not summed per hour"


def verifier_overhead(window: Window) -> Metric:
    """Mean cost of a verdict on a cheap answer / mean cost of an attempt of the tiers above.

    Per call, not per total: the usual advice that a verifier should stay under 10 to 20 % compares one
    verdict with one run of the next stage. A ratio of totals would rise by itself when fewer requests
    escalate. n is the number of priced verdicts. The interval takes hours as clusters, where the window has
    the tiers' sums per hour. Undefined without a priced verdict, or where the tiers
    above cost nothing or have no price.
    """
    return _overhead(window, "priced", "cost", "a price")


def verifier_latency_overhead(window: Window) -> Metric:
    """Mean latency of a verdict on a cheap answer / mean latency of an attempt of the tiers above."""
    return _overhead(window, "latency_known", "latency_us", "a latency")


def wasted_escalation(window: Window) -> Metric:
    """Cost in USD of escalating events whose cheap answer was right already.

    Escalated events × the labelled share of them that was right × the mean extra cost of those (of all
    escalated events where no right one has a price). The interval is that of the share, scaled; n is the
    number of labels; there is none where less than 95 % of attempts have a price. Undefined without labels
    of escalated events' cheap answers.
    """
    rows = [row for row in estimating(window, "cheap") if row.path == "escalated"]
    groups = [(r.correct, r.counts["n"], r.counts["weight"], r.counts["weight_sq"]) for r in rows]
    share = weighted_proportion(groups, "no escalated event has a label of its cheap answer")
    if share.value is None or share.low is None or share.high is None:
        return Metric(None, share.n, unit="usd", reason=share.reason)
    extra = _extra_cost(window, rows)
    if extra is None:
        return Metric(None, share.n, unit="usd", reason="no escalated event is fully priced")
    scale = extra * window.counts["escalated"] / NANO
    note = coverage_note(window.counts["priced"], window.counts["priceable"])
    low, high = (None, None) if withheld(window) else (share.low * scale, share.high * scale)
    return Metric(share.value * scale, share.n, low, high, "usd", note)


def _extra_cost(window: Window, rows: Sequence[LabelCounts]) -> float | None:
    """Mean cost in nano-dollars of what came after a cheap answer that was right."""
    right = [row.counts for row in rows if row.correct]
    priced = sum(counts["extra_n"] for counts in right)
    if priced:
        return 1000 * sum(counts["extra_cost"] for counts in right) / priced
    if window.counts["even_escalated"]:
        return window.counts["even_after"] / window.counts["even_escalated"]
    return None


def _overhead(window: Window, known: str, amount: str, what: str) -> Metric:
    whole = _sums(window, window.tiers, known, amount)
    if not whole.verdicts:
        return Metric(None, 0, unit="ratio", reason=f"no verdict on a cheap answer has {what}")
    if not whole.attempts or not whole.spent:
        return Metric(
            None, whole.verdicts, unit="ratio", reason=f"no attempt above the cheap tier has {what}"
        )
    value = whole.judged / whole.verdicts / (whole.spent / whole.attempts)
    hours = [_sums(window, tiers, known, amount) for tiers in window.tier_clusters]
    half = half_width([_influence(hour, whole, value) for hour in hours if any(hour)])
    if half is None:
        reason = FEW_CLUSTERS if hours else NO_HOURS
        return Metric(value, whole.verdicts, unit="ratio", reason=reason)
    return Metric(value, whole.verdicts, max(0.0, value - half), value + half, "ratio")


class _Sums(NamedTuple):
    """Verdicts on cheap answers and what they took, attempts above the cheap tier and what they took."""

    verdicts: int
    judged: int
    attempts: int
    spent: int


def _sums(window: Window, tiers: Sequence[TierCounts], known: str, amount: str) -> _Sums:
    cheap = [t.counts for t in tiers if t.tier == window.order.cheap]
    above = [t.counts for t in tiers if _above_cheap(window, t.tier)]
    return _Sums(
        sum(counts[f"verify_{known}"] for counts in cheap),
        sum(counts[f"verify_{amount}"] for counts in cheap),
        sum(counts[known] for counts in above),
        sum(counts[amount] for counts in above),
    )


def _influence(hour: _Sums, whole: _Sums, value: float) -> float:
    """An hour's share in the linearised ratio of two means; over all hours they sum to 0."""
    each = whole.spent / whole.attempts
    verdict = hour.judged / whole.verdicts / each - value * hour.verdicts / whole.verdicts
    return verdict - value * (hour.spent / whole.spent - hour.attempts / whole.attempts)


def _above_cheap(window: Window, tier: str) -> bool:
    return window.order.cheap is not None and window.order.above(tier, window.order.cheap)


SPECS = (
    MetricSpec(
        key="verifier_overhead",
        title="Verifier overhead",
        unit="ratio",
        bad="up",
        definition="What one verdict on a cheap answer costs, as a share of an attempt of the tiers above.",
        formula="mean verdict cost on the cheap tier / mean attempt cost above it; healthy below 0.1 to 0.2",
        undefined="no verdict has a price, or nothing above the cheap tier has one above zero",
        function=verifier_overhead,
    ),
    MetricSpec(
        key="verifier_overhead.latency",
        title="Verifier overhead: latency",
        unit="ratio",
        bad="up",
        definition="How long a verdict on a cheap answer takes, as a share of an attempt of the tiers above.",
        formula="mean verdict latency on the cheap tier / mean attempt latency above it",
        undefined="no verdict has a latency, or nothing above the cheap tier has one above zero",
        function=verifier_latency_overhead,
    ),
    MetricSpec(
        key="wasted_escalation_usd",
        title="Wasted escalation",
        unit="usd",
        bad="up",
        definition="What it cost to escalate events whose cheap answer was right already.",
        formula="escalated × labelled share right × mean cost after the cheap tier",
        undefined="no escalated event has a label of its cheap answer, or none is fully priced",
        function=wasted_escalation,
        reads="labels",
    ),
)
