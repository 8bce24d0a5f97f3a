"""The Traffic page: who is escalating. With `?event=ID` it shows that one event instead."""

from functools import partial

import streamlit as st

from cascadewatch.metrics.window import Window
from cascadewatch.store.reads import Bucket
from dashboard import bands, data, escalating, reach, template, text, traffic_charts, traffic_tiles, widgets
from dashboard.choice import Choice
from dashboard.formats import count, escaped, is_plain, percent
from dashboard.points import coarsened
from dashboard.views import event, event_list, first_event, spans, traffic_tables


def show(choice: Choice) -> None:
    """Draws the page."""
    if event.asked():
        event.show(choice)
        return
    widgets.title("traffic")
    if not data.known().cascades:
        first_event.show()
        return
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
    alone = len(windows) == 1
    for name, window in windows.items():
        with st.container(border=not alone, gap="small"):
            _answer(name, window, choice, (start, end), named=len(known) > 1)
    if alone:
        by_caller = data.callers(name, start, end)
        days = data.days(name, choice.route, start, end)
        traffic_tiles.four(window, by_caller, choice, days)
    traffic_tables.routes({n: data.window(n, None, start, end) for n in windows}, choice, (start, end))
    if alone:
        _one_cascade(name, window, choice, (start, end))
    else:
        st.caption(escaped(text.ONE_CASCADE))


def _answer(name: str, window: Window, choice: Choice, at: tuple[int, int], named: bool) -> None:
    if named:
        widgets.name(name)
    if choice.route:
        st.text(f"{text.ROUTE}: {choice.route}")
    whole = choice.route is None
    routes = data.routes(name, *at) if whole else {}
    for line in escalating.answer(window, routes, data.callers(name, *at) if whole else None):
        _sentence(line)


def _sentence(line: escalating.Line) -> None:
    """Names stand out where no syntax can hide in them; else the line is plain text."""
    if all(is_plain(part.words) for part in line if part.theirs):
        st.markdown("".join(f"**{part.words}**" if part.theirs else escaped(part.words) for part in line))
    else:
        st.text("".join(part.words for part in line))


def _one_cascade(name: str, window: Window, choice: Choice, at: tuple[int, int]) -> None:
    _mix(name, choice, at)
    drawn = (
        partial(traffic_tables.callers, name, choice, at),
        partial(_latency, window, choice.zone),
        partial(_reasons, window),
        partial(traffic_tables.revisions, name, window, choice, at),
        partial(_tiers, window),
    )
    widgets.parts(dict(zip(text.TRAFFIC_PARTS, drawn, strict=True)), "traffic_part")


def _reasons(window: Window) -> None:
    reasons, causes = st.columns(2, gap="large")
    with reasons:
        traffic_tables.reasons(window)
    with causes:
        traffic_tables.causes(window)


def _tiers(window: Window) -> None:
    traffic_tables.tiers(window)
    traffic_tables.verifiers(window)


def _mix(name: str, choice: Choice, at: tuple[int, int]) -> None:
    st.subheader(text.OVER_TIME, anchor=False, help=escaped(text.PATH_MEANINGS))
    wanted = st.segmented_control(
        text.MIX_VIEW, [text.SHARES, text.NUMBERS], default=text.SHARES, required=True, key="mix_view",
        label_visibility="collapsed",
    )  # fmt: skip
    buckets = coarsened(data.series(name, choice.route, *at), data.local_day(), "events")
    dark = template.is_dark()
    now = data.now()
    fig = traffic_charts.mix(buckets, at, now, choice.zone, dark, wanted == text.SHARES)
    behind = spans.behind(name, choice.route, at)
    found = bands.shade(fig, behind.episodes, at, now, choice.zone, dark, over=True)
    widgets.chart(fig, "mix", _mix_in_words(buckets))
    spans.listed(found, choice, now)


def _mix_in_words(buckets: list[Bucket]) -> str:
    total: dict[str, int] = {}
    for bucket in buckets:
        for path, n in traffic_charts.on_paths(bucket.counts).items():
            total[path] = total.get(path, 0) + n
    events = sum(total.values()) or 1
    parts = [f"{text.PATHS[path]} {percent(n / events)}" for path, n in total.items() if n]
    return f"{text.OVER_TIME}: {', '.join(parts)} of {count(events)} events."


def _latency(window: Window, zone: str) -> None:
    st.subheader(text.LATENCY, anchor=False, help=escaped(text.PATH_MEANINGS))
    found = traffic_charts.latencies(window)
    if not found:
        st.caption(escaped(text.NO_LATENCIES))
        return
    of = reach.wider(window, "bins", zone)
    st.caption(escaped(f"{text.LATENCY_HINT} Latencies are {of}." if of else text.LATENCY_HINT))
    says = "; ".join(f"{text.PATHS[p]} {traffic_charts.summary(metrics)}" for p, metrics in found.items())
    widgets.chart(
        traffic_charts.latency_dots(found, template.is_dark()), "latency", f"{text.LATENCY}: {says}"
    )
