"""A planning calculator: what a cascade would cost, before there is one to measure.

Where a cascade runs, `breakeven.economics` measures the same terms; this only multiplies prices.
"""

from dataclasses import dataclass
from typing import Literal

from cascadewatch.errors import UsageError

Verify = Literal["every", "escalated"]


@dataclass(frozen=True, slots=True)
class Plan:
    """Prices per request in USD, traffic, and whether the verifier is paid on every request or only on
    escalated ones (where accepting is free, as with a check the serving code does anyway)."""

    cheap_usd: float
    verifier_usd: float
    flagship_usd: float
    requests_per_day: float
    escalation_rate: float
    verify: Verify = "every"

    def __post_init__(self) -> None:
        for name in ("cheap_usd", "verifier_usd", "flagship_usd", "requests_per_day"):
            if not getattr(self, name) >= 0:
                raise UsageError(f"{name} is {getattr(self, name)}: give a number of 0 or more")
        if not 0 <= self.escalation_rate <= 1:
            raise UsageError(f"escalation_rate is {self.escalation_rate}: give a share between 0 and 1")


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a plan comes to. `ratio` and `break_even` are None where the divisor is a price of 0.

    `break_even` above 1: the cascade pays at any escalation rate; below 0: at none.
    """

    blended_usd: float
    ratio: float | None
    break_even: float | None
    savings_usd_per_day: float


def forecast(plan: Plan) -> Forecast:
    """Blended cost per request c + e·E, its ratio to the flagship F, (F - c) / E, and savings a day.

    >>> forecast(Plan(0.009, 0.009, 0.03, 1_000, 0.3)).break_even
    0.4
    """
    always = plan.cheap_usd + (plan.verifier_usd if plan.verify == "every" else 0)
    after = plan.flagship_usd + (plan.verifier_usd if plan.verify == "escalated" else 0)
    blended = always + plan.escalation_rate * after
    return Forecast(
        blended_usd=blended,
        ratio=blended / plan.flagship_usd if plan.flagship_usd else None,
        break_even=(plan.flagship_usd - always) / after if after else None,
        savings_usd_per_day=(plan.flagship_usd - blended) * plan.requests_per_day,
    )
