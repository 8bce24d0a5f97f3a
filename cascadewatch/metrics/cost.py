"""What the cascade costs, and what it saves against sending everything to the flagship.

Costs are sums of integer nano-dollars, shown in USD. Sums over what was recorded are exact; means and
ratios carry a sampling interval with hours as clusters, in which token ratios and the flagship's mean
cost count as known.
"""

from collections.abc import Callable
from dataclasses import replace

from cascadewatch.metrics.counterfactual import NANO, flagship_only, flagship_only_cost
from cascadewatch.metrics.coverage import (
    NO_PRICE,
    coverage_note,
    is_priced,
    price_coverage,
    total_nano,
    withheld,
)
from cascadewatch.metrics.escalation import NO_EVENTS
from cascadewatch.metrics.interval import FEW_CLUSTERS, ratio_half_width
from cascadewatch.metrics.measures import PARTS
from cascadewatch.metrics.spec import MetricSpec
from cascadewatch.metrics.window import Counts, Metric, Window

PART_WORDS = {
    "cheap": "the attempts of the cheap tier, retries included",
    "verify": "all verdicts",
    "escalated": "higher tiers' attempts after a reject",
    "fallback": "higher tiers' attempts after a failure",
    "routed": "the attempts of events that never tried the cheap tier",
    "other": "attempts that belong to no other part",
}


def cost(window: Window) -> Metric:
    """Known cost of all attempts and verdicts in USD; exact where everything has a price."""
    counts = window.counts
    return _sum(window, total_nano(counts), counts["priced"], counts["priceable"])


def cost_part(window: Window, part: str) -> Metric:
    """One of the six parts that `cost_usd` is split into without rest."""
    return _sum(window, window.counts[f"cost_{part}"], *_part_coverage(window, part))


def savings(window: Window) -> Metric:
    """Flagship-only cost less real cost of the comparable events in USD; below 0 it is a loss."""
    flagship, spent = flagship_only_cost(window), window.counts["comparable_cost"] / NANO
    value, low, high = (
        None if end is None else end - spent for end in (flagship.value, flagship.low, flagship.high)
    )
    return replace(flagship, value=value, low=low, high=high)


def cost_ratio(window: Window) -> Metric:
    """Real cost / flagship-only cost over the same comparable events; above 1 the cascade is dearer."""
    flagship = flagship_only_cost(window)
    reason = flagship.reason if flagship.value is None else withheld(window)
    if reason:
        return Metric(None, flagship.n, unit="ratio", reason=reason)
    ratio = _ratio(
        window,
        lambda c: c["comparable_cost"],
        lambda c: flagship_only(c, window.ratios, window.flagship_mean),
        Metric(None, flagship.n, unit="ratio", reason="the flagship costs nothing"),
    )
    return replace(ratio, reason=_joined(ratio.reason, flagship.reason))


def savings_share(window: Window) -> Metric:
    """1 - `cost_ratio`: the share of the flagship-only bill that the cascade saves."""
    ratio = cost_ratio(window)
    if ratio.value is None:
        return Metric(None, ratio.n, reason=ratio.reason)
    low = None if ratio.high is None else 1 - ratio.high
    high = None if ratio.low is None else 1 - ratio.low
    return Metric(1 - ratio.value, ratio.n, low, high, "share", ratio.reason)


def blended_cost(window: Window) -> Metric:
    """Known cost per event in USD, cached events included."""
    return _mean_cost(window, "events", NO_EVENTS)


def cost_per_completed(window: Window) -> Metric:
    """Known cost of all events per completed one in USD: failures are paid for too."""
    return _mean_cost(window, "completed", "no event was completed")


def _sum(window: Window, nano: int, priced: int, priceable: int) -> Metric:
    n = window.counts["events"]
    if n == 0:
        return Metric(None, 0, unit="usd", reason=NO_EVENTS)
    if not is_priced(window) or (priceable and not priced):
        return Metric(None, n, unit="usd", reason=NO_PRICE)
    value, note = nano / NANO, coverage_note(priced, priceable)
    return Metric(value, n, None if note else value, None if note else value, "usd", note)


