"""The threshold sweep on the Verifier page."""

import streamlit as st

from cascadewatch.store.reports import Report
from dashboard import sweep_figure, sweep_points, sweep_words, tables, template, verifier_words, widgets
from dashboard import text_replays as text
from dashboard.escalating import percentage
from dashboard.facts import Facts
from dashboard.formats import escaped
from dashboard.sweep_points import Sweep


def show(of: Report, facts: Facts) -> None:
    """The picture, the advice, and every threshold as a table."""
    st.subheader(text.SWEEP, anchor=False)
    found = of.body.get("sweep")
    if not found:
        st.caption(escaped(text.NO_SWEEP))
        return
    sweep = sweep_points.of(found, verifier_words.judged_a_day(facts))
    advice = sweep_words.advice(sweep)
    st.text(advice)
    widgets.chart(sweep_figure.draw(sweep, template.is_dark()), "sweep", text.SWEEP_ALT.format(advice=advice))
    st.caption(escaped(" ".join(part for part in (text.SWEEP_HINT, sweep_words.proof(sweep)) if part)))
    with st.expander(text.SWEEP_TABLE):
        _table(sweep)


def _table(sweep: Sweep) -> None:
    rows = [
        {
            "threshold": sweep_words.threshold(spot.threshold),
            "escalated": percentage(spot.escalation),
            "right": percentage(spot.quality),
            "reach": f"{spot.low * 100:.1f}–{spot.high * 100:.1f}",
            "cost": None if sweep.unit == "escalation" else spot.x,
            "more": None if sweep.unit == "escalation" else spot.more,
            "better": percentage(spot.better),
        }
        for spot in sweep.spots
    ]
    config = {
        "threshold": tables.words(text.THRESHOLD, width=80), "escalated": tables.share(text.ESCALATED),
        "right": tables.percent(text.RIGHT), "reach": tables.words(text.LOW_HIGH, width=90),
        "cost": tables.usd(text.COST_COLUMN.get(sweep.unit, ""), [spot.x for spot in sweep.spots]),
        "more": tables.usd(text.MORE, [spot.more for spot in sweep.spots]),
        "better": tables.points(text.BETTER),
    }  # fmt: skip
    if sweep.unit == "escalation":
        del config["cost"], config["more"]
    widgets.table(tables.frame(rows, list(config)), "sweep-table", config, **tables.LONG)
