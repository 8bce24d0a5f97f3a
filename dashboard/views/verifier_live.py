"""The verifier's errors by live labels beside those of a report; and how to check it for the first time."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from cascadewatch.metrics import compute
from cascadewatch.metrics.quality import estimating
from cascadewatch.metrics.window import Metric
from cascadewatch.store.reports import Report
from dashboard import tables, widgets
from dashboard import text_replays as text
from dashboard.facts import Facts
from dashboard.formats import UNKNOWN, count, escaped, percent, span_words

KEYS = {
    "false_accept_rate": "false_accept",
    "false_escalate_rate": "false_escalate",
    "verifier_precision": None,
}
NAMES = {
    "false_accept_rate": text.FALSE_ACCEPTS,
    "false_escalate_rate": text.FALSE_ESCALATIONS,
    "verifier_precision": text.PRECISION,
}


def unchecked(facts: Facts) -> str:
    """What is known of a verifier that no eval set has checked."""
    found = compute(facts.window, list(KEYS))
    accept = found["false_accept_rate"]
    if accept.n:
        reach = span_words(accept.low, accept.high)
        return text.ONLY_LIVE.format(rate=percent(accept.value), reach=reach, n=count(accept.n))
    return text.ONLY_LIVE_RIGHT if any(metric.n for metric in found.values()) else text.NEVER_VERIFIED


def beside(of: Report | None, facts: Facts) -> None:
    """A table of both; nothing where there is neither."""
    found = compute(facts.window, list(KEYS))
    if not any(metric.n for metric in found.values()):
        if of is not None:
            st.caption(escaped(text.NO_LIVE_LABELS))
        return
    if of is not None:
        st.subheader(text.BESIDE, anchor=False)
        st.caption(escaped(text.BESIDE_HINT))
    rates = {} if of is None else of.body["rates"]
    sources = ", ".join(sorted({row.source for row in estimating(facts.window, "cheap")}))
    rows = [_row(key, metric, rates, sources) for key, metric in found.items()]
    config = {
        "rate": tables.words(text.RATE, width=150), "set": tables.words(text.FROM_SET, width=120),
        "n": tables.number(text.SET_N), "labels": tables.words(text.FROM_LABELS, width=120),
        "label_n": tables.number(text.LABEL_N), "sources": tables.words(text.SOURCES),
    }  # fmt: skip
    if of is None:
        del config["set"], config["n"]
    widgets.rows(rows, "beside", config)
    if facts.labels_of:
        st.caption(escaped(f"Labels are {facts.labels_of}."))


def _row(key: str, metric: Metric, rates: Mapping[str, Any], sources: str) -> dict[str, Any]:
    name = KEYS[key]
    rate = _precision(rates) if name is None else rates.get(name)
    return {
        "rate": NAMES[key],
        "set": UNKNOWN
        if rate is None
        else f"{percent(rate['value'])}{span_words(rate['low'], rate['high'])}",
        "n": None if rate is None else rate["n"],
        "labels": f"{percent(metric.value)}{span_words(metric.low, metric.high)}",
        "label_n": metric.n,
        "sources": sources,
    }


def _precision(rates: Mapping[str, Any]) -> dict[str, Any] | None:
    """Right among accepted, from the two rates of a report."""
    from cascadewatch.metrics.interval import wilson

    accept, escalate = rates.get("false_accept"), rates.get("false_escalate")
    if accept is None or escalate is None:
        return None
    wrong, right = accept["value"] * accept["n"], (1 - escalate["value"]) * escalate["n"]
    accepted = wrong + right
    if not accepted:
        return None
    low, high = wilson(right, accepted)
    return {"value": right / accepted, "n": round(accepted), "low": low, "high": high}


def how_to(cascade: str) -> None:
    """The first check in two snippets."""
    st.text(text.HOW_TO_CHECK)
    st.code(text.CHECK_EXAMPLE.replace("{cascade}", cascade), language="toml")
    st.caption(escaped(text.SET_HINT))
    st.code(text.SET_EXAMPLE, language="json", wrap_lines=True)
