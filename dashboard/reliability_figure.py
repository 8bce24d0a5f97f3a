"""The reliability curve: what scores promise against what they keep, raw and corrected."""

from collections.abc import Mapping
from math import sqrt
from typing import TYPE_CHECKING, Any

from dashboard import charts, template
from dashboard import text_replays as text
from dashboard.formats import count, percent, span_words

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT = 360
SMALLEST, LARGEST = 7, 24  # pixels of a dot


def draw(calibration: Mapping[str, Any], dark: bool) -> "go.Figure":
    """Dots per group of scores, as large as the group; the diagonal, and the isotonic correction."""
    import plotly.graph_objects as go

    fig = charts.figure(None, "UTC", dark, unit="share", height=HEIGHT)
    ink, soft, blue = template.ink(dark), template.soft(dark), template.flagship(dark)
    fig.add_trace(
        go.Scatter(x=[0, 1], y=[0, 1], mode="lines", line={"color": soft, "width": 1, "dash": "dash"},
                   hoverinfo="skip")
    )  # fmt: skip
    better = calibration.get("isotonic")
    if better:
        fig.add_trace(
            go.Scatter(
                x=[at for at, _ in better["map"]], y=[right for _, right in better["map"]], mode="lines",
                line={"color": blue, "width": 2}, hoverinfo="skip",
            )
        )  # fmt: skip
    fig.add_trace(_dots(calibration["bins"], ink))
    fig.update_xaxes(
        range=[-0.02, 1.04], nticks=6, tickformat=".1f", ticklabelstandoff=6,
        title={"text": text.SCORE_AXIS, "font": {"size": 12}},
    )  # fmt: skip
    fig.update_yaxes(range=[0, 1.06])
    fig.update_layout(hovermode="closest")
    _words(fig, better is not None, soft, blue)
    return fig


def _dots(bins: list[Mapping[str, Any]], ink: str) -> "go.Scatter":
    import plotly.graph_objects as go

    most = max(b["n"] for b in bins)
    return go.Scatter(
        x=[b["score"] for b in bins], y=[b["right"] for b in bins], mode="markers", cliponaxis=False,
        error_y={
            "type": "data", "array": [b["high"] - b["right"] for b in bins],
            "arrayminus": [b["right"] - b["low"] for b in bins], "color": ink, "thickness": 1.2, "width": 3,
        },
        marker={"color": ink, "opacity": 1, "size": [_size(b["n"], most) for b in bins]},
        text=[
            f"{percent(b['right'])} right{span_words(b['low'], b['high'])}<br>mean score"
            f" {b['score']:.2f} · n {count(b['n'])}"
            for b in bins
        ],
        hovertemplate="%{text}<extra></extra>",
    )  # fmt: skip


def _size(n: int, most: int) -> float:
    return max(SMALLEST, LARGEST * sqrt(n / most))


def _words(fig: "go.Figure", corrected: bool, soft: str, blue: str) -> None:
    """The names of both lines, where there is room for them."""
    named = [(0.72, 0.66, text.DIAGONAL, soft)]
    if corrected:
        named.append((0.02, 0.98, f"— {text.ISOTONIC}", blue))
    for x, y, words, colour in named:
        fig.add_annotation(
            x=x, y=y, text=words, showarrow=False, xanchor="left", yanchor="top",
            font={"color": colour, "size": 12},
        )  # fmt: skip
    fig.add_annotation(
        x=0, xref="paper", y=1, yref="paper", xanchor="left", yanchor="bottom", showarrow=False,
        text=text.RIGHT_AXIS, font={"size": 12},
    )  # fmt: skip
