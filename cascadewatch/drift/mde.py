"""The smallest change that a set of cases can see, said before anybody pays for a replay."""

from math import sqrt
from statistics import NormalDist

POWER = 0.8
RATES = 3  # of a replay with a verifier: accuracy, false accepts, false escalations


def smallest_change(
    cases: int, flips: float, repeats: int = 1, alpha: float = 0.05, rates: int = RATES
) -> float | None:
    """The change of a rate (a share) that a paired comparison finds four times in five.

    `rates` are compared at once and may say "changed" in `alpha` of all runs together. A rate that moves
    alone has to pass Holm's first step (Holm 1979, Scandinavian Journal of Statistics 6:65): alpha / rates.

    `cases` are those of that rate: wrong answers for false accepts, right ones for false escalations.
    `flips` is the share of cases whose outcome differs between two runs of the same system; `repeats`
    averages them out, so flips / repeats is the mean squared difference of a case (`paired.noise`).
    Solves m = ((z_α √D + z_β √(D - δ²)) / δ)² with D = flips / repeats + δ by bisection (Connor 1987,
    Biometrics 43:207). None: the set sees no change at all.
    """
    if cases < 1:
        return None
    low, high = 0.0, 1.0
    sure, power = NormalDist().inv_cdf(1 - alpha / rates / 2), NormalDist().inv_cdf(POWER)

    def needed(change: float) -> float:
        discordant = flips / repeats + change
        spread = max(0.0, discordant - change * change)
        return float(((sure * sqrt(discordant) + power * sqrt(spread)) / change) ** 2)

    if needed(high) > cases:
        return None
    for _ in range(60):
        middle = (low + high) / 2
        if needed(middle) > cases:
            low = middle
        else:
            high = middle
    return high
