"""A rule walked over history finds what it would have found live."""

from typing import Any

import pytest

from alerts.backtest import BackTest, back_test
from cascadewatch.moments import rfc3339
from tests.alerts.conftest import Watch
from tests.alerts.watched import DAY, HOUR, MINUTE, TOO_MANY, Watched


def eventful(watching: Watch, now: int, *rules: dict[str, Any], **said: Any) -> Watched:
    """Two days: two hours of them broken, on the first and on the second."""
    watched = watching(*rules, **said)
    start = now - 2 * DAY
    for hours, rate in ((10, 0.2), (2, 0.9), (20, 0.2), (2, 0.9), (14, 0.2)):
        watched.send(start, start + hours * HOUR, rate, hours * 60)
        start += hours * HOUR
    return watched


def walked(watched: Watched, now: int, name: str | None = None) -> BackTest:
    (rule,) = [rule for rule in watched.settings.rule if name in (None, rule.name)]
    return back_test(watched.store, watched.settings, rule, now - 2 * DAY + 2 * HOUR, now)


def test_it_says_how_often_and_when(watching: Watch, now: int) -> None:
    watched = eventful(watching, now, TOO_MANY, timezone="Europe/Berlin")
    found = walked(watched, now)
    assert len(found.episodes) == 2
    assert found.sentence.startswith("would have fired 2 times: support from 2026-11-19 23:")
    assert found.sentence.count(" until 2026-11-2") == 2
    assert " until 2026-11-20 02:00" in found.sentence


def test_it_agrees_with_what_happened_live(watching_sqlite: Watch, now: int) -> None:
    watched = eventful(watching_sqlite, now, TOO_MANY)
    start, end = now - 17 * HOUR, now - 11 * HOUR
    watched.minutes(start, end + 1, 5 * MINUTE)
    live = watched.episodes()
    (rule,) = watched.settings.rule
    past = back_test(watched.store, watched.settings, rule, start, end).episodes
    assert len(live) == 1
    assert [e.key for e in live] == [(p.rule, *p.scope, p.direction) for p in past]
    for episode, found in zip(live, past, strict=True):
        assert (episode.opened, episode.resolved) == (found.opened, found.resolved)
        assert found.estimate.value == pytest.approx(episode.detail["peak"]["value"], abs=0.02)


def test_a_day_wide_window_is_walked_by_the_quarter_hour(watching_sqlite: Watch, now: int) -> None:
    rule = {**TOO_MANY, "window": "4h", "above": 0.3}
    watched = eventful(watching_sqlite, now, rule)
    start, end = now - 17 * HOUR, now - 8 * HOUR
    watched.minutes(start, end + 1, 15 * MINUTE)
    (read,) = watched.settings.rule
    past = back_test(watched.store, watched.settings, read, start, end).episodes
    assert [(e.opened, e.resolved) for e in watched.episodes()] == [(p.opened, p.resolved) for p in past]
    assert len(past) == 1


@pytest.mark.parametrize(
    "rule",
    [
        {"metric": "cost_usd", "above": 0.0001},
        {"metric": "blended_cost_usd", "above": 0.000_01, "window": "12h"},
        {"metric": "latency_ms.p95[accepted]", "above": 100},
        {"metric": "tier_hits[flagship]", "above": 0.35},
        {"metric": "slo.budget_left", "below": 0.0},
        {"metric": "verifier_overhead.latency", "above": 0.001, "window": "12h"},
    ],
    ids=lambda rule: rule["metric"],
)
def test_every_family_of_metrics_can_be_walked(
    watching_sqlite: Watch, now: int, rule: dict[str, Any]
) -> None:
    whole = {"name": "mine", "kind": "threshold", "window": "6h", **rule}
    goal = {"support": {"objective": 0.25, "objective_window": "12h"}}
    watched = eventful(watching_sqlite, now, whole, cascade=goal)
    start, end = now - 17 * HOUR, now - 8 * HOUR
    watched.minutes(start, end + 1, 15 * MINUTE)
    (read,) = watched.settings.rule
    past = back_test(watched.store, watched.settings, read, start, end).episodes
    live = watched.episodes()
    assert [(e.opened, e.resolved) for e in live] == [(p.opened, p.resolved) for p in past]
    assert live or rule["metric"].startswith(("latency", "blended"))


def test_burn_rates_are_walked_over_both_windows(watching_sqlite: Watch, now: int) -> None:
    rule = {"name": "budget", "kind": "burn_rate", "factor": 1.5, "window": "3h", "min_n": 10}
    watched = eventful(watching_sqlite, now, rule, cascade={"support": {"objective": 0.25}})
    assert len(walked(watched, now).episodes) == 2


def test_what_never_fired_is_told_as_such(watching_sqlite: Watch, now: int) -> None:
    watched = eventful(watching_sqlite, now, {**TOO_MANY, "above": 0.97})
    assert walked(watched, now).sentence == "would not have fired"


def test_many_are_counted_and_the_first_named(watching_sqlite: Watch, now: int) -> None:
    watched = watching_sqlite(TOO_MANY)
    for start in range(now - 2 * DAY, now, 6 * HOUR):
        watched.send(start, start + 4 * HOUR, 0.1, 240)
        watched.send(start + 4 * HOUR, start + 6 * HOUR, 0.9, 120)
    said = walked(watched, now).sentence
    assert said.startswith("would have fired 6 times: ")  # of eight: while it flaps an episode stays open
    assert said.endswith("; and 1 more")
    assert said.count("support") == 5


def test_it_is_json_ready(watching_sqlite: Watch, now: int) -> None:
    watched = eventful(watching_sqlite, now, TOO_MANY)
    found = walked(watched, now)
    document = found.to_dict()
    assert {**document, "episodes": 2} == {
        "rule": "too-many",
        "from": rfc3339(now - 2 * DAY + 2 * HOUR),
        "to": rfc3339(now),
        "episodes": 2,
        "sentence": found.sentence,
    }
    first = document["episodes"][0]
    assert (first["cascade"], first["route"], first["direction"]) == ("support", None, "up")
    assert first["estimate"]["since"] <= first["opened"] < first["resolved"]


def test_nothing_is_written(watching_sqlite: Watch, now: int) -> None:
    watched = eventful(watching_sqlite, now, TOO_MANY)
    walked(watched, now)
    assert watched.states() == {}
    assert watched.episodes() == []
