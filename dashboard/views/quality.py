"""The Quality page: are the answers right, by live labels and by replays, and when did anybody look?"""

from functools import partial

import streamlit as st

from cascadewatch.metrics import compute
from cascadewatch.metrics.quality import label_sources
from cascadewatch.store.reports import Report
from dashboard import (
    check_words,
    data,
    health,
    quality_figure,
    quality_words,
    replayed,
    replaying,
    template,
    widgets,
)
from dashboard import text_replays as text
from dashboard.choice import Choice
from dashboard.facts import Facts
from dashboard.figures import Axis
from dashboard.formats import NB, UNKNOWN, ago, count, escaped, percent, span
from dashboard.views import report_link, verifier_live

ERROR_KEYS = ("false_accept_rate", "false_escalate_rate")


def show(choice: Choice) -> None:
    """Draws the page."""
    widgets.title("quality")
    cascades = list(data.known().cascades)
    if not cascades:
        st.text(text.NOTHING_KNOWN)
        verifier_live.how_to("support")
    elif choice.cascade is not None or len(cascades) == 1:
        widgets.live(partial(_one, choice.cascade or cascades[0]), choice)
    else:
        widgets.live(_all, choice)


def _one(cascade: str, choice: Choice) -> None:
    facts = health.facts(cascade, choice, data.now())
    found = replaying.own(cascade)
    widgets.name(cascade)
    st.text(quality_words.sentence(facts))
    hint = quality_words.next_step(facts, bool(found))
    if hint:
        st.text(hint)
    _tiles(facts, f"tiles-{cascade}")
    axis = Axis(choice.span(facts.now), facts.now, choice.zone, template.is_dark())
    _over_time(cascade, facts, found, choice, axis)
    _verdicts(found, choice, facts.now)


def _tiles(facts: Facts, key: str, brief: bool = False) -> None:
    drawn = (
        partial(_labels, facts),
        partial(_replay, facts),
        *(partial(_error, facts, rate) for rate in ERROR_KEYS),
    )
    widgets.tiles(drawn, key, narrowest=112 if brief else 150)


def _labels(facts: Facts) -> None:
    """Live labels, with who gave them."""
    share = facts.metrics["quality"]
    sources = ", ".join(f"{name}" for name in sorted(label_sources(facts.window)))
    parts = [
        span(share.low, share.high),
        f"n{NB}{count(share.n)}",
        sources,
        f"last {ago(facts.last_check, facts.now)}",
        facts.labels_of,
    ]
    caption = " · ".join(part for part in parts if part) if share.n else UNKNOWN
    widgets.tile(text.LIVE_QUALITY, percent(share.value), caption, widgets.meaning("quality"), share.reason)


def _replay(facts: Facts) -> None:
    """The whole cascade on its eval set."""
    found = facts.replayed
    if found is None:
        why = quality_words.replays(facts) if facts.last_replay is None else text.NOT_WHOLE
        widgets.tile(text.LAST_REPORT, UNKNOWN, why, widgets.meaning("quality"))
        return
    share = found.metric
    parts = [span(share.low, share.high), f"n{NB}{count(share.n)}", text.ON_THE_SET, ago(found.at, facts.now)]
    caption = " · ".join(part for part in parts if part)
    widgets.tile(text.LAST_REPORT, percent(share.value), caption, widgets.meaning("quality"))


def _error(facts: Facts, key: str) -> None:
    share = compute(facts.window, [key])[key]
    parts = [span(share.low, share.high), f"n{NB}{count(share.n)}", facts.labels_of if share.n else None]
    caption = " · ".join(part for part in parts if part)
    widgets.tile(text.ERROR_NAMES[key], percent(share.value), caption, widgets.meaning(key), share.reason)


def _over_time(cascade: str, facts: Facts, found: list[Report], choice: Choice, axis: Axis) -> None:
    labels = data.label_series(cascade, choice.route, *axis.span)
    measured = replayed.within(replayed.quality(found), axis.span)
    if not labels and not measured:
        return
    st.subheader(text.QUALITY_OVER_TIME, anchor=False)
    fig = quality_figure.quality(facts.window, labels, measured, facts.quality_bar, axis)
    widgets.chart(fig, "quality", text.QUALITY_ALT)
    st.caption(escaped(text.QUALITY_HINT))
    errors = {
        key: replayed.within(replayed.errors(found, rate), axis.span) for rate, key in replayed.RATES.items()
    }
    st.subheader(text.ERRORS_OVER_TIME, anchor=False)
    widgets.chart(quality_figure.errors(facts.window, labels, errors, axis), "errors", text.ERROR_ALT)
    st.caption(escaped(text.ERRORS_HINT))


def _verdicts(found: list[Report], choice: Choice, now: int) -> None:
    """The last word of each replay of the cascade."""
    st.subheader(text.LAST_VERDICTS, anchor=False)
    if not found:
        st.text(text.NO_REPLAYS_OF)
        st.caption(escaped(text.ADD_REPLAY))
    for of in check_words.latest(found, "rates").values():
        pinned = replaying.pinned(of.name)
        words, tone = check_words.badge(of, pinned)
        with st.container(border=True, gap="xsmall"):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                widgets.name(of.name)
                st.badge(escaped(words), color=tone)
                st.caption(escaped(ago(of.created, now)), width="content")
            st.text(check_words.sentence(of, pinned))
            report_link.to(of.id, text.OPEN_REPORT, choice)
    with st.container(horizontal=True, gap="medium"):
        home = data.settings().timezone
        widgets.link("verifier", text.SEE_VERIFIER, choice, home)
        widgets.link("replays", text.SEE_REPLAYS, choice, home)


def _all(choice: Choice) -> None:
    """One block per cascade."""
    now = data.now()
    for cascade in data.known().cascades:
        facts = health.facts(cascade, choice, now)
        with st.container(border=True):
            words, numbers = st.columns([2, 5], gap="small")
            with words:
                widgets.name(cascade)
                st.text(quality_words.sentence(facts))
            with numbers:
                _tiles(facts, f"tiles-{cascade}", brief=True)
