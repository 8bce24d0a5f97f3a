"""A report as text: one block for each cascade, its routes in a table below.

The chosen metrics are those a person asks first; `--json` has all of them.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from cascadewatch.cli.output import shown, table
from cascadewatch.cli.times import told
from cascadewatch.metrics import METRICS
from cascadewatch.moments import epoch_ms

DASH = "–"
CHOSEN = (
    *("escalation_rate", "flagship_share", "fallback_rate", "judge_failure_rate", "exhausted_rate"),
    *("cost_usd", "flagship_only_cost_usd", "savings_usd", "savings_share", "blended_cost_usd"),
    *("break_even_rate", "headroom", "verifier_overhead", "wasted_escalation_usd", "price_coverage"),
    *("quality", "false_accept_rate", "false_escalate_rate"),
    *("slo.objective", "slo.budget_left", "slo.exhausted_at"),
)
OF_OBJECTIVE = ("slo.budget_left", "slo.exhausted_at")  # left out where there is no objective
RANGES_OF_METHODS = (
    "flagship_only_cost_usd",
    "savings_usd",
)  # low and high are of assumptions, not of chance
OF_METHODS = "range of methods"
BY_ROUTE = ("escalation_rate", "cost_usd", "savings_usd", "quality")
Row = dict[str, Any]


def text_of(report: dict[str, Any], timezone: str, newest: Mapping[str, int]) -> str:
    """The whole report; undefined metrics show a dash and why. A cascade without events is one line, with the
    time of its newest event (epoch ms), whenever that was."""
    start, end = (told(_millis(report[edge]), timezone) for edge in ("from", "to"))
    blocks = [f"{start} to {end}"]
    alone = all(row["route"] is not None for row in report["cascades"])  # a route was asked for
    if not report["cascades"]:
        blocks.append(
            "No events yet. Send some (cascadewatch ingest FILE, or POST /v1/events) and ask again."
        )
    for row in report["cascades"]:
        if row["route"] is None:
            routes = [
                r for r in report["cascades"] if r["cascade"] == row["cascade"] and r["route"] is not None
            ]
            block = _block(row, timezone) if row["events"] else _silent(row["cascade"], timezone, newest)
            blocks += [block, *([_routes(routes, timezone)] if len(routes) > 1 else [])]
        elif alone:
            blocks.append(_block(row, timezone))
    return "\n\n".join(blocks)


def _block(row: Row, timezone: str) -> str:
    name = row["cascade"] if row["route"] is None else f"{row['cascade']} / {row['route']}"
    head = f"{shown(name)}: {row['events']:,} events, {row['judged']:,} judged"
    aimless = row["metrics"]["slo.objective"]["value"] is None
    chosen = [key for key in CHOSEN if not (aimless and key in OF_OBJECTIVE)]
    rows = [_line(key, row["metrics"][key], timezone) for key in chosen]
    return f"{head}\n" + _indented(table(("", "value", "low to high", "n", ""), rows, frozenset({1, 2, 3})))


def _silent(cascade: str, timezone: str, newest: Mapping[str, int]) -> str:
    last = f"; its newest is of {told(newest[cascade], timezone)}" if cascade in newest else ""
    return f"{shown(cascade)}: no events in this range{last}"


def _routes(rows: list[Row], timezone: str) -> str:
    head = ("route", "events", *(METRICS[key].title.lower() for key in BY_ROUTE))
    lines = [
        (
            shown(row["route"]),
            f"{row['events']:,}",
            *(_value(row["metrics"][key], timezone) for key in BY_ROUTE),
        )
        for row in rows
    ]
    return _indented(table(head, lines, frozenset(range(1, len(head)))))


def _indented(text: str) -> str:
    return "\n".join(f"  {line}".rstrip() for line in text.splitlines())


def _line(key: str, metric: Row, timezone: str) -> tuple[str, ...]:
    unit, low, high = metric["unit"], metric["low"], metric["high"]
    known = low is not None and low != high  # what is known exactly has no interval
    reach = f"{_number(low, unit, timezone)} to {_number(high, unit, timezone)}" if known else ""
    notes = (OF_METHODS if known and key in RANGES_OF_METHODS else "", shown(metric.get("reason", "")))
    return (
        METRICS[key].title,
        _value(metric, timezone),
        reach,
        f"{metric['n']:,}",
        "; ".join(filter(None, notes)),
    )


def _value(metric: Row, timezone: str) -> str:
    return _number(metric["value"], metric["unit"], timezone)


def _number(value: float | None, unit: str, timezone: str) -> str:
    """A value in its unit.

    >>> _number(0.3012, "share", "UTC"), _number(-12.5, "usd", "UTC"), _number(None, "ms", "UTC")
    ('30.1 %', '-$12.50', '–')
    """
    if value is None:
        return DASH
    match unit:
        case "share":
            return f"{100 * value:.1f} %"
        case "usd":
            return _dollars(value)
        case "ms":
            return f"{value:,.0f} ms"
        case "time":
            return told(round(value), timezone)
        case "count":
            return f"{value:,.0f}"
    return f"{value:.3f}"


def _dollars(value: float) -> str:
    """Cents from a dollar on; below, up to six places, or three digits.

    >>> _dollars(0.6), _dollars(0.0285), _dollars(0.000012)
    ('$0.60', '$0.0285', '$0.000012')
    """
    sign, size = "-" if value < 0 else "", abs(value)
    if size >= 1 or not size:
        return f"{sign}${size:,.2f}"
    if size < 1e-4:
        return f"{sign}${Decimal(f'{size:.3g}'):f}"
    whole, _, places = f"{size:.6f}".rstrip("0").partition(".")
    return f"{sign}${whole}.{places:0<2}"


def _millis(stamp: str) -> int:
    return epoch_ms(datetime.fromisoformat(stamp))
