"""Quality and the verifier's errors over time: live labels as lines, replays as diamonds."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from cascadewatch.metrics import compute
from cascadewatch.metrics.window import Window
from cascadewatch.store.reads import LabelBucket
from dashboard import charts, figures, template
from dashboard import text_replays as text
from dashboard.charts import safe, share_says
from dashboard.config import QUALITY_AT_RISK
from dashboard.figures import Axis
from dashboard.formats import local
from dashboard.points import Point, telling
from dashboard.replayed import Replayed

if TYPE_CHECKING:
    import plotly.graph_objects as go

ROOM = 0.05  # below and above what is drawn


def quality(
    window: Window, labels: Sequence[LabelBucket], found: Sequence[Replayed], bar: float | None, axis: Axis
) -> "go.Figure":
    """The line of live labels, the replays of the whole cascade and of single models, and the bar."""
    fig = figures.quality(window, labels, bar, axis)
    blue = template.flagship(axis.dark)
    _diamonds(fig, [one for one in found if one.whole], blue, "diamond", axis)
    _diamonds(fig, [one for one in found if not one.whole], template.ink(axis.dark), "diamond-open", axis)
    lows = [one.metric.low for one in found if one.metric.low is not None]
    lowest = fig.layout.yaxis.range[0]
    fig.update_yaxes(range=[max(0.0, min([*(low - ROOM for low in lows), lowest])), 1.005])
    return fig


def errors(
    window: Window, labels: Sequence[LabelBucket], found: Mapping[str, Sequence[Replayed]], axis: Axis
) -> "go.Figure":
    """False accepts and false escalations, each in one colour, by labels and by replays."""
    fig = charts.figure(axis.span, axis.zone, axis.dark)
    colours = {
        "false_accept_rate": QUALITY_AT_RISK,
        "false_escalate_rate": template.flagship(axis.dark),
    }
    for key, colour in colours.items():
        line = telling([point for point in _points(window, labels, key, axis.now) if point.metric.n])
        charts.metric_line(fig, line, colour, text.ERROR_NAMES[key], axis.zone)
        _diamonds(fig, found.get(key, ()), colour, "diamond", axis)
    _named(fig, colours)
    return fig


def _points(window: Window, labels: Sequence[LabelBucket], key: str, now: int) -> list[Point]:
    return [
        Point(
            b.start, b.end, compute(replace(window, start=b.start, end=b.end, labels=b.labels), [key])[key],
            b.end > now,
        )
        for b in labels
    ]  # fmt: skip


def _diamonds(fig: "go.Figure", found: Sequence[Replayed], colour: str, symbol: str, axis: Axis) -> None:
    import plotly.graph_objects as go

    if not found:
        return
    known = [one for one in found if one.metric.value is not None]
    fig.add_trace(
        go.Scatter(
            x=[local(one.at, axis.zone) for one in known], y=[one.metric.value for one in known],
            mode="markers", cliponaxis=False,
            text=[f"{share_says(one.metric)} · {safe(one.name)}" for one in known],
            error_y={
                "type": "data", "color": colour, "thickness": 1, "width": 0,
                "array": [(one.metric.high or 0) - (one.metric.value or 0) for one in known],
                "arrayminus": [(one.metric.value or 0) - (one.metric.low or 0) for one in known],
            },
            marker={"color": colour, "size": 9, "symbol": symbol, "line": {"width": 1.5, "color": colour}},
            hovertemplate="%{text}<extra></extra>",
        )
    )  # fmt: skip


def _named(fig: "go.Figure", colours: Mapping[str, str]) -> None:
    """Both names above the figure, in the colours of their lines."""
    words = "   ".join(
        f'<span style="color:{c}">◆ {text.ERROR_NAMES[key]}</span>' for key, c in colours.items()
    )
    fig.add_annotation(
        x=0, xref="paper", y=1.02, yref="paper", xanchor="left", yanchor="bottom", showarrow=False,
        text=words, font={"size": 12},
    )  # fmt: skip
