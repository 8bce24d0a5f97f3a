"""The pieces every page is put together from.

    widgets.title("overview")                       the page's question
    widgets.live(draw, choice)                      draw(choice) again whenever numbers may have changed
    widgets.link("traffic", "Who is escalating?", choice, zone)
    widgets.name(cascade)                           somebody else's name, safely, as a heading
    widgets.tiles([draw, …], key)                   a grid, one tile drawn in each cell by
    widgets.tile(label, value, caption, meaning, why)   a number; "–" carries its reason
    widgets.parts({label: draw, …}, key)            tabs, of which only the open one is drawn
    widgets.chart(fig, key, alt)                    a figure in our own template
    widgets.marks(letters, zone)                    the texts of the letters in a figure
    widgets.table(frame, key, config)               cells that cannot become formulas
    widgets.rows(rows, key, config)                 all of a few rows, with the columns of `config`
    widgets.neighbours(pages, following)            the way to the newer and the older page
    widgets.download(rows, name, key)               a CSV a spreadsheet may open
    widgets.empty()                                 nothing in this range, and what to do

Words of ours may pass through Markdown (`formats.escaped`); words of others never do.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import streamlit as st

from cascadewatch.errors import CascadewatchError
from cascadewatch.login import Stranger
from cascadewatch.metrics import METRICS
from cascadewatch.store.reads import Mark
from dashboard import export, signing_in, tables, text
from dashboard.choice import Choice
from dashboard.formats import UNKNOWN, escaped, is_plain, moment
from dashboard.paging import Cursor, Pages

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

PAGES = "pages"  # where the session keeps the pages of the navigation, by name


class Delta(NamedTuple):
    """A change under a tile's number; coloured only where that way is bad."""

    words: str
    colour: Literal["red", "orange", "gray"]
    arrow: Literal["up", "down", "off"]


def title(page: str) -> None:
    """The page's name and the question it answers."""
    st.header(text.PAGE_NAMES[page], anchor=False)
    st.caption(escaped(text.PAGE_QUESTIONS[page]))


def live(draw: Callable[[Choice], None], choice: Choice, every: int | None = None) -> None:
    """Draws the numbers of a page, and again when they may have changed, or `every` so many seconds; says
    what stands in the way."""

    @st.fragment(run_every=every or choice.refresh)
    def drawn() -> None:
        if isinstance(signing_in.somebody(), Stranger):
            st.rerun()  # the session ended while the page was open
        try:
            draw(choice)
        except CascadewatchError as error:
            st.text(str(error))

    drawn()


def link(page: str, label: str, choice: Choice, home_zone: str, **more: str) -> None:
    """A way to another page about the same thing; `app.py` says which pages there are. `more` is what the
    address says besides."""
    pages = st.session_state.get(PAGES, {})
    if page in pages:
        st.page_link(pages[page], label=escaped(label), query_params=choice.query(home_zone) | more)


def name(words: str) -> None:
    """A sender's name as a heading where no syntax can hide in it, as plain text where it could."""
    if is_plain(words):
        st.subheader(words, anchor=False, width="content")
    else:
        st.text(words)


def meaning(key: str) -> str:
    """What a metric is, for a tooltip."""
    return escaped(METRICS[key].definition)


def tiles(draw: Sequence[Callable[[], None]], key: str, columns: int = 4, narrowest: int = 150) -> None:
    """Tiles side by side where there is room, in frames of one height."""
    grid = st.grid(columns, min_column_width=narrowest, border=True, key=key)
    for one in draw:
        with grid.cell():
            one()


def tile(
    label: str, value: str, caption: str, meaning: str, why: str | None = None, delta: Delta | None = None
) -> None:
    """A number, how sure it is, and what it means; an unknown one says why instead."""
    with st.container(gap="xxsmall"):
        st.metric(
            escaped(label), escaped(value), help=meaning or None,
            delta=escaped(delta.words) if delta else None, delta_color=delta.colour if delta else "off",
            delta_arrow=delta.arrow if delta else "off",
        )  # fmt: skip
        st.caption(escaped(why if why and value == UNKNOWN else caption))


def parts(draw: Mapping[str, Callable[[], None]], key: str) -> None:
    """What stands behind a click: tabs, of which only the open one is asked for and sent."""
    for tab, one in zip(st.tabs(list(draw), key=key, on_change="rerun"), draw.values(), strict=True):
        if tab.open:
            with tab:
                one()


def chart(fig: "go.Figure", key: str, alt: str) -> None:
    """A figure in our own template, without a tool bar; `alt` says in words what it shows."""
    st.plotly_chart(
        fig,
        theme=None,
        key=key,
        alt=alt,
        config={"displayModeBar": False, "displaylogo": False, "responsive": True},
    )


def marks(letters: Sequence[tuple[str, Mark]], zone: str) -> None:
    """What the letters over a figure stand for."""
    if not letters:
        return
    lines = [f"{letter}  {moment(mark.time, zone)}  {mark.text}" for letter, mark in letters]
    if len(lines) <= 3:
        st.text("\n".join(lines))
        return
    with st.expander(f"{text.MARKS} ({len(lines)})"):
        st.text("\n".join(lines))


def table(frame: "pd.DataFrame", key: str, config: Mapping[str, Any] | None = None, **options: Any) -> Any:
    """A table whose text cells cannot become formulas when its reader copies or saves them."""
    return st.dataframe(
        export.defused(frame),
        hide_index=True,
        placeholder=UNKNOWN,
        column_config=dict(config or {}),
        key=key,
        **options,
    )


def rows(rows: Sequence[Mapping[str, Any]], key: str, config: Mapping[str, Any]) -> None:
    """A table of few rows, all of them in sight; its columns are those of `config`."""
    table(tables.frame(rows, list(config)), key, config, **tables.LOOK)


def neighbours(pages: Pages[Cursor], following: Cursor | None, of: str = "") -> None:
    """The way to the newer and the older page; `following` is where the older one begins. `of` tells the
    buttons of one list from those of another."""
    row = st.container(horizontal=True, gap="small")
    row.button(
        text.NEWER, icon=":material/chevron_left:", disabled=pages.number == 1, on_click=pages.back,
        key=f"newer{of}",
    )  # fmt: skip
    row.button(
        text.OLDER, icon=":material/chevron_right:", disabled=following is None, on_click=pages.forward,
        args=(following,), key=f"older{of}", icon_position="right",
    )  # fmt: skip


def download(rows: Sequence[Mapping[str, object]], name: str, key: str) -> None:
    """A button that saves rows as CSV."""
    st.download_button(
        text.DOWNLOAD, export.csv_bytes(rows), f"{name}.csv", "text/csv", key=key, on_click="ignore",
        icon=":material/download:", type="tertiary",
    )  # fmt: skip


def empty() -> None:
    """Nothing in this range, and what to do about it."""
    st.text(text.NO_EVENTS)
    st.caption(escaped(text.NO_EVENTS_HINT))
