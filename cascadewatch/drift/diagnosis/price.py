"""What a move costs, or spares, a day at the traffic of today. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from cascadewatch.metrics.breakeven import economics
from cascadewatch.metrics.counterfactual import NANO, flagship_only_cost
from cascadewatch.metrics.measures import FAILED_VERDICTS
from cascadewatch.metrics.window import Window

MIN_SEEN = 30  # events of a kind before their mean cost is taken


class Estimate(NamedTuple):
    """From what to what, with the interval of the second."""

    value: float
    low: float | None
    high: float | None
    baseline: float


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a day brings now (events, judged events, verdicts asked), and the window whose mean costs count:
    the days up to now, so that they are dear or cheap as they are now."""

    events: float
    judged: float
    asked: float
    window: Window


class Unit(NamedTuple):
    """How many a day, and what one of them costs in USD more (below 0: spares); `what` names them."""

    per_day: float
    usd: float
    what: str


def cost_per_day(metric: str, estimate: Estimate, traffic: Traffic) -> dict[str, Any] | None:
    """{"value", "low", "high"} in USD a day, with `extra` (how many a day), `each` (USD) and `what`.

    The interval is that of the rate; the mean cost of one counts as known. None where a metric has no
    price, or the cascade's costs are not known well enough.
    """
    unit = _unit(metric, traffic)
    if unit is None or not unit.per_day:
        return None
    extra = [
        None if value is None else (value - estimate.baseline) * unit.per_day
        for value in (estimate.value, estimate.low, estimate.high)
    ]
    value, *ends = (None if n is None else n * unit.usd for n in extra)
    low, high = sorted(end for end in ends if end is not None) if None not in ends else (None, None)
    return {"value": value, "low": low, "high": high, "extra": extra[0], "each": unit.usd, "what": unit.what}


def _unit(metric: str, traffic: Traffic) -> Unit | None:
    find = _UNITS.get(metric)
    return None if find is None else find(traffic)


def _escalation(traffic: Traffic) -> Unit | None:
    terms = economics(traffic.window)
    return None if terms is None else Unit(traffic.judged, terms.E, "escalations")


def _flagship(traffic: Traffic) -> Unit | None:
    each = _mean(traffic, "real_cost", "real")
    return None if each is None else Unit(traffic.events, each, "flagship calls")


def _fallback(traffic: Traffic) -> Unit | None:
    each = _mean(traffic, "cost_fallback", "fallbacks")
    return None if each is None else Unit(traffic.events, each, "fallbacks")


def _judge_failure(traffic: Traffic) -> Unit | None:
    """A verdict that fails costs a fallback, as often as it leads to one."""
    counts, each = traffic.window.counts, _mean(traffic, "cost_fallback", "fallbacks")
    failed = sum(t.counts[name] for t in traffic.window.tiers for name in FAILED_VERDICTS)
    if each is None or failed < MIN_SEEN:
        return None
    return Unit(traffic.asked, each * min(1.0, counts["fallback_judge"] / failed), "failed verdicts")


def _cache_hit(traffic: Traffic) -> Unit | None:
    """An event that the cache answers spares what others cost on average."""
    counts = traffic.window.counts
    others, spent = (
        counts["events"] - counts["cached"],
        sum(counts[name] for name in counts if _is_cost(name)),
    )
    return (
        None if others < MIN_SEEN or not spent else Unit(traffic.events, -spent / others / NANO, "cache hits")
    )


def _cost_ratio(traffic: Traffic) -> Unit | None:
    """A ratio above 1 is a loss of so much of what the flagship alone would cost a day."""
    alone, n = flagship_only_cost(traffic.window), traffic.window.counts["comparable"]
    if alone.value is None or n < MIN_SEEN:
        return None
    return Unit(traffic.events * n / traffic.window.counts["events"], alone.value / n, "events")


_UNITS: dict[str, Callable[[Traffic], Unit | None]] = {
    "escalation_rate": _escalation,
    "flagship_share": _flagship,
    "fallback_rate": _fallback,
    "judge_failure_rate": _judge_failure,
    "cache_hit_rate": _cache_hit,
    "cost_ratio": _cost_ratio,
}


def _mean(traffic: Traffic, cost: str, of: str) -> float | None:
    counts = traffic.window.counts
    return counts[cost] / counts[of] / NANO if counts[of] >= MIN_SEEN and counts[cost] else None


def _is_cost(name: str) -> bool:
    return name.startswith("cost_")
