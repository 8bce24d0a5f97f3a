"""When a replay may stop early: because the change is certain, or because there is surely none.

Both ways are needed: stopping on an alarm alone saves hardly a call on the usual run, in which nothing
changed. The cases must come in random order.
"""

from math import comb, sqrt
from typing import Literal

from cascadewatch.drift.paired import mid_p

CERTAIN = 50.0  # how far a bet against "nothing changed" has to grow: wrong in 1 of 50 runs at most
FEWEST = 50
CHECKS = 20  # looks at "nothing changed", evenly spread
MARGIN = 2.4  # standard errors; for twenty looks
LAST_P = 0.03  # what is left of 5 % for the end

Decision = Literal["changed", "unchanged", "go on"]


def decide(rose: int, fell: int, done: int, planned: int, tolerance: float) -> Decision:
    """After `done` of `planned` pairs, `rose` and `fell` of them discordant.

    Changed: the martingale 2^n · B(rose + 1, fell + 1) of a bet on the discordant pairs reaches 50 (it may
    be asked at any time). Unchanged: the difference is surely under `tolerance`, asked at 20 points from 50
    pairs on. At the end: changed if McNemar's mid-p is at most 0.03, else "go on", for the full test.
    """
    if evidence(rose, fell) >= CERTAIN:
        return "changed"
    if done >= planned:
        return "changed" if mid_p(rose, fell) <= LAST_P else "go on"
    if done >= FEWEST and is_look(done, planned) and bound(rose, fell, done) < tolerance:
        return "unchanged"
    return "go on"


def evidence(rose: int, fell: int) -> float:
    """2^n · B(rose + 1, fell + 1): wealth of a bettor who starts with 1 and knows nothing of the coin."""
    n = rose + fell
    return float(2**n / ((n + 1) * comb(n, rose)))


def bound(rose: int, fell: int, done: int) -> float:
    """The largest difference that the pairs so far leave possible, as a share."""
    mean = (rose - fell) / done
    spread = max(0.0, (rose + fell + 2) / done - mean * mean)
    return abs(mean) + MARGIN * sqrt(spread / done)


def is_look(done: int, planned: int) -> bool:
    """Whether this is one of the twenty points at which "unchanged" is asked."""
    return done * CHECKS // planned > (done - 1) * CHECKS // planned
