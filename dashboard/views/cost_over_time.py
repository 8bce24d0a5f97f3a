"""What a cascade cost over time, beside the flagship alone: a part of the Overview and of Cost."""

from collections.abc import Sequence

import streamlit as st

from cascadewatch.metrics import compute
from cascadewatch.metrics.window import Window
from cascadewatch.store.episodes import Episode
from cascadewatch.store.reads import Bucket
from dashboard import data, figures, text, widgets
from dashboard.figures import Axis
from dashboard.points import coarsened


def show(
    window: Window, buckets: Sequence[Bucket], axis: Axis, episodes: Sequence[Episode], alt: str
) -> None:
    """The chart; a sentence where there is nothing to draw."""
    bars = coarsened(buckets, data.local_day(), "events", most=45)
    st.subheader(text.COST_OVER_TIME.format(width=figures.width_words(bars)), anchor=False)
    found = compute(window)
    paid, alone = found["cost_usd"], found["flagship_only_cost_usd"]
    if paid.value or alone.value:
        widgets.chart(figures.cost(window, bars, axis, episodes), "cost", alt)
    elif paid.value is None:
        st.text(text.COST_UNKNOWN.format(reason=paid.reason))
    else:
        st.text(text.NOTHING_PAID)
