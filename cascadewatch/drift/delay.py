"""How long a change takes to see, said before it happens."""

from math import log

from cascadewatch.drift.escalation import FALSE_ALARM_HOURS
from cascadewatch.drift.hypotheses import HIGHEST, LOWEST, ROUNDING

OVERDISPERSION = 0.01


def delay_to_see(
    rate: float,
    per_hour: float,
    points: float = 0.05,
    *,
    overdispersion: float = OVERDISPERSION,
    temper: float = 1.0,
    false_alarm_hours: float = FALSE_ALARM_HOURS,
) -> float | None:
    """Hours until a lasting change from `rate` by `points` (a share, either sign) alarms.

    Right to about a third between the tolerance and twice it; breaks take up to twice as long, and moves
    smaller than the tolerance much longer than this says.

    ln(A) over the evidence per hour, Lorden's first-order delay (1971, Annals of Mathematical Statistics
    42:1897): n requests of one hour are worth n / (1 + (n - 1) · overdispersion), each brings the
    Kullback-Leibler divergence of the new rate from the old. In a family of streams pass
    `exp(log_threshold)` for `false_alarm_hours`. None where the detector does not look: no traffic,
    or a target outside 1 % to 99 %.
    """
    target = rate + points
    if per_hour <= 0 or not points or not LOWEST - ROUNDING <= target <= HIGHEST + ROUNDING:
        return None
    effective = per_hour / (1 + max(0.0, per_hour - 1) * overdispersion)
    return log(false_alarm_hours) * temper / (effective * _divergence(target, rate))


def _divergence(new: float, old: float) -> float:
    """Kullback-Leibler divergence of two Bernoulli rates, in nats; `old` is kept off 0 and 1."""
    old = min(0.999, max(0.001, old))
    return new * log(new / old) + (1 - new) * log((1 - new) / (1 - old))
