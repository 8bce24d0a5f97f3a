"""A drift rule from traffic to episode: found once, easing after the fix, resolved within a day."""

from random import Random
from typing import Any

import pytest

from alerts.drift.levels import Level, accept
from alerts.finding import Past, Scope
from cascadewatch.store.episodes import Episode
from tests.alerts.conftest import Watch
from tests.alerts.watched import DAY, HOUR, MINUTE, Watched

DRIFT = {"name": "escalation-drift", "kind": "drift", "metric": "escalation_rate"}
PER_HOUR = 60


def traffic(watched: Watched, start: int, end: int, rate: float, seed: int = 1, **fields: Any) -> None:
    """A minute apart; who is escalated is drawn."""
    random, received = Random(seed), max(end, watched.opened.now)
    for hour in range(start, end, HOUR):
        share = min(0.97, max(0.03, random.gauss(rate, 0.03)))
        watched.opened.send(
            *watched.drawn(hour, min(end, hour + HOUR), share, PER_HOUR, random, **fields), received=received
        )


def learnt(watching: Watch, now: int, **said: Any) -> Watched:
    """Eight days at 30 %, and the rules have looked at them."""
    watched = watching(DRIFT, **said)
    traffic(watched, now - 8 * DAY, now, 0.30)
    watched.run(now)
    return watched


def test_a_broken_verifier_from_alarm_to_resolved(watching: Watch, now: int) -> None:
    watched = learnt(watching, now)
    assert watched.state("escalation-drift") == "ok"
    fixed = now + 2 * HOUR
    traffic(watched, now, fixed, 0.92, seed=2)
    watched.minutes(now + 5 * MINUTE, fixed, 5 * MINUTE)
    firing = watched.episode()
    assert (firing.state, firing.direction, firing.severity) == ("firing", "up", "page")
    assert firing.opened <= now + HOUR
    assert now - HOUR <= firing.since <= now + HOUR
    assert firing.detail["estimate"]["baseline"] == pytest.approx(0.30, abs=0.03)
    assert firing.detail["tolerance"] == 0.05
    assert firing.detail["normal"]["requests"] > 5000
    assert 0.005 <= firing.detail["normal"]["error"] < 0.02
    traffic(watched, fixed, fixed + DAY, 0.30, seed=3)
    watched.minutes(fixed, fixed + DAY, 10 * MINUTE)
    over = watched.episode()
    assert over.state == "resolved"
    assert over.easing is not None
    assert over.resolved is not None
    assert over.easing - fixed <= 2 * HOUR
    assert over.resolved - fixed <= DAY
    assert watched.said() == [(over.id, "firing", "team"), (over.id, "resolved", "team")]
    assert [t.reason for t in watched.transitions(over.id)] == ["alarm", "recovering", "recovered"]


@pytest.fixture
def incident_past(watching_sqlite: Watch, now: int) -> tuple[Watched, Episode]:
    """Twelve days of history whose tenth has three broken hours, first looked at afterwards."""
    watched = watching_sqlite(DRIFT)
    start = now - 12 * DAY
    traffic(watched, start, start + 9 * DAY, 0.30)
    traffic(watched, start + 9 * DAY, start + 9 * DAY + 3 * HOUR, 0.92, seed=2)
    traffic(watched, start + 9 * DAY + 3 * HOUR, now, 0.30, seed=3)
    watched.run(now)
    return watched, watched.episode()


def test_history_is_walked_and_its_incident_kept_without_a_word(
    incident_past: tuple[Watched, Episode], now: int
) -> None:
    watched, found = incident_past
    broken = now - 3 * DAY
    assert found.state == "resolved"
    assert broken <= found.opened <= broken + HOUR
    assert found.resolved is not None
    assert found.resolved <= broken + DAY
    assert watched.said() == []
    assert [t.state for t in watched.transitions(found.id)] == ["firing", "easing", "resolved"]
    watched.run(now + 5 * MINUTE)
    assert len(watched.episodes()) == 1


def test_the_back_test_finds_the_same(incident_past: tuple[Watched, Episode], now: int) -> None:
    from alerts.backtest import back_test

    watched, found = incident_past
    (rule,) = watched.settings.rule
    tested = back_test(watched.store, watched.settings, rule, now - 5 * DAY, now)
    (past,) = tested.episodes
    assert isinstance(past, Past)
    assert past.opened == found.opened  # of all rules together, which share the budget
    assert tested.sentence.startswith("would have fired once: support up from 2026-11-18 ")
    assert tested.to_dict()["episodes"][0]["cascade"] == "support"


def test_what_is_open_at_the_end_of_history_is_told(watching_sqlite: Watch, now: int) -> None:
    watched = watching_sqlite(DRIFT)
    traffic(watched, now - 9 * DAY, now - 6 * HOUR, 0.30)
    traffic(watched, now - 6 * HOUR, now, 0.92, seed=2)
    watched.run(now)
    found = watched.episode()
    assert found.state == "firing"
    assert now - 6 * HOUR <= found.opened <= now - 5 * HOUR
    assert watched.said() == [(found.id, "firing", "team")]


def test_what_began_and_ended_while_nobody_looked_is_told_as_both(watching_sqlite: Watch, now: int) -> None:
    watched = learnt(watching_sqlite, now)
    traffic(watched, now, now + 3 * HOUR, 0.92, seed=2)
    traffic(watched, now + 3 * HOUR, now + 20 * HOUR, 0.30, seed=3)
    watched.run(now + 20 * HOUR)
    found = watched.episode()
    assert found.state == "resolved"
    assert watched.said() == [(found.id, "firing", "team"), (found.id, "resolved", "team")]


def test_a_new_level_that_a_person_accepts_ends_the_episode(watching_sqlite: Watch, now: int) -> None:
    watched = learnt(watching_sqlite, now)
    traffic(watched, now, now + DAY, 0.5, seed=2)
    watched.minutes(now + HOUR, now + DAY, HOUR)
    found = watched.episode()
    assert found.state == "firing"
    with watched.store.writing() as connection:
        level = Level("escalation_rate", Scope("support"), "mia", None, now + DAY)
        taken = accept(connection, level, found.since)
    assert not isinstance(taken, str)
    traffic(watched, now + DAY, now + 2 * DAY, 0.5, seed=3)
    watched.minutes(now + DAY + HOUR, now + 2 * DAY, 3 * HOUR)
    assert [episode.state for episode in watched.episodes()] == ["resolved"]
    assert [kind for _, kind, _ in watched.said()] == ["firing", "resolved"]
