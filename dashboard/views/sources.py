"""The Sources page: is everything arriving, and is it complete?"""

import json
from collections.abc import Sequence
from typing import Any

import streamlit as st

from cascadewatch.store.reads import Arrivals
from dashboard import arriving, data, tables, template, text, traffic_charts, widgets
from dashboard.choice import Choice, time_of
from dashboard.formats import UNKNOWN, ago, count, duration, escaped, moment
from dashboard.views import audit, first_event


def show(choice: Choice) -> None:
    """Draws the page."""
    widgets.title("sources")
    widgets.live(_numbers, choice)
    _aside(choice)


def _numbers(choice: Choice) -> None:
    at = choice.span(data.now())
    senders, arrivals = data.sources(), data.arrivals(*at)
    if not senders and not arrivals:
        first_event.show()
        return
    _answer(arrivals)
    _senders(arriving.sender_rows(senders, arrivals), choice)
    _arrivals(arrivals, choice, at)
    _refusals(arrivals, choice)
    _coverage(choice, at)
    _overflow()
    _database(choice)
    _jobs(choice)
    audit.show(choice)


def _answer(arrivals: Sequence[Arrivals]) -> None:
    """One sentence: when something last came, and how much was not taken."""
    last = max((s.last_received for s in data.sources()), default=None)
    totals = {outcome: sum(a.n for a in arrivals if a.outcome == outcome) for outcome in arriving.OUTCOMES}
    st.text(arriving.answer(last, totals, data.now()))


def _senders(rows: Sequence[arriving.Row], choice: Choice) -> None:
    st.subheader(text.SENDERS, anchor=False)
    now = data.now()
    shown = [
        {
            **row, "cascades": arriving.cascades_in_words(row["cascades"]), "ago": ago(row["last"], now),
            "newest": tables.moment(row["newest"]), "lag": arriving.lag(row["lag"]),
        }
        for row in rows
    ]  # fmt: skip
    config = {
        "source": tables.words(text.SENDER),
        "ago": tables.words(text.LAST_ARRIVAL),
        "newest": tables.time(text.LAST_EVENT, choice.zone),
        "lag": tables.words(text.LAG, text.LAG_MEANING),
        "accepted": tables.number(text.ACCEPTED),
        "rejected": tables.number(text.REJECTED),
        "duplicate": tables.number(text.DUPLICATES, text.DUPLICATES_MEANING),
        "conflict": tables.number(text.CONFLICTS, text.CONFLICTS_MEANING),
        "cascades": tables.words(text.CASCADES_SENT, text.CASCADES_SENT_MEANING),
    }
    widgets.rows(shown, "senders", config)


def _arrivals(arrivals: Sequence[Arrivals], choice: Choice, at: tuple[int, int]) -> None:
    width = arriving.bar_width(*at)
    st.subheader(text.ARRIVALS_PER.format(width=duration(width).removeprefix("1 ")), anchor=False)
    if not arrivals:
        st.caption(escaped(text.NOTHING_ARRIVED))
        return
    bars = arriving.per_bar(arrivals, width)
    fig = traffic_charts.arrivals(bars, width, at, choice.zone, template.is_dark())
    says = ", ".join(f"{text.ARRIVALS[o]} {count(sum(found.values()))}" for o, found in bars.items())
    widgets.chart(fig, "arrivals", f"{text.SENDERS}: {says}")


def _refusals(arrivals: Sequence[Arrivals], choice: Choice) -> None:
    rows = arriving.refusal_rows(arrivals)
    if not rows:
        return
    st.subheader(text.REFUSALS, anchor=False)
    st.caption(escaped(text.REFUSED_HINT))
    shown = [{**row, "last": tables.moment(row["last"])} for row in rows]
    config = {
        "source": tables.words(text.SENDER, width=120), "reason": tables.words(text.REASON, width=420),
        "n": tables.number(text.COUNT), "last": tables.time(text.LAST, choice.zone),
    }  # fmt: skip
    widgets.rows(shown, "refusals", config)


