"""What the pages ask the store about replays: one cached function per question.

    reports(cascade) · report(number) · pinned(name) · running() · schedules() · wanted() · last_run(name)
    results(run) · asked(place, version)

Answers are reused for five seconds at most, those about finished runs longer; `forget()` drops them.
"""

from pathlib import Path

import streamlit as st

from cascadewatch.errors import CascadewatchError, NotFoundError
from cascadewatch.replay.planned import Planned, planned
from cascadewatch.store import replays, wishes
from cascadewatch.store import reports as stored
from cascadewatch.store.replays import RUNNING, Result, Run
from cascadewatch.store.reports import Report
from cascadewatch.store.wishes import Wish
from dashboard.data import ANSWERS, LIVE, STEADY, now, reading, settings

MOST = 100  # reports read at once, the newest
FEW = 4  # answers kept of what is large


@st.cache_data(ttl=LIVE, max_entries=ANSWERS, show_spinner=False)
def reports(cascade: str | None = None, name: str | None = None) -> list[Report]:
    """The latest reports, newest first."""
    with reading() as (connection, _):
        return stored.history(connection, name=name, cascade=cascade, limit=MOST)


@st.cache_data(ttl=LIVE, max_entries=ANSWERS, show_spinner=False)
def own(cascade: str | None = None, name: str | None = None) -> list[Report]:
    """The latest of replays' own models, newest first: what asked another one says nothing of the cascade."""
    with reading() as (connection, _):
        return stored.history(connection, name=name, cascade=cascade, limit=MOST, own=True)


@st.cache_data(ttl=STEADY, max_entries=ANSWERS, show_spinner=False)
def report(number: int) -> Report | None:
    """One report."""
    with reading() as (connection, _):
        try:
            return stored.report(connection, number)
        except NotFoundError:
            return None


@st.cache_data(ttl=LIVE, max_entries=ANSWERS, show_spinner=False)
def pinned(name: str) -> int | None:
    """The number of the report that later runs are compared with."""
    with reading() as (connection, _):
        found = stored.baseline(connection, name)
        return None if found is None else found.id


@st.cache_data(ttl=LIVE, max_entries=1, show_spinner=False)
def running() -> dict[str, Run]:
    """What goes on, or was left unfinished, by name."""
    with reading() as (connection, _):
        return {run.name: run for run in replays.runs(connection) if run.state == RUNNING}


@st.cache_data(ttl=LIVE, max_entries=1, show_spinner=False)
def schedules() -> dict[str, Planned]:
    """What each replay's schedule says now, and what became of its last slot, by name."""
    with reading() as (connection, chosen):
        return {one.name: one for one in planned(connection, chosen, now())}


@st.cache_data(ttl=LIVE, max_entries=1, show_spinner=False)
def wanted() -> dict[str, Wish]:
    """Runs that somebody asked for and no worker has begun, by name."""
    with reading() as (connection, _):
        return {wish.name: wish for wish in wishes.waiting(connection)}


@st.cache_data(ttl=LIVE, max_entries=ANSWERS, show_spinner=False)
def last_run(name: str) -> Run | None:
    """The latest run of a name, whatever became of it."""
    with reading() as (connection, _):
        return next(iter(replays.runs(connection, name, 1)), None)


@st.cache_data(ttl=STEADY, max_entries=FEW, show_spinner=False)
def results(run: int) -> dict[str, Result]:
    """The first answer to each case of a run."""
    with reading() as (connection, _):
        found = replays.results(connection, run)
    return {result.case: result for result in reversed(found)}


@st.cache_data(ttl=STEADY, max_entries=FEW, show_spinner=False)
def asked(place: Path, version: str) -> dict[str, tuple[str, str | None]]:
    """(what was asked, the reference) by case; nothing where the file is no longer of that version."""
    from cascadewatch.replay import evalset

    try:
        found = evalset.load(place)
    except CascadewatchError:
        return {}
    if found.hash != version:
        return {}
    return {case.id: ("\n\n".join(t.content for t in case.turns), case.reference) for case in found.cases}


def questions(of: Report) -> dict[str, tuple[str, str | None]]:
    """What was asked in a report's cases, as far as its eval set is still there."""
    table = settings().replay.get(of.name)
    if table is None:
        return {}
    return asked(table.eval_set, str(of.body["provenance"]["eval_set"]["hash"]))


def forget() -> None:
    """Something was done: ask anew."""
    for question in (reports, pinned, running, schedules, wanted, last_run):
        question.clear()
