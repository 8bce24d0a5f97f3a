"""The cases that changed, each with what was asked and both answers side by side."""

import streamlit as st

from cascadewatch.store.replays import Result
from cascadewatch.store.reports import Report
from dashboard import flip_words, replaying, tables, widgets
from dashboard import text_replays as text
from dashboard.flip_words import Flips
from dashboard.formats import escaped

ROWS = 8  # of the list in sight


@st.fragment
def show(of: Report) -> None:
    """A list of cases, and the chosen one."""
    if of.body.get("baseline") is None:
        return
    st.subheader(text.FLIPS, anchor=False)
    found = flip_words.groups(of.body)
    before = replaying.report(int(of.body["baseline"]["report"]))
    if not found or before is None:
        st.text(text.NO_FLIPS)
        return
    st.caption(escaped(text.FLIPS_HINT))
    group = _chosen(found, of.id)
    now, then = replaying.results(of.replay), replaying.results(before.replay)
    questions = replaying.questions(of)
    case = _listed(group, now, then, questions, of.id)
    if len(group.cases) < group.n:
        st.caption(escaped(text.FIRST_SHOWN.format(n=len(group.cases), all=f"{group.n:,}")))
    _side_by_side(case, then.get(case), now.get(case), questions.get(case))


def _chosen(found: list[Flips], report: int) -> Flips:
    labels = [group.label for group in found]
    label = st.segmented_control(
        text.WHICH_FLIPS, labels, default=labels[0], required=True, key=f"flips-{report}",
        label_visibility="collapsed", format_func=escaped,
    )  # fmt: skip
    return next((group for group in found if group.label == label), found[0])


def _listed(
    group: Flips, now: dict[str, Result], then: dict[str, Result],
    questions: dict[str, tuple[str, str | None]], report: int,
) -> str:  # fmt: skip
    """The cases as a table; the one clicked, else the first."""
    rows = [
        {
            "case": case, "asked": questions.get(case, ("", None))[0],
            "before": flip_words.verdict(then.get(case)), "after": flip_words.verdict(now.get(case)),
        }
        for case in group.cases
    ]  # fmt: skip
    config = {
        "case": tables.words(text.CASE, width=130), "asked": tables.words(text.ASKED, width=300),
        "before": tables.words(text.BEFORE, width=250), "after": tables.words(text.AFTER, width=250),
    }  # fmt: skip
    picked = widgets.table(
        tables.frame(rows, list(config)), f"flipped-{report}-{group.label}", config,
        height=36 * (min(ROWS, len(rows)) + 1), selection_mode="single-row", on_select="rerun",
    )  # fmt: skip
    chosen = picked.selection.rows
    return group.cases[chosen[0] if chosen and chosen[0] < len(group.cases) else 0]


def _side_by_side(
    case: str, before: Result | None, after: Result | None, question: tuple[str, str | None] | None
) -> None:
    with st.container(border=True):
        st.text(f"{text.CASE}: {case}")
        if question is None:
            st.caption(escaped(text.NO_PROMPT))
        else:
            asked, reference = st.columns([3, 2], gap="medium")
            with asked:
                _words(text.ASKED, question[0])
            with reference:
                _words(text.REFERENCE, question[1] or "–")
        old, new = flip_words.answer(before), flip_words.answer(after)
        left, right = st.columns(2, gap="medium")
        with left:
            _answer(text.BEFORE, before, old)
        with right:
            _answer(text.AFTER, after, new)
        if old is not None and old == new:
            st.caption(escaped(text.SAME_ANSWER))


def _answer(label: str, result: Result | None, words: str | None) -> None:
    st.caption(escaped(label))
    st.text(flip_words.verdict(result))
    st.code(words or text.NO_ANSWER, language=None, wrap_lines=True, height=220)


def _words(label: str, words: str) -> None:
    st.caption(escaped(label))
    st.code(words, language=None, wrap_lines=True)
