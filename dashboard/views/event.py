"""One event: its timeline, what it means, what it cost. Opened by a row, or by `?event=ID[&source=NAME]`."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from cascadewatch.metrics.coverage import is_event_priced, total_nano
from cascadewatch.model import ID_LENGTH
from cascadewatch.store.rowtypes import EventRow
from dashboard import data, escalating, event_story, tables, template, text, timeline, widgets
from dashboard.choice import Choice, time_of
from dashboard.formats import UNKNOWN, escaped, milliseconds, moment

PARAMETERS = ("event", "source")


def asked() -> bool:
    """Whether the address names an event."""
    return bool(st.query_params.get("event"))


def open_one(event_id: str, source: str) -> None:
    """Shows this event instead of the list; the address follows."""
    st.query_params.update({"event": event_id, "source": source})
    st.rerun()


def _close() -> None:
    for name in PARAMETERS:
        if name in st.query_params:
            del st.query_params[name]


def show(choice: Choice) -> None:
    """Draws the event the address asks for."""
    st.button(text.BACK, icon=":material/arrow_back:", on_click=_close, type="tertiary", key="back")
    st.header(text.ONE_EVENT, anchor=False)
    event_id, source = (st.query_params.get(name) for name in PARAMETERS)
    found = data.event(event_id, source) if event_id and len(event_id) <= ID_LENGTH else None
    if found is None:
        st.text(text.NO_SUCH_EVENT)
        st.caption(escaped(text.NO_SUCH_EVENT_HINT))
        return
    st.text(event_story.story(found))
    _trace(found)
    _timeline(found)
    left, right = st.columns(2, gap="large")
    with left:
        _details(found, choice.zone)
    with right:
        _costs(found)
        _labels(found, choice.zone)
    _text(found)


def total_usd(row: EventRow) -> float | None:
    """What an event cost; None where nothing of it has a price."""
    if not is_event_priced(row._asdict()):
        return None
    return total_nano(row._asdict()) / escalating.NANO


def _trace(found: Mapping[str, Any]) -> None:
    cascade = data.settings().cascade.get(found["cascade"])
    link = event_story.trace_link(cascade.trace_url if cascade else None, found["id"])
    if link is not None:
        st.link_button(text.TRACE, link, icon=":material/open_in_new:")


def _timeline(found: Mapping[str, Any]) -> None:
    dark = template.is_dark()
    known = data.known().cascades.get(found["cascade"])
    models = [tier.name for tier in known.tiers if tier.kind == "model"] if known else []
    colours = template.tier_colours(models, dark)
    fig = timeline.figure(found, colours, dark)
    widgets.chart(fig, "timeline", timeline.in_words(timeline.steps(found)))


def _details(found: Mapping[str, Any], zone: str) -> None:
    st.subheader(text.DETAILS, anchor=False)
    pairs = [(words, found[name]) for name, words in text.EVENT_FIELDS.items()]
    pairs += [
        (text.TIME, moment(time_of(found["time"], zone), zone)),
        (text.RECEIVED, moment(time_of(found["received"], zone), zone)),
        (text.WHOLE_LATENCY, milliseconds(found["latency_ms"])),
    ]
    rest = timeline.rest_ms(found, timeline.steps(found))
    if rest is not None and rest >= 1:
        pairs.append((text.REST, milliseconds(rest)))
    pairs += [(f"{text.TAG} {key}", value) for key, value in found["tags"].items()]
    rows = [{"field": field, "value": UNKNOWN if value is None else str(value)} for field, value in pairs]
    config = {"field": tables.words(text.FIELD, width=140), "value": tables.words(text.VALUE)}
    widgets.rows(rows, "details", config)


def _costs(found: Mapping[str, Any]) -> None:
    st.subheader(text.COSTS, anchor=False)
    config = {
        "what": tables.words(text.WHAT), "cost": tables.words(text.COST, width=95),
        "source": tables.words(text.PRICE_SOURCE), "model": tables.words(text.MODEL),
    }  # fmt: skip
    widgets.rows(event_story.cost_rows(found), "event_costs", config)


def _labels(found: Mapping[str, Any], zone: str) -> None:
    if not found["labels"]:
        return
    st.subheader(text.LABELS, anchor=False)
    rows = [
        {"attempt": f"{x['attempt'] + 1}. {found['attempts'][x['attempt']]['tier']}",
         "correct": text.YES if x["correct"] else text.NO, "source": x["source"], "sampling": x["sampling"],
         "time": moment(time_of(x["time"], zone), zone)}
        for x in found["labels"]
    ]  # fmt: skip
    config = {
        "attempt": tables.words(text.ATTEMPT), "correct": tables.words(text.RIGHT),
        "source": tables.words(text.LABEL_SOURCE), "sampling": tables.words(text.SAMPLING),
        "time": tables.words(text.TIME),
    }  # fmt: skip
    widgets.rows(rows, "event_labels", config)


def _text(found: Mapping[str, Any]) -> None:
    held = found["text"]
    if held is None:
        cascade = data.settings().cascade.get(found["cascade"])
        st.caption(escaped(text.TEXT_GONE if cascade and cascade.store_text else text.NO_TEXT))
        return
    if held["prompt"] is not None:
        st.subheader(text.PROMPT, anchor=False)
        st.code(held["prompt"], language=None, wrap_lines=True)
    for number, words in enumerate(held["answers"] or [], 1):
        if words is not None:
            st.subheader(text.ANSWERS.format(number=number), anchor=False)
            st.code(words, language=None, wrap_lines=True)
