"""The tables of the Traffic page. A row of the first two can be clicked: it narrows what is shown."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from cascadewatch.metrics.window import Window
from dashboard import data, escalating, tables, text, widgets
from dashboard.choice import Choice
from dashboard.formats import escaped, moment

MOST = 20  # rows in sight; longer tables scroll
_CHOSEN = "traffic_chosen"  # a row was clicked: the sidebar must be drawn anew


def rerun_if_chosen() -> None:
    """A click inside a fragment redraws only that; a narrowed page is a matter of the whole script."""
    if st.session_state.pop(_CHOSEN, False):
        st.rerun()


def routes(windows: Mapping[str, Window], choice: Choice, at: tuple[int, int]) -> None:
    """Where escalations come from; every route of the cascades shown, whichever is chosen."""
    rows = [
        row
        for name, window in windows.items()
        for row in escalating.route_rows(name, window, data.routes(name, *at))
    ]
    rows.sort(key=escalating.dearest_first)
    st.subheader(text.BY_ROUTE, anchor=False)
    st.caption(escaped(text.BY_ROUTE_HINT))
    columns = ["cascade"] if len(windows) > 1 else []
    columns += ["route", "rate", "interval", "extra", "cost", "per_event", "share", "events", "judged"]
    config = {"cascade": tables.words(text.CASCADE), "route": tables.words(text.ROUTE), **_rates(rows)}
    st.session_state["routes.rows"] = [(row["cascade"], row["route"]) for row in rows]
    _selectable(rows, columns, f"routes.{choice.cascade or ''}", config, _route_chosen, _look(rows))
    widgets.download(
        [{c: row[c] for c in ("cascade", *_without(columns))} for row in rows], "routes", "routes.csv"
    )


def _without(columns: Sequence[str]) -> list[str]:
    return [c for c in columns if c not in ("cascade", "interval")]


def _route_chosen(key: str) -> None:
    picked = st.session_state[key].selection.rows
    state = st.session_state
    if picked:
        state["cascade"], state["route"] = state["routes.rows"][picked[0]]
    else:
        state["route"] = ""
    state[_CHOSEN] = True


def callers(name: str, choice: Choice, at: tuple[int, int]) -> None:
    """Who sends what escalates."""
    found = data.callers(name, *at)
    rows = escalating.caller_rows(data.window(name, None, *at), found)
    if not rows:
        st.caption(escaped(f"{text.NO_CALLERS} {text.NO_CALLERS_HINT}"))
        return
    start, end = (moment(edge, choice.zone) for edge in (found.callers.start, found.callers.end))
    also = f" {text.CALLERS_OF_ALL_ROUTES}" if choice.route else ""
    st.caption(escaped(f"{text.BY_CALLER_HINT} {text.CALLERS_FROM.format(start=start, end=end)}{also}"))
    shown = [{**row, "stands_out": text.STANDS_OUT if row["stands_out"] else ""} for row in rows]
    columns = ["stands_out", "caller", "rate", "interval", "excess", "extra", "escalated", "judged", "events"]
    config = {
        "stands_out": tables.words("", text.STANDS_OUT_MEANING, width=40),
        "caller": tables.words(text.CALLER, width=150),
        **_rates(rows),
        "excess": tables.number(text.EXCESS, text.EXCESS_MEANING, width=105),
        "extra": tables.usd(text.EXTRA, [row["extra"] for row in rows], text.CALLER_EXTRA_MEANING),
    }
    st.session_state["callers.rows"] = [row["caller"] for row in rows]
    _selectable(shown, columns, f"callers.{name}", config, _caller_chosen, tables.LONG)
    widgets.download([{c: row[c] for c in _without(columns)} for row in rows], "callers", "callers.csv")


def _caller_chosen(key: str) -> None:
    picked = st.session_state[key].selection.rows
    st.session_state["event_caller"] = st.session_state["callers.rows"][picked[0]] if picked else ""
    st.session_state[_CHOSEN] = True


def revisions(name: str, window: Window, choice: Choice, at: tuple[int, int]) -> None:
    """What each deployed configuration does."""
    rows = escalating.revision_rows(window, data.revisions(name, *at))
    if choice.route:
        st.caption(escaped(text.REVISIONS_OF_ALL_ROUTES))
    shown = [{**row, "revision": row["revision"] or text.NO_REVISION} for row in rows]
    config = {"revision": tables.words(text.REVISION, width=150), **_rates(rows)}
    _plain(shown, ["revision", "rate", "interval", "per_event", "events", "extra"], "revisions", config)


def causes(window: Window) -> None:
    """Why a higher tier answered without a reject."""
    st.subheader(text.FALLBACK_CAUSES, anchor=False)
    rows = escalating.cause_rows(window.counts)
    if not rows:
        st.caption(escaped(text.NO_FALLBACKS))
        return
    shown = [{**row, "cause": text.CAUSE_NAMES[row["cause"]]} for row in rows]
    config = {
        "cause": tables.words(text.CAUSE),
        "n": tables.number(text.EVENTS),
        "share": tables.share(text.SHARE_OF_FALLBACKS),
    }
    _plain(shown, ["cause", "share", "n"], "causes", config)


def reasons(window: Window) -> None:
    """What verifiers said of their verdicts."""
    st.subheader(text.REASONS, anchor=False)
    rows = escalating.reason_rows(window)
    if not rows:
        st.caption(escaped(text.NO_REASONS))
        return
    shown = [{**row, "outcome": text.OUTCOMES.get(row["outcome"], row["outcome"])} for row in rows]
    config = {
        "outcome": tables.words(text.OUTCOME, width=80), "reason": tables.words(text.REASON, width=105),
        "share": tables.share(text.SHARE_OF_OUTCOME), "n": tables.number(text.COUNT, width=70),
    }  # fmt: skip
    _plain(shown, ["outcome", "reason", "share", "n"], "reasons", config)


def tiers(window: Window) -> None:
    """What each tier and model did."""
    st.subheader(text.TIERS, anchor=False)
    rows = escalating.tier_rows(window)
    config = {
        "tier": tables.words(text.TIER), "model": tables.words(text.MODEL, width=210),
        "hits": tables.share(text.ANSWERED, text.ANSWERED_MEANING),
        "attempts": tables.number(text.ATTEMPTS),
        "ends": tables.percent(text.YIELD, text.YIELD_MEANING),
        "failed": tables.percent(text.FAILED, text.FAILED_MEANING),
        "cost": tables.usd(text.COST, [row["cost"] for row in rows]),
        "latency": tables.seconds(text.MEAN_LATENCY),
        "input": tables.number(text.INPUT, text.MEAN_TOKENS),
        "output": tables.number(text.OUTPUT, text.MEAN_TOKENS),
    }  # fmt: skip
    _plain(tables.in_seconds(rows, "latency"), list(config), "tiers", config)
    widgets.download(rows, "tiers", "tiers.csv")


def verifiers(window: Window) -> None:
    """What each verifier said, and what it took."""
    rows = escalating.verifier_rows(window)
    if not rows:
        return
    st.subheader(text.VERIFIERS, anchor=False)
    config = {
        "verifier": tables.words(text.VERIFIER, width=250), "tier": tables.words(text.JUDGES),
        "asked": tables.number(text.VERDICTS),
        "rejects": tables.share(text.REJECTS, text.REJECTS_MEANING),
        "judge_failures": tables.percent(text.JUDGE_FAILURES, text.JUDGE_FAILURES_MEANING),
        "verify_cost": tables.usd(text.COST, [row["verify_cost"] for row in rows]),
        "verify_latency": tables.seconds(text.MEAN_LATENCY),
    }  # fmt: skip
    _plain(tables.in_seconds(rows, "verify_latency"), list(config), "verifiers", config)


def _rates(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The columns that routes, revisions and callers share."""

    def of(name: str) -> list[float | None]:
        return [row.get(name) for row in rows]

    return {
        "events": tables.number(text.EVENTS),
        "share": tables.share(text.SHARE_OF_EVENTS),
        "judged": tables.number(text.JUDGED),
        "escalated": tables.number(text.ESCALATED),
        "rate": tables.share(text.ESCALATION),
        "interval": tables.words(text.INTERVAL, text.INTERVAL_MEANING, width=80),
        "cost": tables.usd(text.COST, of("cost")),
        "extra": tables.usd(text.EXTRA, of("extra"), text.EXTRA_MEANING),
        "per_event": tables.usd(text.COST_PER_EVENT, of("per_event")),
    }


def _plain(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], key: str, config: Mapping[str, Any]
) -> None:
    widgets.table(tables.frame(rows, columns), key, config, column_order=columns, **_look(rows))


def _look(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return tables.LOOK if len(rows) <= MOST else tables.LONG


def _selectable(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], key: str, config: Mapping[str, Any],
    chosen: Callable[[str], None], look: Mapping[str, Any],
) -> None:  # fmt: skip
    widgets.table(
        tables.frame(rows, columns), key, config, column_order=columns, **look,
        selection_mode="single-row", on_select=lambda: chosen(key),
    )  # fmt: skip
