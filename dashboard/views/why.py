"""Why an episode happened: its causes with their evidence, and what they rest on."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from cascadewatch.store.episodes import Episode
from dashboard import diagnosis_words, tables, widgets
from dashboard import text_incidents as text
from dashboard.choice import Choice
from dashboard.diagnosis_words import Cause
from dashboard.formats import escaped, points
from dashboard.views import report_link


def show(of: Episode, choice: Choice) -> None:
    """Draws the causes, the likeliest first, then the reports and counts behind them."""
    st.subheader(text.WHY, anchor=False)
    found = diagnosis_words.causes(of)
    if not found:
        st.caption(escaped(text.NO_DIAGNOSIS))
        return
    if len(found) > 1:
        st.caption(escaped(text.WHY_HINT))
    for cause in found:
        with st.container(border=True, gap="small"):
            _cause(cause, diagnosis_words.shift(of))
    for number, name in diagnosis_words.reports(of):
        report_link.to(number, text.TO_REPORT_OF.format(name=name), choice)
    _rests_on(of, choice.zone)


def _cause(cause: Cause, shift: float | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader(escaped(diagnosis_words.name(cause.key)), anchor=False, width="content")
        if cause.points is not None and shift is not None:
            said = text.EXPLAINS.format(
                points=points(abs(cause.points), 1, signed=False), shift=points(abs(shift), 1, signed=False)
            )
            st.badge(escaped(said), color="gray")
    if cause.summary:
        st.text(cause.summary)
    if cause.evidence:
        st.text("\n".join(f"•  {label}: {value}" for label, value in cause.evidence))
    if cause.next:
        st.text(text.NEXT_STEP + cause.next)


def _rests_on(of: Episode, zone: str) -> None:
    """One tab for each kind of counts there are."""
    parts: dict[str, Callable[[], None]] = {}
    if diagnosis_words.splits(of):
        parts[text.MIX] = partial(_mix, of)
    if diagnosis_words.callers(of):
        parts[text.CALLERS_TAB] = partial(_callers, of)
    if diagnosis_words.reason_rows(of):
        parts[text.REASONS_TAB] = partial(_reasons, of)
    if diagnosis_words.change_rows(of):
        parts[text.CHANGES_TAB] = partial(_changes, of, zone)
    if not parts:
        return
    st.subheader(text.RESTS_ON, anchor=False)
    for tab, draw in zip(st.tabs(list(parts)), parts.values(), strict=True):
        with tab:
            draw()


def _mix(of: Episode) -> None:
    st.caption(escaped(f"{text.MIX_HINT} {diagnosis_words.compared(of)}".strip()))
    for kind, split in diagnosis_words.splits(of).items():
        st.text(f"{text.SPLITS[kind]}: {diagnosis_words.split_words(split)}")
        config = {
            "name": tables.words(text.GROUP), "behaviour": tables.points(text.BEHAVIOUR),
            "mix": tables.points(text.MIX_PART), "rate": tables.words(text.RATE_BEFORE_AFTER),
            "share": tables.words(text.SHARE_BEFORE_AFTER), "n": tables.number(text.N),
        }  # fmt: skip
        widgets.rows(diagnosis_words.split_rows(split), f"split.{kind}", config)


def _callers(of: Episode) -> None:
    who = diagnosis_words.callers(of)
    st.text(diagnosis_words.caller_words(who))
    rows = diagnosis_words.caller_rows(who)
    if not rows:
        return
    config = {
        "caller": tables.words(text.CALLER), "escalated": tables.number(text.ESCALATED),
        "judged": tables.number(text.JUDGED), "expected": tables.number(text.EXPECTED),
        "excess": tables.number(text.EXCESS), "before": tables.words(text.RATE_BEFORE),
    }  # fmt: skip
    shown = [{**row, "expected": _whole(row["expected"]), "excess": _whole(row["excess"])} for row in rows]
    widgets.rows(shown, "named", config)


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


def _reasons(of: Episode) -> None:
    config = {
        "reason": tables.words(text.REASON), "of": tables.words(text.OF_WHAT),
        "rate": tables.words(text.RATE_BEFORE_AFTER), "points": tables.points(text.MOVED_BY),
        "n": tables.number(text.NUMBER_AFTER),
    }  # fmt: skip
    widgets.rows(diagnosis_words.reason_rows(of), "reasons", config)


def _changes(of: Episode, zone: str) -> None:
    rows = [{**row, "time": tables.moment(round(row["time"]))} for row in diagnosis_words.change_rows(of)]
    config = {
        "time": tables.minute(text.TIME, zone), "what": tables.words(text.CHANGE_OF),
        "subject": tables.words(text.SUBJECT), "change": tables.words(text.CHANGED),
        "share": tables.share(text.CHANGE_SHARE),
    }  # fmt: skip
    widgets.rows(rows, "changes", config)
