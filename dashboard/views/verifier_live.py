"""The verifier's errors by live labels beside those of a report; and how to check it for the first time."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from cascadewatch.metrics import compute
from cascadewatch.metrics.quality import of_judged
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
    if not of_judged(facts.window):
        return text.NEVER_VERIFIED
    found = compute(facts.window, list(KEYS))
    accept, precision = found["false_accept_rate"], found["verifier_precision"]
    if accept.value is not None:
        return text.ONLY_LIVE.format(**_numbers(accept))
    known = f"{text.NO_SET}."
    if precision.value is not None:
        known = text.ONLY_PRECISION.format(**_numbers(precision))
    return f"{known} {_why('false_accept_rate', accept)}"


def beside(of: Report | None, facts: Facts) -> None:
    """A table of both; nothing where there is neither."""
    judged = of_judged(facts.window)
    if not judged:
        if of is not None:
            st.caption(escaped(text.NO_LIVE_LABELS))
        return
    if of is not None:
        st.subheader(text.BESIDE, anchor=False)
        st.caption(escaped(text.BESIDE_HINT))
    rates = {} if of is None else of.body["rates"]
    sources = ", ".join(sorted({row.source for row in judged}))
    found = compute(facts.window, list(KEYS))
    rows = [_row(key, metric, rates, sources) for key, metric in found.items()]
    config = {
        "rate": tables.words(text.RATE, width=150), "set": tables.words(text.FROM_SET, width=120),
        "n": tables.number(text.SET_N), "labels": tables.words(text.FROM_LABELS, width=120),
        "label_n": tables.number(text.LABEL_N), "sources": tables.words(text.SOURCES),
    }  # fmt: skip
    if of is None:
        del config["set"], config["n"]
    widgets.rows(rows, "beside", config)
    notes = [_why(key, metric) for key, metric in found.items() if metric.value is None]
    if facts.labels_of:
        notes.append(f"Labels are {facts.labels_of}.")
    if notes:
        st.caption(escaped(" ".join(notes)))


def _numbers(metric: Metric) -> dict[str, str]:
    reach = span_words(metric.low, metric.high)
    return {"rate": percent(metric.value), "reach": reach, "n": count(metric.n)}


def _why(key: str, metric: Metric) -> str:
    """Why the labels do not tell a rate."""
    return text.UNKNOWN_RATE.format(name=NAMES[key], reason=metric.reason)


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
        "label_n": None if metric.value is None else metric.n,
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
