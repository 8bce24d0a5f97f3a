"""Whether a verifier's score means what it says, exactly, from scored answers whose truth is known.

The live figures of `calibration` read binned histograms; reports on eval sets use these. A score is a
number in [0, 1], `right` whether the answer was.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import sqrt

from cascadewatch.metrics.interval import Z, wilson

ECE_BINS = 10
MIN_CLASS = 10  # fewer right or wrong answers, and no interval is given

Scored = tuple[float, bool]  # score, right


@dataclass(frozen=True, slots=True)
class Bin:
    """One of ten equal-width bins of the score: how many, what they promised, what they kept."""

    start: float
    end: float
    n: int
    score: float
    right: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Area:
    """AUROC with its 95 % interval (`area_interval`)."""

    value: float
    low: float | None
    high: float | None


def is_fitting_half(case: str) -> bool:
    """Whether a case belongs to the half that fits; the other half measures. Decided by its id alone.

    >>> [is_fitting_half(case) for case in ("gsm8k-0", "gsm8k-1", "gsm8k-2")]
    [True, True, False]
    """
    return sha256(case.encode()).digest()[0] % 2 == 0


def reliability(scored: Sequence[Scored]) -> list[Bin]:
    """The reliability curve over ten bins, empty ones left out; bin = min(9, floor(10 · score))."""
    groups: dict[int, list[Scored]] = {}
    for score, right in scored:
        groups.setdefault(min(ECE_BINS - 1, int(ECE_BINS * score)), []).append((score, right))
    return [_bin(index, group) for index, group in sorted(groups.items())]


def ece(scored: Sequence[Scored]) -> float | None:
    """Expected calibration error (Naeini et al. 2015): mean |share right - mean score| of their bins."""
    if not scored:
        return None
    return sum(b.n * abs(b.right - b.score) for b in reliability(scored)) / len(scored)


def brier(scored: Sequence[Scored]) -> float | None:
    """Mean of (score - right)² (Brier 1950); 0 is perfect."""
    return sum((score - right) ** 2 for score, right in scored) / len(scored) if scored else None


def auroc(scored: Sequence[Scored]) -> Area | None:
    """Chance that a right answer scores above a wrong one, ties counting half; None with one kind only."""
    ranks = _midranks([score for score, _ in scored])
    rights = [rank for rank, (_, right) in zip(ranks, scored, strict=True) if right]
    wrongs = [rank for rank, (_, right) in zip(ranks, scored, strict=True) if not right]
    if not rights or not wrongs:
        return None
    m, n = len(rights), len(wrongs)
    value = (sum(rights) - m * (m + 1) / 2) / (m * n)
    own_right, own_wrong = _midranks_within(scored, True), _midranks_within(scored, False)
    above = [(rank - own) / n for rank, own in zip(rights, own_right, strict=True)]
    below = [1 - (rank - own) / m for rank, own in zip(wrongs, own_wrong, strict=True)]
    low, high = area_interval(value, _variance(above) / m + _variance(below) / n, m, n) or (None, None)
    return Area(value, low, high)


def area_interval(area: float, variance: float, right: int, wrong: int) -> tuple[float, float] | None:
    """95 % interval of an AUROC with DeLong's variance, over so many right and wrong answers; None with fewer
    than 10 of either.

    DeLong, DeLong & Clarke-Pearson 1988, Biometrics 44:837. Its variance is 0 where every pair of a right and
    a wrong answer says the same: in order, turned round, or tied. Then the smaller class is taken for so many
    pairs that share no answer, which are independent: Wilson's interval bounds how often a pair may
    say something else, and that counts as the worst and as the best it could be.

    >>> [round(edge, 4) for edge in area_interval(1.0, 0.0, 500, 500)]
    [0.9924, 1.0]
    """
    pairs = min(right, wrong)
    if pairs < MIN_CLASS:
        return None
    if variance == 0:
        same, _ = wilson(pairs, pairs)
        return same * area, same * area + 1 - same
    half = Z * sqrt(variance)
    return max(0.0, area - half), min(1.0, area + half)


def isotonic(scored: Sequence[Scored]) -> Callable[[float], float]:
    """The best non-decreasing map from score to share right.

    Pool-adjacent-violators over the distinct scores, in between a straight line, flat beyond the scores it
    was fitted on (Zadrozny & Elkan 2002, KDD 694).
    """
    import numpy as np
    from scipy.optimize import isotonic_regression

    sums: dict[float, list[int]] = {}
    for score, right in scored:
        held = sums.setdefault(score, [0, 0])
        held[0], held[1] = held[0] + right, held[1] + 1
    scores = sorted(sums)
    shares = [sums[score][0] / sums[score][1] for score in scores]
    fitted = isotonic_regression(shares, weights=[sums[score][1] for score in scores]).x
    return lambda score: float(np.interp(score, scores, fitted))


def _bin(index: int, group: Sequence[Scored]) -> Bin:
    n, right = len(group), sum(r for _, r in group)
    low, high = wilson(right, n)
    mean = sum(score for score, _ in group) / n
    return Bin(index / ECE_BINS, (index + 1) / ECE_BINS, n, mean, right / n, low, high)


def _midranks(values: Sequence[float]) -> list[float]:
    """Rank of each value from 1, ties sharing the mean of theirs."""
    order = sorted(range(len(values)), key=lambda i: values[i])
    ranks = [0.0] * len(values)
    first = 0
    while first < len(order):
        last = first
        while last + 1 < len(order) and values[order[last + 1]] == values[order[first]]:
            last += 1
        for place in range(first, last + 1):
            ranks[order[place]] = (first + last) / 2 + 1
        first = last + 1
    return ranks


def _midranks_within(scored: Sequence[Scored], kind: bool) -> list[float]:
    return _midranks([score for score, right in scored if right is kind])


def _variance(values: Sequence[float]) -> float:
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / max(1, len(values) - 1)
