"""Clocks that jump: no moment is evaluated twice, nothing lasts less than nothing, and nothing breaks."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts import evaluate, spans
from alerts.finding import Outcome
from alerts.lifecycle import Life, step
from cascadewatch.store import tables
from tests.alerts.findings import said
from tests.alerts.watched import DAY, HOUR, MINUTE, Watched, settings_with

RULES: list[dict[str, Any]] = [
    {"name": "too-many", "kind": "threshold", "metric": "escalation_rate", "above": 0.5, "window": "1h"},
    {"name": "no-data", "kind": "no_data", "window": "90m"},
]
START = 1_795_262_400_000
YEARS = 3650 * DAY
JUMPS = [HOUR, -HOUR, DAY, -DAY, YEARS, -YEARS, -MINUTE, -30 * MINUTE, 3 * HOUR]
# How the clock goes on after each evaluation: mostly by itself, sometimes by a jump and back.
STEP = st.one_of(st.just(5 * MINUTE), st.just(MINUTE), st.sampled_from(JUMPS))


@pytest.fixture(scope="module")
def watched(sqlite_template: Path, tmp_path_factory: Any, now: int) -> Iterator[Watched]:
    """Three hours of which the second is broken, again and again for two days."""
    path = tmp_path_factory.mktemp("clock") / "clock.db"
    shutil.copy(sqlite_template, path)
    one = Watched(settings_with(f"sqlite:///{path}", *RULES), now)
    for start in range(now - 2 * DAY, now + 12 * HOUR, 3 * HOUR):
        one.send(start, start + HOUR, 0.1)
        one.send(start + HOUR, start + 2 * HOUR, 1.0)
    yield one
    one.close()


def forget(watched: Watched) -> None:
    """As if no rule had ever been evaluated."""
    with watched.store.writing() as connection:
        for name in ("rule_states", "episodes", "transitions", "deliveries"):
            connection.execute(tables.metadata.tables[name].delete())
        connection.execute(tables.meta.delete().where(tables.meta.c.key == "alerts.looked"))


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, max_size=4))
def test_no_moment_twice_and_no_negative_length(watched: Watched, now: int, steps: list[int]) -> None:
    forget(watched)
    time, evaluated = now, []
    for jump in (0, *steps):
        time += jump
        if watched.run(time) != evaluate.SEEN:
            evaluated.append(time)
    assert len(evaluated) == len(set(evaluated))
    for episode in watched.episodes():
        assert episode.since <= episode.opened <= (episode.easing or episode.opened)
        assert episode.resolved is None or episode.opened <= episode.resolved
    for state in watched.states().values():
        assert state.since <= state.evaluated


@given(st.lists(st.tuples(STEP, st.sampled_from(["breached", "ok", "undecided", "no_data"])), max_size=80))
def test_a_life_remembers_nothing_of_the_future(steps: list[tuple[int, Outcome]]) -> None:
    life, now = Life(), START
    for jump, outcome in steps:
        now = max(0, now + jump)
        life, _ = step(life, said(outcome), now)
        times = (life.since, life.counted, life.first, life.idle, life.changed, *life.told)
        assert max(time or 0 for time in times) <= now
        assert list(life.told) == sorted(life.told)


def test_after_a_jump_ahead_and_back_the_rules_watch_on(watched: Watched, now: int) -> None:
    forget(watched)
    watched.run(now)
    watched.run(now + YEARS)
    broken = now + 2 * HOUR
    watched.minutes(broken, broken + 10 * MINUTE, 5 * MINUTE)
    assert [e.rule for e in watched.episodes() if e.is_open and e.opened < broken + HOUR] == ["too-many"]


def test_a_clock_set_back_an_hour_waits_until_it_is_new_again(watched: Watched, now: int) -> None:
    forget(watched)
    watched.minutes(now - 2 * HOUR, now, 5 * MINUTE)
    seen = [watched.run(time) == evaluate.SEEN for time in range(now - HOUR, now + HOUR, 5 * MINUTE)]
    assert seen == [True] * 12 + [False] * 12


@given(st.lists(st.integers(0, 400), max_size=60))
def test_spans_never_give_a_moment_twice(minutes: list[int]) -> None:
    looked: list[tuple[int, int]] = []
    seen: set[int] = set()
    for minute in minutes:
        now = minute * MINUTE
        if spans.is_new(looked, now):
            assert now not in seen
            looked = spans.with_look(looked, now)
        seen.add(now)
        assert not spans.is_new(looked, now)
        assert looked == sorted(looked)
        assert len(looked) <= spans.MOST
