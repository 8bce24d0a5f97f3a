"""What a banner says of channels and of rules that are not evaluated, and what the tables say of both."""

from typing import Any

import pytest

from cascadewatch.store.channel_states import ChannelState
from cascadewatch.store.rule_states import RuleState
from dashboard import channel_rows, rule_rows
from dashboard.rule_rows import Told
from tests.dashboard.alarmed import state, watching
from tests.dashboard.test_episode_words import NOW

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


def problems(
    *channels: ChannelState, known: tuple[str, ...] = ("team", "mail"), evaluated: int | None = NOW
) -> list[channel_rows.Problem]:
    return channel_rows.problems({c.channel: c for c in channels}, known, evaluated, NOW, "UTC")


def test_nothing_is_said_where_all_is_well() -> None:
    assert problems(ChannelState("team", sent=NOW)) == []
    assert problems(evaluated=None) == []


def test_a_channel_that_is_off_says_why_and_the_way_out() -> None:
    (found,) = problems(ChannelState("team", off=NOW - HOUR, failing=NOW - HOUR, error="hooks answered 404"))
    assert found.tone == "red"
    assert found.words == "Channel off: team. It refused for good 1\xa0h ago: hooks answered 404"
    assert "alerts test" in found.hint


def test_a_channel_that_fails_says_since_when() -> None:
    (found,) = problems(ChannelState("team", failing=NOW - HOUR, error="timeout"))
    assert found.tone == "orange"
    assert "since 11:00: timeout" in found.words


def test_a_channel_that_the_settings_no_longer_have_is_not_complained_about() -> None:
    assert problems(ChannelState("old", off=NOW)) == []


@pytest.mark.parametrize(("age", "said"), [(5 * MINUTE, 0), (5 * MINUTE + 1, 1)])
def test_rules_are_late_after_five_minutes(age: int, said: int) -> None:
    assert len(problems(evaluated=NOW - age)) == said


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        (ChannelState("c"), "unused"),
        (ChannelState("c", sent=NOW), "fine"),
        (ChannelState("c", failing=NOW), "failing"),
        (ChannelState("c", off=NOW, failing=NOW), "off"),
        (ChannelState("c", not_before=NOW + HOUR), "waiting"),
    ],
)
def test_each_condition_has_its_word(held: ChannelState, expected: str) -> None:
    assert channel_rows.condition(held, NOW) == expected


def rules(*states: RuleState) -> list[dict[str, Any]]:
    told = [Told("escalation-drift", "drift", "escalation_rate", "Fires when …")]
    return rule_rows.rule_rows(rule_rows.known(told, states), states, NOW)


def test_a_rule_says_the_worst_of_its_streams() -> None:
    rows = rules(watching("a", NOW), watching("b", NOW, state="firing"), state("other", "a", NOW))
    assert [(row["rule"], row["state"], row["streams"]) for row in rows] == [
        ("escalation-drift", "firing", 2),
        ("other", "ok", 1),
    ]
    assert rows[0]["definition"] == "Fires when …"


def test_a_rule_that_failed_stands_first_and_counts_no_stream() -> None:
    rows = rules(watching("a", NOW), state("broken", "", NOW, state="error"))
    assert (rows[0]["rule"], rows[0]["state"], rows[0]["streams"]) == ("broken", "failed", 0)


def test_a_stream_says_baseline_and_how_soon_a_move_is_seen() -> None:
    told = Told("escalation-drift", "drift", "escalation_rate")
    (row,) = rule_rows.stream_rows(told, [watching("support", NOW, route="faq")], NOW)
    assert row["where"] == "support / faq"
    assert (row["value"], row["baseline"], row["seen"]) == ("31.0\xa0%", "30.0\xa0%", "6\xa0h")
    assert row["evidence"] == 25.0


def test_one_that_learns_says_what_it_lacks() -> None:
    lacking = "5 of the 7 days, with a weekend, that a baseline needs"
    held = watching("support", NOW, state="learning", detail={"lacking": lacking, "evidence": 0.0})
    (row,) = rule_rows.stream_rows(Told("escalation-drift"), [held], NOW)
    assert row["message"] == lacking
    assert row["seen"] is None


def test_one_that_does_not_look_for_its_tolerance_says_so() -> None:
    unseen = "moves under 10 points are not looked for: the baseline is known to ±2.6 points only"
    held = watching("support", NOW, detail={"evidence": 0.0, "hours_to_see": None, "unseen": unseen})
    (row,) = rule_rows.stream_rows(Told("escalation-drift"), [held], NOW)
    assert (row["seen"], row["message"]) == ("not looked for", unseen)


def test_a_back_tests_episode_says_from_what_to_what() -> None:
    row = rule_rows.past_row(
        {"scope": {"cascade": "support", "route": None}, "direction": "up",
         "estimate": {"value": 0.36, "baseline": 0.3}}
    )  # fmt: skip
    assert (row["where"], row["direction"], row["went"]) == ("support", "▲", "30\xa0% → 36\xa0%")


@pytest.mark.parametrize("answer", [{}, {"rules": None}, {"rules": [1, {}, {"name": ""}]}])
def test_an_answer_of_another_kind_tells_of_no_rule(answer: dict[str, Any]) -> None:
    assert rule_rows.told(answer) == []
