"""Since when, from what to what: the estimate shown with an alarm."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cascadewatch.drift.baseline import Baseline
from cascadewatch.drift.fitting import weights
from cascadewatch.drift.hours import HOUR_MS, Hour
from cascadewatch.metrics.interval import wilson

LOOK_BACK_HOURS = 336


@dataclass(frozen=True, slots=True)
class Change:
    """The rate has been about `rate` (`low` to `high`, 95 %) since `since` (epoch ms), before it `normal`.

    `n` requests were judged since, worth `effective` independent ones. `normal` is the baseline's level
    over the same hours. Just found, the rate lies too far from the baseline on average: say "about".
    """

    since: int
    rate: float
    low: float
    high: float
    normal: float
    n: int
    effective: float

    @property
    def shift(self) -> float:
        """How far the rate moved; below 0 it fell."""
        return self.rate - self.normal


def change_point(hours: Iterable[Hour], baseline: Baseline) -> Change | None:
    """The start that best explains the last 336 of these hours; None if none of them carries evidence.

    Maximises (Σw(x - p0))² / 2Σw over the start, the gain in Gaussian log-likelihood, with w the inverse
    beta-binomial variance of the hour's share x and p0 its normal level. Give the running hour too: a break
    found within minutes is nowhere else.
    """
    usable = [hour for hour in sorted(hours) if hour.judged and baseline.band(hour.start) is not None]
    if not usable:
        return None
    earliest = usable[-1].start - LOOK_BACK_HOURS * HOUR_MS
    recent = [hour for hour in usable if hour.start >= earliest]
    pulls = weights(recent, baseline.rate, baseline.overdispersion)
    best, first, pull, weight = -1.0, 0, 0.0, 0.0
    for place in range(len(recent) - 1, -1, -1):
        hour = recent[place]
        pull += pulls[place] * (hour.escalated / hour.judged - baseline.level(hour.start))
        weight += pulls[place]
        if pull * pull / weight > best:
            best, first = pull * pull / weight, place
    return change_since(recent[first:], baseline)


def change_since(hours: Sequence[Hour], baseline: Baseline) -> Change:
    """The estimate over these hours, of which something was judged in each: their start is known."""
    n = sum(hour.judged for hour in hours)
    rate = sum(hour.escalated for hour in hours) / n
    rho = baseline.overdispersion
    effective = sum(hour.judged / (1 + (hour.judged - 1) * rho) for hour in hours)
    low, high = wilson(rate * effective, effective)
    normal = sum(hour.judged * baseline.level(hour.start) for hour in hours) / n
    return Change(hours[0].start, rate, low, high, normal, n, effective)
