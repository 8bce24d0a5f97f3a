"""The four tiles of a cascade: escalation, savings, headroom, quality."""

import streamlit as st

from dashboard import sentence, text, widgets
from dashboard.formats import UNKNOWN, count, dollar_span, dollars, duration, percent, points, span
from dashboard.sentence import Facts


def four(facts: Facts, key: str) -> None:
    """All four, side by side where there is room."""
    with st.grid(4, min_column_width=150, key=key) as grid:
        pass
    for draw in (escalation, saved, headroom, quality):
        with grid.cell():
            draw(facts)
