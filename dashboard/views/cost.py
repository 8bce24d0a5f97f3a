"""Cost: what the cascade costs, and what the flagship alone would."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from cascadewatch.metrics import compute
from cascadewatch.metrics.breakeven import economics
from cascadewatch.metrics.window import Metric, Window
from dashboard import bill, breakeven_figure, data, reach, tables, template, text, widgets
from dashboard.choice import Choice
from dashboard.figures import Axis
from dashboard.formats import NB, count, dollar_reach, dollar_span, dollars, escaped, percent
from dashboard.views import cost_over_time, first_event, planning, spans
from dashboard.widgets import tile

Found = dict[str, Metric]
MONEY = st.column_config.NumberColumn(format="dollar")
WHOLE = st.column_config.NumberColumn(format="localized")
FINE = st.column_config.NumberColumn(format="$%.6f")


def show(choice: Choice) -> None:
    """Draws the page."""
    widgets.title("cost")
    cascades = list(data.known().cascades)
    if not cascades:
        first_event.show()
        return
    if choice.cascade is None and len(cascades) > 1:
        widgets.live(_all, choice)
        return
    cascade = choice.cascade or cascades[0]
    widgets.live(partial(_one, cascade), choice)
    start, end = choice.span(data.now())
    days = data.days(cascade, choice.route, start, end)
    planning.show(data.window(cascade, choice.route, start, end), days)


def _one(cascade: str, choice: Choice) -> None:
    now = data.now()
    axis = Axis(choice.span(now), now, choice.zone, template.is_dark())
    window = data.window(cascade, choice.route, *axis.span)
    widgets.name(cascade)
    if not window.counts["events"]:
        widgets.empty()
        return
    found = compute(window, bill.SHOWN)
    st.text(bill.sentence(found, text.RANGE_SPOKEN[choice.range if choice.fixed is None else "custom"]))
    widgets.tiles([partial(draw, found) for draw in (_paid, _alone, _saved, _blended)], "sums")
    _bill(cascade, choice, window, axis)
    _break_even(window, axis.dark)
    _by_model(window)
    _waste(window, found, choice.zone)
    _prices(window, found)


def _paid(found: Found) -> None:
    paid = found["cost_usd"]
    caption = f"n{NB}{count(paid.n)} events" + (
        f" · {paid.reason}" if paid.reason and paid.value is not None else ""
    )
    tile(text.PAID, dollars(paid.value), caption, widgets.meaning("cost_usd"), paid.reason)


def _alone(found: Found) -> None:
    alone = found["flagship_only_cost_usd"]
    between = dollar_reach(alone.low, alone.high)
    parts = (between and f"range {between}", f"n{NB}{count(alone.n)} events", alone.reason)
    caption = " · ".join(part for part in parts if part)
    meaning = widgets.meaning("flagship_only_cost_usd")
    tile(text.FLAGSHIP_ALONE, dollars(alone.value), caption, meaning, alone.reason)


def _saved(found: Found) -> None:
    saved, share = found["savings_usd"], found["savings_share"]
    between = dollar_reach(saved.low, saved.high)
    known = None if share.value is None else percent(share.value)
    parts = (known, between and f"range {between}", f"n{NB}{count(saved.n)} events", saved.reason)
    caption = " · ".join(part for part in parts if part)
    tile(text.SAVINGS, dollars(saved.value), caption, widgets.meaning("savings_usd"), saved.reason)


def _blended(found: Found) -> None:
    mean, done = found["blended_cost_usd"], found["cost_per_completed_usd"]
    between = dollar_span(mean.low, mean.high)
    caption = " · ".join(p for p in (between, f"{dollars(done.value)} per completed event") if p)
    tile(text.BLENDED, dollars(mean.value), caption, widgets.meaning("blended_cost_usd"), mean.reason)


def _bill(cascade: str, choice: Choice, window: Window, axis: Axis) -> None:
    st.subheader(text.BILL, anchor=False)
    rows = bill.parts(window)
    share = st.column_config.ProgressColumn(format="%.1f %%", min_value=0, max_value=100)
    widgets.table(pd.DataFrame(rows), "parts", _usd(rows, text.COST) | {text.SHARE_OF_BILL: share})
    widgets.download(rows, "cost-parts", "save-parts")
    alt = (
        f"Cost over time by part, and the flagship-only line; {dollars(bill.known_cost(window))} paid in all."
    )
    behind = spans.behind(cascade, choice.route, axis.span)
    buckets = data.series(cascade, choice.route, *axis.span)
    cost_over_time.show(window, buckets, axis, behind.episodes, alt)
    spans.listed(behind.episodes, choice, axis.now)


def _break_even(window: Window, dark: bool) -> None:
    st.subheader(text.BREAK_EVEN, anchor=False)
    lines = bill.break_even(window)
    st.text("\n".join(lines))
    terms = economics(window)
    if terms is not None:
        widgets.chart(breakeven_figure.break_even(terms, dark), "break-even", lines[-1])


def _by_model(window: Window) -> None:
    st.subheader(text.BY_MODEL, anchor=False)
    rows = bill.by_tier(window)
    columns = _usd(rows, text.COST, text.VERIFIER_COST) | {text.PER_ATTEMPT: FINE, text.ATTEMPTS: WHOLE}
    widgets.table(pd.DataFrame(rows), "models", columns)
    widgets.download(rows, "cost-by-model", "save-models")


def _usd(rows: Sequence[Mapping[str, Any]], *names: str) -> dict[str, Any]:
    """Columns of dollars that are never below 0, each with the decimals that its amounts need."""
    return {name: tables.usd(name, [row[name] for row in rows]) for name in names}


def _waste(window: Window, found: Found, zone: str) -> None:
    st.subheader(text.WASTE, anchor=False)
    labels_of = reach.wider(window, "labels", zone)
    tiles = [partial(_wasted, found, labels_of), partial(_overhead, found), partial(_overhead_latency, found)]
    widgets.tiles(tiles, "waste", columns=3)


def _wasted(found: Found, labels_of: str | None) -> None:
    wasted = found["wasted_escalation_usd"]
    between = dollar_span(wasted.low, wasted.high)
    parts = (between and f"range {between}", f"n{NB}{count(wasted.n)} labels", wasted.reason, labels_of)
    caption = " · ".join(part for part in parts if part)
    tile(text.WASTED, dollars(wasted.value), caption, widgets.meaning("wasted_escalation_usd"), wasted.reason)


def _overhead(found: Found) -> None:
    cost = found["verifier_overhead"]
    tile(
        text.OVERHEAD,
        percent(cost.value),
        f"{text.OVERHEAD_HINT} · n{NB}{count(cost.n)}",
        widgets.meaning("verifier_overhead"),
        cost.reason,
    )


def _overhead_latency(found: Found) -> None:
    time = found["verifier_overhead.latency"]
    meaning = widgets.meaning("verifier_overhead.latency")
    tile(text.OVERHEAD_LATENCY, percent(time.value), f"n{NB}{count(time.n)} verdicts", meaning, time.reason)


def _prices(window: Window, found: Found) -> None:
    st.subheader(text.PRICES, anchor=False)
    missing = bill.unpriced(window)
    if not missing:
        st.text(text.ALL_PRICED)
        return
    st.text(f"{percent(found['price_coverage'].value)} of attempts and verdicts have a price.")
    widgets.table(pd.DataFrame(missing), "unpriced")
    never = [row for row in missing if not row[text.OTHERS_PRICED]]
    hints = [text.COVERAGE_HINT] * bool(never) + [text.UNPRICED_AT_TIMES] * (len(never) < len(missing))
    st.caption(escaped(" ".join(hints)))


def _all(choice: Choice) -> None:
    span = choice.span(data.now())
    rows = bill.across([(name, data.window(name, None, *span)) for name in data.known().cascades])
    share = st.column_config.NumberColumn(format="%.1f %%")
    columns = _usd(rows, text.COST, text.FLAGSHIP_ONLY) | {
               text.SAVINGS: MONEY, text.SHARE_SAVED: share,
               text.HEADROOM: st.column_config.NumberColumn(format="%.0f pts")}  # fmt: skip
    tiles = [
        partial(_total, rows, *which)
        for which in (
            (text.PAID, text.COST, "cost_usd"),
            (text.FLAGSHIP_ALONE, text.FLAGSHIP_ONLY, "flagship_only_cost_usd"),
            (text.SAVINGS, text.SAVINGS, "savings_usd"),
        )
    ]
    widgets.tiles(tiles, "sums", columns=3)
    widgets.table(pd.DataFrame(rows), "cascades", columns)
    widgets.download(rows, "cost", "save-cascades")
    st.caption(escaped(text.ONE_FOR_BILL))


def _total(rows: list[bill.Row], label: str, key: str, metric: str) -> None:
    """Of the cascades where it is known; unknown where it is of none."""
    known = [float(str(row[key])) for row in rows if row[key] is not None]
    caption = text.OF_CASCADES.format(known=len(known), all=len(rows))
    tile(label, dollars(sum(known) if known else None), caption, widgets.meaning(metric))
