"""What lies behind a line: baselines in force, and episodes as spans that are not told by colour alone."""

from dataclasses import replace
from typing import Any

import pytest

from cascadewatch.drift.baseline import Baseline
from cascadewatch.store.baselines import Pinned
from dashboard import bands, charts, episode_figure
from dashboard.formats import local
from tests.dashboard.alarmed import BASELINE, baseline
from tests.dashboard.test_episode_words import NOW, SINCE, episode

HOUR, DAY = 3_600_000, 86_400_000
SPAN = (NOW - 10 * DAY, NOW)


def pinned(number: int, at: int, of: Baseline, retired: int | None = None) -> Pinned:
    return Pinned(number, "escalation_rate", "support", "", at, "me", "pinned", None, of, retired)


def test_each_baseline_counts_until_the_next_and_the_first_from_its_own_days() -> None:
    first, second = baseline(NOW - 8 * DAY), baseline(NOW - 3 * DAY, 0.4)
    pins = [pinned(1, NOW - DAY, first, NOW - DAY // 2), pinned(2, NOW - DAY // 2, second)]
    found = bands.in_force(pins, "escalation_rate", "support", "", SPAN)
    assert found == [(NOW - 8 * DAY, NOW - DAY // 2, first), (NOW - DAY // 2, NOW, second)]


def test_another_stream_has_no_band() -> None:
    pins = [pinned(1, NOW - DAY, baseline(NOW - 8 * DAY))]
    assert bands.in_force(pins, "escalation_rate", "support", "faq", SPAN) == []


def test_the_band_is_the_level_of_each_hour_and_the_tolerance() -> None:
    wave = replace(BASELINE, sine=0.1)
    fig = charts.figure(SPAN, "UTC", dark=False)
    top = bands.normal(fig, [(*SPAN, wave)], 0.05, SPAN, "UTC", dark=False)
    ys = fig.data[0].y
    assert top == pytest.approx(0.45, abs=0.001)
    assert max(ys) == top
    assert min(ys) == pytest.approx(0.15, abs=0.001)
    assert fig.data[0].hoverinfo == "skip"


def test_the_band_lies_behind_what_was_drawn_before() -> None:
    fig = charts.figure(SPAN, "UTC", dark=False)
    fig.add_scatter(x=[1], y=[1], name="line")
    bands.normal(fig, [(*SPAN, BASELINE)], 0.05, SPAN, "UTC", dark=False)
    assert fig.data[-1].name == "line"


@pytest.mark.parametrize(("end", "said"), [(NOW, "baseline now 30 ± 5"), (NOW - 2 * DAY, "baseline 30 ± 5")])
def test_the_bands_name_says_now_only_where_it_is_now(end: int, said: str) -> None:
    fig = charts.figure(SPAN, "UTC", dark=False)
    bands.label(fig, [(SPAN[0], end, BASELINE)], 0.05, NOW, dark=False)
    assert fig.layout.annotations[0].text.replace("<br>", " ") == said


def shaded(*episodes: Any, over: bool = False) -> Any:
    fig = charts.figure(SPAN, "UTC", dark=False)
    bands.shade(fig, episodes, SPAN, NOW, "UTC", dark=False, over=over)
    return fig


def test_a_span_goes_from_the_change_to_its_end_or_to_now() -> None:
    rect = shaded(episode()).layout.shapes[0]
    assert (rect.x0, rect.x1) == (local(SINCE, "UTC"), local(NOW, "UTC"))
    over = shaded(episode(state="resolved", resolved=SINCE + DAY)).layout.shapes[0]
    assert over.x1 == local(SINCE + DAY, "UTC")


def test_every_span_has_its_arrow_and_how_far_it_went() -> None:
    words = [note.text.replace("\xa0", " ") for note in shaded(episode()).layout.annotations]
    assert words == ["▲ +6 pts"]
    short = shaded(episode(state="resolved", resolved=SINCE + HOUR))
    assert [note.text for note in short.layout.annotations] == ["▲"]


def test_words_of_neighbours_do_not_cover_each_other() -> None:
    notes = shaded(episode(), episode(id=2, since=SINCE + HOUR)).layout.annotations
    assert [note.yshift for note in notes] == [0, -15]


def test_what_lies_outside_is_not_drawn() -> None:
    before = episode(since=SPAN[0] - 2 * DAY, state="resolved", resolved=SPAN[0] - DAY)
    assert not shaded(before, episode(id=2, since=NOW + HOUR)).layout.shapes


def test_over_bars_a_strip_takes_the_place_of_the_span() -> None:
    rect = shaded(episode(), over=True).layout.shapes[0]
    assert (rect.layer, rect.y1) == ("above", 0)
    assert rect.y0 < 0


def test_the_chart_of_an_episode_shows_what_was_before_and_after() -> None:
    start, end = episode_figure.window(episode(), NOW)
    assert start == SINCE - 3 * DAY
    assert end == NOW
    start, end = episode_figure.window(episode(state="resolved", resolved=SINCE + 2 * HOUR), NOW)
    assert (SINCE - start, end - SINCE) == (12 * HOUR, 5 * HOUR)


def test_a_clock_that_stepped_back_leaves_a_range() -> None:
    start, end = episode_figure.window(episode(), SINCE - 10 * DAY)
    assert start < end
