"""What every page says first: that it stands open, or why nobody would hear of an episode."""

import os

import streamlit as st

from dashboard import alerting, channel_rows, data, text_login, widgets
from dashboard import text_incidents as text
from dashboard.choice import Choice
from dashboard.formats import escaped

OPEN = "CASCADEWATCH_OPEN"  # which locks are lacking; set where other machines can come all the same


def show(choice: Choice) -> None:
    """Draws one frame per problem; nothing where all is well."""
    _open_to_everyone()
    now = data.now()
    evaluated = channel_rows.last_evaluated(alerting.states())
    known = list(data.settings().channel)
    found = channel_rows.problems(alerting.channels(), known, evaluated, now, choice.zone)
    for problem in found:
        with st.container(border=True, gap="xsmall"):
            with st.container(horizontal=True, gap="small", vertical_alignment="center"):
                st.badge(escaped(problem.label), color=problem.tone)
                widgets.link("incidents", text.TO_INCIDENTS, choice, data.settings().timezone)
            st.text(problem.words)
            st.caption(escaped(problem.hint))


def _open_to_everyone() -> None:
    lacking = os.environ.get(OPEN)
    if not lacking:
        return
    with st.container(border=True, gap="xsmall"):
        st.badge(escaped(text_login.OPEN_LABEL), color="red", icon=":material/lock_open:")
        st.text(text_login.OPEN)
        st.text(text_login.OPEN_HINT.format(lacking=lacking))
