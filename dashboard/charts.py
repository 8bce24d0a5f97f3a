"""Figures: how one is begun, drawn into and shown. Views add `metric lines`, `bars` and `marks`.

    fig = charts.figure(span, zone, dark, unit="share")
    charts.metric_line(fig, points, colour, name, zone)
    charts.objective(fig, 0.30, zone, ...)
    letters = charts.annotate(fig, marks, span, zone, dark)      # verticals; list them with widgets.marks
    widgets.chart(fig, key="…", alt="…")

Plotly reads tags in any text it is given, so names and texts of others pass through `safe`.
"""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from math import ceil
from typing import TYPE_CHECKING

from cascadewatch.metrics.window import Metric
from cascadewatch.store.reads import Mark
from dashboard import template
from dashboard.formats import UNKNOWN, count, dollars, local, percent
from dashboard.points import Point, with_gaps

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT = 300
LETTERS, DOT = "ABCDEFGHIJKL", "•"
WORDS_HIGH = 34  # pixels of two lines
Y_AXES = {
    "share": {"tickformat": ".0%", "rangemode": "tozero"},
    "usd": {"tickprefix": "$", "rangemode": "tozero", "tickformat": ",~f"},
}
CROWDED = 0.03  # of the range: letters nearer than this are drawn as one


def safe(words: str, longest: int = 60) -> str:
    """Somebody else's words inside a figure: no tags, no templates, not too long.

    >>> safe("<a href='//x'>%{y}</a>")
    '&lt;a href=&#x27;//x&#x27;&gt;%\\u200b{y}&lt;/a&gt;'
    """
    cut = words if len(words) <= longest else words[: longest - 1] + "…"
    return escape(cut.replace("%{", "%\u200b{").replace("\n", " "))


def figure(
    span: tuple[int, int] | None, zone: str, dark: bool, unit: str = "share", height: int = HEIGHT
) -> "go.Figure":
    """An empty figure with a time axis over `span` (None: any x) and a y axis in `unit`."""
    import plotly.graph_objects as go

    layout: dict[str, object] = {"template": template.template(dark), "height": height}
    if span is not None:
        ends = [local(t, zone) for t in span]
        layout["xaxis"] = {"range": ends, "type": "date", "tickformatstops": template.ticks()}
    layout["yaxis"] = Y_AXES.get(unit, {})
    return go.Figure(layout=layout)


def put(
    fig: "go.Figure", shapes: Sequence[Mapping[str, object]], words: Sequence[Mapping[str, object]] = ()
) -> None:
    """Adds shapes and annotations in one go: Plotly checks all that are there anew each time one is added."""
    if shapes:
        fig.layout.shapes = (*fig.layout.shapes, *shapes)
    if words:
        fig.layout.annotations = (*fig.layout.annotations, *words)


def metric_line(
    fig: "go.Figure",
    points: Sequence[Point],
    colour: str,
    name: str,
    zone: str,
    says: Callable[[Metric], str] | None = None,
    ribbon: bool = True,
) -> None:
    """A metric over time: its interval as a ribbon, gaps left open, the last bucket dotted while it is
    still filling. `name` is ours, or has passed `safe`."""
    whole = [p for p in points if not p.partial]
    if ribbon:
        _ribbon(fig, whole, colour, zone)
    if whole:
        _line(fig, with_gaps(whole), colour, name, zone, says or share_says)
    late = [p for p in points if p.partial]
    if late:
        _unfinished(fig, whole[-1:], late, colour, name, zone, says or share_says)


def share_says(metric: Metric) -> str:
    """What the hover says of a share."""
    if metric.value is None:
        return UNKNOWN
    if metric.low is None or metric.high is None:
        return f"{percent(metric.value)} · n {count(metric.n)}"
    return f"{percent(metric.value)} ({metric.low * 100:.0f}–{metric.high * 100:.0f}) · n {count(metric.n)}"


def money_says(metric: Metric) -> str:
    """What the hover says of money."""
    return dollars(metric.value)


def level(
    fig: "go.Figure", value: float, words: str, colour: str, dash: str = "solid", shift: int = 0
) -> None:
    """A thin horizontal line with its name and value beside its right end: an objective, a bar."""
    line = {"color": colour, "width": 1, "dash": dash}
    fig.add_shape(type="line", xref="paper", x0=0, x1=1, y0=value, y1=value, line=line)
    beside(fig, value, words, colour, shift)


def beside(fig: "go.Figure", value: float, words: str, colour: str, shift: int = 0) -> None:
    """Words in two lines beside the right end, at the height of a value and `shift` pixels up."""
    fig.add_annotation(
        x=1, xref="paper", xanchor="left", y=value, yanchor="middle", showarrow=False, xshift=4, yshift=shift,
        align="left", text=words.replace(" ", "<br>", 1), font={"size": 12, "color": colour},
    )  # fmt: skip
    fig.update_layout(margin_r=62)


def apart(one: float, other: float, pixels_per_unit: float) -> int:
    """How many pixels `one` has to move up, and the other down, for both words to be readable beside each
    other; below 0 it is the lower one.

    >>> apart(0.45, 0.37, 300), apart(0.37, 0.45, 300), apart(0.1, 0.9, 300)
    (5, -5, 0)
    """
    missing = WORDS_HIGH - abs(one - other) * pixels_per_unit
    half = max(0, ceil(missing / 2))
    return half if one >= other else -half


