"""What the pages ask the store: one cached function per question, and nothing else reads it.

    settings()                                      the settings in force
    known()                                         cascades, tiers, orders
    window(cascade, route, start, end)              for `cascadewatch.metrics.compute`
    series(cascade, route, start, end)              buckets of a chart
    judged(cascade, route, start, end)              how many were judged and how many escalated, in one bucket
    annotations(start, end, cascade) · sources() · arrivals(start, end) · routes(...) · revisions(...)

`start` and `end` come from `Choice.span(now())`, which snaps them to the minute: within it every
session shares one answer. Live questions are asked anew after five seconds, all others after sixty.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st
from sqlalchemy import Connection

from cascadewatch.metrics.errors_a_day import days as days_of
from cascadewatch.metrics.measures import EVENT_MEASURES
from cascadewatch.metrics.window import Counts, Window
from cascadewatch.settings import Settings, load
from cascadewatch.settings.reading import CONFIG_VARIABLE, DATABASE_VARIABLE
from cascadewatch.store import audit, reads
from cascadewatch.store.audit import Act
from cascadewatch.store.disk import Disk, look
from cascadewatch.store.engine import Store
from cascadewatch.store.opening import open_store
from cascadewatch.store.reads import (
    Arrivals,
    Bucket,
    ByCaller,
    Database,
    Filter,
    Job,
    Known,
    LabelBucket,
    Mark,
    Page,
    Reader,
    Source,
)
from cascadewatch.store.zone import local_days

LIVE, STEADY = 5, 60  # seconds an answer is reused
API_VARIABLE = "CASCADEWATCH_API_URL"  # where `up` leaves the address of its API
ANSWERS = 500  # kept per question, so that link-followers cannot fill the memory


def now() -> int:
    """The present in epoch milliseconds."""
    return time.time_ns() // 1_000_000


def local_day() -> Callable[[int], int]:
    """A function from a moment to the start of its local day, in the zone of the settings (epoch ms)."""
    return local_days(settings().timezone)


def settings() -> Settings:
    """The settings of this process, read once."""
    return _opened(*_place())[0]


@contextmanager
def reading() -> Iterator[tuple[Connection, Settings]]:
    """A read transaction, for the cached functions of this module."""
    chosen, store = _opened(*_place())
    with store.reading() as connection:
        yield connection, chosen


@contextmanager
def reader() -> Iterator[Reader]:
    """A `Reader` in its own transaction."""
    with reading() as (connection, chosen):
        yield Reader(connection, chosen)


@st.cache_data(ttl=LIVE, max_entries=1, show_spinner=False)
def known() -> Known:
    """Every cascade seen so far, with its tiers."""
    with reading() as (connection, chosen):
        return reads.known(connection, chosen)


@st.cache_data(ttl=STEADY, max_entries=ANSWERS, show_spinner=False)
def window(cascade: str, route: str | None, start: int, end: int) -> Window:
    """Everything counted in a range."""
    with reader() as r:
        return r.window(cascade, route, r.cover(start, end))


@st.cache_data(ttl=STEADY, max_entries=ANSWERS, show_spinner=False)
def series(cascade: str, route: str | None, start: int, end: int) -> list[Bucket]:
    """The event sums over time."""
    with reader() as r:
        return r.series(cascade, route, r.cover(start, end))


@st.cache_data(ttl=STEADY, max_entries=ANSWERS, show_spinner=False)
def judged(cascade: str, route: str | None, start: int, end: int) -> Bucket:
    """The two sums that a rate needs, which are a fraction of a window."""
    with reader() as r:
        span = r.cover(start, end)
        return Bucket(span.start, span.end, r.counts(cascade, route, span, ("judged", "escalated")))


def days(cascade: str, route: str | None, start: int, end: int) -> float:
    """Days from the first event of a range to its end, or to now: what "a day" divides by."""
    buckets = series(cascade, route, start, end)
    return days_of(buckets[0].start if buckets else start, min(end, now()))


@st.cache_data(ttl=STEADY, max_entries=ANSWERS, show_spinner=False)
def label_series(cascade: str, route: str | None, start: int, end: int) -> list[LabelBucket]:
    """The labels over time."""
    with reader() as r:
        return r.label_series(cascade, route, r.cover(start, end))


@st.cache_data(ttl=STEADY, max_entries=ANSWERS, show_spinner=False)
def routes(cascade: str, start: int, end: int) -> dict[str, Counts]:
    """The event sums per route, the busiest first."""
    with reader() as r:
        found = r.routes(cascade, r.cover(start, end))
    return dict(sorted(found.items(), key=lambda item: (-item[1]["events"], item[0])))


@st.cache_data(ttl=STEADY, max_entries=ANSWERS, show_spinner=False)
def route_names(cascade: str, start: int, end: int) -> list[str]:
    """The routes of a range, the busiest first."""
    with reader() as r:
        found = r.events_by_route(cascade, r.cover(start, end))
    return sorted(found, key=lambda name: (-found[name], name))


@st.cache_data(ttl=STEADY, max_entries=ANSWERS, show_spinner=False)
def revisions(cascade: str, start: int, end: int) -> dict[str, Counts]:
    """The event sums per revision."""
    with reader() as r:
        return r.revisions(cascade, r.cover(start, end))


@st.cache_data(ttl=STEADY, max_entries=ANSWERS, show_spinner=False)
def annotations(start: int, end: int, cascade: str | None) -> list[Mark]:
    """Marks of a range."""
    with reading() as (connection, _):
        return reads.annotations(connection, start, end, cascade)


@st.cache_data(ttl=LIVE, max_entries=1, show_spinner=False)
def sources() -> list[Source]:
    """Every sender, the latest first."""
    with reading() as (connection, _):
        return reads.sources(connection)


@st.cache_data(ttl=LIVE, max_entries=ANSWERS, show_spinner=False)
def arrivals(start: int, end: int) -> list[Arrivals]:
    """Arrivals per hour, sender, outcome and reason."""
    with reading() as (connection, _):
        return reads.arrivals(connection, start, end)


@st.cache_data(ttl=STEADY, max_entries=1, show_spinner=False)
def over_the_caps() -> list[tuple[str, str]]:
    """(cascade, kind of name) of which some are counted together as `__other__`."""
    with reading() as (connection, _):
        return reads.over_the_caps(connection)


@st.cache_data(ttl=STEADY, max_entries=ANSWERS, show_spinner=False)
def callers(cascade: str, start: int, end: int) -> ByCaller:
    """The callers with the most escalated events, beside all events of the same range; they are counted per
    cascade, not per route."""
    with reader() as r:
        found = reads.callers(r.connection, cascade, start, end)
        seen = reads.caller_count(r.connection, cascade, start, end)
        whole = r.counts(cascade, None, r.cover(found.start, found.end), EVENT_MEASURES)
    return ByCaller(found, seen, whole)


@st.cache_data(ttl=LIVE, max_entries=ANSWERS, show_spinner=False)
def page(which: Filter, before: tuple[int, int] | None) -> Page:
    """One page of single events, newest first."""
    with reading() as (connection, _):
        return reads.page(connection, which, before)


@st.cache_data(ttl=LIVE, max_entries=ANSWERS, show_spinner=False)
def event(event_id: str, source: str | None) -> dict[str, Any] | None:
    """One event with all that is held of it."""
    with reading() as (connection, _):
        return reads.event(connection, event_id, source)


@st.cache_data(ttl=LIVE, max_entries=1, show_spinner=False)
def quarantined() -> list[dict[str, Any]]:
    """The latest conflicts."""
    with reading() as (connection, _):
        return reads.quarantined(connection)


@st.cache_data(ttl=LIVE, max_entries=1, show_spinner=False)
def acts() -> list[Act]:
    """What was done to the installation, the latest first."""
    with reading() as (connection, _):
        return audit.acts(connection)


@st.cache_data(ttl=STEADY, max_entries=1, show_spinner=False)
def database() -> Database:
    """The database itself."""
    with reading() as (connection, _):
        return reads.database(connection)


@st.cache_data(ttl=LIVE, max_entries=1, show_spinner=False)
def disk() -> Disk:
    """The disk the database lies on."""
    chosen, store = _opened(*_place())
    return look(store.path, chosen.disk)


@st.cache_data(ttl=LIVE, max_entries=1, show_spinner=False)
def jobs() -> list[Job]:
    """The latest runs of background jobs."""
    with reading() as (connection, _):
        return reads.jobs(connection)


def api_url() -> str:
    """Where events are sent to: `public_url` where it was set, else where this process listens."""
    told = settings().public_url
    if told != Settings.model_fields["public_url"].default:
        return told
    return os.environ.get(API_VARIABLE, told).rstrip("/")


def _place() -> tuple[str | None, str | None]:
    return os.environ.get(CONFIG_VARIABLE), os.environ.get(DATABASE_VARIABLE)


def _close(opened: tuple[Settings, Store]) -> None:
    opened[1].close()


@st.cache_resource(show_spinner=False, on_release=_close)
def _opened(config: str | None, database_url: str | None) -> tuple[Settings, Store]:
    """The arguments are what `load` reads from the environment: another place is another store."""
    chosen = load()
    return chosen, open_store(chosen, now())