def _coverage(choice: Choice, at: tuple[int, int]) -> None:
    names = [choice.cascade] if choice.cascade else list(data.known().cascades)
    windows = {name: data.window(name, choice.route, *at) for name in names}
    rows = arriving.coverage_rows({name: w for name, w in windows.items() if w.counts["events"]})
    if not rows:
        return
    st.subheader(text.ARE_PRICED, anchor=False)
    if any(row["never"] for row in rows):
        st.caption(escaped(text.ADD_PRICES))
    config = {
        "cascade": tables.words(text.CASCADE), "share": tables.share(text.PRICED, text.COVERAGE_MEANING),
        "n": tables.number(text.PRICEABLE, width=150), "never": tables.words(text.NEVER_PRICED),
        "partly": tables.words(text.PARTLY_PRICED, text.PARTLY_PRICED_MEANING),
    }  # fmt: skip
    widgets.rows(rows, "coverage", config)


def _overflow() -> None:
    over = data.over_the_caps()
    if not over:
        return
    st.subheader(text.OVERFLOW, anchor=False)
    st.caption(escaped(text.OVERFLOW_HINT))
    config = {"cascade": tables.words(text.CASCADE), "kind": tables.words(text.NAME_KIND)}
    rows = [{"cascade": scope or UNKNOWN, "kind": kind} for scope, kind in over]
    widgets.rows(rows, "overflow", config)


def _database(choice: Choice) -> None:
    st.subheader(text.DATABASE, anchor=False)
    found, disk = data.database(), data.disk()
    warning = disk.sentence(data.settings().disk)
    if warning is not None:
        st.badge(escaped(text.DISK_LOW), color="red" if disk.level == "full" else "orange")
        st.text(f"{warning[0].upper()}{warning[1:]}.")
    oldest = moment(found.oldest, choice.zone)
    pairs = arriving.database_rows(found, oldest, disk)
    config = {"field": tables.words(text.FIELD, width=230), "value": tables.words(text.VALUE, width=200)}
    rows = [{"field": field, "value": value} for field, value in pairs]
    widgets.table(tables.frame(rows, list(config)), "database", config, width="content", **tables.LOOK)


def _jobs(choice: Choice) -> None:
    rows = arriving.job_rows(data.jobs())
    if not rows:
        return
    st.subheader(text.JOBS, anchor=False)
    shown = [{**row, "started": tables.moment(row["started"])} for row in rows]
    config = {
        "job": tables.words(text.JOB), "state": tables.words(text.STATE),
        "started": tables.time(text.STARTED, choice.zone), "took": tables.words(text.TOOK),
        "message": tables.words(text.MESSAGE),
    }  # fmt: skip
    widgets.table(tables.frame(shown, list(config)), "jobs", config, **tables.LONG)


@st.fragment
def _aside(choice: Choice) -> None:
    """Conflicts; apart from what is drawn again and again, so that an open one stays open."""
    found = data.quarantined()
    if not found:
        return
    st.subheader(text.ASIDE, anchor=False)
    st.caption(escaped(text.ASIDE_HINT))
    config = {
        "received": tables.time(text.RECEIVED, choice.zone), "source": tables.words(text.SENDER),
        "id": tables.words(text.EVENT_FIELDS["id"]), "reason": tables.words(text.REASON),
    }  # fmt: skip
    shown = [{**row, "received": tables.moment(time_of(row["received"], choice.zone))} for row in found]
    picked = widgets.table(
        tables.frame(shown, list(config)), "quarantine", config, **tables.LOOK,
        selection_mode="single-row", on_select="rerun",
    )  # fmt: skip
    if picked.selection.rows:
        _payload(found[picked.selection.rows[0]])


def _payload(conflict: dict[str, Any]) -> None:
    st.text(text.DIGESTS.format(kept=conflict["digest_kept"], new=conflict["digest_new"]))
    try:
        payload, language = json.dumps(json.loads(conflict["payload"]), indent=2, ensure_ascii=False), "json"
    except ValueError:
        payload, language = conflict["payload"], None
    st.code(payload, language, wrap_lines=True)