def bars(
    fig: "go.Figure", points: Sequence[Point], colour: str, name: str, zone: str, hatch: str,
    says: Callable[[Metric], str] | None = None,
) -> None:  # fmt: skip
    """A metric as bars, by default of money; the last one is hatched in `hatch` while it is filling."""
    import plotly.graph_objects as go

    fig.add_trace(
        go.Bar(
            x=[_middle(p, zone) for p in points],
            y=[p.metric.value for p in points],
            width=[(p.end - p.start) * 0.86 for p in points],
            text=[(says or money_says)(p.metric) + (" · so far" if p.partial else "") for p in points],
            textposition="none",
            name=name,
            hovertemplate="%{text}<extra>%{fullData.name}</extra>",
            marker={
                "color": colour,
                "line": {"width": 0},
                "pattern": hatched([p.partial for p in points], hatch),
            },
        )
    )


def hatched(partial: Sequence[bool], ground: str) -> dict[str, object]:
    """The pattern of bars that are still filling: stripes of the page's ground over their own colour."""
    shape = ["/" if one else "" for one in partial]
    # "overlay": by default stripes take the place of the bar's colour, and ground on ground is not seen.
    return {"shape": shape, "fillmode": "overlay", "fgcolor": ground, "fgopacity": 1, "size": 6}


def annotate(
    fig: "go.Figure", marks: Sequence[Mark], span: tuple[int, int], zone: str, dark: bool
) -> list[tuple[str, Mark]]:
    """Thin dashed verticals with a letter on top; neighbours whose letters would crowd share one ("B–D"), and
    more marks than letters have dots.

    Returns the letters with their marks: their texts stand below the figure (`widgets.marks`).
    """
    letters = LETTERS if len(marks) <= len(LETTERS) else DOT * len(marks)
    out, last = list(zip(letters, marks, strict=False)), -1.0
    named: list[tuple[object, str]] = []
    for letter, mark in out:
        place = (mark.time - span[0]) / max(1, span[1] - span[0])
        if place - last >= CROWDED:
            named.append((local(mark.time, zone), letter))
            last = place
        elif letter != DOT:
            x, before = named[-1]
            named[-1] = (x, f"{before[0]}–{letter}")
    _verticals(fig, [local(mark.time, zone) for mark in marks], named, template.soft(dark))
    return out


def dots(fig: "go.Figure", marks: Sequence[Mark], zone: str, dark: bool) -> None:
    """The same verticals for a figure too small for letters."""
    xs = [local(mark.time, zone) for mark in marks]
    _verticals(fig, xs, [(x, DOT) for x in xs], template.soft(dark))


def _verticals(
    fig: "go.Figure", xs: Sequence[object], named: Sequence[tuple[object, str]], colour: str
) -> None:
    line = {"type": "line", "y0": 0, "y1": 1, "yref": "paper", "layer": "below",
            "line": {"color": colour, "width": 1, "dash": "dot"}}  # fmt: skip
    word = {"y": 1, "yref": "paper", "yanchor": "bottom", "showarrow": False,
            "font": {"color": colour, "size": 12}}  # fmt: skip
    put(fig, [{**line, "x0": x, "x1": x} for x in xs], [{**word, "x": x, "text": t} for x, t in named])


def _middle(point: Point, zone: str) -> object:
    return local((point.start + point.end) // 2, zone)


def _ribbon(fig: "go.Figure", points: Sequence[Point], colour: str, zone: str) -> None:
    """One closed shape per unbroken stretch."""
    import plotly.graph_objects as go

    stretch: list[Point] = []
    for point in [*with_gaps(points), None]:
        if point is not None and point.metric.low is not None:
            stretch.append(point)
            continue
        if stretch:
            x = [_middle(p, zone) for p in stretch]
            fig.add_trace(
                go.Scatter(
                    x=x + x[::-1],
                    y=[p.metric.high for p in stretch] + [p.metric.low for p in reversed(stretch)],
                    fill="toself", fillcolor=template.faded(colour), line={"width": 0}, mode="lines",
                    hoverinfo="skip",
                )
            )  # fmt: skip
        stretch = []


def _line(
    fig: "go.Figure", points: Sequence[Point | None], colour: str, name: str, zone: str,
    says: Callable[[Metric], str],
) -> None:  # fmt: skip
    import plotly.graph_objects as go

    before = [None, *points[:-1]]
    fig.add_trace(
        go.Scatter(
            x=[
                _middle(p, zone) if p else _middle(b, zone) if b else None
                for p, b in zip(points, before, strict=True)
            ],
            y=[p.metric.value if p else None for p in points],
            text=[says(p.metric) if p else "" for p in points],
            name=name,
            mode="lines" if len(points) > 1 else "markers",
            line={"color": colour, "width": 2},
            marker={"color": colour, "size": 6},
            hovertemplate="%{text}<extra>%{fullData.name}</extra>",
        )
    )


def _unfinished(
    fig: "go.Figure", last: Sequence[Point], late: Sequence[Point], colour: str, name: str, zone: str,
    says: Callable[[Metric], str],
) -> None:  # fmt: skip
    import plotly.graph_objects as go

    joined = [*last, *late]
    fig.add_trace(
        go.Scatter(
            x=[_middle(p, zone) for p in joined],
            y=[p.metric.value for p in joined],
            text=["" for _ in last] + [f"{says(p.metric)} · so far" for p in late],
            name=name,
            mode="lines+markers",
            line={"color": colour, "width": 2, "dash": "dot"},
            marker={
                "color": colour,
                "size": [0] * len(last) + [7] * len(late),
                "symbol": "circle-open",
                "opacity": 1,
            },
            hoverinfo="text",
            hovertemplate=["" for _ in last] + ["%{text}<extra>%{fullData.name}</extra>" for _ in late],
        )
    )


def legend(fig: "go.Figure") -> None:
    """Names above the figure, for more series than can be labelled where they are."""
    fig.update_layout(
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "traceorder": "normal",
                "itemclick": False, "itemdoubleclick": False},
    )  # fmt: skip
