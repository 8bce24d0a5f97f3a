"""The sources page."""

import streamlit as st

from dashboard import text
from dashboard.choice import Choice


def show(choice: Choice) -> None:
    """Draws the page."""
    st.header(text.PAGE_NAMES["sources"])
