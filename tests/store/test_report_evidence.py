"""Which reports a diagnosis rests on: the last own ones of the cascade that began after the change."""

from typing import Any

import pytest

from cascadewatch.drift.diagnosis import diagnose
from cascadewatch.drift.diagnosis.material import Check
from cascadewatch.settings import Settings
from cascadewatch.store import evidence, reports
from cascadewatch.store.reports import Head
from tests.alerts.checked import CHECK, NIGHTLY, reported_on, tables
from tests.model.events import NOON
from tests.store.conftest import Open
from tests.store.opened import Opened
from tests.store.test_evidence import DAY, HOUR, SINCE, Traffic

LAX = {
    "false_accept": {"verdict": "regressed", "value": 0.122, "baseline": 0.027, "change": 0.095, "n": 477,
                     "low": 0.095, "high": 0.154},
}  # fmt: skip
WORSE = {"accuracy": {**LAX["false_accept"], "value": 0.7, "baseline": 0.8, "change": -0.1}}
BIG, OTHER = {**NIGHTLY, "target": "flagship"}, {**CHECK, "cascade": "coding"}
REPLAYS = Settings.model_validate(
    tables(check=CHECK, second=CHECK, other=OTHER, cheap=NIGHTLY, big=BIG)
    | {"model": {name: {"kind": "recorded", "answer": "cheap"} for name in ("small", "flagship")}}
)  # fmt: skip


@pytest.fixture
def fell(opening: Open) -> Opened:
    """`support` falls from 50 % to 20 % at SINCE."""
    opened = opening(replay=REPLAYS.replay, model=REPLAYS.model, verifier=REPLAYS.verifier)
    traffic = Traffic()
    opened.send(*traffic.events(NOON - 3 * DAY, SINCE, 200, 0.50), *traffic.events(SINCE, NOON, 200, 0.20))
    return opened


def report(opened: Opened, name: str, verdict: str, at: int, **said: Any) -> int:
    said.setdefault("baseline", {"report": 1, "created": NOON - 5 * DAY})
    with opened.store.writing() as connection:
        return reported_on(connection, opened.settings, name, verdict, at, **said)


def checks(opened: Opened) -> dict[str, Check]:
    with opened.store.reading() as connection:
        found = evidence.gather(connection, opened.settings, "support", "", SINCE, NOON)
    return {check.name: check for check in found.checks}


def test_the_last_of_each_kind_since_the_change(fell: Opened) -> None:
    report(fell, "check", "unchanged", SINCE - HOUR)
    report(fell, "check", "unchanged", SINCE + HOUR)
    last = report(fell, "check", "regressed", SINCE + 2 * HOUR, rates=LAX)
    cheap = report(fell, "cheap", "regressed", SINCE + 3 * HOUR, rates=WORSE)
    report(fell, "big", "regressed", SINCE + 4 * HOUR, rates=WORSE)  # not of the cheap tier
    report(fell, "other", "regressed", SINCE + 4 * HOUR, rates=LAX)  # of another cascade
    found = checks(fell)
    assert {name: (one.report, one.time) for name, one in found.items()} == {
        "check": (last, SINCE + 2 * HOUR), "cheap": (cheap, SINCE + 3 * HOUR),
    }  # fmt: skip
    assert found["check"].rates[0].value == 0.122
    with fell.store.reading() as connection:
        given = evidence.gather(connection, fell.settings, "support", "", SINCE, NOON)
    first = diagnose(given, NOON).causes[0]
    assert (first.key, first.evidence[0].numbers["report"]) == ("verifier_changed", last)


def test_a_replay_is_of_the_cheap_tier_where_its_model_is(fell: Opened) -> None:
    number = report(fell, "big", "unchanged", SINCE + HOUR, provenance={"models": {"small-1": 400}})
    assert checks(fell)["big"].report == number


def test_none_counts_that_is_older_later_incomplete_or_of_another_target(fell: Opened) -> None:
    report(fell, "check", "regressed", SINCE - HOUR, rates=LAX)
    report(fell, "check", "incomplete", SINCE + HOUR)
    report(fell, "check", "regressed", NOON + HOUR, rates=LAX)
    report(fell, "cheap", "regressed", SINCE + HOUR, rates=WORSE, override="flagship")
    assert checks(fell) == {
        "check": Check("verifier check", "check"), "cheap": Check("replay", "cheap"),
    }  # fmt: skip


def test_a_baseline_from_after_the_change_compares_nothing(fell: Opened) -> None:
    report(fell, "check", "unchanged", SINCE + 2 * HOUR, baseline={"report": 1, "created": SINCE + HOUR})
    report(fell, "cheap", "inconclusive", SINCE + HOUR, baseline=None)
    assert [check.compared for check in checks(fell).values()] == [False, False]


def test_a_regression_that_nobody_asked_for_is_sure_once_a_second_run_says_so(fell: Opened) -> None:
    report(fell, "check", "regressed", SINCE + HOUR, rates=LAX, cause="schedule")
    assert not checks(fell)["check"].sure
    report(fell, "check", "regressed", SINCE + 2 * HOUR, rates=LAX, cause="schedule")
    assert checks(fell)["check"].sure


def test_what_had_regressed_before_is_not_of_this_change(fell: Opened) -> None:
    report(fell, "check", "regressed", SINCE - HOUR, rates=LAX)
    report(fell, "check", "regressed", SINCE + HOUR, rates=LAX)
    assert checks(fell)["check"].already


def test_runs_that_asked_another_model_hide_none_however_many(fell: Opened) -> None:
    own = report(fell, "cheap", "regressed", SINCE + HOUR, rates=WORSE)
    for number in range(101):
        report(fell, "cheap", "unchanged", SINCE + HOUR + 1 + number, override="flagship")
    assert checks(fell)["cheap"].report == own
    with fell.store.reading() as connection:
        assert [head.id for head in reports.heads(connection, "cheap")] == [own]


def test_one_that_says_the_same_as_before_the_change_hides_none_that_does_not(fell: Opened) -> None:
    """Two checks of one cascade: the one had regressed already, the other is newer."""
    report(fell, "check", "regressed", SINCE - HOUR, rates=LAX)
    report(fell, "check", "regressed", SINCE + HOUR, rates=LAX)
    told = report(fell, "second", "unchanged", SINCE + 2 * HOUR)
    assert {name: one.report for name, one in checks(fell).items()}["second"] == told


@pytest.mark.parametrize(
    ("verdicts", "awaits"),
    [
        ("schedule:regressed", True),
        ("alert:regressed schedule:unchanged", True),
        ("schedule:regressed schedule:regressed", False),
        ("schedule:regressed schedule:incomplete cli:regressed", False),
        ("schedule:regressed schedule:incomplete", True),
        ("confirmation:regressed schedule:regressed", False),
        ("cli:regressed", False),
        ("schedule:unchanged schedule:regressed", False),
        ("schedule:incomplete", False),
        ("", False),
    ],
)
def test_a_regression_awaits_confirmation_while_nobody_asked_for_it_and_it_is_alone(
    verdicts: str, awaits: bool
) -> None:
    """Newest first."""
    said = [one.split(":") for one in verdicts.split()]
    heads = [
        Head(9 - n, "check", NOON - n, verdict, cause, NOON - n) for n, (cause, verdict) in enumerate(said)
    ]
    assert reports.awaits_confirmation(heads) == awaits
