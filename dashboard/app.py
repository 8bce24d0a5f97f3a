"""The entry file: navigation alone. Each page is a module of `dashboard.views` with `show(choice)`."""

import streamlit as st

from cascadewatch.errors import CascadewatchError
from cascadewatch.login import Stranger
from dashboard import banner, navigation, sidebar, signing_in, text, widgets
from dashboard.config import ICON


def main() -> None:
    """One run of the script: one page for one reader."""
    st.set_page_config(page_title=text.PRODUCT, page_icon=ICON, layout="wide")
    try:
        person = signing_in.somebody()
        if isinstance(person, Stranger):
            signing_in.keep_out(person, navigation.ADDRESSES)
            return
        st.logo(ICON)
        chosen = sidebar.choose()
        st.session_state[widgets.PAGES] = pages = navigation.pages(chosen)
        page = st.navigation([*pages.values(), navigation.named_first(chosen)])
        signing_in.told(person)
        banner.show(chosen)
        sidebar.say_unknown(page.url_path)
        page.run()
    except CascadewatchError as error:
        st.text(str(error))


main()
