"""The figures that more than one page shows: escalation, cost and quality over time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cascadewatch.metrics.measures import PARTS
from cascadewatch.metrics.window import Window
from cascadewatch.store.episodes import Episode
from cascadewatch.store.reads import Bucket, LabelBucket
from dashboard import bands, charts, template, text
from dashboard.config import CHEAP
from dashboard.formats import DAY, HOUR, dollars, local, percent
from dashboard.points import Point, metric_points, quality_points, steadied, telling

if TYPE_CHECKING:
    import plotly.graph_objects as go


MARGINS = 60  # pixels of a figure above and below its lines


@dataclass(frozen=True, slots=True)
class Axis:
    """What all figures of a page share: the range (epoch ms), the present, the zone, and the theme."""

    span: tuple[int, int]
    now: int
    zone: str
    dark: bool


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


@dataclass(frozen=True, slots=True)
class Behind:
    """What lies behind a line: when which baseline counted and how far from it is still normal, and the
    episodes of that time."""

    stretches: Sequence[bands.Stretch] = ()
    tolerance: float = bands.TOLERANCE
    episodes: Sequence[Episode] = ()


def escalation(
    window: Window, buckets: Sequence[Bucket], axis: Axis, behind: Behind = Behind(),
    height: int = charts.HEIGHT,
) -> "go.Figure":  # fmt: skip
    """Escalation rate over time with its interval and objective, what is normal, and when it was not."""
    fig = charts.figure(axis.span, axis.zone, axis.dark, height=height)
    shown = telling(metric_points(window, steadied(buckets), "escalation_rate", axis.now))
    charts.metric_line(fig, shown, template.flagship(axis.dark), text.ESCALATION, axis.zone)
    top = bands.normal(fig, behind.stretches, behind.tolerance, axis.span, axis.zone, axis.dark)
    bands.shade(fig, behind.episodes, axis.span, axis.now, axis.zone, axis.dark)
    goal = None if window.objective is None else window.objective.rate
    highest = max([point.metric.value or 0 for point in shown] + [goal or 0.0, top or 0.0])
    ceiling = min(1.02, max(0.2, highest * 1.2))
    fig.update_yaxes(range=[0, ceiling])
    _levels(fig, goal, behind, axis, ceiling, height)
    return fig


def _levels(
    fig: "go.Figure", goal: float | None, behind: Behind, axis: Axis, ceiling: float, height: int
) -> None:
    """Objective and baseline with their names at the right; a small figure names the objective alone."""
    named = height == charts.HEIGHT and len(behind.stretches) > 0
    shift = 0
    if named and goal is not None:
        shift = charts.apart(goal, bands.last_level(behind.stretches), (height - MARGINS) / ceiling)
    if goal is not None:
        charts.level(fig, goal, f"objective {percent(goal, 0)}", template.soft(axis.dark), shift=shift)
    if named:
        bands.label(fig, behind.stretches, behind.tolerance, axis.now, axis.dark, -shift)


def cost(
    window: Window, buckets: Sequence[Bucket], axis: Axis, episodes: Sequence[Episode] = ()
) -> "go.Figure":
    """The six parts of the bill, stacked, the line of what the flagship alone would have cost, and the
    episodes of that time."""
    fig = charts.figure(axis.span, axis.zone, axis.dark, unit="usd")
    colours = part_colours(axis.dark)
    for part in PARTS:
        points = metric_points(window, buckets, f"cost_usd.{part}", axis.now)
        if any(point.metric.value for point in points):
            charts.bars(fig, points, colours[part], text.PARTS[part], axis.zone, template.ground(axis.dark))
    _flagship_only(fig, metric_points(window, buckets, "flagship_only_cost_usd", axis.now), axis)
    fig.update_layout(barmode="stack")
    charts.legend(fig)
    bands.shade(fig, episodes, axis.span, axis.now, axis.zone, axis.dark)
    return fig


def _flagship_only(fig: "go.Figure", points: Sequence[Point], axis: Axis) -> None:
    import plotly.graph_objects as go

    if not any(p.metric.value for p in points):
        return
    fig.add_trace(
        go.Scatter(
            x=[local((p.start + p.end) // 2, axis.zone) for p in points], y=[p.metric.value for p in points],
            text=[dollars(p.metric.value) for p in points], name=text.FLAGSHIP_ONLY, mode="lines",
            line={"color": template.ink(axis.dark), "width": 1.5, "dash": "dash", "shape": "hvh"},
            hovertemplate="%{text}<extra>%{fullData.name}</extra>",
        )
    )  # fmt: skip


def quality(window: Window, buckets: Sequence[LabelBucket], bar: float | None, axis: Axis) -> "go.Figure":
    """Quality over time with its interval and the bar it must not fall under."""
    fig = charts.figure(axis.span, axis.zone, axis.dark)
    points = telling(quality_points(window, buckets, axis.now))
    charts.metric_line(fig, points, template.flagship(axis.dark), text.QUALITY, axis.zone)
    if bar is not None:
        charts.level(fig, bar, f"bar {percent(bar, 0)}", template.soft(axis.dark))
    lows = [point.metric.low for point in points if point.metric.low is not None and not point.partial]
    floor = min([*lows, 1.0 if bar is None else bar, 0.8])
    fig.update_yaxes(range=[max(0.0, floor - 0.05), 1.005], rangemode="normal")
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
