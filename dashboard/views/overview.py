"""The Overview: is each cascade on target, what does it save, how far from break-even, what changed."""

import streamlit as st

from dashboard import (
    charts,
    data,
    figures,
    health,
    moved_words,
    next_step,
    sentence,
    template,
    text,
    text_incidents,
    tiles,
    widgets,
)
from dashboard.choice import Choice
from dashboard.facts import Facts, is_checked, per_day
from dashboard.figures import Axis
from dashboard.formats import dollars, escaped, percent, points
from dashboard.points import coarsened
from dashboard.sentence import Sentence
from dashboard.views import cost_over_time, first_event, spans

BLOCKS = 6  # cascades drawn in full when none is chosen; the rest is a table
LOUDEST = ("red", "orange", "gray")


def show(choice: Choice) -> None:
    """Draws the page."""
    widgets.title("overview")
    cascades = list(data.known().cascades)
    if not cascades:
        first_event.show()
    elif choice.cascade is not None or len(cascades) == 1:
        widgets.live(_one, choice)
    else:
        widgets.live(_all, choice)


def _one(choice: Choice) -> None:
    now = data.now()
    cascade = choice.cascade or next(iter(data.known().cascades))
    facts = health.facts(cascade, choice, now)
    said = sentence.describe(facts)
    _headline(cascade, said)
    st.text(" ".join(said.lines))
    tiles.four(facts, "tiles")
    _next_step(said, facts, choice)
    if facts.window.counts["events"]:
        _over_time(cascade, facts, choice, now)


def _all(choice: Choice) -> None:
    now = data.now()
    found = [(name, health.facts(name, choice, now)) for name in data.known().cascades]
    blocks = [(name, facts, sentence.describe(facts)) for name, facts in found]
    blocks.sort(key=lambda block: LOUDEST.index(block[2].tone))
    for name, facts, said in blocks[:BLOCKS]:
        with st.container(border=True):
            words, numbers = st.columns([2, 5], gap="small")
            with words:
                widgets.name(name)
                st.badge(escaped(said.label), color=said.tone)
                st.text(f"{said.lines[0]} {moved_words.also(facts.watched.others)}".strip())
                if facts.watched.loudest is not None:
                    spans.link(facts.watched.loudest, text_incidents.EPISODE_LINK, choice)
            with numbers:
                tiles.four(facts, f"tiles-{name}", brief=True)
    _others(blocks[BLOCKS:])
    _small_multiples([(name, facts) for name, facts, _ in blocks[:BLOCKS]], choice, now)
    st.caption(escaped(text.MORE_ABOUT))


def _headline(cascade: str, said: Sentence) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        widgets.name(cascade)
        st.badge(escaped(said.label), color=said.tone)


def _next_step(said: Sentence, facts: Facts, choice: Choice) -> None:
    """Where to look next when something is not fine."""
    home = data.settings().timezone
    loudest = facts.watched.loudest
    with st.container(horizontal=True, gap="medium", key="next"):
        if loudest is not None:
            spans.link(loudest, text_incidents.EPISODE_LINK, choice)
        more = next_step.page(said.state, is_checked(facts))
        if more is not None:
            widgets.link(*more, choice, home)


def _axis(choice: Choice, now: int) -> Axis:
    return Axis(choice.span(now), now, choice.zone, template.is_dark())


def _over_time(cascade: str, facts: Facts, choice: Choice, now: int) -> None:
    axis = _axis(choice, now)
    buckets = data.series(cascade, choice.route, *axis.span)
    st.subheader(text.ESCALATION_OVER_TIME, anchor=False)
    marks = data.annotations(*axis.span, cascade)
    behind = spans.behind(cascade, choice.route, axis.span)
    fig = figures.escalation(facts.window, coarsened(buckets, data.local_day()), axis, behind)
    letters = charts.annotate(fig, marks, axis.span, axis.zone, axis.dark)
    widgets.chart(fig, "escalation", _escalation_alt(facts))
    widgets.marks(letters, choice.zone)
    spans.listed(behind.episodes, choice, now)
    cost_over_time.show(facts.window, buckets, axis, behind.episodes, _cost_alt(facts))
    _quality(cascade, facts, choice, axis)


def _quality(cascade: str, facts: Facts, choice: Choice, axis: Axis) -> None:
    st.subheader(text.QUALITY_OVER_TIME, anchor=False)
    labels = data.label_series(cascade, choice.route, *axis.span)
    if not labels or facts.metrics["quality"].value is None:
        st.text(text.NO_LABELS)
        st.caption(escaped(text.NO_LABELS_HINT))
        return
    fig = figures.quality(facts.window, labels, facts.quality_bar, axis)
    value = facts.metrics["quality"].value
    widgets.chart(fig, "quality", f"Quality over time; {percent(value)} over the whole range.")


def _small_multiples(found: list[tuple[str, Facts]], choice: Choice, now: int) -> None:
    """One small escalation chart per cascade, all on the same axis of time."""
    axis = _axis(choice, now)
    st.subheader(text.ESCALATION_OVER_TIME, anchor=False)
    grid = st.grid(3, min_column_width=260, key="multiples")
    for name, facts in found:
        buckets = coarsened(data.series(name, None, *axis.span), data.local_day(), most=50)
        marks = data.annotations(*axis.span, name)
        fig = figures.escalation(facts.window, buckets, axis, spans.behind(name, None, axis.span), height=170)
        charts.dots(fig, marks, axis.zone, axis.dark)
        fig.update_xaxes(nticks=4)
        with grid.cell():
            st.text(name)
            widgets.chart(fig, f"escalation-{name}", _escalation_alt(facts))


def _others(blocks: list[tuple[str, Facts, Sentence]]) -> None:
    if not blocks:
        return
    import pandas as pd

    rows = [
        {
            "Cascade": name,
            "State": said.label,
            "Escalation": percent(facts.metrics["escalation_rate"].value),
            "Saved per day": dollars(per_day(facts, facts.metrics["savings_usd"]).value),
            "Headroom": points(facts.metrics["headroom"].value, 0),
        }
        for name, facts, said in blocks
    ]
    st.subheader(text.OTHERS, anchor=False)
    widgets.table(pd.DataFrame(rows), "others")


def _escalation_alt(facts: Facts) -> str:
    rate = facts.metrics["escalation_rate"]
    goal = "" if facts.objective is None else f", objective {percent(facts.objective, 0)}"
    return f"Escalation rate over time; {percent(rate.value)} over the whole range{goal}."


def _cost_alt(facts: Facts) -> str:
    saved = facts.metrics["savings_usd"].value
    return f"Cost over time, stacked by part, and the flagship-only line; {dollars(saved)} saved in all."
