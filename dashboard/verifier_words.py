"""What a verifier's errors cost a day at today's traffic, in numbers and in a sentence. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cascadewatch.metrics.interval import wilson
from cascadewatch.store.reports import Report
from dashboard import text_replays as text
from dashboard.formats import dollars, percent, span_words
from dashboard.sentence import Facts

ALONE_FROM = 10  # wrong answers a day are told without decimals


@dataclass(frozen=True, slots=True)
class Daily:
    """So much a day; `low` and `high` are the ends of the rate's 95 % interval at the same traffic."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Errors:
    """A report's two rates with what they do a day; None where traffic or a price is not known."""

    accept: Mapping[str, Any] | None
    escalate: Mapping[str, Any] | None
    shipped: Daily | None
    wasted: Daily | None


def judged_a_day(facts: Facts) -> float | None:
    """Judged requests a day over the chosen range; None without any."""
    judged = facts.window.counts["judged"]
    return judged / facts.days if judged else None


def errors(of: Report, facts: Facts) -> Errors:
    """What the errors measured on the eval set do a day at the traffic of `facts`."""
    rates = of.body["rates"]
    accept, escalate = rates.get("false_accept"), rates.get("false_escalate")
    traffic, price = judged_a_day(facts), None if facts.economics is None else facts.economics.E
    known = accept is not None and escalate is not None and traffic is not None
    if not known:
        return Errors(accept, escalate, None, None)
    n = accept["n"] + escalate["n"]
    shipped = _a_day(accept, n, traffic or 0.0)
    wasted = None if price is None else _a_day(escalate, n, (traffic or 0.0) * price)
    return Errors(accept, escalate, shipped, wasted)


def _a_day(rate: Mapping[str, Any], n: int, scale: float) -> Daily:
    """The share of all `n` judged cases that this error is, times the traffic."""
    k = round(rate["value"] * rate["n"])
    low, high = wilson(k, n)
    return Daily(k / n * scale, low * scale, high * scale)


def number(value: float) -> str:
    """A number of answers a day.

    >>> number(31.4), number(1.26)
    ('31', '1.3')
    """
    return f"{value:,.0f}" if value >= ALONE_FROM else f"{value:.1f}"


def reach(daily: Daily) -> str:
    """Its interval.

    >>> reach(Daily(31.4, 20.2, 44.9))
    '20–45'
    """
    return f"{number(daily.low)}–{number(daily.high)}"


def sentence(found: Errors) -> str:
    """What the verifier gets wrong, and what that does a day."""
    if found.accept is None or found.escalate is None:
        return ""
    said = text.VERIFIER_SAYS.format(
        accept=percent(found.accept["value"]), accept_reach=_span(found.accept),
        escalate=percent(found.escalate["value"]), escalate_reach=_span(found.escalate),
    )  # fmt: skip
    if found.shipped is None:
        return said
    wrong = number(found.shipped.value)
    if found.wasted is None:
        return f"{said} {text.SHIPS_ONLY.format(wrong=wrong)}"
    return f"{said} {text.SHIPS.format(wrong=wrong, usd=dollars(found.wasted.value))}"


def _span(rate: Mapping[str, Any]) -> str:
    return span_words(rate["low"], rate["high"])
