"""How long a change takes to see, said before it happens."""

from math import log, log1p

from cascadewatch.drift.baseline import Baseline
from cascadewatch.drift.escalation import FALSE_ALARM_HOURS
from cascadewatch.drift.evidence import Contrast
from cascadewatch.drift.hypotheses import HIGHEST, LOWEST, ROUNDING, TOLERANCE, baseline_shifts, contrast


def delay_to_see(
    baseline: Baseline,
    per_hour: float,
    points: float = TOLERANCE,
    *,
    tolerance: float = TOLERANCE,
    false_alarm_hours: float = FALSE_ALARM_HOURS,
) -> float | None:
    """Hours until a lasting change from the baseline's rate by `points` (a share, either sign) alarms.

    Right to about a third between the tolerance and twice it; breaks take up to twice as long. `per_hour`
    requests count as the baseline's overdispersion has them, which takes its hours as independent.

    A Shiryaev-Roberts process M gains one start an hour and grows by the mean evidence I per hour: at
    dM/dt = 1 + I · M it reaches A after ln(1 + A · I) / I. (For large A · I this is Lorden's first-order
    ln(A) / I, 1971, Annals of Mathematical Statistics 42:1897, which is more than twice too long where
    evidence is thin.) I is that of the shift looked for that explains the change best, against the edge of
    the null band, over temper. In a family of streams pass `exp(log_threshold)` for `false_alarm_hours`.

    None where such a change is not found: no traffic, a target outside 1 % to 99 %, a move too small for
    the tolerance, or a null band so wide that no shift that explains it is looked for.
    """
    target, band = baseline.rate + points, baseline.usual_band
    if per_hour <= 0 or band is None or not _told_apart(target):
        return None
    pairs = [contrast(baseline.rate, shift, band) for shift in baseline_shifts(baseline, tolerance)]
    best = max((_gain(target, pair) for pair in pairs if pair), default=0.0)
    evidence = _worth(per_hour, baseline.overdispersion) * best / baseline.temper
    return log1p(false_alarm_hours * evidence) / evidence if evidence > 0 else None


def hours_to_tell(
    rate: float, per_hour: float, points: float, nats: float, overdispersion: float = 0.01
) -> float | None:
    """Hours until two known rates, `points` apart, are told apart by so many nats of evidence.

    None without traffic or difference, and for a target outside 1 % to 99 %.
    """
    target = rate + points
    if per_hour <= 0 or not points or not _told_apart(target):
        return None
    old = min(0.999, max(0.001, rate))
    return nats / (_worth(per_hour, overdispersion) * _gain(target, Contrast(old, target)))


def _told_apart(target: float) -> bool:
    return LOWEST - ROUNDING <= target <= HIGHEST + ROUNDING


def _worth(per_hour: float, overdispersion: float) -> float:
    """How many independent requests those of one hour are worth."""
    return per_hour / (1 + max(0.0, per_hour - 1) * overdispersion)


def _gain(rate: float, pair: Contrast) -> float:
    """Mean ln of P(request | alternative) / P(request | null) at this true rate, in nats."""
    up, down = pair.alternative / pair.null, (1 - pair.alternative) / (1 - pair.null)
    return rate * log(up) + (1 - rate) * log(down)
