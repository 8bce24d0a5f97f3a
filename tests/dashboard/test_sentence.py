"""The Overview's sentence: which state wins, and that it claims no more than is known."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadewatch.metrics.window import Objective, Window
from dashboard import sentence
from dashboard.change import Change
from dashboard.facts import Facts, budget_usd, gathered, per_day
from dashboard.sentence import Sentence
from tests.metrics.windows import labels, window, windows

DAY = 86_400_000
CENT = 10_000_000  # nano-dollars
UP = Change(before=0.30, recent=0.361, low=0.04, high=0.08, recent_days=3, before_days=25)
DOWN = Change(before=0.30, recent=0.22, low=-0.1, high=-0.06, recent_days=3, before_days=25)
SAME = Change(before=0.30, recent=0.31, low=-0.01, high=0.03, recent_days=3, before_days=25)


def cascade(
    escalated: int = 300, checked: int | None = 0, objective: float | None = 0.35, right: int = 95
) -> Window:
    """A day of 1,000 judged events: the cheap tier costs 0.2 cents, an escalation 2, the flagship 2."""
    after = escalated * 2 * CENT
    goal = None if objective is None else Objective(objective, 28 * DAY, 1000, escalated, 0, DAY)
    quality = (
        labels(right, correct=True, role="served", sampling="random"),
        labels(100 - right, correct=False, role="served", sampling="random"),
    )
    given = {"last_label": checked, "objective": goal, "labels": quality, "ratios": window().ratios}
    return window(
        given, events=1000, judged=1000, escalated=escalated, flagship=escalated, accepted=1000 - escalated,
        priceable=1000, priced=1000, comparable=1000, comparable_cost=after + 2 * CENT * 100,
        real=escalated, real_cost=after, counterfactual=1000 - escalated,
        counterfactual_input=(1000 - escalated) * 2 * CENT, even=1000, even_cheap=2 * CENT * 100,
        even_escalated=escalated, even_after=after, even_real=escalated, even_real_cost=after,
        even_counterfactual=1000 - escalated, even_counterfactual_input=(1000 - escalated) * 2 * CENT,
    )  # fmt: skip


def facts(of: Window, change: Change | None = SAME, now: int = DAY, bar: float | None = None) -> Facts:
    seen = (0, DAY) if of.counts["events"] else None
    return replace(gathered(of, change, now, seen, bar), last_check=of.last_label)


def said(of: Facts) -> str:
    return " ".join(sentence.describe(of).lines).replace("\xa0", " ")


def label(of: Facts) -> str:
    return sentence.describe(of).label


def test_on_target_says_rate_savings_break_even_quality_and_that_nothing_moved() -> None:
    text = said(facts(cascade(), now=DAY))
    assert label(facts(cascade())) == "on target"
    assert "30.0 % escalate (27–33), objective 35 %." in text
    assert "Saves $12.00 a day (60 %) against flagship-only." in text
    assert "Break-even 90 %: 60 pts away." in text
    assert "Quality 95.0 % (89–98), last checked 24 h ago." in text
    assert "No move of 5 points or more against the days before." in text


def test_on_target_carries_no_colour() -> None:
    assert sentence.describe(facts(cascade())).tone == "gray"


@pytest.mark.parametrize(
    ("age", "expected"), [(7 * DAY, "on target"), (7 * DAY + 1, "on target; quality unchecked")]
)
def test_health_is_claimed_only_when_quality_was_checked_within_seven_days(age: int, expected: str) -> None:
    assert label(facts(cascade(checked=DAY - age))) == expected


def test_without_any_label_quality_is_unchecked() -> None:
    found = facts(cascade(checked=None))
    assert label(found) == "on target; quality unchecked"
    assert "Quality was never checked." in said(found)


def test_without_an_objective_it_is_steady_not_on_target() -> None:
    assert label(facts(cascade(objective=None))) == "steady"


def test_a_rise_says_how_far_and_what_it_costs_a_day() -> None:
    found = facts(cascade(), UP)
    assert sentence.describe(found).tone == "red"
    assert label(found) == "costs rising"
    assert "About 36 % escalated in the last 3 days, 6.1 pts above the days before (30 %)" in said(found)
    assert "about +$1.22 a day" in said(found)


def test_a_fall_is_amber_even_when_the_objective_is_met() -> None:
    found = facts(cascade(escalated=200), DOWN)
    assert label(found) == "cheaper, but quality at risk"
    assert sentence.describe(found).tone == "orange"
    assert "Do not count the fall as a saving yet." in said(found)


def test_above_the_objective_needs_the_whole_interval() -> None:
    assert label(facts(cascade(escalated=360))) == "on target"
    assert label(facts(cascade(escalated=400))) == "above target"


def test_dearer_than_the_flagship_wins_over_all_else() -> None:
    found = facts(cascade(escalated=980), UP)
    assert label(found) == "dearer than the flagship alone"
    assert "a day more" in said(found)
    assert "8 pts passed" in said(found)


def test_quality_below_its_bar_is_amber() -> None:
    found = facts(cascade(right=70), bar=0.9)
    assert label(found) == "quality below its bar"
    assert sentence.describe(found).tone == "orange"


def test_too_little_data_judges_nothing() -> None:
    few = replace(cascade(), counts={**cascade().counts, "judged": 199, "escalated": 190})
    found = facts(few, None)
    assert label(found) == "too little data"
    assert "199 judged events in this range; from 200 on the rate is judged here." in said(found)


def test_silence_is_not_health() -> None:
    found = facts(cascade(), now=3 * DAY)
    assert label(found) == "no data"
    assert said(found) == "The last event came 2 days ago. Silence is not health: look at Sources."


def test_nothing_at_all() -> None:
    assert said(facts(window())) == "No events in this range."


def test_too_little_to_compare_is_said() -> None:
    assert "Too little to compare" in said(facts(cascade(), None))


def test_the_budget_is_told_in_dollars_a_day() -> None:
    assert budget_usd(facts(cascade())) == pytest.approx(0.05 * 1000 * 0.02)


def test_an_hour_of_events_is_not_spread_over_the_whole_range() -> None:
    found = gathered(cascade(), None, DAY, (DAY - DAY // 24, DAY))
    assert per_day(found, found.metrics["savings_usd"]).value == pytest.approx(12 * 24)


@given(windows(), st.sampled_from((None, UP, DOWN, SAME)), st.integers(0, 40 * DAY))
def test_every_window_has_a_sentence(of: Window, change: Change | None, now: int) -> None:
    result: Sentence = sentence.describe(facts(of, change, now))
    assert result.label
    assert result.lines
    assert all(line.endswith(".") for line in result.lines)
    assert not any(word in line for line in result.lines for word in ("None", "nan", "inf"))
