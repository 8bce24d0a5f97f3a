"""One false-alarm budget over all streams of an installation: weighted e-detectors with Benjamini-Hochberg.

Dandapanthula and Ramdas 2025, "Multiple testing in multi-stream sequential change detection": it bounds
false discoveries per unit of patience. Half of the weight lies on pooled streams (whole cascades), the
other half on routes, so that many routes do not drown a cascade.
"""

from collections.abc import Sequence
from math import log
from typing import NamedTuple

MIN_ROUTE_REQUESTS = 500  # routes with fewer in their baseline are watched together as "other"


class Stream(NamedTuple):
    """A stream's evidence (ln of its mean M); `pooled` says that it covers a whole cascade, not a route."""

    log_mean: float
    pooled: bool


def alarming(streams: Sequence[Stream], false_alarm_hours: float) -> list[bool]:
    """Whether each stream alarms at this look, in the order given.

    `false_alarm_hours` is the mean time between false alarms that the installation accepts. One
    stream alone alarms at M ≥ `false_alarm_hours`.
    """
    thresholds = log_thresholds(streams, false_alarm_hours)
    return [stream.log_mean >= threshold for stream, threshold in zip(streams, thresholds, strict=True)]


def log_thresholds(streams: Sequence[Stream], false_alarm_hours: float) -> list[float]:
    """The evidence (ln of mean M) that each stream needs to alarm at this look.

    The more streams alarm together, the less each needs (Benjamini-Hochberg): with k of m alarming it is
    ln(A · m / (k · weight)), where A is `false_alarm_hours`. While none alarms, k is 1.
    """
    m = len(streams)
    weights = _log_weights(streams)
    ranked = sorted((s.log_mean + w for s, w in zip(streams, weights, strict=True)), reverse=True)
    budget = log(false_alarm_hours)
    alarms = max((k for k, z in enumerate(ranked, 1) if z >= budget + log(m / k)), default=1)
    return [budget + log(m / alarms) - weight for weight in weights]


def _log_weights(streams: Sequence[Stream]) -> list[float]:
    m, pooled = len(streams), sum(stream.pooled for stream in streams)
    if pooled in (0, m):
        return [0.0] * m
    return [log(m / (2 * (pooled if stream.pooled else m - pooled))) for stream in streams]
