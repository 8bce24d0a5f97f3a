"""A rule that fails is named, counted and told once; the others go on."""

import pytest

from alerts import evaluate
from cascadewatch.errors import BusyError
from tests.alerts.conftest import Watch
from tests.alerts.watched import HOUR, MINUTE, TOO_MANY, Watched

DRIFT = {"name": "escalation-drift", "kind": "drift", "metric": "escalation_rate"}


def broken_drift(watching: Watch, now: int) -> Watched:
    """The state of a stream cannot be read any more; a threshold has nothing to do with that."""
    watched = watching(DRIFT, TOO_MANY)
    watched.send(now - 4 * HOUR, now, 0.9, 400)
    watched.run(now)
    watched.opened.tamper("UPDATE drift_states SET state = '{'")
    return watched


def test_the_others_go_on_and_the_failure_is_an_episode(watching: Watch, now: int) -> None:
    watched = broken_drift(watching, now)
    watched.minutes(now + 5 * MINUTE, now + 20 * MINUTE, 5 * MINUTE)
    threshold, failure = watched.episodes()
    assert (threshold.rule, threshold.state) == ("too-many", "firing")
    assert (failure.rule, failure.kind, failure.cascade) == ("escalation-drift", "error", "")
    assert failure.severity == "ticket"
    assert failure.detail["message"].startswith("The rule escalation-drift failed: ")
    assert [(number, kind) for number, kind, _ in watched.said()] == [
        (threshold.id, "firing"),
        (failure.id, "firing"),
    ]
    state = watched.states()["escalation-drift", "", ""]
    assert (state.state, state.detail["failures"]) == ("error", 3)


def test_once_it_works_again_that_is_told_and_forgotten(watching_sqlite: Watch, now: int) -> None:
    watched = broken_drift(watching_sqlite, now)
    watched.minutes(now + 5 * MINUTE, now + 20 * MINUTE, 5 * MINUTE)
    watched.opened.tamper("DELETE FROM drift_states")
    watched.minutes(now + 20 * MINUTE, now + 35 * MINUTE, 5 * MINUTE)
    failure = next(episode for episode in watched.episodes() if episode.kind == "error")
    assert failure.state == "resolved"
    assert [kind for number, kind, _ in watched.said() if number == failure.id] == ["firing", "resolved"]
    assert ("escalation-drift", "", "") not in watched.states()


def test_what_the_failing_rule_had_said_before_stays(watching_sqlite: Watch, now: int) -> None:
    watched = broken_drift(watching_sqlite, now)
    before = watched.states()["escalation-drift", "support", ""]
    watched.run(now + 5 * MINUTE)
    assert watched.states()["escalation-drift", "support", ""] == before


def test_a_statement_that_fails_takes_no_other_rule_with_it(watching: Watch, now: int) -> None:
    watched = watching(DRIFT, TOO_MANY)
    watched.send(now - 4 * HOUR, now, 0.9, 400)
    with watched.store.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE drift_states RENAME TO elsewhere")
    watched.minutes(now, now + 10 * MINUTE, 5 * MINUTE)
    assert {episode.kind for episode in watched.episodes()} == {"threshold", "error"}


def test_check_says_it_too(watching_sqlite: Watch, now: int) -> None:
    watched = broken_drift(watching_sqlite, now)
    checked = evaluate.check(watched.store, watched.settings, now + MINUTE)
    assert [(one.finding.rule.name, one.state) for one in checked if one.finding.outcome == "error"] == [
        ("escalation-drift", "error")
    ]


def test_a_database_out_of_reach_is_no_fault_of_a_rule(watching_sqlite: Watch, now: int) -> None:
    watched = watching_sqlite(TOO_MANY)
    watched.send(now - HOUR, now, 0.9)
    assert watched.store.path is not None
    watched.store.reader.dispose()
    watched.store.path.rename(watched.store.path.with_name("gone.db"))
    with pytest.raises(BusyError):
        watched.run(now)
    watched.store.path.with_name("gone.db").rename(watched.store.path)
