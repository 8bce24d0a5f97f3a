"""Which pages there are, in their order: what draws each, its icon, and its address."""

from functools import partial
from typing import Literal

import streamlit as st

from dashboard import text
from dashboard.choice import Choice
from dashboard.views import cost, incidents, overview, quality, replays, sources, traffic, verifier

PAGES = {  # the first is what opens
    "overview": (overview.show, ":material/speed:"),
    "cost": (cost.show, ":material/payments:"),
    "quality": (quality.show, ":material/verified:"),
    "verifier": (verifier.show, ":material/gavel:"),
    "traffic": (traffic.show, ":material/conversion_path:"),
    "replays": (replays.show, ":material/replay:"),
    "incidents": (incidents.show, ":material/notifications:"),
    "sources": (sources.show, ":material/input:"),
}
FIRST = next(iter(PAGES))
HOME = "home"  # Streamlit serves the first page at "/" alone and keeps its path from all others
ADDRESSES = (HOME, *PAGES)


def pages(choice: Choice) -> dict[str, st.Page]:
    """Every page by its name."""
    return {name: _page(name, choice, HOME if name == FIRST else name) for name in PAGES}


def named_first(choice: Choice) -> st.Page:
    """The first page again, at the address that its name makes one expect."""
    return _page(FIRST, choice, FIRST, "hidden")


def _page(
    name: str, choice: Choice, path: str, visibility: Literal["visible", "hidden"] = "visible"
) -> st.Page:
    show, icon = PAGES[name]
    title = text.PAGE_NAMES[name]
    return st.Page(partial(show, choice), title=title, icon=icon, url_path=path, visibility=visibility)
