"""The Overview before anything has arrived: how to send the first event, and whether it came."""

from datetime import UTC, datetime

import streamlit as st

from dashboard import data, text, widgets
from dashboard.formats import DAY, ago, escaped

CURL = """curl {url}/v1/events -H 'Content-Type: application/json' -d '[{{
  "id": "first-1", "time": "{time}", "cascade": "support",
  "attempts": [
    {{"tier": "small", "model": "open-mixtral-8x7b", "usage": {{"input": 512, "output": 128}},
     "verdict": {{"outcome": "reject", "verifier": "judge", "score": 0.41, "threshold": 0.5}}}},
    {{"tier": "flagship", "model": "gpt-4-1106-preview", "usage": {{"input": 512, "output": 140}}}}]
}}]'"""
PYTHON = """import emit  # one file to copy into your service: examples/emit.py

with emit.request("support", route="faq") as r:
    a = small(q);  r.attempt("small", a)
    ok = judge(a); r.verdict(ok, verifier="judge")
    if not ok:
        a = big(q); r.attempt("flagship", a)"""
FILE = "cascadewatch ingest log.jsonl"


def show() -> None:
    """Draws the three ways in; looks for the first arrival every three seconds."""
    st.subheader(text.WAITING, anchor=False)
    st.caption(escaped(text.WAITING_HINT))
    st.fragment(_arrived, run_every=3)()
    shell, python, file = st.tabs([text.SEND_CURL, text.SEND_PYTHON, text.SEND_FILE])
    with shell:
        at = f"{datetime.fromtimestamp(data.now() // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
        st.code(CURL.format(url=data.api_url(), time=at), language="bash", wrap_lines=True)
    with python:
        st.code(PYTHON, language="python")
    with file:
        st.code(FILE, language="bash")


def _arrived() -> None:
    """The whole page is drawn anew once something has come; refusals are shown with their reasons."""
    if data.known().cascades:
        st.rerun()
    now = data.now()
    refused = [a for a in data.arrivals(now - DAY, now) if a.outcome == "rejected"]
    if not refused:
        return
    import pandas as pd

    st.text(text.REFUSED)
    st.caption(escaped(text.REFUSED_HINT))
    rows = [
        {"Sender": a.source, "Records": a.n, "Reason": a.reason, "Last": ago(a.last, now)} for a in refused
    ]
    widgets.table(pd.DataFrame(rows), "refused")
