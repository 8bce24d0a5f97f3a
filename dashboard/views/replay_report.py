"""One report: what it found, case by case, and where it comes from. Opened by `?report=ID`."""

from functools import partial
from typing import Any

import streamlit as st

from cascadewatch.store.reports import Report
from dashboard import check_words, data, replaying, tables, verifier_words, widgets
from dashboard import text_replays as text
from dashboard.choice import Choice
from dashboard.escalating import percentage
from dashboard.formats import UNKNOWN, count, dollars, escaped, moment, percent, points
from dashboard.views import flips, report_link

COLUMNS = {"n": tables.number, "change": tables.points}


def show(choice: Choice) -> None:
    """Draws the report the address asks for."""
    report_link.ONE.back(text.BACK)
    number = report_link.ONE.number()
    of = None if number is None else replaying.report(number)
    if of is None:
        st.header(text.NO_SUCH_REPORT, anchor=False)
        st.caption(escaped(text.NO_SUCH_REPORT_HINT))
        return
    st.header(text.REPORT.format(number=of.id), anchor=False)
    _head(of, choice)
    widgets.tiles(
        (partial(_cases, of), partial(_failed, of), partial(_smallest, of), partial(_spent, of)), "tiles"
    )
    _rates(of)
    flips.show(of)
    _failures(of)
    _controls(of)
    _provenance(of)


def _head(of: Report, choice: Choice) -> None:
    pinned = replaying.pinned(of.name)
    words, tone = check_words.badge(of, pinned)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        widgets.name(of.name)
        st.badge(escaped(words), color=tone)
        is_check = of.body["kind"] == "verifier check"
        st.badge(text.KINDS[is_check], color="gray", help=escaped(text.KIND_MEANINGS[is_check]))
    cause = text.CAUSES.get(of.body["provenance"].get("cause", ""), "")
    st.text(
        text.REPORT_OF.format(name=of.cascade or of.name, time=moment(of.created, choice.zone), cause=cause)
    )
    st.text(check_words.sentence(of, pinned))
    daily = verifier_words.then(of)
    if daily is not None:
        st.text(daily)
    if of.body["stopped_early"]:
        st.text(text.STOPPED.format(why=of.body["stopped_early"]))
    with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
        base = of.body.get("baseline")
        if base is None:
            if pinned != of.id:
                st.caption(escaped(text.NOT_COMPARED))
        else:
            told = text.COMPARED_WITH.format(number=base["report"], time=moment(base["created"], choice.zone))
            st.caption(escaped(told), width="content")
            _open_baseline(base["report"])
        if of.body.get("sweep") and of.cascade in data.known().cascades:
            widgets.link(
                "verifier", text.SEE_VERIFIER, choice, data.settings().timezone, cascade=of.cascade or ""
            )


def _open_baseline(number: int) -> None:
    """A button: a link to the page that is open would look as if it were chosen."""
    if st.button(text.SEE_BASELINE, icon=":material/arrow_forward:", type="tertiary", key="baseline"):
        report_link.ONE.open_one(number)


def _cases(of: Report) -> None:
    body = of.body
    whole = body["cases"] == body["planned"]
    caption = UNKNOWN if whole else f"of {count(body['planned'])}"
    set_of = body["provenance"]["eval_set"]
    widgets.tile(
        text.CASES, count(body["cases"]), caption if not whole else f"version {set_of['hash']}",
        text.CASES_MEANING,
    )  # fmt: skip


def _failed(of: Report) -> None:
    failed = of.body["failed"]
    named = ", ".join(f"{n:,} {name}" for name, n in of.body["failures"].items())
    none = text.NONE_FAILED.format(n=count(of.body["planned"]))
    widgets.tile(text.FAILED, count(failed), named or none, text.FAILED_MEANING)


def _smallest(of: Report) -> None:
    value = of.body["mde"]
    caption = f"tolerance {points(of.body['tolerance'], 0, signed=False)}"
    widgets.tile(text.SMALLEST, points(value, signed=False), caption, text.SMALLEST_MEANING)


def _spent(of: Report) -> None:
    median, usd = of.body["latency_ms"]["p50"], of.body["spent_usd"]
    caption = text.SPENT_UNKNOWN if usd is None else text.SPENT_NOTHING if not usd else UNKNOWN
    if median is not None:
        caption = text.MEDIAN.format(seconds=median / 1000)
    widgets.tile(text.SPEND, dollars(usd), caption, text.SPEND_MEANING)


def _rates(of: Report) -> None:
    """Every rate beside its baseline."""
    st.subheader(text.RATES, anchor=False)
    rows = [_row(name, rate, replaying.pinned(of.name) == of.id) for name, rate in of.body["rates"].items()]
    columns = text.RATE_COLUMNS
    helps = {"p": text.P_MEANING, "n": text.N_MEANING, "change": text.CHANGE_MEANING}
    config = {key: COLUMNS.get(key, tables.words)(label, helps.get(key)) for key, label in columns.items()}
    widgets.table(tables.frame(rows, list(columns)), "rates", config, **tables.LOOK)


def _row(name: str, rate: dict[str, Any], is_pinned: bool) -> dict[str, Any]:
    compared = rate["change"] is not None
    return {
        "rate": text.RATE_NAMES.get(name, name),
        "verdict": text.PINNED if is_pinned else text.VERDICTS.get(rate["verdict"], rate["verdict"]),
        "value": percent(rate["value"]),
        "reach": _between(rate["low"], rate["high"]),
        "baseline": percent(rate["baseline"]),
        "change": percentage(rate["change"]),
        "change_reach": _between(rate["change_low"], rate["change_high"]) if compared else UNKNOWN,
        "p": _chance(rate["p"]),
        "n": rate["n"],
        "smallest": points(rate["smallest"], signed=False),
    }


def _between(low: float, high: float) -> str:
    low_words, high_words = (f"{value * 100:.1f}".replace("-", "−") for value in (low, high))
    return f"{low_words} to {high_words}"


def _chance(p: float | None) -> str:
    if p is None:
        return UNKNOWN
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _failures(of: Report) -> None:
    if not of.body["failures"]:
        return
    st.subheader(text.FAILURES, anchor=False)
    rows = [{"failure": name, "calls": n} for name, n in of.body["failures"].items()]
    config = {"failure": tables.words(text.FAILURE), "calls": tables.number(text.HOW_OFTEN)}
    widgets.rows(rows, "failures", config)


def _controls(of: Report) -> None:
    if of.body["kind"] != "verifier check" and not any(c["n"] for c in of.body["controls"].values()):
        return
    st.subheader(text.CONTROLS, anchor=False)
    told = [
        text.CONTROL_ROW.format(passed=found["passed"], n=found["n"], kind=kind)
        for kind, found in of.body["controls"].items()
        if found["n"]
    ]
    if told:
        st.text("\n".join(told))
    else:
        st.caption(escaped(text.NO_CONTROLS))


def _provenance(of: Report) -> None:
    with st.expander(text.PROVENANCE):
        st.caption(escaped(text.PROVENANCE_HINT))
        st.json(dict(of.body["provenance"]))
