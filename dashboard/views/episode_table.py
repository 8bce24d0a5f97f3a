"""Past episodes, newest first, twenty at a time."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from cascadewatch.store.episodes import Episode
from dashboard import alerting, diagnosis_words, episode_words, tables, widgets
from dashboard import text_incidents as text
from dashboard.choice import Choice
from dashboard.formats import UNKNOWN, duration, escaped
from dashboard.paging import Pages
from dashboard.views import episode_link

_PAGES = "episode_pages"


@st.fragment
def past(choice: Choice) -> None:
    """Draws one page of the table and the way to its neighbours; nothing before the first episode."""
    pages: Pages[int] = st.session_state.setdefault(_PAGES, Pages())
    pages.follow(choice.cascade)
    found = alerting.past(choice.cascade, pages.before)
    if not found and pages.number == 1:
        return
    st.subheader(text.PAST, anchor=False)
    st.caption(escaped(text.PAST_HINT))
    shown = found[: alerting.PAGE]
    table(shown, choice, f"episodes.{pages.number}")
    following = shown[-1].id if len(found) > alerting.PAGE else None
    if following is not None or pages.number > 1:
        widgets.neighbours(pages, following, "_episodes")


def table(episodes: Sequence[Episode], choice: Choice, key: str) -> None:
    """One row per episode; a click opens it."""
    rows = [row(e) for e in episodes]
    config = {
        "since": tables.minute(text.STARTED, choice.zone), "state": tables.words(text.STATE, width=70),
        "where": tables.words(text.WHERE, width=140), "what": tables.words(text.WHAT, width=140),
        "went": tables.words(text.FROM_TO, width=95), "lasted": tables.words(text.LENGTH, width=75),
        "day": tables.money(text.COST_A_DAY, text.A_DAY_MEANING), "cause": tables.words(text.CAUSE),
    }  # fmt: skip
    if not any(e.is_open for e in episodes):
        del config["state"]
    picked = widgets.table(
        tables.frame(rows, list(config)), key, config, **tables.LOOK,
        selection_mode="single-row", on_select="rerun",
    )  # fmt: skip
    if picked.selection.rows:
        episode_link.ONE.open_one(episodes[picked.selection.rows[0]].id)


def row(of: Episode) -> Mapping[str, Any]:
    """What the table says of an episode."""
    moved, money = episode_words.estimate(of), episode_words.usd_a_day(of)
    arrow = episode_words.ARROWS[episode_words.direction(of)]
    values = [episode_words.shown(of, value, 0) for value in (moved.baseline, moved.value)]
    end = episode_words.ended(of)
    return {
        "since": tables.moment(of.since),
        "state": text.STATES.get(of.state, of.state),
        "where": episode_words.where(of.cascade, of.route) or of.rule,
        "what": f"{arrow} {episode_words.metric_title(of)}",
        "went": UNKNOWN if moved.value is None else " → ".join(values),
        "lasted": text.STILL if end is None else duration(max(0, end - of.since)),
        "day": money,
        "cause": diagnosis_words.likeliest_name(of) or UNKNOWN,
    }
