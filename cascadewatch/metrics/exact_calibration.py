"""Whether a verifier's score means what it says, exactly, from scored answers whose truth is known.

The live figures of `calibration` read binned histograms; reports on eval sets use these.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

from cascadewatch.metrics.interval import Z, wilson

ECE_BINS = 10
MIN_CLASS = 10  # fewer right or wrong answers, and no interval is given
STEPS = 40  # of halving: an edge to a millionth of a millionth


class Scored(NamedTuple):
    """An answer: its score in [0, 1], whether it was right, and the share of a case that it stands for. The
    answers to one case weigh 1 together: repeats say little that is new, so all sums count cases."""

    score: float
    right: bool
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Bin:
    """One of ten equal-width bins of the score: how many cases, what they promised, what they kept. Repeats
    may put parts of a case into several bins."""

    start: float
    end: float
    n: float
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
    for one in scored:
        groups.setdefault(min(ECE_BINS - 1, int(ECE_BINS * one.score)), []).append(one)
    return [_bin(index, group) for index, group in sorted(groups.items())]


def ece(scored: Sequence[Scored]) -> float | None:
    """Expected calibration error (Naeini et al. 2015): mean |share right - mean score| of their bins."""
    if not scored:
        return None
    bins = reliability(scored)
    return sum(b.n * abs(b.right - b.score) for b in bins) / sum(b.n for b in bins)


def brier(scored: Sequence[Scored]) -> float | None:
    """Mean of (score - right)² (Brier 1950); 0 is perfect."""
    if not scored:
        return None
    total = sum(weight * (score - right) ** 2 for score, right, weight in scored)
    return total / sum(weight for *_, weight in scored)


def auroc(scored: Sequence[Scored]) -> Area | None:
    """Chance that a right answer scores above a wrong one, ties counting half; None with one kind only."""
    groups = [held for _, held in _by_score(scored)]
    right, wrong = (sum(held[kind] for held in groups) for kind in (0, 1))
    if not right or not wrong:
        return None
    value, variance = placed(groups, right, wrong)
    low, high = area_interval(value, variance, right, wrong) or (None, None)
    return Area(value, low, high)


def placed(groups: Iterable[Sequence[float]], right: float, wrong: float) -> tuple[float, float]:
    """An AUROC and its variance, from how each right (wrong) answer stands among all of the other kind.

    DeLong, DeLong & Clarke-Pearson 1988, Biometrics 44:837. `groups` has (right, wrong) for every score, the
    lowest first, `right` and `wrong` are their sums.
    """
    rights, wrongs = [], []
    right_below = wrong_below = 0.0
    for r, w in groups:
        rights.append((r, (wrong_below + w / 2) / wrong))
        wrongs.append((w, (right - right_below - r / 2) / right))
        right_below, wrong_below = right_below + r, wrong_below + w
    area = sum(count * place for count, place in rights) / right
    variance = sum(
        sum(count * (place - area) ** 2 for count, place in places) / max(1, n - 1) / n
        for places, n in ((rights, right), (wrongs, wrong))
    )
    return area, variance


def area_interval(area: float, variance: float, right: float, wrong: float) -> tuple[float, float] | None:
    """Newcombe's 95 % interval of an AUROC over so many right and wrong answers; None with fewer than 10 of
    either. `variance` is DeLong's, which can only widen it.

    Every area from which this one lies at most 1.96 of that area's own standard errors away (Newcombe 2006,
    Statistics in Medicine 25:559, method 5): an interval around the area itself misses most truths where the
    verifier is good or wrong answers are few. Its variance supposes scores of a usual shape. Where DeLong's
    is larger, as with wrong answers that score among the best, it is raised by as much.

    >>> [round(edge, 4) for edge in area_interval(1.0, 0.0, 500, 500)]
    [0.9961, 1.0]
    """
    if round(min(right, wrong), 6) < MIN_CLASS:
        return None
    usual = _area_variance(area, right, wrong)
    more = max(1.0, variance / usual) if usual else 1.0

    def edge(outside: float) -> float:
        inside = area
        for _ in range(STEPS):
            middle = (inside + outside) / 2
            if (area - middle) ** 2 <= Z * Z * more * _area_variance(middle, right, wrong):
                inside = middle
            else:
                outside = middle
        return inside

    return edge(0.0), edge(1.0)


def _area_variance(area: float, right: float, wrong: float) -> float:
    """Hanley & McNeil 1982, Radiology 143:29, with both kinds taken for equally many, as Newcombe does."""
    more = (right + wrong) / 2 - 1
    shared = 1 + more * (1 - area) / (2 - area) + more * area / (1 + area)
    return area * (1 - area) * shared / (right * wrong)


def isotonic(scored: Sequence[Scored]) -> Callable[[float], float]:
    """The best non-decreasing map from score to share right.

    Pool-adjacent-violators over the distinct scores, in between a straight line, flat beyond the scores it
    was fitted on (Zadrozny & Elkan 2002, KDD 694).
    """
    import numpy as np
    from scipy.optimize import isotonic_regression

    scores, groups = zip(*_by_score(scored), strict=True)
    weights = [right + wrong for right, wrong in groups]
    shares = [right / n for (right, _), n in zip(groups, weights, strict=True)]
    fitted = isotonic_regression(shares, weights=weights).x
    return lambda score: float(np.interp(score, scores, fitted))


def _by_score(scored: Iterable[Scored]) -> list[tuple[float, list[float]]]:
    """What is right and what is wrong at every score, in cases, the lowest first."""
    sums: dict[float, list[float]] = {}
    for score, right, weight in scored:
        sums.setdefault(score, [0.0, 0.0])[not right] += weight
    return sorted(sums.items())


def _bin(index: int, group: Sequence[Scored]) -> Bin:
    n, right = sum(one.weight for one in group), sum(one.weight for one in group if one.right)
    low, high = wilson(right, n)
    mean = sum(one.weight * one.score for one in group) / n
    return Bin(index / ECE_BINS, (index + 1) / ECE_BINS, n, mean, right / n, low, high)
