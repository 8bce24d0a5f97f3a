"""The figures of the Traffic page: which path events took over time, and how long each path took."""

from collections.abc import Mapping, Sequence
from math import log10
from typing import TYPE_CHECKING

from cascadewatch.metrics.latency import ENOUGH, latency, paths_seen
from cascadewatch.metrics.window import Metric, Window
from cascadewatch.model import Path
from cascadewatch.store.reads import Bucket
from dashboard import charts, template, text
from dashboard.config import CHEAP, COST_AT_RISK, MIDDLE, QUALITY_AT_RISK
from dashboard.formats import count, local, milliseconds, percent

if TYPE_CHECKING:
    import plotly.graph_objects as go

MEASURES: Mapping[Path, str] = {
    "accepted": "accepted", "escalated": "escalated", "fallback": "fallbacks", "routed": "routed",
    "unverified": "unverified", "cached": "cached",
}  # fmt: skip
STACKED: tuple[Path, ...] = tuple(MEASURES)  # from the ground up
ROW = 58  # pixels of one path


def path_colours(dark: bool) -> dict[Path, str]:
    """The cheap tier's green where it answered, the flagship's blue where it was asked, and so on."""
    return {
        "accepted": CHEAP, "escalated": template.flagship(dark), "fallback": MIDDLE[1],
        "routed": "#D9C73B", "unverified": "#D5DAE0" if dark else "#BFC5CC", "cached": template.GREY,
    }  # fmt: skip


def on_paths(counts: Mapping[str, int]) -> dict[Path, int]:
    """Events per path; the six add up to all events."""
    return {path: counts[measure] for path, measure in MEASURES.items()}


def mix(
    buckets: Sequence[Bucket], span: tuple[int, int], now: int, zone: str, dark: bool, shares: bool
) -> "go.Figure":
    """Events per path over time, stacked: as shares of the bucket or as numbers. The bucket that is
    still filling is hatched."""
    import plotly.graph_objects as go

    fig = charts.figure(span, zone, dark, unit="share" if shares else "count")
    per_bucket = [on_paths(b.counts) for b in buckets]
    totals = [sum(found.values()) for found in per_bucket]
    colours = path_colours(dark)
    pattern = charts.hatched([b.end > now for b in buckets], template.ground(dark))
    for path in (p for p in STACKED if any(found[p] for found in per_bucket)):
        values = [found[path] for found in per_bucket]
        parts = [n / total if total else 0 for n, total in zip(values, totals, strict=True)]
        fig.add_trace(
            go.Bar(
                x=[local(b.start, zone) for b in buckets],
                width=[b.end - b.start for b in buckets],
                offset=0,
                y=parts if shares else values,
                text=[f"{percent(part)} · {count(n)}" for part, n in zip(parts, values, strict=True)],
                textposition="none",
                name=text.PATHS[path],
                marker={
                    "color": colours[path],
                    "line": {"width": 0},
                    "pattern": pattern,
                },
                hovertemplate="%{text}<extra>%{fullData.name}</extra>",
            )
        )
    fig.update_layout(barmode="stack", bargap=0)
    charts.legend(fig)
    if shares:
        fig.update_yaxes(range=[0, 1])
    return fig


def latencies(window: Window) -> dict[Path, dict[int, Metric]]:
    """p50, p95 and p99 of every path that has latencies."""
    seen = paths_seen(window)
    return {path: {p: latency(window, path, p) for p in ENOUGH} for path in STACKED if path in seen}


def latency_dots(found: Mapping[Path, Mapping[int, Metric]], dark: bool) -> "go.Figure":
    """One row per path: a line from p50 to p99, three dots on it, each with its interval."""
    fig = charts.figure(None, "UTC", dark, unit="ms", height=ROW * len(found) + 50)
    colours = path_colours(dark)
    rows = list(enumerate(found.items()))
    for row, (path, metrics) in rows:
        _latency_row(fig, text.PATHS[path], -row, metrics, colours[path], dark)
    charts.put(fig, [], [_row_name(text.PATHS[path], -row, metrics, dark) for row, (path, metrics) in rows])
    low = min((m.low or m.value or 1) for metrics in found.values() for m in metrics.values())
    high = max((m.high or m.value or 1) for metrics in found.values() for m in metrics.values())
    ticks = [10.0**e * f for e in range(8) for f in (1, 3) if max(low, 1) / 3 <= 10.0**e * f <= high * 3]
    fig.update_xaxes(
        type="log", range=[log10(max(low, 1) / 1.5), log10(max(high, 1) * 1.5)], showgrid=True,
        gridcolor=template.faded(template.GREY, 0.2), tickvals=ticks,
        ticktext=[milliseconds(t) for t in ticks],
    )  # fmt: skip
    fig.update_yaxes(range=[0.7 - len(found), 0.75], showgrid=False, showticklabels=False)
    fig.update_layout(hovermode="closest", margin={"t": 4, "l": 4, "r": 4})
    return fig


