"""What the pages ask the store about alerting: one cached function per question.

    open_episodes() · past(cascade, before) · during(start, end) · episode(id) · joined(id)
    transitions(id) · deliveries(id) · states() · silenced() · dead_letters() · channels()
    pinned() · hours(...)

All of it is live: answers are reused for five seconds at most, and `forget()` drops them after an act.
"""

import streamlit as st

from cascadewatch.drift.hours import Hour
from cascadewatch.store import (
    baselines,
    channel_states,
    episodes,
    outbox,
    rule_states,
    silences,
    streams,
)
from cascadewatch.store.baselines import Pinned
from cascadewatch.store.channel_states import ChannelState
from cascadewatch.store.episodes import Episode, Transition
from cascadewatch.store.outbox import Delivery
from cascadewatch.store.rule_states import RuleState
from cascadewatch.store.silences import Silence
from dashboard.data import ANSWERS, LIVE, STEADY, now, reading

PAGE = 20  # past episodes in a table
MOST = 200  # episodes read at once, and shaded in one figure


@st.cache_data(ttl=LIVE, max_entries=1, show_spinner=False)
def open_episodes() -> list[Episode]:
    """Everything that goes on, the newest first."""
    with reading() as (connection, _):
        return episodes.page(connection, open_only=True, limit=MOST)


@st.cache_data(ttl=LIVE, max_entries=ANSWERS, show_spinner=False)
def past(cascade: str | None, before: int | None) -> list[Episode]:
    """One page of episodes that are over and speak for themselves, and one more if there is a next page."""
    found: list[Episode] = []
    with reading() as (connection, _):
        while len(found) <= PAGE:
            some = episodes.page(connection, cascade=cascade, limit=MOST, before=before)
            found += [e for e in some if not e.is_open and e.parent is None]
            if len(some) < MOST:
                break
            before = some[-1].id
    return found[: PAGE + 1]


@st.cache_data(ttl=LIVE, max_entries=ANSWERS, show_spinner=False)
def during(start: int, end: int) -> list[Episode]:
    """The episodes of which any part lies in a range."""
    with reading() as (connection, _):
        return episodes.page(connection, start=start, end=end, limit=MOST)


@st.cache_data(ttl=LIVE, max_entries=ANSWERS, show_spinner=False)
def episode(number: int) -> Episode | None:
    """One episode."""
    with reading() as (connection, _):
        return episodes.episode(connection, number)


@st.cache_data(ttl=LIVE, max_entries=ANSWERS, show_spinner=False)
def joined(number: int) -> list[Episode]:
    """The episodes it speaks for."""
    with reading() as (connection, _):
        return episodes.children(connection, [number])


@st.cache_data(ttl=LIVE, max_entries=ANSWERS, show_spinner=False)
def transitions(number: int) -> list[Transition]:
    """Its changes of state, the oldest first."""
    with reading() as (connection, _):
        return episodes.transitions(connection, number)


@st.cache_data(ttl=LIVE, max_entries=ANSWERS, show_spinner=False)
def deliveries(number: int) -> list[Delivery]:
    """What was sent of it, or is to be."""
    with reading() as (connection, _):
        return outbox.deliveries(connection, number)


@st.cache_data(ttl=LIVE, max_entries=1, show_spinner=False)
def dead_letters() -> list[Delivery]:
    """What could not be delivered, on no channel."""
    with reading() as (connection, _):
        return outbox.dead(connection)


@st.cache_data(ttl=LIVE, max_entries=1, show_spinner=False)
def channels() -> dict[str, ChannelState]:
    """How each channel that was ever used does."""
    with reading() as (connection, _):
        return {state.channel: state for state in channel_states.states(connection)}


@st.cache_data(ttl=LIVE, max_entries=1, show_spinner=False)
def states() -> list[RuleState]:
    """What every rule last said of every scope."""
    with reading() as (connection, _):
        return rule_states.states(connection)


@st.cache_data(ttl=LIVE, max_entries=1, show_spinner=False)
def silenced() -> list[Silence]:
    """The silences in force."""
    with reading() as (connection, _):
        return silences.active(connection, now())


@st.cache_data(ttl=LIVE, max_entries=1, show_spinner=False)
def pinned() -> list[Pinned]:
    """Every baseline that was ever pinned."""
    with reading() as (connection, _):
        return baselines.history(connection)


@st.cache_data(ttl=STEADY, max_entries=ANSWERS, show_spinner=False)
def hours(metric: str, cascade: str, route: str, start: int, end: int, width: int) -> list[Hour]:
    """The stream that a drift rule watches, in buckets of `width` ms: k of n as the rule counts them."""
    with reading() as (connection, _):
        found = streams.hours(connection, metric, [(cascade, route)], start, end, width)
    return found.get((cascade, route), [])


def forget() -> None:
    """Something was done: ask anew."""
    for question in (open_episodes, past, during, episode, joined, transitions, deliveries, dead_letters,
                     channels, states, silenced, pinned):  # fmt: skip
        question.clear()
