"""What a figure shows of others' words, of an interval, and of the unfinished present."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadewatch.metrics.breakeven import economics
from cascadewatch.store.reads import Mark
from dashboard import breakeven_figure, charts, template
from dashboard.points import Point, metric_points
from tests.dashboard.hostile import STRINGS
from tests.dashboard.test_points import buckets
from tests.dashboard.test_sentence import cascade
from tests.metrics.windows import window

HOUR = 3_600_000


def points(now: int = 10 * HOUR) -> list[Point]:
    return metric_points(window(), buckets([100, 90, 80], HOUR), "escalation_rate", now)


@given(st.text() | st.sampled_from(STRINGS))
def test_words_of_others_have_no_tags_and_no_templates(words: str) -> None:
    assert not {"<", ">"} & set(charts.safe(words))
    assert "%{" not in charts.safe(words)
    assert len(charts.safe(words, 10)) <= 60


@pytest.mark.parametrize("dark", [False, True])
def test_a_line_has_its_interval_as_a_ribbon_and_no_default_colour(dark: bool) -> None:
    fig = charts.figure((0, 3 * HOUR), "UTC", dark)
    charts.metric_line(fig, points(), template.flagship(dark), "Escalation rate", "UTC")
    ribbon, line = fig.data
    assert len(ribbon.x) == 6
    assert line.line.color == template.flagship(dark)
    assert "#636efa" not in json.dumps(fig.to_dict(), default=str).lower()


def test_the_unfinished_point_is_drawn_apart() -> None:
    fig = charts.figure((0, 3 * HOUR), "UTC", dark=False)
    charts.metric_line(fig, points(now=3 * HOUR - 1), "#009E73", "Escalation rate", "UTC")
    assert fig.data[-1].line.dash == "dot"
    assert fig.data[-1].text[-1].endswith("so far")


def test_a_bar_that_is_filling_keeps_its_colour_under_the_stripes() -> None:
    fig = charts.figure((0, 3 * HOUR), "UTC", dark=False)
    charts.bars(fig, points(now=3 * HOUR - 1), "#009E73", "Cost", "UTC", "#ffffff")
    (bars,) = fig.data
    assert list(bars.marker.pattern.shape) == ["", "", "/"]
    # Else the stripes stand on nothing, and in the page's own colour nobody sees them.
    assert (bars.marker.color, bars.marker.pattern.fillmode) == ("#009E73", "overlay")


def test_marks_get_letters_and_crowded_ones_share_one() -> None:
    marks = [Mark(i, at * HOUR, None, None, "user", STRINGS[0], "me") for i, at in enumerate((10, 11, 60))]
    fig = charts.figure((0, 100 * HOUR), "UTC", dark=False)
    letters = charts.annotate(fig, marks, (0, 100 * HOUR), "UTC", dark=False)
    assert [letter for letter, _ in letters] == ["A", "B", "C"]
    assert [note.text for note in fig.layout.annotations] == ["A–B", "C"]
    assert len(fig.layout.shapes) == 3


def test_a_crowd_is_named_from_its_first_to_its_last() -> None:
    marks = [Mark(i, at * HOUR, None, None, "user", "", "me") for i, at in enumerate((10, 11, 12, 60, 61))]
    fig = charts.figure((0, 100 * HOUR), "UTC", dark=False)
    charts.annotate(fig, marks, (0, 100 * HOUR), "UTC", dark=False)
    assert [note.text for note in fig.layout.annotations] == ["A–C", "D–E"]
    assert STRINGS[0] not in fig.to_json()


def test_the_break_even_picture_marks_now_and_the_crossing() -> None:
    terms = economics(cascade())
    assert terms is not None
    fig = breakeven_figure.break_even(terms, dark=False)
    words = [note.text.replace("\xa0", " ") for note in fig.layout.annotations]
    assert words == ["flagship only $0.02", "now 30 %, $0.008", "break-even 90 %"]


def test_tiers_keep_their_colours() -> None:
    assert template.tier_colours(["a", "b", "c", "d"], dark=False) == {
        "a": "#009E73", "b": "#56B4E9", "c": "#CC79A7", "d": "#0072B2",
    }  # fmt: skip
