"""What a replay or check finds while an episode is open goes into its diagnosis: nobody is told to run a
check that has run."""

from typing import Any

import pytest

from alerts import diagnose
from alerts.finding import Estimate, Finding, Scope
from alerts.messages import compose
from alerts.words.speaking import Told
from cascadewatch.metrics.window import Metric
from cascadewatch.settings import Rule
from tests.alerts.checked import CHECK, STRICT, reported, tables
from tests.alerts.conftest import Watch
from tests.alerts.watched import DAY, HOUR, MINUTE, TOO_MANY, Watched

TIERS = {"support": {"tiers": ["small", "flagship"]}}
RUNS_IT = "`cascadewatch verifier nightly` runs it."


@pytest.fixture
def watched(watching_sqlite: Watch, now: int) -> Watched:
    """A rate that rose to a half, two hours before it was told."""
    rule = {**TOO_MANY, "above": 0.2}
    watched = watching_sqlite(rule, cascade=TIERS, **tables(nightly=CHECK))
    watched.send(now - 8 * DAY, now - 2 * HOUR, 0.1, 2000)
    watched.send(now - 2 * HOUR, now + 2 * DAY, 0.5, 1800)
    watched.minutes(now, now + 11 * MINUTE, 5 * MINUTE)
    return watched


def checked(watched: Watched, at: int) -> int:
    """The check ran by hand and found more right answers refused."""
    moved = {"false_escalate": STRICT["false_escalate"] | {"change": 0.13}}
    return reported(watched, "nightly", "regressed", at, rates=moved, baseline={"created": at - 5 * DAY})


def diagnosis(watched: Watched) -> dict[str, Any]:
    return dict(watched.episode().detail["diagnosis"])


def test_a_report_changes_the_next_step_of_an_open_episode(watched: Watched, now: int) -> None:
    first = diagnosis(watched)
    assert str(first["next"]).endswith(RUNS_IT)
    number = checked(watched, now + HOUR)
    watched.run(now + HOUR + MINUTE)
    assert diagnosis(watched)["checks"][0]["report"] == number
    assert diagnosis(watched)["causes"][0]["key"] == "verifier_changed"
    assert diagnosis(watched)["after"]["start"] == first["after"]["start"]

    watched.run(now + DAY + HOUR)
    assert [kind for _, kind, _ in watched.said()] == ["firing", "repeat"]
    message = compose([Told(watched.episode(), ("repeat",))], watched.settings, now + DAY + HOUR)
    assert dict(message.items[0].facts)["Next"].startswith("The verifier check nightly regressed")


def test_without_a_new_report_it_is_diagnosed_once(watched: Watched, now: int) -> None:
    first = diagnosis(watched)
    watched.minutes(now + HOUR, now + 3 * HOUR, HOUR)
    assert diagnosis(watched) == first
    checked(watched, now + 3 * HOUR)
    watched.run(now + 3 * HOUR + MINUTE)
    second = diagnosis(watched)
    watched.minutes(now + 4 * HOUR, now + 6 * HOUR, HOUR)
    assert diagnosis(watched) == second != first


def test_one_that_is_on_its_way_back_keeps_the_diagnosis_of_its_breach(watched: Watched, now: int) -> None:
    first = watched.episode().detail
    end = now + 2 * DAY
    watched.send(end, end + 2 * HOUR, 0.0, 600)
    checked(watched, end + 2 * HOUR)
    watched.run(end + 2 * HOUR + MINUTE)
    last = watched.episode()
    assert last.is_open
    assert last.detail["diagnosis"] == first["diagnosis"]
    assert last.detail["cost_usd_per_day"] == first["cost_usd_per_day"]


def test_a_report_from_before_it_opened_is_not_read_twice(watching_sqlite: Watch, now: int) -> None:
    watched = watching_sqlite({**TOO_MANY, "above": 0.2}, cascade=TIERS, **tables(nightly=CHECK))
    watched.send(now - 2 * HOUR, now + DAY, 0.5, 1000)
    number = checked(watched, now - HOUR)
    watched.minutes(now, now + 11 * MINUTE, 5 * MINUTE)
    first = watched.episode().detail
    assert first["newest_report"] == number
    watched.run(now + 6 * HOUR)
    assert watched.episode().detail["diagnosis"] == first["diagnosis"]


def test_a_report_after_the_last_request_of_a_drift_counts(watched: Watched, now: int) -> None:
    """At night an hour may pass without a request: the estimate rests on those before it."""
    end = now + 2 * DAY
    number = checked(watched, end + HOUR)
    since = now - 2 * HOUR
    estimate = Estimate(since, 0.5, 0.1, 0.45, 0.55, 1800, 900.0)
    rule = Rule(name="drift", kind="drift", metric="escalation_rate")
    found = Finding(rule, Scope("support"), "breached", Metric(0.5, 1800), "words.", "up", "firing", estimate)
    with watched.store.reading() as connection:
        said = diagnose.of(connection, watched.settings, found, end + 2 * HOUR)["diagnosis"]
    assert said["checks"][0]["report"] == number
    assert said["after"]["n"] == 1800
