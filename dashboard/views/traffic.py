"""The Traffic page: who is escalating. With `?event=ID` it shows that one event instead."""

from functools import partial

import streamlit as st

from cascadewatch.metrics import compute
from cascadewatch.metrics.window import Window
from dashboard import data, escalating, tables, template, text, traffic_charts, widgets
from dashboard.choice import Choice
from dashboard.formats import DAY, HOUR, MINUTE, UNKNOWN, count, dollars, escaped, milliseconds, percent, span
from dashboard.points import coarsened
from dashboard.views import event, event_list, traffic_tables


def show(choice: Choice) -> None:
    """Draws the page."""
    if event.asked():
        event.show(choice)
        return
    widgets.title("traffic")
    widgets.live(_numbers, choice)
    event_list.show(choice)


def _numbers(choice: Choice) -> None:
    """Everything that is read from sums."""
    traffic_tables.rerun_if_chosen()
    start, end = choice.span(data.now())
    known = list(data.known().cascades)
    names = [choice.cascade] if choice.cascade else known
    windows = {name: data.window(name, choice.route, start, end) for name in names}
    windows = {name: w for name, w in windows.items() if w.counts["events"]}
    if not windows:
        widgets.empty()
        return
    for name, window in windows.items():
        _answer(name, window, choice, (start, end), named=len(known) > 1)
    if len(windows) == 1:
        name, window = next(iter(windows.items()))
        _tiles(name, window, (start, end))
    traffic_tables.routes({n: data.window(n, None, start, end) for n in windows}, choice, (start, end))
    if len(windows) == 1:
        _one_cascade(name, window, choice, (start, end))
    else:
        st.caption(escaped(text.ONE_CASCADE))


def _answer(name: str, window: Window, choice: Choice, at: tuple[int, int], named: bool) -> None:
    if named:
        widgets.name(name)
    if choice.route:
        st.text(choice.route)
    whole = choice.route is None
    routes = data.routes(name, *at) if whole else {}
    callers = data.callers(name, *at) if whole else []
    lines = escalating.answer(window, routes, callers)
    widgets.sentences(lines)


def _tiles(name: str, window: Window, at: tuple[int, int]) -> None:
    keys = ["escalation_rate", "escalation_latency_penalty_ms", "fallback_rate"]
    found = compute(window, keys)
    rate, wait, fallback = (found[key] for key in keys)
    extra = (window.counts["cost_escalated"] + window.counts["cost_fallback"]) / escalating.NANO
    days = (min(at[1], data.now()) - at[0]) / DAY
    waited = UNKNOWN if wait.low is None or wait.high is None else (
        f"{milliseconds(wait.low)} to {milliseconds(wait.high)} · n {count(wait.n)}"
    )  # fmt: skip
    whole = sum(window.counts[f"cost_{part}"] for part in text.PARTS) / escalating.NANO
    part = percent(extra / whole if whole else None, 0)
    widgets.tiles(
        [
            partial(
                widgets.tile, text.ESCALATION, percent(rate.value),
                f"{span(rate.low, rate.high) or UNKNOWN} · n {count(rate.n)}",
                widgets.meaning("escalation_rate"), rate.reason,
            ),
            partial(
                widgets.tile, text.EXTRA, dollars(extra), f"{part} of the cost · {dollars(extra / days)} a day",
                escaped(text.EXTRA_MEANING),
            ),
            partial(
                widgets.tile, text.PENALTY, milliseconds(wait.value), waited,
                widgets.meaning("escalation_latency_penalty_ms"), wait.reason,
            ),
            partial(
                widgets.tile, text.CALLERS_SEEN, count(data.caller_count(name, *at)),
                f"fallbacks {percent(fallback.value)} of events", escaped(text.CALLERS_MEANING),
            ),
        ],
        "traffic_tiles",
    )  # fmt: skip


def _one_cascade(name: str, window: Window, choice: Choice, at: tuple[int, int]) -> None:
    _mix(name, choice, at)
    traffic_tables.callers(name, choice, at)
    latency, causes = st.columns([3, 2], gap="large")
    with latency:
        _latency(window)
    with causes:
        traffic_tables.causes(window)
    revisions, reasons = st.columns([3, 2], gap="large")
    with revisions:
        traffic_tables.revisions(name, window, choice, at)
    with reasons:
        traffic_tables.reasons(window)
    traffic_tables.tiers(window)


def _mix(name: str, choice: Choice, at: tuple[int, int]) -> None:
    st.subheader(text.OVER_TIME, anchor=False, help=escaped(text.PATH_MEANINGS))
    wanted = st.segmented_control(
        text.MIX_VIEW, [text.SHARES, text.NUMBERS], default=text.SHARES, required=True, key="mix_view",
        label_visibility="collapsed",
    )  # fmt: skip
    buckets = coarsened(data.series(name, choice.route, *at), data.local_day, "events")
    dark = template.is_dark()
    fig = traffic_charts.mix(buckets, at, choice.zone, dark, shares=wanted == text.SHARES)
    widgets.chart(fig, "mix", _mix_in_words(buckets))


def _mix_in_words(buckets: list) -> str:  # type: ignore[type-arg]
    total: dict[str, int] = {}
    for bucket in buckets:
        for path, n in traffic_charts.on_paths(bucket.counts).items():
            total[path] = total.get(path, 0) + n
    events = sum(total.values()) or 1
    parts = [f"{text.PATHS[path]} {percent(n / events)}" for path, n in total.items() if n]
    return f"{text.OVER_TIME}: {', '.join(parts)} of {count(events)} events."


def _latency(window: Window) -> None:
    st.subheader(text.LATENCY, anchor=False, help=escaped(text.PATH_MEANINGS))
    found = traffic_charts.latencies(window)
    if not found:
        st.caption(escaped(text.NO_LATENCIES))
        return
    st.caption(escaped(text.LATENCY_HINT))
    says = "; ".join(f"{text.PATHS[p]} {traffic_charts.summary(metrics)}" for p, metrics in found.items())
    widgets.chart(traffic_charts.latency_dots(found, template.is_dark()), "latency", f"{text.LATENCY}: {says}")


assert MINUTE < HOUR
