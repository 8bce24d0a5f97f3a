"""Who looks at the pages, and the one page for those who may not.

signing_in.somebody()                   a Person, or a Stranger to whom no page and no number is shown
signing_in.keep_out(stranger, pages)    one page with a button at every address, and nothing else
signing_in.told(person)                 who is signed in, with the way out, in the sidebar
"""

from collections.abc import Iterable
from functools import partial

import streamlit as st

from cascadewatch.login import ANYBODY, NOBODY, Claimed, Person, Stranger, admitted, from_claims
from dashboard import data
from dashboard import text_login as text
from dashboard.config import ICON
from dashboard.formats import escaped
from dashboard.text import PRODUCT


def somebody() -> Person | Stranger:
    """Whose session this is, looked at anew in every run: lists and hours may have gone by."""
    settings = data.settings()
    match settings.dashboard.login:
        case "oidc":
            return from_claims(settings.login, st.user.to_dict(), data.now())
        case "header":
            return _named_by_proxy()
        case _:
            return ANYBODY


def _named_by_proxy() -> Person | Stranger:
    """What the proxy's headers say. That they are a proxy's has been seen to before (`cli.gate`)."""
    settings = data.settings()
    headers, rules = st.context.headers, settings.login
    name = headers.get(settings.dashboard.user_header or "", "")
    if not name.strip():
        return NOBODY
    listed = headers.get(rules.groups_header, "") if rules.groups_header else ""
    groups = tuple(group.strip() for group in listed.split(","))
    return admitted(rules, Claimed(name, True, groups), open_door=True)


def keep_out(stranger: Stranger, addresses: Iterable[str]) -> None:
    """Draws the page for who is not signed in, or not with an account that may come in."""
    draw = partial(_ask, stranger)
    pages = [st.Page(draw, title=PRODUCT, url_path=address) for address in addresses]
    st.navigation(pages, position="hidden").run()


def _ask(stranger: Stranger) -> None:
    by_proxy = data.settings().dashboard.login == "header"
    with st.container(horizontal_alignment="center"), st.container(border=True, width=420, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.image(ICON, width=24)
            st.text(PRODUCT)
        st.header(text.SIGN_IN, anchor=False)
        st.text(text.BY_PROXY if by_proxy and stranger == NOBODY else text.HINTS[stranger.why])
        if stranger.name is not None:
            st.text(f"{text.SIGNED_IN_AS}{stranger.name}")
        if by_proxy:
            _way_out()
        elif stranger.why in ("nobody", "expired"):
            if st.button(text.SIGN_IN, type="primary", key="sign_in"):
                st.login()
        elif st.button(text.OTHER_ACCOUNT, key="sign_out"):
            _sign_out()


def told(person: Person) -> None:
    """Name and role at the end of the sidebar."""
    if person.name is None:
        return
    with st.sidebar:
        st.divider()
        st.text(f"{text.SIGNED_IN_AS}{person.name}")
        st.caption(escaped(text.ADMIN if person.admin else text.VIEWER))
        if data.settings().dashboard.login == "header":
            _way_out()
        elif st.button(text.SIGN_OUT, key="sign_out"):
            _sign_out()


def _sign_out() -> None:
    """Leads the browser to where its cookie is taken back. The run ends here: another one that began before
    the browser has heard of it would throw the message away."""
    st.logout()
    st.stop()


def _way_out() -> None:
    address = data.settings().login.sign_out_url
    if address is not None:
        st.link_button(text.SIGN_OUT, address)
