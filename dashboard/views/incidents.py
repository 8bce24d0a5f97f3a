"""The Incidents page: what moved, and why. With `?episode=ID` it shows that one episode instead."""

from functools import partial

import streamlit as st

from cascadewatch.store.episodes import Episode
from dashboard import alerting, data, diagnosis_words, episode_words, rule_rows, widgets
from dashboard import text_incidents as text
from dashboard.choice import Choice
from dashboard.formats import ago, escaped
from dashboard.views import (
    acts,
    channels,
    episode,
    episode_link,
    episode_table,
    episode_tiles,
    rules,
    silences,
)

LOUD = {"cost": 0, "quality": 1, "other": 2}
CARDS = 12  # open episodes drawn as cards; the rest stands in the table


def show(choice: Choice) -> None:
    """Draws the page."""
    acts.say()
    if episode_link.ONE.asked():
        episode.show(choice)
        return
    widgets.title("incidents")
    widgets.live(_open, choice)
    episode_table.past(choice)
    rules.show(choice)
    channels.show(choice)
    silences.show(choice)


def _open(choice: Choice) -> None:
    now = data.now()
    going = [e for e in alerting.open_episodes() if choice.cascade in (None, e.cascade)]
    heads = [e for e in going if e.parent is None or e.parent not in {o.id for o in going}]
    heads.sort(key=lambda e: (e.severity != "page", LOUD[episode_words.risk(e)], -e.opened))
    st.text(_answer(choice, heads, len(going) - len(heads), now))
    for head in heads[:CARDS]:
        joined = sum(e.parent == head.id for e in going)
        with st.container(border=True, gap="small"):
            _card(head, joined, now, choice.zone)


def _answer(choice: Choice, heads: list[Episode], joined: int, now: int) -> str:
    """The first thing said: how many are open, or how calm it is."""
    if heads:
        what = text.OPEN_ONE if len(heads) == 1 else text.OPEN_MANY.format(n=len(heads))
        one, many = text.JOINED_ONE, text.JOINED_MANY
        if len(heads) == 1:
            one, many = text.WITH_OTHERS_ONE, text.WITH_OTHERS
        with_it = {0: "", 1: one}.get(joined, many.format(n=joined))
        return f"{what} {with_it}".strip()
    last = next(iter(alerting.past(choice.cascade, None)), None)
    if last is not None:
        return f"{text.NOTHING_OPEN} {text.LAST_ENDED.format(ago=ago(last.resolved or last.updated, now))}"
    return f"{text.NEVER_MOVED} {rule_rows.watching_words(rules.count(), alerting.states())}"


def _card(of: Episode, joined: int, now: int, zone: str) -> None:
    if not episode_tiles.measured(of):
        _card_words(of, joined, now, zone)
        return
    words, numbers = st.columns([3, 2], gap="medium")
    with words:
        _card_words(of, joined, now, zone)
    with numbers:
        drawn = (partial(episode_tiles.value, of), partial(episode_tiles.day, of))
        widgets.tiles(drawn, f"card-{of.id}", columns=2, narrowest=120)


def _card_words(of: Episode, joined: int, now: int, zone: str) -> None:
    episode_tiles.head(of)
    st.text(episode_words.headline(of, now, zone))
    cause = diagnosis_words.likeliest(of)
    if cause is not None:
        st.text(text.LIKELIEST + cause)
    if joined:
        said = text.WITH_OTHERS_ONE if joined == 1 else text.WITH_OTHERS.format(n=joined)
        st.caption(escaped(said))
    if st.button(text.SHOW, key=f"show-{of.id}", icon=":material/arrow_forward:", type="tertiary"):
        episode_link.ONE.open_one(of.id)
