"""Is a metric past a limit, with its whole interval?

The interval of a rate is about the requests of its window: it says what chance among them explains, and
takes them as independent. How much hours differ is not in it, so at high traffic a rate whose usual level
lies close to the limit crosses it again and again. Whether a rate has moved is for `escalation` to say.
Means and ratios of money have hours as clusters, and so do contain it.
"""

from dataclasses import dataclass
from typing import Literal

from cascadewatch.errors import ConfigError
from cascadewatch.metrics.window import Metric

MIN_N = 30

Outcome = Literal["breached", "within", "undecided"]


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome of a comparison; `reason` says why it is undecided."""

    outcome: Outcome
    reason: str | None = None


def decide(
    metric: Metric, *, above: float | None = None, below: float | None = None, min_n: int = MIN_N
) -> Decision:
    """Breached if the whole 95 % interval lies above `above` (below `below`), within if none of it does.

    Undecided where the metric is undefined, has no interval, rests on fewer than `min_n`
    observations, or its interval includes the limit. Raises ConfigError unless exactly one limit is given.
    """
    if (above is None) == (below is None):
        raise ConfigError("a threshold needs either `above` or `below`, and not both")
    if metric.value is None or metric.low is None or metric.high is None:
        return Decision("undecided", metric.reason or "the metric has no interval")
    if metric.n < min_n:
        return Decision("undecided", f"rests on {metric.n} observations, min_n is {min_n}")
    if above is not None:
        beyond, inside = metric.low > above, metric.high <= above
    else:
        assert below is not None
        beyond, inside = metric.high < below, metric.low >= below
    if beyond or inside:
        return Decision("breached" if beyond else "within")
    return Decision("undecided", "the interval includes the limit")
