"""95 % intervals: Wilson's for shares, hours as clusters for means and ratios of money."""

from collections.abc import Iterable, Sequence
from math import sqrt

from cascadewatch.metrics.window import Metric

Z = 1.959963984540054  # 97.5 % point of the normal distribution
MIN_CLUSTERS = 8
WeightedGroup = tuple[bool, int, int, int]  # success, n, sum of weights, sum of squared weights
FEW_CLUSTERS = f"no interval: fewer than {MIN_CLUSTERS} hours"


def wilson(successes: float, n: float) -> tuple[float, float]:
    """Wilson's score interval of a share; `n` may be an effective, fractional number.

    Wilson 1927, J. Am. Stat. Assoc. 22:209. Keeps its level near 0 and 1 and for small n, and never
    leaves [0, 1]. `n` must be above 0.

    >>> [round(edge, 4) for edge in wilson(30, 100)]
    [0.2189, 0.3958]
    """
    share = min(1.0, successes / n)
    centre = share + Z * Z / (2 * n)
    half = Z * sqrt(share * (1 - share) / n + (Z / (2 * n)) ** 2)
    scale = 1 + Z * Z / n
    low = 0.0 if share == 0 else max(0.0, (centre - half) / scale)
    high = 1.0 if share == 1 else min(1.0, (centre + half) / scale)
    return min(low, share), max(high, share)


def proportion(successes: int, n: int, empty: str) -> Metric:
    """`successes` / `n` with Wilson's interval; undefined for the reason `empty` when n is 0.

    Counts that cannot be (more successes than n) are undefined too, never clipped to 100 %.
    """
    if n == 0:
        return Metric(None, 0, reason=empty)
    if not 0 <= successes <= n:
        return Metric(None, n, reason=f"counts disagree ({successes} of {n}): run `cascadewatch verify`")
    return Metric(successes / n, n, *wilson(successes, n))


def weighted_proportion(
    groups: Iterable[WeightedGroup], empty: str, heaviest: tuple[float, float] | None = None
) -> Metric:
    """`weighted_share` with Wilson's interval at the effective number; `Metric.n` stays the true number.

    >>> m = weighted_proportion([(True, 8, 8_000, 8_000_000), (False, 2, 2_000, 2_000_000)], "no labels")
    >>> m.value, m.n
    (0.8, 10)
    """
    held = list(groups)
    found = weighted_share(held, heaviest)
    if found is None:
        return Metric(None, 0, reason=empty)
    share, effective = found
    return Metric(share, sum(n for _, n, _, _ in held), *wilson(share * effective, effective))


def weighted_share(
    groups: Iterable[WeightedGroup], heaviest: tuple[float, float] | None = None
) -> tuple[float, float] | None:
    """Horvitz-Thompson share, and how many labels of equal weight would tell it as surely. None of nothing.

    The number is p(1-p) / V with the linearised variance of a ratio, V = ((1-p)² Σw² of successes + p² Σw²
    of failures) / (Σw)² (Särndal, Swensson & Wretman 1992, Model Assisted Survey Sampling, section 5.7).
    Kish's (Σw)² / Σw² would take weight and outcome to be independent, and they are not where rejects are
    labelled more often than accepts, or one route more often than another.

    The mean weight of successes counts one label more, of the largest weight that one can have, and so does
    that of failures: a rare and heavy kind of which none was drawn may be there all the same (Fay & Feuer
    1997, Statistics in Medicine 16:791). These weights are `heaviest`; left out, both are the
    `heaviest_weight` of all groups. Equal weights give the number of labels.
    """
    held = [group for group in groups if group[2]]
    if not held:
        return None
    of_success, of_failure = heaviest or (heaviest_weight(held), heaviest_weight(held))
    good, good_sq = _weights(held, True)
    bad, bad_sq = _weights(held, False)
    mean_good = (good_sq + of_success**2) / (good + of_success)
    mean_bad = (bad_sq + of_failure**2) / (bad + of_failure)
    whole = good + bad
    return good / whole, whole * whole / (bad * mean_good + good * mean_bad)


def _weights(groups: Iterable[WeightedGroup], success: bool) -> tuple[int, int]:
    mine = [(w, w2) for is_success, _, w, w2 in groups if is_success == success]
    return sum(w for w, _ in mine), sum(w2 for _, w2 in mine)


def heaviest_weight(groups: Iterable[WeightedGroup]) -> float:
    """The largest mean weight of a group, by weight: Σw² / Σw. 0 where nothing weighs anything."""
    return max((w2 / w for _, _, w, w2 in groups if w), default=0.0)


def t_quantile(df: int) -> float:
    """97.5 % point of Student's t, within 0.0003 from 7 degrees of freedom on.

    The expansion of Abramowitz & Stegun 26.7.5. By hand, because importing scipy for it alone would
    take most of the time that `report` has.

    >>> round(t_quantile(30), 4)
    2.0423
    """
    z = Z
    return (
        z
        + (z**3 + z) / (4 * df)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * df**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * df**3)
        + (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * df**4)
    )


def half_width(influences: Sequence[float]) -> float | None:
    """Half the 95 % interval of an estimate whose linearised value is the sum of `influences`.

    One influence per cluster; they sum to 0. Cluster-robust (sandwich) variance n/(n-1) Σd² with t on
    n-1 degrees of freedom, as for ratio estimators in Cochran, Sampling Techniques, chapter 6.
    None with fewer than 8 clusters.
    """
    n = len(influences)
    if n < MIN_CLUSTERS:
        return None
    return t_quantile(n - 1) * sqrt(n / (n - 1) * sum(d * d for d in influences))


def ratio_half_width(pairs: Iterable[tuple[float, float]]) -> float | None:
    """Half the interval of Σy / Σx over clusters (y, x); clusters with nothing in them do not count."""
    kept = [(y, x) for y, x in pairs if y or x]
    bottom = sum(x for _, x in kept)
    if not bottom:
        return None
    ratio = sum(y for y, _ in kept) / bottom
    return half_width([(y - ratio * x) / bottom for y, x in kept])
