"""When a replay may stop early: because the change is certain, or because there is surely none.

Both ways are needed: stopping on an alarm alone saves hardly a call on the usual run, in which nothing
changed. The cases must come in random order.
"""

from math import comb, sqrt
from typing import Literal

from cascadewatch.drift.paired import mid_p

ALPHA = 0.05  # how rarely chance alone may say "changed"
BET_SHARE = 0.4  # of it for the bet, which may be asked at any time: at 5 % it has to grow to 50
LAST_SHARE = 0.6  # what is left for the end
FEWEST = 50
CHECKS = 20  # looks at "nothing changed", evenly spread
MARGIN = 2.4  # standard errors; for twenty looks

Decision = Literal["changed", "unchanged", "go on"]


def decide(rose: int, fell: int, done: int, planned: int, tolerance: float, alpha: float = ALPHA) -> Decision:
    """After `done` of `planned` pairs, `rose` and `fell` of them discordant.

    Changed: the martingale 2^n · B(rose + 1, fell + 1) of a bet on the discordant pairs reaches
    1 / (0.4 alpha) (it may be asked at any time: Ville's inequality). Unchanged: the difference is surely
    under `tolerance`, asked at 20 points from 50 pairs on. At the end: changed if McNemar's mid-p is at
    most 0.6 alpha, else "go on", for the full test.
    """
    if evidence(rose, fell) >= 1 / (BET_SHARE * alpha):
        return "changed"
    if done >= planned:
        return "changed" if mid_p(rose, fell) <= LAST_SHARE * alpha else "go on"
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
