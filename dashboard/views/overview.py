"""The Overview."""

import streamlit as st

from dashboard import widgets
from dashboard.choice import Choice


def show(choice: Choice) -> None:
    """Draws the page."""
    widgets.title("overview")
    st.text(str(choice))
