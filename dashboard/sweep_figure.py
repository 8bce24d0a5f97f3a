"""The threshold sweep as a picture: cost on x, quality on y, to be understood in ten seconds."""

from typing import TYPE_CHECKING

from dashboard import charts, sweep_words, template
from dashboard import text_replays as text
from dashboard.config import CHEAP, QUALITY_AT_RISK
from dashboard.formats import dollars, percent
from dashboard.sweep_points import Spot, Sweep

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT = 440


def draw(sweep: Sweep, dark: bool) -> "go.Figure":
    """Front, every threshold, corners, bar, the present threshold ringed and the recommended one starred."""
    fig = charts.figure(None, "UTC", dark, unit="share", height=HEIGHT)
    _axes(fig, sweep)
    if sweep.bar is not None:
        charts.level(
            fig, sweep.bar, text.BAR.format(bar=percent(sweep.bar, 0)), template.soft(dark), dash="dash"
        )
    _front(fig, sweep, dark)
    _dots(fig, sweep, dark)
    _corner(fig, *sweep.cheap_only, text.CHEAP_ONLY, CHEAP, "left", sweep)
    _corner(fig, *sweep.flagship_only, text.FLAGSHIP_ONLY, template.flagship(dark), "right", sweep)
    if sweep.present is not None and not sweep.is_best:
        _named(fig, sweep.present, dark, "now", sweep)
    if sweep.recommended is not None:
        _named(fig, sweep.recommended, dark, "best", sweep)
    return fig


def _axes(fig: "go.Figure", sweep: Sweep) -> None:
    xs = [spot.x for spot in sweep.spots] + [sweep.cheap_only[0], sweep.flagship_only[0]]
    ys = [spot.quality for spot in sweep.spots] + [sweep.flagship_only[1], sweep.cheap_only[1]]
    ys += [sweep.bar] if sweep.bar is not None else []
    high, low = max(ys), min(ys)
    room = max(high - low, 0.02)
    fig.update_yaxes(range=[low - room * 0.12, high + room * 0.22], rangemode="normal", nticks=6)
    prefix = {} if sweep.unit == "escalation" else {"tickprefix": "$", "tickformat": "~g"}
    fig.update_xaxes(
        range=[0, max(xs) * 1.06 or 1], ticklabelstandoff=6, nticks=7, showgrid=False,
        tickformat=".0%" if sweep.unit == "escalation" else "~g",
        title={"text": text.COST_AXIS[sweep.unit], "font": {"size": 12}},
    )  # fmt: skip
    fig.update_xaxes(**prefix)
    fig.update_layout(hovermode="closest", margin_t=16)
    fig.add_annotation(
        x=0, xref="paper", y=1, yref="paper", xanchor="left", yanchor="bottom", showarrow=False,
        text=text.QUALITY_AXIS, font={"size": 12},
    )  # fmt: skip


def _front(fig: "go.Figure", sweep: Sweep, dark: bool) -> None:
    import plotly.graph_objects as go

    fig.add_trace(
        go.Scatter(
            x=[spot.x for spot in sweep.front], y=[spot.quality for spot in sweep.front], mode="lines",
            line={"color": template.ink(dark), "width": 1.5}, hoverinfo="skip",
        )
    )  # fmt: skip


def _dots(fig: "go.Figure", sweep: Sweep, dark: bool) -> None:
    import plotly.graph_objects as go

    ink, soft = template.ink(dark), template.GREY
    fig.add_trace(
        go.Scatter(
            x=[spot.x for spot in sweep.spots], y=[spot.quality for spot in sweep.spots], mode="markers",
            marker={
                "color": [ink if spot.on_front else soft for spot in sweep.spots],
                "size": [9 if spot.on_front else 7 for spot in sweep.spots],
                "symbol": ["circle" if spot.on_front else "circle-open" for spot in sweep.spots],
            },
            text=[sweep_words.hover(sweep, spot) for spot in sweep.spots],
            hovertemplate="%{text}<extra></extra>",
        )
    )  # fmt: skip


def _corner(fig: "go.Figure", x: float, y: float, name: str, colour: str, side: str, sweep: Sweep) -> None:
    """One of the two ends: without the flagship, and with nothing else."""
    import plotly.graph_objects as go

    price = "" if sweep.unit == "escalation" else f" · {dollars(x)}"
    words = f"<b>{name}</b><br>{sweep_words.cost(sweep.unit, x)}<br>{percent(y)} right"
    fig.add_trace(
        go.Scatter(
            x=[x], y=[y], mode="markers", marker={"color": colour, "size": 13, "symbol": "square"},
            cliponaxis=False, text=[words],
            hovertemplate="%{text}<extra></extra>",
        )
    )  # fmt: skip
    fig.add_annotation(
        x=x, y=y, text=f"{name}<br>{percent(y)} right{price}", showarrow=False, align=side,
        xanchor=side, yanchor="top",  # the front rises from the cheap tier: below it nothing is drawn
        xshift=12 if side == "left" else 6, yshift=4 if side == "left" else -10,
        font={"color": colour, "size": 12},
    )  # fmt: skip


def _named(fig: "go.Figure", spot: Spot, dark: bool, which: str, sweep: Sweep) -> None:
    """The ring of now with its name below, or the star with what it would change above."""
    import plotly.graph_objects as go

    at = sweep_words.threshold(spot.threshold)
    ink, gold = template.ink(dark), QUALITY_AT_RISK
    marker = {"color": gold, "size": 20, "symbol": "star", "line": {"color": ink, "width": 1}}
    words = (text.BEST_AT if sweep.is_best else text.BETTER_AT).format(at=at)
    if which == "now" or sweep.is_best:
        ring = {"color": ink, "size": 24, "symbol": "circle-open", "line": {"width": 2}}
        fig.add_trace(go.Scatter(x=[spot.x], y=[spot.quality], mode="markers", marker=ring, hoverinfo="skip"))
    if which == "best":
        fig.add_trace(
            go.Scatter(x=[spot.x], y=[spot.quality], mode="markers", marker=marker, hoverinfo="skip")
        )
        changed = sweep_words.difference(sweep.unit, spot)
        words = f"<b>{words}</b>" + (f"<br>{changed}" if changed and not sweep.is_best else "")
    else:
        words = text.NOW_AT.format(at=at)
    above = which == "best"
    fig.add_annotation(
        x=spot.x, y=spot.quality, text=words, showarrow=False, align="left",
        xanchor="left", xshift=-8 if above else 10,
        yanchor="bottom" if above else "top", yshift=16 if above else -6,
        font={"color": ink, "size": 13}, bgcolor=template.ground(dark),
    )  # fmt: skip
