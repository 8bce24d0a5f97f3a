"""What a verifier's errors do in a day at a given traffic: wrong answers shipped, dollars wasted.

The eval set says which share of judged answers each error is, live traffic how many answers are judged a
day and what an escalation costs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cascadewatch.metrics.interval import wilson

DAY = 86_400_000
HOUR = 3_600_000


@dataclass(frozen=True, slots=True)
class Daily:
    """So much a day; `low` and `high` are the ends of the share's 95 % interval at the same traffic."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ErrorsADay:
    """Wrong answers that false accepts ship a day, and US dollars that false escalations waste a day; None
    where a rate, traffic or a price is not known."""

    shipped: Daily | None
    wasted: Daily | None


def errors_a_day(
    rates: Mapping[str, Mapping[str, Any]], judged_a_day: float | None, escalation_usd: float | None
) -> ErrorsADay:
    """From the rates of a report (`value` and `n` of `false_accept` and `false_escalate`).

    `judged_a_day` is how many answers are judged, `escalation_usd` what everything after the cheap tier
    costs per escalated event (E of the break-even). Both rates are needed: only together their cases say
    how common wrong and right answers are.
    """
    accept, escalate = rates.get("false_accept"), rates.get("false_escalate")
    if accept is None or escalate is None or judged_a_day is None:
        return ErrorsADay(None, None)
    n = accept["n"] + escalate["n"]
    wasted = None if escalation_usd is None else _a_day(escalate, n, judged_a_day * escalation_usd)
    return ErrorsADay(_a_day(accept, n, judged_a_day), wasted)


def days(start: int, end: int) -> float:
    """Length of `start` to `end` (epoch ms) in days, at least one hour. Pass the first event's time as
    `start`, not the range's."""
    return max(end - start, HOUR) / DAY


def _a_day(rate: Mapping[str, Any], n: int, scale: float) -> Daily:
    """The share of all `n` judged cases that this error is, times the traffic."""
    k = rate["value"] * rate["n"]  # not a whole number where repeats of a case differ
    low, high = wilson(k, n)
    return Daily(k / n * scale, low * scale, high * scale)
