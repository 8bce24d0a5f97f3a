"""One episode: where it stands, what it looked like, why it moved, who was told. Opened by `?episode=ID`."""

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from cascadewatch.store.episodes import Episode
from dashboard import alerting, bands, charts, data, episode_figure, episode_words, template, widgets
from dashboard import text_incidents as text
from dashboard.choice import Choice
from dashboard.figures import Axis, Behind
from dashboard.formats import UNKNOWN, days, duration, escaped, points, when
from dashboard.points import Point
from dashboard.views import acts, episode_link, episode_tiles, history, report_link, why

Draw = Callable[[], None]


def show(choice: Choice) -> None:
    """Draws the episode the address asks for."""
    episode_link.ONE.back(text.BACK)
    number = episode_link.ONE.number()
    found = None if number is None else alerting.episode(number)
    if found is None:
        st.header(text.NO_SUCH_EPISODE, anchor=False)
        st.caption(escaped(text.NO_SUCH_EPISODE_HINT))
        return
    st.header(text.ONE_EPISODE.format(number=found.id), anchor=False)
    widgets.live(partial(_one, found.id), choice)


def _one(number: int, choice: Choice) -> None:
    of = alerting.episode(number)
    if of is None:
        return
    now = data.now()
    episode_tiles.head(of)
    st.text(episode_words.headline(of, now, choice.zone))
    numbers, below = _of_its_kind(of, choice, now)
    widgets.tiles(numbers, "tiles")
    acts.row(of, choice.zone)
    _spoken_for(of)
    below()
    history.show(of, choice)


def _of_its_kind(of: Episode, choice: Choice, now: int) -> tuple[Sequence[Draw], Draw]:
    """Its tiles, and what stands below them."""
    since = partial(_since, of, now, choice.zone)
    value, day = partial(episode_tiles.value, of), partial(episode_tiles.day, of)
    if of.kind == "callers":
        return (value, day, since), partial(_to_traffic, of, choice, now)
    if of.kind in episode_words.CHECKS:
        return (since,), partial(_to_report, of, choice)
    normal = partial(_normal, of, choice.zone)
    return (value, normal, day, since), partial(_in_numbers, of, choice, now)


def _normal(of: Episode, zone: str) -> None:
    """What it is compared with."""
    moved = episode_words.estimate(of)
    limit = episode_words.number(of.detail.get("limit"))
    tolerance = episode_words.number(of.detail.get("tolerance"))
    held = [] if limit is not None else _stretches(of, (of.opened, of.opened + 1))
    parts = [
        None if tolerance is None or limit is not None else f"± {points(tolerance, 0, signed=False)}",
        text.LEARNT.format(days=days(held[-1][2].start, held[-1][2].end, zone)) if held else None,
    ]
    widgets.tile(
        text.BASELINE if limit is None else text.LIMIT_TILE, episode_words.shown(of, moved.baseline),
        " · ".join(part for part in parts if part) or UNKNOWN, text.BASELINE_MEANING if held else "",
    )  # fmt: skip


def _stretches(of: Episode, span: tuple[int, int]) -> list[bands.Stretch]:
    """The baselines that a drift rule compared with in a range."""
    if of.kind != "drift" or of.metric is None:
        return []
    return bands.in_force(alerting.pinned(), of.metric, of.cascade, of.route, span)


def _since(of: Episode, now: int, zone: str) -> None:
    lasted = duration(max(0, (episode_words.ended(of) or now) - of.since))
    words = text.LASTS.format(time=lasted) if of.is_open else text.LASTED_FOR.format(time=lasted)
    fired = text.FIRED.format(time=when(of.opened, now, zone))
    widgets.tile(text.SINCE, when(of.since, now, zone), f"{words} · {fired}", text.SINCE_MEANING)


def _spoken_for(of: Episode) -> None:
    if of.parent is None or alerting.episode(of.parent) is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(text.SPOKEN_FOR)
        if st.button(text.TO_PARENT, key="parent", type="tertiary", icon=":material/arrow_forward:"):
            episode_link.ONE.open_one(of.parent)


def _to_report(of: Episode, choice: Choice) -> None:
    """The report that an episode is about; all replays where it is about none."""
    number = episode_words.report(of)
    if number is None:
        widgets.link("replays", text.TO_REPLAYS, choice, data.settings().timezone)
    else:
        report_link.to(number, text.TO_REPORT, choice)


def _to_traffic(of: Episode, choice: Choice, now: int) -> None:
    widgets.link("traffic", text.WHO_SENT_IT, _shown(of, now, choice), data.settings().timezone)


def _in_numbers(of: Episode, choice: Choice, now: int) -> None:
    """The chart of its metric, and why that moved."""
    _over_time(of, choice, now)
    why.show(of, choice)


def _over_time(of: Episode, choice: Choice, now: int) -> None:
    span = episode_figure.window(of, now)
    axis = Axis(span, now, choice.zone, template.is_dark())
    st.subheader(_chart_title(of), anchor=False)
    if of.cascade not in data.known().cascades:
        widgets.empty()
        return
    shown = _points(of, axis)
    limit = episode_words.number(of.detail.get("limit"))
    fig = episode_figure.figure(of, shown, _behind(of, span), axis, limit)
    episode_figure.changed_at(fig, of, axis)
    marks = data.annotations(*span, of.cascade)
    letters = charts.annotate(fig, marks, span, choice.zone, axis.dark)
    widgets.chart(fig, "episode", episode_words.headline(of, now, choice.zone))
    widgets.marks(letters, choice.zone)
    there = _shown(of, now, choice)
    with st.container(horizontal=True, gap="medium"):
        widgets.link("traffic", text.IN_TRAFFIC, there, data.settings().timezone)
        widgets.link("cost", text.IN_COST, there, data.settings().timezone)


def _shown(of: Episode, now: int, choice: Choice) -> Choice:
    """What an episode is about, over the range in which it is drawn."""
    route = of.route if of.route not in ("", "__other__") else None
    return Choice(of.cascade, route, fixed=episode_figure.window(of, now), zone=choice.zone)


def _chart_title(of: Episode) -> str:
    if of.kind == "no_data":
        return text.EVENTS_OVER_TIME
    return text.OVER_TIME.format(metric=episode_words.metric_title(of))


def _points(of: Episode, axis: Axis) -> list[Point]:
    """The line of the chart: the stream of a drift rule, events for silence, else the metric itself."""
    route = of.route or None
    if of.kind == "drift" and of.metric is not None:
        width = episode_figure.grain(axis.span)
        start = axis.span[0] - axis.span[0] % width
        hours = alerting.hours(of.metric, of.cascade, of.route, start, axis.span[1], width)
        return episode_figure.stream_points(hours, width, data.local_day(), axis.now)
    if route == "__other__":
        return []
    buckets = data.series(of.cascade, route, *axis.span)
    if of.kind == "no_data":
        return episode_figure.event_points(buckets, axis.now)
    window = data.window(of.cascade, route, *axis.span)
    metric = of.metric or "escalation_rate"
    return episode_figure.sum_points(window, buckets, metric, data.local_day(), axis.now)


def _behind(of: Episode, span: tuple[int, int]) -> Behind:
    tolerance = episode_words.number(of.detail.get("tolerance"))
    return Behind(_stretches(of, span), bands.TOLERANCE if tolerance is None else tolerance, [of])
