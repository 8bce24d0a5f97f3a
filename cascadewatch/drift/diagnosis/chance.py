"""Could chance alone have done it? An exact test of counts before and after, for few labels as for many."""

from collections.abc import Sequence
from itertools import accumulate
from math import exp, lgamma, sqrt

from cascadewatch.drift.diagnosis.material import Group, Share

WIDTHS = 10  # standard deviations beyond which a probability is 0 to 20 digits


def chance(groups: Sequence[Group], rose: bool) -> float:
    """P(as many after as there are, or more) if no group's own rate has changed; fewer, unless `rose`.

    Given each group's totals its count after is hypergeometric, and of all groups together it is their sum:
    the exact one-sided form of the Cochran-Mantel-Haenszel test (Mehta, Patel & Gray 1985, Journal of the
    American Statistical Association 80:969), with one group Fisher's. Its size never exceeds the level it
    is held against. Shares of weighted labels are rounded to whole numbers.
    """
    counts = [_whole(group if rose else _mirrored(group)) for group in groups]
    parts = [_hypergeometric(*each) for each in counts]
    (least, last), others = parts[-1], {0: 1.0}
    for first, probabilities in parts[:-1]:
        others = _sum(others, first, probabilities)
    tails = list(accumulate(reversed(last)))[::-1]  # of the last group: this many or more
    seen = sum(after for _, _, after, _ in counts) - least
    reached = ((p, seen - other) for other, p in others.items())
    return min(1.0, sum(p * tails[max(0, place)] for p, place in reached if place < len(tails)))


def _sum(others: dict[int, float], first: int, probabilities: Sequence[float]) -> dict[int, float]:
    found: dict[int, float] = {}
    for other, p in others.items():
        for count, q in enumerate(probabilities, first):
            found[other + count] = found.get(other + count, 0.0) + p * q
    return found


def _hypergeometric(k0: int, n0: int, k1: int, n1: int) -> tuple[int, list[float]]:
    """The smallest count after that can be, and the probabilities of it and those that follow."""
    k, n = k0 + k1, n0 + n1
    lowest, highest = max(0, k - n0), min(k, n1)
    if n > 1:
        mean, reach = n1 * k / n, 1 + WIDTHS * sqrt(n1 * k * (n - k) * n0 / (n * n * (n - 1)))
        lowest, highest = max(lowest, int(mean - reach)), min(highest, int(mean + reach) + 1)
    whole = _log_choose(n, k)
    return lowest, [
        exp(_log_choose(n1, x) + _log_choose(n0, k - x) - whole) for x in range(lowest, highest + 1)
    ]


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def _whole(group: Group) -> tuple[int, int, int, int]:
    (k0, n0), (k1, n1) = group.before, group.after
    return round(k0), max(round(n0), round(k0)), round(k1), max(round(n1), round(k1))


def _mirrored(group: Group) -> Group:
    """What was not counted instead of what was."""
    return Group(group.name, *(Share(side.n - side.k, side.n) for side in (group.before, group.after)))
