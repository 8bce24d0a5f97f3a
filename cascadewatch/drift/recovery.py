"""When an alarm is over: the evidence that a rate is back, gathered like the evidence that it moved.

Two processes from the alarm on. One asks "normal, or still half the shift away?", the other "normal, or
still a tolerance away?". A change that stays at or beyond the tolerance is wrongly called resolved at most
once in 7 days on average.
"""

from collections.abc import Sequence
from math import log
from typing import Literal

from cascadewatch.drift.baseline import Baseline
from cascadewatch.drift.detector import MIN_REQUESTS, Detector, State
from cascadewatch.drift.evidence import Contrast
from cascadewatch.drift.hypotheses import ROUNDING, TOLERANCE, clipped

WRONG_HOURS = 168.0
CERTAIN = 0.001  # a level of exactly 0 % or 100 % would make the likelihood degenerate

Phase = Literal["firing", "easing", "resolved"]


def detector(baseline: Baseline, shift: float, tolerance: float = TOLERANCE) -> Detector:
    """The two processes of an alarm whose `shift` (a share, below 0 for a fall) was frozen when it opened.

    Start it at the alarm; give it only requests that came after.
    """
    sign = 1 if shift > 0 else -1
    distances = (max(tolerance, abs(shift) / 2), tolerance)

    def contrasts(hour: int) -> Sequence[Contrast | None] | None:
        if baseline.band(hour) is None:
            return None
        level = min(1 - CERTAIN, max(CERTAIN, baseline.level(hour)))
        still = [clipped(baseline.level(hour) + sign * distance) for distance in distances]
        return [Contrast(null, level) if sign * (null - level) > ROUNDING else None for null in still]

    return Detector(contrasts, distances, baseline.overdispersion, baseline.temper)


def phase(watching: Detector, state: State) -> Phase:
    """Where the alarm stands now. A phase once reached is kept: remember the furthest."""
    if state.requests < MIN_REQUESTS:
        return "firing"
    easing, resolved = (value >= log(WRONG_HOURS) for value in watching.log_evidence(state))
    return "resolved" if resolved else "easing" if easing else "firing"
