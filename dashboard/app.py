"""The entry file: navigation alone. Each page is a module of `dashboard.views` with `show(choice)`."""

from functools import partial
from pathlib import Path

import streamlit as st

from cascadewatch.errors import CascadewatchError
from dashboard import banner, sidebar, text, widgets
from dashboard.views import cost, incidents, overview, quality, replays, sources, traffic, verifier

ICON = str(Path(__file__).parent / "icon.svg")
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


def main() -> None:
    """One run of the script: one page for one reader."""
    st.set_page_config(page_title=text.PRODUCT, page_icon=ICON, layout="wide")
    st.logo(ICON)
    try:
        chosen = sidebar.choose()
        pages = {
            at: st.Page(partial(show, chosen), title=text.PAGE_NAMES[at], icon=icon, url_path=at)
            for at, (show, icon) in PAGES.items()
        }
        st.session_state[widgets.PAGES] = pages
        page = st.navigation(list(pages.values()))
        banner.show(chosen)
        page.run()
    except CascadewatchError as error:
        st.text(str(error))


main()
