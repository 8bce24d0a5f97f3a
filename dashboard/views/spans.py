"""Episodes on the charts of other pages: what is shaded there, and the way to each."""

from collections.abc import Sequence

import streamlit as st

from cascadewatch.store.episodes import Episode
from dashboard import alerting, bands, data, episode_words, watched, widgets
from dashboard import text_incidents as text
from dashboard.choice import Choice
from dashboard.figures import Behind
from dashboard.formats import duration, escaped, when

MOST = 4  # links below a chart; the rest is one click further


def behind(cascade: str, route: str | None, span: tuple[int, int]) -> Behind:
    """Baseline and episodes of the escalation rate in a range."""
    found = watched.shaded(alerting.during(*span), cascade, route)
    stretches = bands.in_force(alerting.pinned(), watched.METRIC, cascade, route or "", span)
    return Behind(stretches, _tolerance(), found)


def _tolerance() -> float:
    own = [r for r in data.settings().rule if r.kind == "drift" and r.metric == watched.METRIC]
    return own[0].tolerance if own else bands.TOLERANCE


def link(of: Episode, label: str, choice: Choice) -> None:
    """The way to one episode."""
    widgets.link("incidents", label, choice, data.settings().timezone, episode=str(of.id))


def listed(episodes: Sequence[Episode], choice: Choice, now: int) -> None:
    """A link for each of the latest episodes of a chart."""
    if not episodes:
        return
    with st.container(horizontal=True, gap="medium", key="spans"):
        st.caption(escaped(text.EPISODES), width="content")
        for of in sorted(episodes, key=lambda e: -e.opened)[:MOST]:
            link(of, _words(of, choice.zone, now), choice)


def _words(of: Episode, zone: str, now: int) -> str:
    end = episode_words.ended(of)
    lasted = text.STILL if end is None else duration(max(0, end - of.since))
    sign = bands.sign(of)
    about = f"{sign} {episode_words.stake(of)}" if sign == bands.sign(of, narrow=True) else sign
    return f"{about} · {when(of.since, now, zone)} · {lasted}"
