"""Who did what to the installation, on the Sources page."""

import json
from typing import Any

import streamlit as st

from dashboard import data, tables, widgets
from dashboard import text_audit as text
from dashboard.choice import Choice
from dashboard.formats import UNKNOWN, escaped

LONGEST = 300  # characters in a cell


def show(choice: Choice) -> None:
    """Draws the table; nothing where nothing was done."""
    found = data.acts()
    if not found:
        return
    st.subheader(text.DONE, anchor=False)
    st.caption(escaped(text.DONE_HINT))
    config = {
        "time": tables.time(text.WHEN, choice.zone), "who": tables.words(text.WHO),
        "via": tables.words(text.BY), "act": tables.words(text.ACT), "subject": tables.words(text.ON),
        "before": tables.words(text.BEFORE), "after": tables.words(text.AFTER),
    }  # fmt: skip
    rows = [
        {
            "time": tables.moment(a.time), "who": a.who, "via": text.VIA[a.via], "act": a.act,
            "subject": a.subject, "before": _cell(a.shown()["before"]), "after": _cell(a.shown()["after"]),
        }
        for a in found
    ]  # fmt: skip
    widgets.table(tables.frame(rows, list(config)), "acts", config, **tables.LONG)


def _cell(values: Any) -> str:
    return UNKNOWN if values is None else json.dumps(values, ensure_ascii=False)[:LONGEST]
