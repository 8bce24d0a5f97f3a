"""How much one hour speaks for one rate against another, when hours scatter more than a binomial.

The hour's own rate is a draw from a beta distribution, so k of n is beta-binomial. Within an hour the ratio
of two such likelihoods is a martingale (a Pólya urn), so it may be looked at after every request. It is
monotone in k, so its mean is at most 1 for every true rate on the null's side.
"""

from math import lgamma
from typing import NamedTuple


class Contrast(NamedTuple):
    """Two rates for one hour: what is still normal, and what is being looked for."""

    null: float
    alternative: float


class Urns(NamedTuple):
    """A contrast as beta parameters, with the terms that do not depend on the counts added up."""

    alternative: float
    alternative_rest: float
    null: float
    null_rest: float
    constant: float

    @classmethod
    def of(cls, contrast: Contrast, overdispersion: float) -> "Urns":
        """Both rates strictly between 0 and 1; `overdispersion` likewise."""
        size = 1 / overdispersion - 1
        a1, a0 = contrast.alternative * size, contrast.null * size
        b1, b0 = size - a1, size - a0
        return cls(a1, b1, a0, b0, lgamma(a1) + lgamma(b1) - lgamma(a0) - lgamma(b0))

    def log_ratio(self, escalated: int, judged: int) -> float:
        """ln of P(escalated of judged | alternative) / P(the same | null)."""
        a1, b1, a0, b0, constant = self
        rest = judged - escalated
        return (
            lgamma(escalated + a1) + lgamma(rest + b1) - lgamma(escalated + a0) - lgamma(rest + b0) - constant
        )