def _part_coverage(window: Window, part: str) -> tuple[int, int]:
    """Priced and priceable among what the part is summed from, as closely as the tiers tell."""
    cheap, prefix = window.order.cheap, "verify_" if part == "verify" else ""
    if not window.tiers or part == "other":
        return window.counts["priced"], window.counts["priceable"]
    rows = [t.counts for t in window.tiers if part == "verify" or (t.tier == cheap) == (part == "cheap")]
    return sum(c[f"{prefix}priced"] for c in rows), sum(c[f"{prefix}priceable"] for c in rows)


def _mean_cost(window: Window, measure: str, empty: str) -> Metric:
    total = cost(window)
    if total.value is None:
        return total
    undefined = Metric(None, window.counts[measure], unit="usd", reason=empty)
    mean = _ratio(window, lambda c: total_nano(c) / NANO, lambda c: c[measure], undefined)
    return replace(mean, reason=_joined(mean.reason, total.reason))


def _ratio(
    window: Window, top: Callable[[Counts], float], bottom: Callable[[Counts], float], undefined: Metric
) -> Metric:
    """A ratio of sums with hours as clusters; no interval where too little has a price for one."""
    base = bottom(window.counts)
    if not base:
        return undefined
    value, gap = top(window.counts) / base, withheld(window)
    half = None if gap else ratio_half_width((top(c), bottom(c)) for c in window.clusters)
    if half is None:
        return replace(undefined, value=value, reason=None if gap else FEW_CLUSTERS)
    return replace(undefined, value=value, low=max(0.0, value - half), high=value + half, reason=None)


def _joined(*reasons: str | None) -> str | None:
    return "; ".join(reason for reason in reasons if reason) or None


def _part_spec(part: str) -> MetricSpec:
    def of_part(window: Window) -> Metric:
        return cost_part(window, part)

    return MetricSpec(
        key=f"cost_usd.{part}",
        title=f"Cost: {part}",
        unit="usd",
        bad="up",
        definition=f"Cost of {PART_WORDS[part]}.",
        formula=f"Σ cost of part `{part}`; the six parts add up to `cost_usd`",
        undefined="no events, or none of these has a price",
        function=of_part,
    )


SPECS = (
    MetricSpec(
        key="cost_usd",
        title="Cost",
        unit="usd",
        bad="up",
        definition="What all attempts and verdicts cost, as far as they have a price.",
        formula="Σ cost of attempts and verdicts",
        undefined="no events, or none of them has a price",
        function=cost,
    ),
    *(_part_spec(part) for part in PARTS),
    MetricSpec(
        key="savings_usd",
        title="Savings",
        unit="usd",
        bad="down",
        definition="What the cascade saved against the flagship alone; below zero it made a loss.",
        formula="flagship-only cost - real cost, over comparable events; low and high: range of methods",
        undefined="as `flagship_only_cost_usd`",
        function=savings,
    ),
    MetricSpec(
        key="savings_share",
        title="Share saved",
        unit="share",
        bad="down",
        definition="Share of the flagship-only bill that the cascade saved.",
        formula="1 - `cost_ratio`",
        undefined="as `cost_ratio`",
        function=savings_share,
    ),
    MetricSpec(
        key="cost_ratio",
        title="Cost ratio",
        unit="ratio",
        bad="up",
        definition="Real cost as a share of what the same events would have cost at the flagship alone.",
        formula="Σ real cost / Σ flagship-only cost, over comparable events",
        undefined="no flagship-only figure, or less than 95 % of attempts priced",
        function=cost_ratio,
    ),
    MetricSpec(
        key="blended_cost_usd",
        title="Blended cost",
        unit="usd",
        bad="up",
        definition="Mean cost of an event, cached ones included.",
        formula="`cost_usd` / events",
        undefined="no events, or none of them has a price",
        function=blended_cost,
    ),
    MetricSpec(
        key="cost_per_completed_usd",
        title="Cost per completed event",
        unit="usd",
        bad="up",
        definition="What one completed event costs when the failed ones are paid for too.",
        formula="`cost_usd` / completed events",
        undefined="no event was completed, or none has a price",
        function=cost_per_completed,
    ),
    MetricSpec(
        key="price_coverage",
        title="Price coverage",
        unit="share",
        bad="down",
        definition="Share of the attempts and verdicts that ought to have a price and do.",
        formula="priced / priceable",
        undefined="nothing ought to have a price",
        function=price_coverage,
    ),
)
