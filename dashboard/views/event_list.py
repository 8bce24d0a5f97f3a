"""Single events, newest first, twenty at a time: the drill-down at the foot of the Traffic page."""

import streamlit as st

from cascadewatch.model import PATHS
from cascadewatch.store.reads import Filter
from dashboard import data, tables, text, widgets
from dashboard.choice import Choice
from dashboard.formats import escaped
from dashboard.paging import Pages
from dashboard.views import event

_PAGES = "event_pages"


@st.fragment
def show(choice: Choice) -> None:
    """Draws filters, one page of events and the way to its neighbours."""
    st.subheader(text.SINGLE_EVENTS, anchor=False)
    st.caption(escaped(text.SINGLE_EVENTS_HINT))
    which = _filter(choice)
    pages: Pages[tuple[int, int]] = st.session_state.setdefault(_PAGES, Pages())
    pages.follow((which.cascade, which.route, which.path, which.caller, choice.range, choice.fixed))
    found = data.page(which, pages.before)
    if not found.rows:
        st.text(text.NOTHING_FITS)
        st.caption(escaped(text.NOTHING_FITS_HINT))
        return
    _table(found.rows, choice, pages.number)
    widgets.neighbours(pages, found.next)


def _filter(choice: Choice) -> Filter:
    start, end = choice.span(data.now())
    row = st.container(horizontal=True, gap="small")
    path = row.selectbox(
        text.PATH, ["", *PATHS], key="event_path", persist_state="page", width=180,
        format_func=lambda p: text.PATHS[p] if p else text.ALL_PATHS,
    )  # fmt: skip
    caller = row.text_input(
        text.CALLER_FILTER, key="event_caller", placeholder=text.CALLER_PLACEHOLDER, max_chars=128,
        persist_state="page", width=260,
    )  # fmt: skip
    return Filter(choice.cascade, choice.route, path or None, caller.strip() or None, start, end)


def _table(rows: list, choice: Choice, number: int) -> None:  # type: ignore[type-arg]
    shown = [
        {
            "time": tables.moment(e.time), "cascade": e.cascade, "route": e.route, "path": text.PATHS[e.path],
            "cause": text.CAUSE_NAMES.get(e.cause, e.cause), "tier": e.served_tier, "caller": e.caller,
            "cost": event.total_usd(e), "latency": None if e.latency_ms is None else e.latency_ms / 1000,
             "revision": e.revision, "id": e.id,
        }
        for e in rows
    ]  # fmt: skip
    several = choice.cascade is None and len(data.known().cascades) > 1
    columns = ["time", *(["cascade"] if several else []), "route", "path", "cause", "tier", "cost",
               "latency", "caller", "revision", "id"]  # fmt: skip
    config = {
        "time": tables.time(text.TIME, choice.zone), "cascade": tables.words(text.CASCADE),
        "route": tables.words(text.ROUTE), "path": tables.words(text.PATH),
        "cause": tables.words(text.CAUSE, width=100),
        "tier": tables.words(text.SERVED_BY), "caller": tables.words(text.CALLER, width=130),
        "cost": tables.usd(text.COST, [row["cost"] for row in shown]),
        "latency": tables.seconds(text.LATENCY_COLUMN), "revision": tables.words(text.REVISION),
        "id": tables.words(text.EVENT_FIELDS["id"]),
    }  # fmt: skip
    key = f"events.{number}"
    picked = widgets.table(
        tables.frame(shown, columns), key, config, column_order=columns, **tables.LOOK,
        selection_mode="single-row", on_select="rerun",
    )  # fmt: skip
    if picked.selection.rows:
        chosen = rows[picked.selection.rows[0]]
        event.open_one(chosen.id, chosen.source)
