"""The Verifier page: what its errors cost, where its threshold should be, what its scores mean."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from cascadewatch.store.reports import Report
from dashboard import check_words, data, health, replaying, verifier_words, widgets
from dashboard import text_replays as text
from dashboard.choice import Choice
from dashboard.facts import Facts
from dashboard.formats import NB, UNKNOWN, ago, count, dollar_span, dollars, escaped, percent, span
from dashboard.verifier_words import Errors
from dashboard.views import calibration, report_link, verifier_live, verifier_sweep


def show(choice: Choice) -> None:
    """Draws the page."""
    widgets.title("verifier")
    cascades = list(data.known().cascades)
    if not cascades:
        st.text(text.NEVER_VERIFIED)
        verifier_live.how_to("support")
    elif choice.cascade is not None or len(cascades) == 1:
        _one(choice.cascade or cascades[0], choice)
    else:
        widgets.live(_all, choice)


def _one(cascade: str, choice: Choice) -> None:
    found = check_words.latest(replaying.own(cascade), "calibration")
    found |= {k: r for k, r in check_words.latest(replaying.own(cascade), "sweep").items() if k not in found}
    if not found:
        facts = health.facts(cascade, choice, data.now())
        st.text(verifier_live.unchecked(facts))
        verifier_live.beside(None, facts)
        verifier_live.how_to(cascade)
        return
    name = next(iter(found))
    if len(found) > 1:
        name = st.selectbox(text.WHICH_REPORT, list(found), key=f"report-of-{cascade}", width=320) or name
    widgets.live(partial(_checked, cascade, name), choice)


def _checked(cascade: str, name: str, choice: Choice) -> None:
    reports = replaying.own(cascade)
    of = {**check_words.latest(reports, "sweep"), **check_words.latest(reports, "calibration")}[name]
    now = data.now()
    facts = health.facts(cascade, choice, now)
    errors = verifier_words.errors(of, facts)
    _headline(cascade, of, facts, now)
    st.text(verifier_words.sentence(errors))
    _tiles(errors, facts, f"tiles-{cascade}")
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        what = {"ago": ago(of.created, now), "name": of.name, "cases": count(of.body["cases"])}
        st.text(text.CHECKED_BY.format(**what, number=of.id), width="content")
        report_link.to(of.id, text.OPEN_REPORT, choice)
        widgets.link("replays", text.RUN_AGAIN, choice, data.settings().timezone)
    _stale(of, facts, now)
    verifier_sweep.show(of, facts)
    calibration.show(of)
    verifier_live.beside(of, facts)


def _headline(cascade: str, of: Report, facts: Facts, now: int) -> None:
    pinned = replaying.pinned(of.name)
    words, tone = check_words.badge(of, pinned)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        widgets.name(cascade)
        st.badge(escaped(words), color=tone, help=escaped(check_words.sentence(of, pinned)))
        if _reasons(of, facts, now):
            st.badge(text.STALE, color="orange")


def _reasons(of: Report, facts: Facts, now: int) -> list[str]:
    window = facts.window
    models = {t.model for t in window.tiers if t.tier == window.order.cheap and t.model}
    return check_words.stale(of, data.settings(), models, now)


def _stale(of: Report, facts: Facts, now: int) -> None:
    """Why the figures below may no longer hold, and what to do."""
    reasons = _reasons(of, facts, now)
    if not reasons:
        return
    with st.container(border=True, gap="xsmall"):
        st.text(" ".join(reasons))
        command = "verifier" if of.body["kind"] == "verifier check" else "replay"
        st.text(text.STALE_NEXT.format(command=command, name=of.name))


def _tiles(errors: Errors, facts: Facts, key: str, brief: bool = False) -> None:
    """Both errors as rates and a day."""
    drawn = (
        partial(_rate, text.FALSE_ACCEPTS, errors.accept, text.FALSE_ACCEPTS_MEANING),
        partial(_shipped, errors, facts),
        partial(_rate, text.FALSE_ESCALATIONS, errors.escalate, text.FALSE_ESCALATIONS_MEANING),
        partial(_wasted, errors, facts),
    )
    widgets.tiles(drawn, key, narrowest=112 if brief else 150)


def _rate(label: str, rate: Mapping[str, Any] | None, meaning: str) -> None:
    if rate is None:
        widgets.tile(label, UNKNOWN, UNKNOWN, meaning)
        return
    caption = f"{span(rate['low'], rate['high'])} · n{NB}{count(rate['n'])}"
    widgets.tile(label, percent(rate["value"]), caption, meaning)


def _shipped(errors: Errors, facts: Facts) -> None:
    day = errors.shipped
    value = UNKNOWN if day is None else verifier_words.number(day.value)
    caption = UNKNOWN if day is None else f"{verifier_words.reach(day)} · {_traffic(facts)}"
    widgets.tile(text.SHIPPED, value, caption, text.SHIPPED_MEANING)


def _wasted(errors: Errors, facts: Facts) -> None:
    day = errors.wasted
    value = UNKNOWN if day is None else dollars(day.value)
    caption = UNKNOWN if day is None else f"{dollar_span(day.low, day.high)} · {_traffic(facts)}"
    widgets.tile(text.WASTED, value, caption, text.WASTED_MEANING)


def _traffic(facts: Facts) -> str:
    return f"{count(verifier_words.judged_a_day(facts))} judged a day"


def _all(choice: Choice) -> None:
    """One block per cascade; the sweep needs one to be chosen."""
    now = data.now()
    for cascade in data.known().cascades:
        found = check_words.latest(replaying.own(cascade), "calibration")
        facts = health.facts(cascade, choice, now)
        with st.container(border=True):
            words, numbers = st.columns([2, 5], gap="small")
            with words:
                _brief(cascade, next(iter(found.values()), None), facts)
            if found:
                with numbers:
                    of = next(iter(found.values()))
                    _tiles(verifier_words.errors(of, facts), facts, f"tiles-{cascade}", brief=True)
    st.caption(escaped(text.ONE_FOR_SWEEP))


def _brief(cascade: str, of: Report | None, facts: Facts) -> None:
    if of is None:
        widgets.name(cascade)
        st.text(verifier_live.unchecked(facts))
        st.caption(escaped(text.HOW_TO_CHOOSE))
        return
    _headline(cascade, of, facts, facts.now)
    st.text(verifier_words.sentence(verifier_words.errors(of, facts)))
