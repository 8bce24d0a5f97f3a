"""What a verifier's errors cost a day at the traffic of a range, in numbers and in a sentence. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cascadewatch.metrics.errors_a_day import Daily, errors_a_day
from cascadewatch.store.reports import Report
from dashboard import text_replays as text
from dashboard.facts import Facts
from dashboard.formats import dollar_span, dollars, percent, span_words

ALONE_FROM = 10  # wrong answers a day are told without decimals


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
    rates, price = of.body["rates"], None if facts.economics is None else facts.economics.E
    found = errors_a_day(rates, judged_a_day(facts), price)
    return Errors(rates.get("false_accept"), rates.get("false_escalate"), found.shipped, found.wasted)


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


def then(of: Report) -> str | None:
    """What a report's errors did a day at the traffic of its time; None where that was not known."""
    kept = of.body.get("daily")
    if not kept:
        return None
    shipped, wasted = Daily(**kept["shipped"]), kept["wasted_usd"]
    said = text.THEN.format(
        judged=number(kept["judged"]), wrong=number(shipped.value), reach=reach(shipped),
    )  # fmt: skip
    if wasted is None:
        return f"{said}."
    more = {"usd": dollars(wasted["value"]), "reach": dollar_span(wasted["low"], wasted["high"])}
    return f"{said} {text.THEN_WASTED.format(**more)}."


def _span(rate: Mapping[str, Any]) -> str:
    return span_words(rate["low"], rate["high"])
