"""The rules of the Incidents page: what is watched, what it says now, and what it would have said."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from cascadewatch.errors import CascadewatchError
from cascadewatch.store.rule_states import RuleState
from dashboard import acting, alerting, channel_rows, data, rule_rows, tables, widgets
from dashboard import text_incidents as text
from dashboard.choice import Choice, time_of
from dashboard.formats import UNKNOWN, ago, duration, escaped, quoted
from dashboard.rule_rows import Told

DEFAULT_DAYS = 30
_TESTS = "back_tests"  # where the session keeps what was asked, by rule


@st.fragment
def show(choice: Choice) -> None:
    """Draws one row per rule, and below it the streams and the back-test of the one that is clicked."""
    st.subheader(text.RULES, anchor=False)
    states, now = alerting.states(), data.now()
    rules = rule_rows.known(_told(), states)
    if not states:
        st.text(text.NOT_EVALUATED)
        st.caption(escaped(text.NOT_EVALUATED_HINT))
    if not rules:
        return
    evaluated = channel_rows.last_evaluated(states)
    said = text.RULES_HINT if evaluated is None else f"{text.ALL_EVALUATED.format(ago=ago(evaluated, now))} "
    st.caption(escaped(said if evaluated is None else said + text.RULES_HINT))
    rows = rule_rows.rule_rows(rules, states, now)
    config = {
        "rule": tables.words(text.RULE, width=170), "state": tables.words(text.SAYS, width=90),
        "streams": tables.number(text.STREAMS, text.STREAMS_MEANING, width=80),
        "definition": tables.words(text.DEFINITION),
    }  # fmt: skip
    picked = widgets.table(
        tables.frame(rows, list(config)), "rules", config, **tables.LOOK,
        selection_mode="single-row", on_select="rerun",
    )  # fmt: skip
    if picked.selection.rows:
        wanted = rows[picked.selection.rows[0]]["rule"]
        _rule(next(rule for rule in rules if rule.name == wanted), states, choice, now)


def count() -> int:
    """How many rules watch."""
    return len(rule_rows.known(_told(), alerting.states()))


def _told() -> list[Told]:
    """What the API says of the rules; nothing where it cannot be asked."""
    try:
        return rule_rows.told(acting.rules())
    except CascadewatchError:
        return []


def _rule(rule: Told, states: Sequence[RuleState], choice: Choice, now: int) -> None:
    with st.container(border=True):
        widgets.name(rule.name)
        if rule.definition:
            st.text(quoted(rule.definition))
        _streams(rule, states, now)
        _back_test(rule, choice)


def _streams(rule: Told, states: Sequence[RuleState], now: int) -> None:
    rows = rule_rows.stream_rows(rule, states, now)
    if not rows:
        st.caption(escaped(text.NOT_EVALUATED))
        return
    config = {
        "where": tables.words(text.WHERE, width=150),
        "state": tables.words(text.SAYS, width=80), "value": tables.words(text.VALUE, width=75),
        "interval": tables.words(text.INTERVAL, width=90), "n": tables.number(text.N, width=70),
        "baseline": tables.words(text.BASELINE, width=75),
        "seen": tables.words(text.SEEN_IN, text.SEEN_IN_MEANING, width=75),
        "evidence": tables.share(text.EVIDENCE_REACHED, text.EVIDENCE_MEANING),
        "evaluated": tables.words(text.EVALUATED, width=110), "message": tables.words(text.WORDS),
    }  # fmt: skip
    for column in ("baseline", "seen", "evidence", "message", "interval"):
        if not any(row[column] for row in rows):
            del config[column]
    look = tables.LOOK if len(rows) <= 10 else tables.LONG
    widgets.table(tables.frame(rows, list(config)), f"streams.{rule.name}", config, **look)


def _back_test(rule: Told, choice: Choice) -> None:
    hindrance = acting.hindrance()
    st.caption(escaped(text.BACK_TEST_HINT))
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        days = st.segmented_control(
            text.BACK_TEST, list(text.BACK_TEST_DAYS), default=DEFAULT_DAYS, required=True,
            format_func=text.BACK_TEST_DAYS.__getitem__, key="back_test_days", label_visibility="collapsed",
        )  # fmt: skip
        asked = st.button(
            text.BACK_TEST, icon=":material/history:", key="back_test", disabled=hindrance is not None,
            help=hindrance and escaped(hindrance),
        )  # fmt: skip
    found = st.session_state.setdefault(_TESTS, {})
    if asked:
        with st.spinner(text.BACK_TEST_RUNNING):
            found[rule.name] = _ask(rule.name, days or DEFAULT_DAYS)
    if rule.name in found:
        _would_have(found[rule.name], choice)


def _ask(name: str, days: int) -> Mapping[str, Any]:
    try:
        return acting.back_test(name, days)
    except CascadewatchError as error:
        return {"sentence": str(error)}


def _would_have(answer: Mapping[str, Any], choice: Choice) -> None:
    found = answer.get("episodes")
    rows = (
        [_past_row(p, choice.zone) for p in found if isinstance(p, dict)] if isinstance(found, list) else []
    )
    if not rows:
        st.text(str(answer.get("sentence") or UNKNOWN))
        return
    st.text(text.WOULD_HAVE_ONCE if len(rows) == 1 else text.WOULD_HAVE.format(n=len(rows)))
    config = {
        "opened": tables.minute(text.OPENED, choice.zone), "where": tables.words(text.WHERE),
        "direction": tables.words(text.WAY, width=50),
        "went": tables.words(text.FROM_TO), "lasted": tables.words(text.LENGTH),
    }  # fmt: skip
    widgets.table(tables.frame(rows, list(config)), "would_have", config, **tables.LONG)


def _past_row(past: Mapping[str, Any], zone: str) -> dict[str, Any]:
    opened, resolved = (time_of(past.get(key), zone) for key in ("opened", "resolved"))
    lasted = None if opened is None or resolved is None else duration(max(0, resolved - opened))
    return {**rule_rows.past_row(past), "opened": tables.moment(opened), "lasted": lasted or text.STILL}
