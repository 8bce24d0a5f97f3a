"""The four tiles of the Traffic page: escalation, its cost, its wait, and how many callers there are."""

from functools import partial

from cascadewatch.metrics.coverage import NO_PRICE
from cascadewatch.metrics.escalation import escalation_rate
from cascadewatch.metrics.latency import escalation_penalty
from cascadewatch.metrics.window import Window
from dashboard import escalating, text, widgets
from dashboard.formats import UNKNOWN, count, dollars, escaped, milliseconds, percent, span


def four(window: Window, callers: int, whole: bool, days: float) -> None:
    """All four, side by side where there is room; callers are counted on all routes, `whole` or not.
    `days` are those from the first event on."""
    tiles = [partial(_escalation, window), partial(_extra, window, days), partial(_wait, window)]
    widgets.tiles([*tiles, partial(_callers, window, callers, whole)], "traffic_tiles")


def _escalation(window: Window) -> None:
    rate = escalation_rate(window)
    caption = f"{span(rate.low, rate.high) or UNKNOWN} · n {count(rate.n)}"
    meaning = widgets.meaning("escalation_rate")
    widgets.tile(text.ESCALATION, percent(rate.value), caption, meaning, rate.reason)


def _extra(window: Window, days: float) -> None:
    extra, whole = escalating.extra_usd(window.counts), escalating.cost_usd(window.counts)
    meaning = escaped(text.EXTRA_MEANING)
    if extra is None or whole is None:
        widgets.tile(text.EXTRA, UNKNOWN, UNKNOWN, meaning, NO_PRICE)
        return
    caption = f"{percent(extra / whole if whole else None, 0)} of the cost · {dollars(extra / days)} a day"
    widgets.tile(text.EXTRA, dollars(extra), caption, meaning)


def _wait(window: Window) -> None:
    wait = escalation_penalty(window)
    between = "" if wait.low is None else f"{milliseconds(wait.low)} to {milliseconds(wait.high)} · "
    meaning = widgets.meaning("escalation_latency_penalty_ms")
    widgets.tile(text.PENALTY, milliseconds(wait.value), f"{between}n {count(wait.n)}", meaning, wait.reason)


def _callers(window: Window, callers: int, whole: bool) -> None:
    each = f"{count(window.counts['events'] / callers)} events each" if callers else text.NO_CALLERS
    caption = each if whole else text.ON_ALL_ROUTES
    widgets.tile(text.CALLERS_SEEN, count(callers), caption, escaped(text.CALLERS_MEANING))
