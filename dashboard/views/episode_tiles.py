"""What a card in the list and an episode's own page have in common: its name, its badges, its numbers."""

import streamlit as st

from cascadewatch.metrics import METRICS
from cascadewatch.store.episodes import Episode
from cascadewatch.store.silences import covers
from dashboard import alerting, episode_words, widgets
from dashboard import text_incidents as text
from dashboard.formats import NB, UNKNOWN, escaped, points
from dashboard.widgets import Delta


def head(of: Episode) -> None:
    """Whose episode it is, what is at stake, and where it stands."""
    quiet = of.is_open and any(covers(s, of.rule, of.cascade, of.route) for s in alerting.silenced())
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        widgets.name(episode_words.where(of.cascade, "") or of.rule)
        words, tone = episode_words.badge(of)
        st.badge(escaped(words), color=tone)
        for said, colour in episode_words.state(of, quiet):
            st.badge(escaped(said), color=colour, help=text.STATE_MEANINGS.get(of.state))
    if of.route:
        st.text(f"{text.ROUTE}: {episode_words.route(of.route)}")


def measured(of: Episode) -> bool:
    """Whether either number is known; a replay that regressed has neither."""
    return episode_words.estimate(of).value is not None or episode_words.a_day(of) is not None


def value(of: Episode) -> None:
    """Where the metric is, and how far from where it was."""
    moved = episode_words.estimate(of)
    shift = moved.shift
    delta = None
    if shift is not None and episode_words.unit(of) == "share" and of.kind == "drift":
        tone = episode_words.TONES[episode_words.risk(of)]
        delta = Delta(points(shift), tone, "up" if shift > 0 else "down")
    label = text.NOW if of.is_open else text.WENT_TO
    widgets.tile(
        label, episode_words.shown(of, moved.value), episode_words.interval_words(of) or UNKNOWN,
        _meaning(of), delta=delta,
    )  # fmt: skip


def day(of: Episode) -> None:
    """What it costs a day."""
    told = episode_words.a_day(of)
    money, reach = (UNKNOWN, None) if told is None else told
    caution = text.NOT_A_SAVING if money.startswith("−") and episode_words.risk(of) == "quality" else None
    caption = f"{NB}· ".join(part for part in (reach, caution) if part) or UNKNOWN
    widgets.tile(text.A_DAY, money, caption, text.A_DAY_MEANING)


def _meaning(of: Episode) -> str:
    if of.kind == "callers":
        return text.OF_CALLERS_MEANING
    return widgets.meaning(of.metric) if of.metric in METRICS else ""
