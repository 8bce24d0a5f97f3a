"""The entry file of the dashboard: navigation, and nothing else.

Each page is a module of `dashboard.views` with `show(choice)`: what to look at comes from the sidebar,
numbers from `dashboard.data`, figures from `dashboard.charts`, words from `dashboard.text`.
"""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from cascadewatch.errors import CascadewatchError
from dashboard import sidebar, text
from dashboard.choice import Choice
from dashboard.views import cost, overview, sources, traffic

ICON = Path(__file__).parent / "icon.svg"
PAGES: dict[str, tuple[Callable[[Choice], None], str]] = {
    "overview": (overview.show, ":material/speed:"),
    "cost": (cost.show, ":material/payments:"),
    "traffic": (traffic.show, ":material/conversion_path:"),
    "sources": (sources.show, ":material/input:"),
}


def main() -> None:
    """One run of the script: one page for one reader."""
    st.set_page_config(page_title=text.PRODUCT, page_icon=str(ICON), layout="wide")
    st.logo(str(ICON))
    try:
        chosen = sidebar.choose()
        pages = [
            st.Page(lambda show=show: show(chosen), title=text.PAGE_NAMES[name], icon=icon, url_path=name, default=name == "overview")
            for name, (show, icon) in PAGES.items()
        ]  # fmt: skip
        st.navigation(pages).run()
    except CascadewatchError as error:
        st.text(str(error))


main()
