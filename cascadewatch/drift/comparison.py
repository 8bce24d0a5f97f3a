"""Two samples compared: significant and large enough to matter, or not."""

from dataclasses import dataclass
from math import erfc, exp, lgamma, log, sqrt

MAX_P = 0.001
MIN_EFFECT = 0.05


@dataclass(frozen=True, slots=True)
class Comparison:
    """A test of one sample against a reference, with its effect.

    `effect` is the largest difference of the cumulative shares (`test` "ks") or the total variation
    distance (`test` "chi2"), both shares. `p` None: undefined, `reason` says why. `n` and `reference_n`
    are the observations compared.
    """

    test: str
    p: float | None
    effect: float | None
    n: int
    reference_n: int
    reason: str | None = None

    @property
    def drifted(self) -> bool:
        """p < 0.001 and an effect of at least 5 points: with data enough any difference is significant."""
        return self.p is not None and self.effect is not None and self.p < MAX_P and self.effect >= MIN_EFFECT


def kolmogorov(distance: float, effective: float) -> float:
    """P(D ≥ distance) of two samples worth n·m / (n + m) = `effective`, asymptotically; cautious for ties.

    Kolmogorov's series 2 Σ (-1)^(j-1) exp(-2 j² λ²) with λ = distance · sqrt(effective).
    """
    scaled = distance * sqrt(effective)
    if scaled < 0.2:  # the series converges slowly there, and its sum is 1 to 11 digits
        return 1.0
    terms = ((1 if j % 2 else -1) * exp(-2 * (j * scaled) ** 2) for j in range(1, 40))
    return min(1.0, max(0.0, 2 * sum(terms)))


def chi_square(statistic: float, degrees: int) -> float:
    """P(X ≥ statistic) for chi-square with `degrees` (whole) degrees of freedom.

    The finite sums of Abramowitz & Stegun 26.4.4 and 26.4.5. By hand, like `kolmogorov`: importing scipy
    for two tails takes longer than any test here.
    """
    half = statistic / 2
    if half <= 0:
        return 1.0
    odd = degrees % 2
    powers = [i + 0.5 if odd else float(i) for i in range(degrees // 2)]
    terms = sum(exp(power * log(half) - half - lgamma(power + 1)) for power in powers)
    return min(1.0, terms + (erfc(sqrt(half)) if odd else 0.0))
