"""What happened to one episode: what belongs to it, its changes of state, and who was told."""

import streamlit as st

from cascadewatch.store.episodes import Episode
from dashboard import alerting, tables, widgets
from dashboard import text_incidents as text
from dashboard.choice import Choice
from dashboard.formats import escaped
from dashboard.views import episode_table


def show(of: Episode, choice: Choice) -> None:
    """Draws the three tables."""
    _joined(of, choice)
    _transitions(of, choice.zone)
    _deliveries(of, choice.zone)


def _joined(of: Episode, choice: Choice) -> None:
    found = alerting.joined(of.id)
    if not found:
        return
    st.subheader(text.JOINED, anchor=False)
    st.caption(escaped(text.JOINED_HINT))
    episode_table.table(found, choice, "joined")


def _transitions(of: Episode, zone: str) -> None:
    st.subheader(text.HISTORY, anchor=False)
    rows = [
        {
            "time": tables.moment(t.time),
            "state": text.TRANSITIONS.get(t.state, t.state) if t.state != t.before else "",
            "reason": t.reason,
        }
        for t in alerting.transitions(of.id)
    ]
    config = {
        "time": tables.minute(text.TIME, zone), "state": tables.words(text.BECAME, width=80),
        "reason": tables.words(text.BECAUSE),
    }  # fmt: skip
    widgets.rows(rows, "transitions", config)


def _deliveries(of: Episode, zone: str) -> None:
    st.subheader(text.DELIVERIES, anchor=False)
    found = alerting.deliveries(of.id)
    if not found:
        st.caption(escaped(text.NOBODY_TOLD))
        return
    rows = [
        {
            "channel": d.channel, "kind": text.KINDS_OF_MESSAGE.get(d.kind, d.kind),
            "state": text.DELIVERY_STATES.get(d.state, d.state), "told": tables.moment(d.delivered),
            "attempts": d.attempts, "error": d.error,
        }
        for d in found
    ]  # fmt: skip
    config = {
        "channel": tables.words(text.CHANNEL, width=100), "kind": tables.words(text.KIND, width=100),
        "state": tables.words(text.STATE, width=100), "told": tables.minute(text.TOLD_AT, zone),
        "attempts": tables.number(text.ATTEMPTS, width=80), "error": tables.words(text.LAST_ERROR),
    }  # fmt: skip
    if not any(d.error for d in found):
        del config["error"]
    widgets.rows(rows, "deliveries", config)
