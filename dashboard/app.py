"""The entry file: navigation alone. Each page is a module of `dashboard.views` with `show(choice)`."""

from functools import partial
from pathlib import Path

import streamlit as st

from cascadewatch.errors import CascadewatchError
from cascadewatch.login import Stranger
from dashboard import banner, sidebar, signing_in, text, widgets
from dashboard.navigation import PAGES

ICON = str(Path(__file__).parent / "icon.svg")


def main() -> None:
    """One run of the script: one page for one reader."""
    st.set_page_config(page_title=text.PRODUCT, page_icon=ICON, layout="wide")
    try:
        person = signing_in.somebody()
        if isinstance(person, Stranger):
            signing_in.keep_out(person, PAGES)
            return
        st.logo(ICON)
        chosen = sidebar.choose()
        pages = {
            at: st.Page(partial(show, chosen), title=text.PAGE_NAMES[at], icon=icon, url_path=at)
            for at, (show, icon) in PAGES.items()
        }
        st.session_state[widgets.PAGES] = pages
        page = st.navigation(list(pages.values()))
        signing_in.told(person)
        banner.show(chosen)
        page.run()
    except CascadewatchError as error:
        st.text(str(error))


main()
