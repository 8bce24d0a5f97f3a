"""Has the distribution of scores changed? Kolmogorov-Smirnov on histograms, with a floor under the effect."""

from collections.abc import Mapping
from itertools import accumulate

from cascadewatch.drift import mix
from cascadewatch.drift.comparison import Comparison, kolmogorov

MIN_SCORES = 200
FEW_LEVELS = 12

Histogram = Mapping[int, float]  # bin -> scores; equal bins, such as `measures.score_bin` gives


def compare(reference: Histogram, current: Histogram) -> Comparison:
    """Scores against their reference; undefined with fewer than 200 on either side.

    Scores that take at most 12 values (rounded to tenths, or grades) are compared level by level with
    chi-square: Kolmogorov-Smirnov is made for scores without ties. Compare windows that do not overlap.
    """
    n, m = sum(current.values()), sum(reference.values())
    if min(n, m) < MIN_SCORES:
        reason = f"{round(min(n, m))} of the {MIN_SCORES} scores needed"
        return Comparison("ks", None, None, round(n), round(m), reason)
    levels = {level for histogram in (reference, current) for level, count in histogram.items() if count}
    if len(levels) <= FEW_LEVELS:
        return mix.compare(*({str(level): h[level] for level in h} for h in (reference, current)))
    distance = max(abs(gap) for gap in _gaps(reference, current))
    return Comparison("ks", kolmogorov(distance, n * m / (n + m)), distance, round(n), round(m))


def moved(reference: Histogram, current: Histogram, bins: int) -> float | None:
    """How far the scores moved: the Wasserstein distance, as a share of [0, 1]. None if one is empty."""
    if not sum(reference.values()) or not sum(current.values()):
        return None
    return sum(abs(gap) for gap in _gaps(reference, current)) / bins


def _gaps(reference: Histogram, current: Histogram) -> list[float]:
    """Differences of the cumulative shares at the upper edge of every bin from the lowest to the highest."""
    n, m = sum(current.values()), sum(reference.values())
    used = {*reference, *current}
    span = range(min(used), max(used) + 1)
    return list(accumulate(current.get(b, 0) / n - reference.get(b, 0) / m for b in span))
