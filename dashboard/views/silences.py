"""The silences in force, each with a button that ends it."""

from functools import partial

import streamlit as st

from cascadewatch.store.silences import Silence
from dashboard import acting, alerting, data, episode_words
from dashboard import text_incidents as text
from dashboard.choice import Choice
from dashboard.formats import escaped, when
from dashboard.views import acts


@st.fragment
def show(choice: Choice) -> None:
    """Draws them, the one that ends first at the top."""
    st.subheader(text.SILENCES, anchor=False)
    found = sorted(alerting.silenced(), key=lambda s: s.ends)
    if not found:
        st.caption(escaped(text.NO_SILENCES))
        return
    hindrance = acting.hindrance()
    for one in found:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            with st.container(gap="xsmall"):
                st.text(what(one))
                st.text(told(one, data.now(), choice.zone))
            ended = st.button(
                text.END_NOW,
                key=f"end-{one.id}",
                disabled=hindrance is not None,
                help=hindrance and escaped(hindrance),
            )
        if ended:
            acts.do("unsilence", partial(acting.delete, f"/v1/silences/{one.id}"))


def what(silence: Silence) -> str:
    """What is silenced."""
    parts = [
        silence.rule and f"{text.RULE} {silence.rule}",
        silence.cascade and f"{text.CASCADE} {silence.cascade}",
        silence.route and f"{text.ROUTE} {episode_words.route(silence.route)}",
    ]
    return " · ".join(part for part in parts if part) or text.EVERYTHING


def told(silence: Silence, now: int, zone: str) -> str:
    """Until when, by whom, and why."""
    until = f"{text.UNTIL} {when(silence.ends, now, zone)} · {text.BY} {silence.author}"
    return f"{until} · {silence.comment}" if silence.comment else until
