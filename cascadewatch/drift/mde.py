"""The smallest change that a set of cases can see, said before anybody pays for a replay."""

from math import sqrt

POWER_Z = 0.8416212335729143  # normal quantile of 80 %
ALPHA_Z = {0.05: 1.959963984540054, 0.01: 2.5758293035489004}


def smallest_change(cases: int, flips: float, repeats: int = 1, alpha: float = 0.05) -> float | None:
    """The change of a rate (a share) that a paired comparison finds four times in five.

    `cases` are those of that rate: wrong answers for false accepts, right ones for false escalations.
    `flips` is the share of cases whose outcome differs between two runs of the same system; `repeats`
    averages them out. Solves m = ((z_α √D + z_β √(D - δ²)) / δ)² with D = flips / repeats + δ by
    bisection (Connor 1987, Biometrics 43:207). None: the set sees no change at all.
    """
    if cases < 1:
        return None
    low, high = 0.0, 1.0
    if _needed(high, flips / repeats, alpha) > cases:
        return None
    for _ in range(60):
        middle = (low + high) / 2
        if _needed(middle, flips / repeats, alpha) > cases:
            low = middle
        else:
            high = middle
    return high


def _needed(change: float, flips: float, alpha: float) -> float:
    discordant = flips + change
    spread = max(0.0, discordant - change * change)
    return float(((ALPHA_Z[alpha] * sqrt(discordant) + POWER_Z * sqrt(spread)) / change) ** 2)
