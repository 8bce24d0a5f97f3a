"""Latency by path: an escalated request is another thing than an accepted one.

Percentiles are read from bins 12 % apart (20 per decade), interpolated evenly on the log scale, so a value
of 1 ms or more is within 12 % of the true one; below that is a single bin. One percentile over all paths
hides the slow ones and is not offered.
"""

from collections.abc import Mapping, Sequence

from cascadewatch.metrics.interval import wilson
from cascadewatch.metrics.measures import latency_edge
from cascadewatch.metrics.spec import MetricSpec
from cascadewatch.metrics.window import Metric, Window
from cascadewatch.model import PATHS

ENOUGH = {50: 2, 95: 20, 99: 100}  # fewer, and no request is expected beyond the percentile


def paths_seen(window: Window) -> Sequence[str]:
    """The paths with latencies, in their fixed order."""
    return [path for path in PATHS if window.bins.get(("latency", path))]


def quantile(bins: Mapping[int, int], q: float) -> float:
    """The q-quantile in milliseconds of a latency histogram that is not empty.

    >>> round(quantile({20: 100}, 0.5), 2)  # all in [10, 11.22) ms
    10.59
    """
    rank, below, last = q * sum(bins.values()), 0, max(b for b, n in bins.items() if n)
    for index in sorted(b for b, n in bins.items() if n):
        if below + bins[index] >= rank or index == last:
            break
        below += bins[index]
    return _inside(index, min(1.0, (rank - below) / bins[index]))


def latency(window: Window, path: str, percent: int) -> Metric:
    """A percentile of the latency of one path in ms, with the order-statistic interval."""
    return percentile(window.bins.get(("latency", path), {}), percent, f"no latency on path {path!r}")


def escalation_penalty(window: Window) -> Metric:
    """Median over escalated events of the time spent before the attempt that served, in ms."""
    return percentile(window.bins.get(("penalty", ""), {}), 50, "no escalated event has latencies")


def percentile(bins: Mapping[int, int], percent: int, empty: str) -> Metric:
    """A percentile of a latency histogram in ms.

    The interval takes the Wilson interval of the share below the percentile and reads the histogram at
    both its ends. None where so few requests were seen that none is expected beyond the percentile.
    """
    n, q = sum(bins.values()), percent / 100
    if n == 0:
        return Metric(None, 0, unit="ms", reason=empty)
    value = quantile(bins, q)
    if n < ENOUGH[percent]:
        return Metric(value, n, unit="ms", reason=f"few: {n} of the {ENOUGH[percent]} that an interval needs")
    low, high = wilson(q * n, n)
    return Metric(value, n, quantile(bins, low), quantile(bins, high), "ms")


def _inside(index: int, fraction: float) -> float:
    """A point inside a bin; the lowest has no logarithm and is read evenly."""
    low, high = latency_edge(index), latency_edge(index + 1)
    return high * fraction if index < 0 else low * (high / low) ** fraction


def _percentile_spec(percent: int) -> MetricSpec:
    def of_path(window: Window, path: str) -> Metric:
        return latency(window, path, percent)

    return MetricSpec(
        key=f"latency_ms.p{percent}",
        title=f"Latency p{percent}",
        unit="ms",
        bad="up",
        definition=f"{percent} % of the events on this path were answered within this time.",
        formula=f"{percent}th percentile from bins 12 % apart",
        undefined="no event on the path has a latency",
        function=of_path,
        reads="bins",
        parts=paths_seen,
    )


SPECS = (
    *(_percentile_spec(percent) for percent in ENOUGH),
    MetricSpec(
        key="escalation_latency_penalty_ms",
        title="Escalation latency penalty",
        unit="ms",
        bad="up",
        definition="Median time an escalated event had already waited when the attempt that served it began.",
        formula="median of everything before the serving attempt, over escalated events",
        undefined="no escalated event has latencies",
        function=escalation_penalty,
        reads="bins",
    ),
)
