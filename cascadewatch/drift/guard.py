"""Watches for gross breaks while a stream has no baseline yet.

Rate and overdispersion are pooled over the hours seen so far, and whatever lies within twice the tolerance
of that counts as normal: weekends, daily swing and the error of a thin sample stay inside. Smaller moves
are left to the detector with a full baseline.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import expm1, log

from cascadewatch.drift.baseline import Baseline
from cascadewatch.drift.detector import Detector, State
from cascadewatch.drift.fitting import overdispersion, pooled_rate
from cascadewatch.drift.hours import Hour
from cascadewatch.drift.hypotheses import ROUNDING, TOLERANCE, contrast, shifts

MIN_HOURS = 3
MIN_REQUESTS = 100
MULTIPLES = (4, 8)
BAND = 2  # times the tolerance
BEYOND = 0.02  # a target this close to the band is not looked for
OVERDISPERSION = (0.01, 0.2)
# The bound on false alarms takes the rate as known, and a guard guesses it from a hundred requests. So it
# spends a tenth of the budget: its evidence counts that much less, which a gross break soon makes up.
CAUTION = log(10)


@dataclass(frozen=True, slots=True)
class Guard:
    """What is normal so far: pooled rate and overdispersion over `since` to `fitted` (epoch ms)."""

    rate: float
    overdispersion: float
    since: int
    fitted: int


def fit(hours: Sequence[Hour], now: int) -> Guard | None:
    """From all whole hours before `now` (epoch ms); None with fewer than 3 of them or 100 requests."""
    seen = [hour for hour in hours if hour.judged]
    if len(seen) < MIN_HOURS or sum(hour.judged for hour in seen) < MIN_REQUESTS:
        return None
    rate = pooled_rate(seen)
    rho = overdispersion(seen, [rate] * len(seen), OVERDISPERSION)
    return Guard(rate, rho, min(hour.start for hour in seen), now)


def detector(guard: Guard, tolerance: float = TOLERANCE) -> Detector:
    """The detector of a stream that is still learning; its alarms mean a gross break."""
    band = BAND * tolerance

    def distinct(shift: float, target: float) -> bool:
        sign = 1 if shift > 0 else -1
        return sign * (target - guard.rate) - band > BEYOND + ROUNDING

    wanted = shifts(guard.rate, [multiple * tolerance for multiple in MULTIPLES], distinct)
    pairs = [contrast(guard.rate, shift, band) for shift in wanted]
    return Detector(lambda _: pairs, wanted, guard.overdispersion)


def flat(guard: Guard, tolerance: float = TOLERANCE) -> Baseline:
    """What the guard takes for normal, in the form of a baseline: for estimates and for recovery."""
    band = BAND * tolerance
    return Baseline(
        rate=guard.rate,
        requests=0,
        start=guard.since,
        end=guard.fitted,
        zone="UTC",
        intercept=guard.rate,
        weekend=0.0,
        sine=0.0,
        cosine=0.0,
        overdispersion=guard.overdispersion,
        temper=1.0,
        weekday_band=band,
        weekend_band=band,
    )


def renewed(guard: Guard | None, hours: Sequence[Hour], now: int, state: State) -> Guard | None:
    """The guard from the hour that starts at `now` on: fitted anew, or `guard` itself if it is not time yet.

    It is time when twice as much time has been seen as at the last fit, and the mean M in `state` (closed)
    is at most 1: while there is evidence of a break, its hours must not be taken for normal.
    """
    if guard is None:
        return fit(hours, now)
    due = now - guard.since >= 2 * (guard.fitted - guard.since)
    if not due or _mean(state.levels) > 1:
        return guard
    return fit(hours, now)


def carried(state: State, old: Detector, new: Detector) -> State:
    """The state for the new guard's detector: each shift that the old detector tested too keeps its
    evidence. `state` has to be closed."""
    levels = dict(zip(old.shifts, state.levels, strict=True))
    return state._replace(levels=tuple(levels.get(shift, 0.0) for shift in new.shifts))


def _mean(levels: Sequence[float]) -> float:
    """Mean M of levels ln(1 + M)."""
    return sum(expm1(min(level, 700.0)) for level in levels) / len(levels) if levels else 0.0
