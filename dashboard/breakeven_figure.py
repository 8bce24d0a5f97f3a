"""The break-even as a picture: blended cost per judged event over the escalation rate."""

from typing import TYPE_CHECKING

from cascadewatch.metrics.breakeven import Economics
from dashboard import charts, template
from dashboard.config import COST_AT_RISK
from dashboard.formats import dollars, percent

if TYPE_CHECKING:
    import plotly.graph_objects as go


def break_even(terms: Economics, dark: bool) -> "go.Figure":
    """The line c + e·E, the flagship-only level F, where they cross, and where the cascade is now."""
    fig = charts.figure(None, "UTC", dark, unit="usd", height=320)
    blue, ink = template.flagship(dark), template.ink(dark)
    edge = min(max(terms.break_even, 0.0), 1.0)
    _area(fig, 0, edge, terms, blue)
    _area(fig, edge, 1, terms, COST_AT_RISK)
    _line(fig, terms, blue)
    fig.add_hline(y=terms.F, line={"color": ink, "width": 1.5, "dash": "dash"})
    _label(fig, 0, terms.F, f"flagship only {dollars(terms.F)}", ink, "left", "bottom")
    _point(fig, terms.e, terms.blended, blue, "circle")
    _label(
        fig,
        terms.e,
        terms.blended,
        f"now {percent(terms.e, 0)}, {dollars(terms.blended)}",
        blue,
        *_side(terms.e),
    )
    if 0 < terms.break_even < 1:
        _point(fig, edge, terms.F, COST_AT_RISK, "diamond")
        _label(fig, edge, terms.F, f"break-even {percent(edge, 0)}", COST_AT_RISK, *_side(edge))
    fig.update_xaxes(
        range=[0, 1.0],
        tickformat=".0%",
        ticklabelstandoff=6,
        title={"text": "escalation rate", "font": {"size": 12}},
    )
    fig.update_yaxes(range=[0, max(terms.c + terms.E, terms.F) * 1.12], tickformat=",~f")
    fig.update_layout(hovermode="x")
    return fig


def _line(fig: "go.Figure", terms: Economics, colour: str) -> None:
    import plotly.graph_objects as go

    rates = [i / 50 for i in range(51)]
    fig.add_trace(
        go.Scatter(
            x=rates, y=[terms.c + terms.E * rate for rate in rates], mode="lines",
            line={"color": colour, "width": 2},
            hovertemplate="%{x:.0%} escalate: $%{y:.3g} an event<extra></extra>",
        )
    )  # fmt: skip


def _area(fig: "go.Figure", start: float, end: float, terms: Economics, colour: str) -> None:
    """Between the cascade's line and the flagship's: what is saved, or lost."""
    import plotly.graph_objects as go

    if end <= start:
        return
    fig.add_trace(
        go.Scatter(
            x=[start, end, end, start],
            y=[terms.c + start * terms.E, terms.c + end * terms.E, terms.F, terms.F],
            fill="toself", fillcolor=template.faded(colour, 0.12), line={"width": 0}, mode="lines",
            hoverinfo="skip",
        )
    )  # fmt: skip


def _point(fig: "go.Figure", x: float, y: float, colour: str, symbol: str) -> None:
    import plotly.graph_objects as go

    marker = {"color": colour, "size": 11, "symbol": symbol}
    fig.add_trace(go.Scatter(x=[x], y=[y], mode="markers", marker=marker, hoverinfo="skip", cliponaxis=False))


def _side(x: float) -> tuple[str, str]:
    """The line rises, so there is room to the right below a point and to the left above it."""
    return ("left", "top") if x < 0.6 else ("right", "bottom")


def _label(fig: "go.Figure", x: float, y: float, words: str, colour: str, side: str, anchor: str) -> None:
    shift = {"left": 8, "right": -8}[side]
    fig.add_annotation(
        x=x, y=y, text=words, showarrow=False, xanchor=side, yanchor=anchor, xshift=shift,
        yshift=-4 if anchor == "top" else 4, font={"color": colour, "size": 12},
    )  # fmt: skip
