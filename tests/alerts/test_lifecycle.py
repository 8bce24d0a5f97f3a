"""ok -> pending -> firing -> easing -> resolved: what each look changes, and why."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest

from alerts.finding import Finding, Outcome, Scope
from alerts.lifecycle import Life, Reason, State, step
from cascadewatch.settings import Rule
from tests.alerts.findings import DAY, HOUR, LIMIT, MINUTE, drifted, said

START = 1_795_262_400_000
LOOK = 5 * MINUTE
TELLING: set[Reason] = {
    "breached at 2 looks",
    "breached for as long as the rule asks",
    "well within the limit at 3 looks",
    "nothing to judge for a day",
    "more than 4 changes in a day",
    "steady for 21 looks",
}


def walk(
    findings: Sequence[Finding], every: int = LOOK, life: Life | None = None, start: int = START
) -> list[tuple[State, Reason]]:
    """The state and reason after each of the findings, so far apart."""
    life, found = life or Life(since=start), []
    for number, finding in enumerate(findings):
        life, reason = step(life, finding, start + number * every)
        found.append((life.state, reason))
    return found


def states(outcomes: str, every: int = LOOK, rule: Rule = LIMIT) -> list[State]:
    """b: breached, o: well within the limit, w: just within it, ?: undecided, -: no data, l: learning."""
    words: dict[str, tuple[Outcome, bool]] = {
        "b": ("breached", False),
        "o": ("ok", True),
        "w": ("ok", False),
        "?": ("undecided", False),
        "-": ("no_data", False),
        "l": ("learning", False),
    }
    findings = [said(words[letter][0], rule, clear=words[letter][1]) for letter in outcomes]
    return [state for state, _ in walk(findings, every)]


def test_it_fires_at_the_second_look_and_is_over_at_the_third_that_is_clear() -> None:
    assert states("obbooo") == ["ok", "pending", "firing", "firing", "easing", "ok"]


def test_each_step_has_its_reason() -> None:
    outcomes: tuple[Outcome, ...] = ("ok", "breached", "breached", "breached", "ok", "ok", "ok", "ok")
    assert [reason for _, reason in walk([said(outcome) for outcome in outcomes])] == [
        "within the limit",
        "breached once",
        "breached at 2 looks",
        "still breached",
        "not counted yet",
        "well within the limit at 2 looks",
        "well within the limit at 3 looks",
        "within the limit",
    ]


def test_two_looks_a_minute_apart_are_one_and_the_same_event() -> None:
    assert states("bbbbb", every=MINUTE) == ["pending"] * 5
    assert states("bbbbbb", every=MINUTE)[-1] == "firing"


def test_a_look_within_the_limit_takes_a_first_breach_back() -> None:
    assert states("bobob") == ["pending", "ok", "pending", "ok", "pending"]


def test_just_within_the_limit_is_not_over() -> None:
    assert states("bbwwwwwwww")[-1] == "firing"
    assert states("bboowooo") == [
        "pending", "firing", "firing", "easing", "firing", "firing", "easing", "ok",
    ]  # fmt: skip


def test_a_breach_while_easing_goes_on_firing() -> None:
    assert states("bboobooo") == [
        "pending", "firing", "firing", "easing", "firing", "firing", "easing", "ok",
    ]  # fmt: skip


def test_an_undecided_look_changes_nothing() -> None:
    assert states("b?b") == ["pending", "pending", "firing"]
    assert states("bb????") == ["pending", *["firing"] * 5]
    assert states("bbo?o?o") == ["pending", "firing", "firing", "firing", "easing", "easing", "ok"]


def test_a_rule_may_say_how_long_it_must_hold() -> None:
    rule = LIMIT.model_copy(update={"hold": 12 * MINUTE})
    assert states("bbb", every=6 * MINUTE, rule=rule) == ["pending", "pending", "firing"]
    assert states("bobbb", every=6 * MINUTE, rule=rule)[-2:] == ["pending", "firing"]


def test_without_anything_to_judge_an_episode_is_over_after_a_day() -> None:
    fired = walk([said("breached")] * 2 + [said("no_data")] * 26, every=HOUR)
    assert {state for state, _ in fired[1:26]} == {"firing"}
    assert fired[26] == ("no_data", "nothing to judge for a day")


def test_what_has_ended_is_over_at_once() -> None:
    ended = said("no_data", detail={"ended": True})
    assert walk([said("breached")] * 2 + [ended])[-1] == ("no_data", "it has ended")
    assert walk([ended])[-1] == ("no_data", "nothing to judge")


def test_learning_and_silence_are_shown_while_nothing_goes_on() -> None:
    assert states("l-l") == ["learning", "no_data", "learning"]


def test_a_failing_rule_is_an_error_and_gets_well_like_any_other() -> None:
    failing = said("error", scope=Scope("", ""))
    well = said("ok", scope=Scope("", ""))
    assert [state for state, _ in walk([failing, failing, well, well, well])] == [
        "pending", "error", "error", "easing", "ok",
    ]  # fmt: skip


def test_a_drift_rule_follows_its_own_evidence() -> None:
    phases = [None, "alarm", "firing", "alarm", "easing", "resolved", None]
    assert walk([drifted(phase) for phase in phases]) == [
        ("ok", "within the limit"),
        ("firing", "alarm"),
        ("firing", "still moved"),
        ("firing", "moved again"),
        ("easing", "recovering"),
        ("ok", "recovered"),
        ("ok", "within the limit"),
    ]


def test_an_alarm_of_which_the_rule_knows_nothing_any_more_is_over() -> None:
    assert walk([drifted("alarm"), drifted(None)])[-1] == ("ok", "watched from a new start")


def test_an_alarm_that_was_taken_for_normal_has_not_recovered() -> None:
    taken = drifted("resolved", detail={"by_person": True})
    assert walk([drifted("alarm"), taken])[-1] == ("ok", "a person set a new baseline")


def flapping() -> list[Finding]:
    """Fires and is over, again and again."""
    return [said(outcome) for outcome in ("breached", "breached", "ok", "ok", "ok")]


def test_the_fifth_change_in_a_day_says_that_it_flaps_and_then_there_is_silence() -> None:
    told = [reason for _, reason in walk(flapping() * 20) if reason in TELLING]
    assert told == [
        "breached at 2 looks",
        "well within the limit at 3 looks",
        "breached at 2 looks",
        "well within the limit at 3 looks",
        "more than 4 changes in a day",
    ]


@pytest.mark.parametrize(("end", "state"), [("breached", "firing"), ("ok", "ok")])
def test_once_it_is_steady_that_is_said(end: Outcome, state: State) -> None:
    steps = walk(flapping() * 3 + [said(end)] * 30)
    assert steps[-1][0] == state
    assert [reason for _, reason in steps].count("steady for 21 looks") == 1


def test_while_it_flaps_one_episode_stays_open() -> None:
    life = Life()
    for number, finding in enumerate(flapping() * 5):
        life, _ = step(life, finding, START + number * LOOK)
        if life.state == "flapping":
            assert life.is_open


def changing(random: Random) -> Finding:
    """A value that wanders about its limit, sometimes without a decision."""
    outcomes: tuple[Outcome, ...] = ("breached", "ok", "undecided", "no_data")
    outcome = random.choices(outcomes, (5, 5, 2, 0.05))[0]
    return said(outcome, clear=random.random() < 0.8)


@pytest.mark.parametrize("stay", [2, 8, 25, 120])
def test_a_scope_has_at_most_six_messages_a_day_whatever_it_does(stay: int) -> None:
    """500 random walks of 30 hours, by the minute; a value stays on a side for about `stay` minutes."""
    for seed in range(125):
        random, life, told = Random(seed), Life(), list[int]()
        finding = changing(random)
        for minute in range(30 * 60):
            if random.random() < 1 / stay:
                finding = changing(random)
            life, reason = step(life, finding, START + minute * MINUTE)
            if reason in TELLING:
                told.append(START + minute * MINUTE)
        for first in told:
            assert sum(first <= time < first + DAY for time in told) <= 6


def test_a_life_survives_being_written_down() -> None:
    life = Life()
    for number, finding in enumerate(flapping() * 2):
        life, _ = step(life, finding, START + number * LOOK)
    assert Life.from_dict(life.to_dict()) == life
    assert Life.from_dict({}) == Life()


def test_a_clock_set_back_leaves_nothing_in_the_future() -> None:
    ahead = START + 3650 * DAY
    life, _ = step(Life(since=START), said("breached"), ahead)
    life, _ = step(life, said("breached"), ahead + LOOK)
    assert life.is_open
    life, reason = step(life, said("breached"), START)
    assert reason == "still breached"
    assert max(life.since, life.counted or 0, *life.told) <= START
    assert replace(life).is_open
