"""The figures that more than one page shows: escalation, cost and quality over time."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cascadewatch.metrics.measures import PARTS
from cascadewatch.metrics.window import Window
from cascadewatch.store.reads import Bucket, LabelBucket, Mark
from dashboard import charts, template, text
from dashboard.config import CHEAP, COST_AT_RISK
from dashboard.formats import DAY, HOUR, dollars, local, percent
from dashboard.points import Point, metric_points, quality_points

if TYPE_CHECKING:
    import plotly.graph_objects as go

Span = tuple[int, int]


def part_colours(dark: bool) -> dict[str, str]:
    """The colour of each part of the bill: the tiers' own, paler where the reason is another."""
    blue = template.flagship(dark)
    return {
        "cheap": CHEAP,
        "verify": "#CC79A7",
        "escalated": blue,
        "fallback": template.faded(blue, 0.55),
        "routed": template.faded(blue, 0.3),
        "other": template.GREY,
    }


def escalation(
    window: Window, buckets: Sequence[Bucket], marks: Sequence[Mark], span: Span, now: int, zone: str,
    dark: bool, height: int = charts.HEIGHT,
) -> tuple["go.Figure", list[tuple[str, Mark]]]:  # fmt: skip
    """Escalation rate over time with its interval, objective and marks; and the marks' letters."""
    fig = charts.figure(span, zone, dark, height=height)
    shown = metric_points(window, buckets, "escalation_rate", now)
    charts.metric_line(fig, shown, template.flagship(dark), text.ESCALATION, zone)
    if window.objective is not None:
        rate = window.objective.rate
        charts.level(fig, rate, f"objective {percent(rate, 0)}", template.soft(dark))
    top = max((p.metric.value or 0 for p in shown), default=0)
    fig.update_yaxes(
        range=[0, min(1.0, max(0.2, top * 1.2, (window.objective.rate * 1.2 if window.objective else 0)))]
    )
    return fig, charts.annotate(fig, marks, span, zone, dark)


def cost(
    window: Window, buckets: Sequence[Bucket], span: Span, now: int, zone: str, dark: bool
) -> "go.Figure":
    """The six parts of the bill, stacked, and the line of what the flagship alone would have cost."""
    import plotly.graph_objects as go

    fig = charts.figure(span, zone, dark, unit="usd")
    colours = part_colours(dark)
    x = [local((b.start + b.end) // 2, zone) for b in buckets]
    width = [(b.end - b.start) * 0.86 for b in buckets]
    shape = ["/" if b.end > now else "" for b in buckets]
    for part in PARTS:
        points = metric_points(window, buckets, f"cost_usd.{part}", now)
        if not any(p.metric.value for p in points):
            continue
        fig.add_trace(
            go.Bar(
                x=x, y=[p.metric.value for p in points], width=width, name=text.PARTS[part],
                text=[dollars(p.metric.value) for p in points], textposition="none",
                hovertemplate="%{text}<extra>%{fullData.name}</extra>",
                marker={"color": colours[part], "line": {"width": 0}, "pattern": {"shape": shape, "fgcolor": template.ground(dark), "size": 6}},
            )
        )  # fmt: skip
    _flagship_only(fig, metric_points(window, buckets, "flagship_only_cost_usd", now), zone, dark)
    fig.update_layout(barmode="stack")
    charts.legend(fig)
    return fig


def _flagship_only(fig: "go.Figure", points: Sequence[Point], zone: str, dark: bool) -> None:
    import plotly.graph_objects as go

    if not any(p.metric.value for p in points):
        return
    fig.add_trace(
        go.Scatter(
            x=[local((p.start + p.end) // 2, zone) for p in points], y=[p.metric.value for p in points],
            text=[dollars(p.metric.value) for p in points], name=text.FLAGSHIP_ONLY, mode="lines",
            line={"color": template.ink(dark), "width": 1.5, "dash": "dash", "shape": "hvh"},
            hovertemplate="%{text}<extra>%{fullData.name}</extra>",
        )
    )  # fmt: skip


def quality(
    window: Window,
    buckets: Sequence[LabelBucket],
    bar: float | None,
    span: Span,
    now: int,
    zone: str,
    dark: bool,
) -> "go.Figure":
    """Quality over time with its interval and the bar it must not fall under."""
    fig = charts.figure(span, zone, dark)
    points = quality_points(window, buckets, now)
    charts.metric_line(fig, points, template.flagship(dark), text.QUALITY, zone)
    if bar is not None:
        charts.level(fig, bar, f"quality bar {percent(bar, 0)}", template.soft(dark))
    lows = [p.metric.low for p in points if p.metric.low is not None]
    floor = min([*lows, bar if bar is not None else 1.0, 0.8])
    fig.update_yaxes(range=[max(0.0, floor - 0.05), 1.0], rangemode="normal")
    return fig


def width_words(buckets: Sequence[Bucket]) -> str:
    """How long a bucket is, for a figure's heading.

    >>> width_words([Bucket(0, 21_600_000, {})])
    '6 hours'
    """
    if not buckets:
        return ""
    length = min(b.end - b.start for b in buckets[:2])
    if length >= DAY - HOUR:
        return "day"
    if length >= HOUR:
        return "hour" if length == HOUR else f"{length // HOUR} hours"
    return "minute" if length == 60_000 else f"{length // 60_000} minutes"
