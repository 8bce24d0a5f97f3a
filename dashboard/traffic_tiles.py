"""The four tiles of the Traffic page: escalation, its cost, its wait, and how many callers there are."""

from functools import partial

from cascadewatch.metrics.cost import cost
from cascadewatch.metrics.coverage import NO_PRICE
from cascadewatch.metrics.escalation import escalation_rate
from cascadewatch.metrics.latency import escalation_penalty
from cascadewatch.metrics.window import Window
from cascadewatch.store.reads import ByCaller
from dashboard import escalating, reach, text, widgets
from dashboard.choice import Choice
from dashboard.formats import UNKNOWN, count, dollars, escaped, milliseconds, percent, span


def four(window: Window, by_caller: ByCaller, choice: Choice, days: float) -> None:
    """All four, side by side where there is room; callers are counted on all routes, one chosen or not.
    `days` are those from the first event on."""
    tiles = [partial(_escalation, window), partial(_extra, window, days), partial(_wait, window, choice.zone)]
    widgets.tiles([*tiles, partial(_callers, by_caller, choice.route is None)], "traffic_tiles")


def _escalation(window: Window) -> None:
    rate = escalation_rate(window)
    caption = f"{span(rate.low, rate.high) or UNKNOWN} · n {count(rate.n)}"
    meaning = widgets.meaning("escalation_rate")
    widgets.tile(text.ESCALATION, percent(rate.value), caption, meaning, rate.reason)


def _extra(window: Window, days: float) -> None:
    extra, whole = escalating.extra_usd(window), cost(window).value
    meaning = escaped(text.EXTRA_MEANING)
    if extra is None or whole is None:
        widgets.tile(text.EXTRA, UNKNOWN, UNKNOWN, meaning, NO_PRICE)
        return
    caption = f"{percent(extra / whole if whole else None, 0)} of the cost · {dollars(extra / days)} a day"
    widgets.tile(text.EXTRA, dollars(extra), caption, meaning)


def _wait(window: Window, zone: str) -> None:
    wait = escalation_penalty(window)
    between = "" if wait.low is None else f"{milliseconds(wait.low)} to {milliseconds(wait.high)}"
    caption = " · ".join(filter(None, (between, f"n {count(wait.n)}", reach.wider(window, "bins", zone))))
    meaning = widgets.meaning("escalation_latency_penalty_ms")
    widgets.tile(text.PENALTY, milliseconds(wait.value), caption, meaning, wait.reason)


def _callers(by_caller: ByCaller, whole: bool) -> None:
    seen = by_caller.seen
    each = f"{count(by_caller.whole['events'] / seen)} events each" if seen else text.NO_CALLERS
    caption = each if whole else text.ON_ALL_ROUTES
    widgets.tile(text.CALLERS_SEEN, count(seen), caption, escaped(text.CALLERS_MEANING))
