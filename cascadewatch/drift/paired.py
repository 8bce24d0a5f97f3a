"""Two runs over the same cases, compared case by case: pairing is worth two to four times the cases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb, sqrt

from cascadewatch.metrics.interval import Z

RESAMPLES = 20_000


@dataclass(frozen=True, slots=True)
class Paired:
    """A rate after less the same rate before, over the `n` cases that both runs have.

    `rose` counts cases whose outcome went from 0 to 1, `fell` from 1 to 0 (means over repeats: above and
    below). `difference` with its 95 % interval is in shares; `p` is two-sided. `noise` is the mean
    squared difference of a case between runs of the same system. All None without cases.
    """

    n: int
    rose: int
    fell: int
    before: float | None
    after: float | None
    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    noise: float | None


def compare(before: Mapping[str, float], after: Mapping[str, float], seed: int = 0) -> Paired:
    """Outcomes by case, 0 or 1, or means over repeats, which count as one observation each.

    Single outcomes: McNemar's test, mid-p; repeats: sign-flip permutation of the differences.
    """
    cases = sorted(before.keys() & after.keys())
    n = len(cases)
    if not n:
        return Paired(0, 0, 0, None, None, None, None, None, None, None)
    differences = [after[case] - before[case] for case in cases]
    rose, fell = sum(d > 0 for d in differences), sum(d < 0 for d in differences)
    old, new = (sum(run[case] for case in cases) / n for run in (before, after))
    p = mid_p(rose, fell) if _are_single(differences) else sign_flip(differences, seed)
    low, high = interval_of(differences)
    return Paired(n, rose, fell, old, new, new - old, low, high, p, noise(differences))


def noise(differences: Sequence[float]) -> float:
    """The mean square of the differences without what a change adds to it; for single outcomes the share of
    cases that flip without any change.

    Chance moves as much up as down, a change one way. So the squares that go up less those that go down are
    the change's, once chance's own part of that surplus is taken off, which is its variance.

    >>> noise([1.0, -1.0, 0.0, 0.0]), round(noise([1.0] * 50 + [0.0] * 50), 3)
    (0.5, 0.003)
    """
    n = len(differences)
    squares = sum(d * d for d in differences) / n
    surplus = sum(d * abs(d) for d in differences) / n
    chance = (sum(d**4 for d in differences) / n - surplus**2) / n
    return squares - sqrt(max(0.0, surplus**2 - chance))


def mid_p(rose: int, fell: int) -> float:
    """Two-sided p of McNemar's test, the observed table counted half.

    Fagerland, Lydersen & Laake 2013, BMC Medical Research Methodology 13:91. 1 without discordant pairs.
    """
    n, fewer = rose + fell, min(rose, fell)
    if n == 0:
        return 1.0
    observed = _binomial(n, fewer)
    if rose == fell:
        return 1 - observed / 2
    return min(1.0, 2 * sum(_binomial(n, k) for k in range(fewer + 1)) - observed)


def interval_of(differences: Sequence[float]) -> tuple[float, float]:
    """95 % interval of the mean difference of cases: of single outcomes, or of means over repeats."""
    if _are_single(differences):
        return interval(sum(d > 0 for d in differences), sum(d < 0 for d in differences), len(differences))
    return _mean_interval(differences)


def interval(rose: int, fell: int, n: int) -> tuple[float, float]:
    """95 % interval of (rose - fell) / n, each count half a pair larger.

    Bonett & Price 2012, British Journal of Mathematical and Statistical Psychology 65:255. Not empty even
    without discordant pairs: few cases do not prove that nothing changed.
    """
    up, down = (rose + 1) / (n + 2), (fell + 1) / (n + 2)
    half = Z * sqrt((up + down - (up - down) ** 2) / (n + 2))
    return max(-1.0, up - down - half), min(1.0, up - down + half)


def sign_flip(differences: Sequence[float], seed: int = 0) -> float:
    """Two-sided p of the mean difference when each sign might as well be the other.

    Exact up to 14 differences that are not 0, else from 20,000 seeded draws.
    """
    import numpy as np
    from scipy.stats import permutation_test

    moved = np.array([d for d in differences if d])
    if not len(moved):
        return 1.0
    found = permutation_test(
        (moved,),
        lambda x, axis: x.mean(axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=RESAMPLES,
        rng=np.random.default_rng(seed),
    )
    return float(min(1.0, found.pvalue))


def _are_single(differences: Sequence[float]) -> bool:
    return all(d in (-1, 0, 1) for d in differences)


def _mean_interval(differences: Sequence[float]) -> tuple[float, float]:
    """95 % interval of the mean, with two more differences of +1 and -1 over √2 as in `interval`."""
    n = len(differences) + 2
    mean = sum(differences) / n
    square = sum((d - mean) ** 2 for d in differences) + 2 * (0.5 + mean * mean)
    half = Z * sqrt(square / (n - 1) / n)
    return max(-1.0, mean - half), min(1.0, mean + half)


def _binomial(n: int, k: int) -> float:
    """P(X = k) of n fair coins; whole numbers until the last step, so that nothing is lost."""
    return float(comb(n, k) / 2**n)
