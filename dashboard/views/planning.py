"""The planning calculator of the Cost page: what if prices, traffic or the escalation rate changed."""

from functools import partial

import streamlit as st

from cascadewatch.metrics.planning import Forecast, Plan, Verify, forecast
from cascadewatch.metrics.window import Window
from dashboard import bill, text, widgets
from dashboard.formats import dollars, escaped, percent

EXAMPLE = Plan(
    cheap_usd=0.0005, verifier_usd=0.0, flagship_usd=0.01, requests_per_day=10_000, escalation_rate=0.3
)


def show(window: Window, days: float) -> None:
    """Draws the inputs, filled with what was measured, and what they come to."""
    measured = bill.plan(window, days) or EXAMPLE
    with st.expander(text.PLANNING, icon=":material/calculate:"):
        st.caption(escaped(text.PLANNING_HINT))
        _outcome(forecast(_inputs(measured)))


def _inputs(measured: Plan) -> Plan:
    grid = st.grid(3, min_column_width=170, key="plan")
    price = partial(st.number_input, min_value=0.0, format="%.6f", step=0.0001)
    with grid:
        cheap = price(text.PLAN_CHEAP, value=round(measured.cheap_usd, 6))
        verifier = price(text.PLAN_VERIFIER, value=round(measured.verifier_usd, 6))
        flagship = price(text.PLAN_FLAGSHIP, value=round(measured.flagship_usd, 6))
        requests = st.number_input(
            text.PLAN_REQUESTS, min_value=0, value=int(measured.requests_per_day), step=100
        )
        now = round(100 * measured.escalation_rate, 1)
        rate = st.number_input(
            text.PLAN_RATE, min_value=0.0, max_value=100.0, value=now, step=1.0, format="%.1f"
        )  # fmt: skip
        names: tuple[Verify, ...] = ("every", "escalated")
        verify = st.selectbox(text.PLAN_VERIFY, names, format_func=text.PLAN_VERIFY_NAMES.__getitem__)
    return Plan(cheap, verifier, flagship, requests, rate / 100, verify)


def _outcome(result: Forecast) -> None:
    tile = widgets.tile
    widgets.tiles(
        [
            partial(tile, text.PLAN_SAVED, dollars(result.savings_usd_per_day), text.AGAINST_FLAGSHIP, ""),
            partial(tile, text.PLAN_BLENDED, dollars(result.blended_usd), text.A_REQUEST, ""),
            partial(tile, text.PLAN_RATIO, percent(result.ratio, 0), text.A_REQUEST, ""),
            partial(tile, text.PLAN_EDGE, percent(result.break_even, 0), text.EDGE_MEANS, ""),
        ],
        "plan-outcome",
    )
