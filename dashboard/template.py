"""The look of every figure: one Plotly template for light and one for dark, and the tiers' colours."""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from dashboard.config import CHEAP, DARK, FLAGSHIP, LIGHT, MIDDLE

if TYPE_CHECKING:
    import plotly.graph_objects as go

GREY = "#8A929C"  # cache, rule and human tiers, and everything without a tier; readable on both grounds
FONT = '"Source Sans", "Source Sans 3", "Source Sans Pro", sans-serif'  # what Streamlit brings along
DARK_FLAGSHIP = "#3D9BDC"  # the flagship's blue, light enough for the dark ground


def is_dark() -> bool:
    """Whether this reader's browser shows the dark theme."""
    import streamlit as st

    return st.context.theme.type == "dark"


def ground(dark: bool) -> str:
    """The page's background."""
    return str((DARK if dark else LIGHT)["backgroundColor"])


def ink(dark: bool) -> str:
    """The colour of text and of the flagship-only line."""
    return str((DARK if dark else LIGHT)["textColor"])


def soft(dark: bool) -> str:
    """The colour of axis labels and marks."""
    return str((DARK if dark else LIGHT)["grayTextColor"])


def status_ink(dark: bool) -> dict[str, str]:
    """The status colours as text: cost at risk and quality at risk."""
    colours = DARK if dark else LIGHT
    return {"cost": str(colours["redTextColor"]), "quality": str(colours["orangeTextColor"])}


def flagship(dark: bool) -> str:
    """The flagship's blue."""
    return DARK_FLAGSHIP if dark else FLAGSHIP


def tier_colours(models: Sequence[str], dark: bool) -> dict[str, str]:
    """The colour of each model tier, cheapest first; all other tiers are `GREY`.

    >>> tier_colours(["small", "medium", "large"], dark=False)
    {'small': '#009E73', 'medium': '#56B4E9', 'large': '#0072B2'}
    """
    colours = {name: MIDDLE[i % len(MIDDLE)] for i, name in enumerate(models[1:-1])}
    if models:
        colours = {models[0]: CHEAP, **colours}
    if len(models) > 1:
        colours[models[-1]] = flagship(dark)
    return colours


def faded(colour: str, alpha: float = 0.15) -> str:
    """A colour as a translucent fill.

    >>> faded("#009E73")
    'rgba(0,158,115,0.15)'
    """
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"


def ticks() -> list[dict[str, object]]:
    """Days as people say them, hours where ticks are closer than a day; never a lone year. (A template
    cannot carry these: Plotly merges its lists by name.)"""
    day = 86_400_000
    return [
        {"dtickrange": [None, day - 1], "value": "%H:%M\n%a %-d %b"},
        {"dtickrange": [day, None], "value": "%-d %b"},
    ]


@lru_cache(maxsize=2)
def template(dark: bool) -> "go.layout.Template":
    """No frame, a faint horizontal grid, one hover box per moment, nothing in default colours."""
    import plotly.graph_objects as go

    colours = DARK if dark else LIGHT
    axis = {"showgrid": False, "zeroline": False, "showline": False, "ticks": "", "automargin": True,
            "tickfont": {"color": soft(dark), "size": 12}, "fixedrange": True}  # fmt: skip
    return go.layout.Template(
        layout={
            "font": {"family": FONT, "size": 13, "color": ink(dark)},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "margin": {"l": 8, "r": 8, "t": 28, "b": 8},
            "colorway": [CHEAP, flagship(dark), *MIDDLE, GREY],
            "hovermode": "x unified",
            "hoverlabel": {
                "bgcolor": colours["secondaryBackgroundColor"],
                "bordercolor": colours["borderColor"],
                "font": {"family": FONT, "size": 13, "color": ink(dark)},
                "align": "left",
            },
            "xaxis": {**axis, "hoverformat": "%a %-d %b, %H:%M", "nticks": 7},
            "yaxis": {
                **axis,
                "showgrid": True,
                "gridcolor": colours["borderColor"],
                "gridwidth": 1,
                "nticks": 5,
            },
            "showlegend": False,
            "dragmode": False,
            "bargap": 0.15,
        }
    )
