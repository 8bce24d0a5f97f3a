"""The channels of the Incidents page: who hears of episodes, and what did not get through."""

from collections import Counter

import streamlit as st

from dashboard import alerting, channel_rows, data, tables, widgets
from dashboard import text_incidents as text
from dashboard.choice import Choice
from dashboard.formats import ago, escaped

MOST = 20  # messages given up, the latest first


@st.fragment
def show(choice: Choice) -> None:
    """Draws one row per channel, and what was given up."""
    st.subheader(text.CHANNELS, anchor=False)
    kinds = {name: channel.kind for name, channel in data.settings().channel.items()}
    if not kinds:
        st.text(text.NO_CHANNELS)
        st.caption(escaped(text.NO_CHANNELS_HINT))
        st.code(text.CHANNEL_EXAMPLE, language="toml")
        return
    now, dead = data.now(), alerting.dead_letters()
    per_channel = Counter(delivery.channel for delivery in dead)
    found = channel_rows.rows(kinds, alerting.channels(), per_channel, now)
    shown = [{**row, "sent": ago(row["sent"], now), "since": tables.moment(row["since"])} for row in found]
    config = {
        "channel": tables.words(text.CHANNEL), "kind": tables.words(text.SERVICE),
        "state": tables.words(text.STATE), "sent": tables.words(text.LAST_SENT),
        "since": tables.minute(text.SINCE_WHEN, choice.zone),
        "error": tables.words(text.LAST_ERROR, width=320), "dead": tables.number(text.LETTERS),
    }  # fmt: skip
    if not any(row["error"] for row in found):
        del config["since"], config["error"]
    widgets.rows(shown, "channels", config)
    _given_up(choice)


def _given_up(choice: Choice) -> None:
    dead = sorted(alerting.dead_letters(), key=lambda d: -d.created)
    if not dead:
        st.caption(escaped(text.NO_LETTERS))
        return
    st.text(text.LETTERS_ONE if len(dead) == 1 else text.LETTERS_MANY.format(n=len(dead)))
    rows = [
        {"created": tables.moment(d.created), "channel": d.channel, "episode": d.episode or None,
         "kind": text.KINDS_OF_MESSAGE.get(d.kind, d.kind), "attempts": d.attempts, "error": d.error}
        for d in dead[:MOST]
    ]  # fmt: skip
    config = {
        "created": tables.minute(text.TIME, choice.zone), "channel": tables.words(text.CHANNEL),
        "episode": tables.number(text.EPISODE), "kind": tables.words(text.KIND),
        "attempts": tables.number(text.ATTEMPTS), "error": tables.words(text.LAST_ERROR, width=320),
    }  # fmt: skip
    widgets.rows(rows, "letters", config)
