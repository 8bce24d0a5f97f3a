"""Whether the escalation rate of the last days differs from that of the weeks before. Pure.

A plain comparison of two shares, said as such on the page: it knows no daily rhythm and looks once.
"""

from dataclasses import dataclass
from math import sqrt

from cascadewatch.metrics.interval import wilson
from cascadewatch.metrics.window import Window
from cascadewatch.store.reads import Bucket
from dashboard.formats import DAY, HOUR

MOVE = 0.05  # a smaller difference is not worth a word
ENOUGH = 200  # judged events on either side
REACH = 28 * DAY  # recent days and days before, together
RECENT = 3 * DAY


@dataclass(frozen=True, slots=True)
class Change:
    """Recent escalation rate less the one before, with its 95 % interval; lengths in days."""

    before: float
    recent: float
    low: float
    high: float
    recent_days: float
    before_days: float

    @property
    def difference(self) -> float:
        """In shares: 0.06 is six points more."""
        return self.recent - self.before

    @property
    def moved(self) -> bool:
        """Five points or more, and surely not nothing."""
        return abs(self.difference) >= MOVE and not self.low <= 0 <= self.high


def periods(start: int, end: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """(recent, before) of a range: its last three days (a shorter range: as long as it, a day at least)
    and the rest of 28 days before them. Edges lie on whole hours, so that answers can be reused."""
    recent = end - min(RECENT, max(DAY, end - start))
    recent -= recent % HOUR
    before = end - REACH
    return (recent, end), (before - before % HOUR, recent)


def change(recent: Window | Bucket, before: Window | Bucket) -> Change | None:
    """The change from one period to the other; None where either has fewer than 200 judged events."""
    (x1, n1), (x0, n0) = ((w.counts["escalated"], w.counts["judged"]) for w in (recent, before))
    if min(n1, n0) < ENOUGH:
        return None
    low, high = difference_interval(x1, n1, x0, n0)
    return Change(x0 / n0, x1 / n1, low, high, _days(recent), _days(before))


def difference_interval(x1: int, n1: int, x0: int, n0: int) -> tuple[float, float]:
    """95 % interval of x1/n1 - x0/n0 from the two Wilson intervals.

    Method 10 of Newcombe 1998, Statistics in Medicine 17:873; this is his example (a).

    >>> [round(edge, 4) for edge in difference_interval(56, 70, 48, 80)]
    [0.0524, 0.3339]
    """
    p1, p0 = x1 / n1, x0 / n0
    (low1, high1), (low0, high0) = wilson(x1, n1), wilson(x0, n0)
    difference = p1 - p0
    return (
        difference - sqrt((p1 - low1) ** 2 + (high0 - p0) ** 2),
        difference + sqrt((high1 - p1) ** 2 + (p0 - low0) ** 2),
    )


def _days(period: Window | Bucket) -> float:
    return (period.end - period.start) / DAY
