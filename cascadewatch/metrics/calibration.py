"""Whether the verifier's score means what it says, from live score histograms.

Live scores are kept in 50 bins and read at their midpoints, so these figures are marked "binned": a score
may be 0.01 off, Brier and ECE accordingly. Reports on eval sets compute the exact ones. The labels behind
the histograms are counted, not weighted.
"""

from math import sqrt

from cascadewatch.metrics.exact_calibration import ECE_BINS, MIN_CLASS, area_interval, placed
from cascadewatch.metrics.interval import Z
from cascadewatch.metrics.measures import SCORE_BINS
from cascadewatch.metrics.spec import MetricSpec
from cascadewatch.metrics.window import Metric, Window

BINNED = f"binned: scores read in steps of {1 / SCORE_BINS}"
NO_SCORES = "no scored answer has a label"

Bins = list[tuple[int, int]]  # (right, wrong) per score bin


def ece(window: Window) -> Metric:
    """Expected calibration error over 10 equal-width bins (Naeini et al. 2015), binned.

    Mean over labelled scores of |share right - mean score| of their bin. Few labels make it too large,
    so it carries no interval.
    """
    bins, n = _labelled(window)
    if not n:
        return Metric(None, 0, unit="score", reason=NO_SCORES)
    width = SCORE_BINS // ECE_BINS
    gaps = 0.0
    for start in range(0, SCORE_BINS, width):
        group = range(start, start + width)
        expected = sum(_midpoint(b) * sum(bins[b]) for b in group)
        gaps += abs(sum(bins[b][0] for b in group) - expected)
    return Metric(gaps / n, n, unit="score", reason=f"{BINNED}; no interval: too large on few labels")


def brier(window: Window) -> Metric:
    """Mean of (score - right)² over labelled scores (Brier 1950), binned; 0 is perfect."""
    bins, n = _labelled(window)
    if not n:
        return Metric(None, 0, unit="score", reason=NO_SCORES)
    losses = [(right, (1 - _midpoint(b)) ** 2) for b, (right, _) in enumerate(bins)]
    losses += [(wrong, _midpoint(b) ** 2) for b, (_, wrong) in enumerate(bins)]
    value = sum(count * loss for count, loss in losses) / n
    if n < 2 * MIN_CLASS:
        return Metric(
            value, n, unit="score", reason=f"{BINNED}; no interval: fewer than {2 * MIN_CLASS} labels"
        )
    variance = sum(count * (loss - value) ** 2 for count, loss in losses) / (n - 1)
    half = Z * sqrt(variance / n)
    return Metric(value, n, max(0.0, value - half), min(1.0, value + half), "score", BINNED)


def auroc(window: Window) -> Metric:
    """Chance that a right answer scores above a wrong one, ties counting half; binned.

    Interval: that of reports (`exact_calibration.area_interval`). Undefined without a right and a wrong
    answer; no interval below 10 of either.
    """
    bins, n = _labelled(window)
    right, wrong = sum(r for r, _ in bins), sum(w for _, w in bins)
    if not right or not wrong:
        reason = NO_SCORES if not n else "needs right and wrong answers, has one kind"
        return Metric(None, n, unit="score", reason=reason)
    value, variance = placed(bins, right, wrong)
    reach = area_interval(value, variance, right, wrong)
    if reach is None:
        few = f"no interval: fewer than {MIN_CLASS} right or wrong answers"
        return Metric(value, n, unit="score", reason=f"{BINNED}; {few}")
    return Metric(value, n, *reach, "score", BINNED)


def _labelled(window: Window) -> tuple[Bins, int]:
    """Per score bin the (right, wrong) labelled answers of any verdict, and their number."""
    bins = [[0, 0] for _ in range(SCORE_BINS)]
    for (family, label), histogram in window.bins.items():
        truth = label.rpartition("/")[2]
        if family == "score" and truth in ("right", "wrong"):
            for index, count in histogram.items():
                bins[index][truth == "wrong"] += count
    return [(right, wrong) for right, wrong in bins], sum(map(sum, bins))


def _midpoint(index: int) -> float:
    return (index + 0.5) / SCORE_BINS


SPECS = (
    MetricSpec(
        key="ece",
        title="Calibration error (binned)",
        unit="score",
        bad="up",
        definition="How far the verifier's score is from the share of answers that are right, on average.",
        formula="Σ |right - Σ score| per tenth of the scale / labelled scores",
        undefined="no scored answer has a label",
        function=ece,
        reads="bins",
    ),
    MetricSpec(
        key="brier",
        title="Brier score (binned)",
        unit="score",
        bad="up",
        definition="Mean squared distance between the verifier's score and the truth, right being 1.",
        formula="Σ (score - right)² / labelled scores",
        undefined="no scored answer has a label",
        function=brier,
        reads="bins",
    ),
    MetricSpec(
        key="auroc",
        title="AUROC (binned)",
        unit="score",
        bad="down",
        definition="Chance that the verifier scores a right answer above a wrong one; 0.5 is guessing.",
        formula="P(score of right > score of wrong) + ½ P(equal)",
        undefined="no scored right answer or no scored wrong one has a label",
        function=auroc,
        reads="bins",
    ),
)
