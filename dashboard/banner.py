"""What every page says first when nobody would hear of an episode: channels off, rules not evaluated."""

import streamlit as st

from dashboard import alerting, channel_rows, data, widgets
from dashboard import text_incidents as text
from dashboard.choice import Choice
from dashboard.formats import escaped


def show(choice: Choice) -> None:
    """Draws one frame per problem; nothing where all is well."""
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
