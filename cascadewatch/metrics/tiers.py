"""Which tier answers, and which tier passes its work on."""

from collections.abc import Sequence

from cascadewatch.metrics.escalation import NO_EVENTS
from cascadewatch.metrics.interval import proportion
from cascadewatch.metrics.spec import MetricSpec
from cascadewatch.metrics.window import Metric, Window

NO_TIERS = "no attempts counted in this window"


def tier_names(window: Window) -> Sequence[str]:
    """The tiers in order, cheapest first, then those seen that the order does not name."""
    seen = {tier.tier for tier in window.tiers}
    return (*window.order.names, *sorted(seen.difference(window.order.names)))


def tier_sum(window: Window, tier: str, measure: str) -> int:
    """One attempt measure of one tier, over its models and verifiers."""
    return sum(t.counts[measure] for t in window.tiers if t.tier == tier)


def tier_hits(window: Window, tier: str) -> Metric:
    """Events whose answer came from this tier / events."""
    if not window.tiers:
        return Metric(None, window.counts["events"], reason=NO_TIERS)
    return proportion(tier_sum(window, tier, "served"), window.counts["events"], NO_EVENTS)


def tier_yield(window: Window, tier: str) -> Metric:
    """Events that end at this tier / events that reached it."""
    empty = f"no event reached tier {tier!r}"
    return proportion(tier_sum(window, tier, "ended"), tier_sum(window, tier, "reached"), empty)


SPECS = (
    MetricSpec(
        key="tier_hits",
        title="Tier hits",
        unit="share",
        bad="none",
        definition="Share of events whose answer came from this tier.",
        formula="events served by the tier / events",
        undefined="no events, or no attempts counted in the window",
        function=tier_hits,
        parts=tier_names,
    ),
    MetricSpec(
        key="tier_yield",
        title="Tier yield",
        unit="share",
        bad="none",
        definition="Share of the events reaching this tier that went no further.",
        formula="events whose last attempt is on the tier / events that reached it",
        undefined="no event reached the tier",
        function=tier_yield,
        parts=tier_names,
    ),
)