def _latency_row(
    fig: "go.Figure", name: str, y: float, metrics: Mapping[int, Metric], colour: str, dark: bool
) -> None:
    import plotly.graph_objects as go

    known = {p: m for p, m in metrics.items() if m.value is not None}
    values = [m.value or 0.0 for m in known.values()]
    above = [(m.high or v) - v for m, v in zip(known.values(), values, strict=True)]
    below = [v - (m.low or v) for m, v in zip(known.values(), values, strict=True)]
    line = {"color": template.faded(colour, 0.45), "width": 3}
    between = go.Scatter(x=values, y=[y] * len(values), mode="lines", line=line, hoverinfo="skip")
    fig.add_traces([
        between,
        go.Scatter(
            x=values, y=[y] * len(values), mode="markers",
            marker={"color": colour, "size": 9, "symbol": [text.PERCENTILE_MARKS[p] for p in known],
                    "line": {"color": template.ground(dark), "width": 1}},
            error_x={"type": "data", "symmetric": False, "color": colour, "thickness": 1.5, "width": 4,
                     "array": above,
                     "arrayminus": below},
            text=[latency_words(p, m) for p, m in known.items()],
            hovertemplate=f"{name}: %{{text}}<extra></extra>",
        ),
    ])  # fmt: skip


def _row_name(name: str, y: float, metrics: Mapping[int, Metric], dark: bool) -> dict[str, object]:
    known = {p: m for p, m in metrics.items() if m.value is not None}
    return {
        "xref": "paper", "x": 0, "xanchor": "left", "y": y + 0.18, "yanchor": "bottom", "showarrow": False,
        "align": "left", "font": {"size": 13, "color": template.ink(dark)},
        "text": f"{name}  <span style='color:{template.soft(dark)}'>{summary(known)}</span>",
    }  # fmt: skip


def summary(metrics: Mapping[int, Metric]) -> str:
    r"""The percentiles of one path in a line.

    >>> summary({50: Metric(412.0, 90), 95: Metric(1840.0, 90)})
    'p50 412\xa0ms · p95 1.84\xa0s · n 90'
    """
    n = max((m.n for m in metrics.values()), default=0)
    return " · ".join([*(f"p{p} {milliseconds(m.value)}" for p, m in metrics.items()), f"n {count(n)}"])


def latency_words(percentile: int, metric: Metric) -> str:
    """One percentile with its interval and n."""
    between = ""
    if metric.low is not None and metric.high is not None:
        between = f" ({milliseconds(metric.low)} to {milliseconds(metric.high)})"
    return f"p{percentile} {milliseconds(metric.value)}{between}, n {count(metric.n)}"


def arrivals(
    bars: Mapping[str, Mapping[int, int]], width: int, span: tuple[int, int], zone: str, dark: bool
) -> "go.Figure":
    """Records per outcome and bar {outcome: {start: n}}, stacked."""
    import plotly.graph_objects as go

    starts = sorted({start for found in bars.values() for start in found})
    end = max([span[1], *(start + width for start in starts[-1:])])  # a bar that has just begun is seen whole
    fig = charts.figure((span[0], end), zone, dark, unit="count", height=240)
    for outcome, colour in outcome_colours(dark).items():
        found = bars.get(outcome)
        if not found:
            continue
        numbers = [found.get(start, 0) for start in starts]
        fig.add_trace(
            go.Bar(
                x=[local(start, zone) for start in starts],
                y=numbers,
                offset=width * 0.07,
                width=width * 0.86,
                text=[count(n) for n in numbers],
                textposition="none",
                name=text.ARRIVALS[outcome],
                marker={"color": colour, "line": {"width": 0}},
                hovertemplate="%{text}<extra>%{fullData.name}</extra>",
            )
        )
    fig.update_layout(barmode="stack")
    charts.legend(fig)
    return fig


def outcome_colours(dark: bool) -> dict[str, str]:
    """Accepted in the quiet colour, what needs a look in the loud ones."""
    return {
        "accepted": template.flagship(dark), "duplicate": template.GREY, "conflict": QUALITY_AT_RISK,
        "rejected": COST_AT_RISK,
    }  # fmt: skip
