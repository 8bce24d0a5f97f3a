"""The entry file of the dashboard: navigation, and nothing else.

Each page is a module of `dashboard.views` with `show(choice)`; the choice is made in the sidebar.
"""

from functools import partial
from pathlib import Path

import streamlit as st

from cascadewatch.errors import CascadewatchError
from dashboard import sidebar, text, widgets
from dashboard.views import cost, overview, sources, traffic

ICON = str(Path(__file__).parent / "icon.svg")
PAGES = {  # the first is what opens
    "overview": (overview.show, ":material/speed:"),
    "cost": (cost.show, ":material/payments:"),
    "traffic": (traffic.show, ":material/conversion_path:"),
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
        st.navigation(list(pages.values())).run()
    except CascadewatchError as error:
        st.text(str(error))


main()
