"""The month's money for replays: when it is nearly spent, of whom, and when it is there again."""

from typing import Any

import pytest

from alerts import facts
from alerts.backtest import back_test
from alerts.finding import Finding
from alerts.kinds import budget
from alerts.windows import Windows
from cascadewatch.settings import Rule, Settings
from tests.alerts.checked import NIGHTLY, ran, tables
from tests.alerts.conftest import Watch
from tests.alerts.watched import DAY, HOUR, MINUTE, Watched, settings_with

RULE = {"name": "replay-budget", "kind": "budget"}
KEY = ("replay-budget", "*", "")
USD = 1_000_000_000
JULY = 1_782_864_000_000  # 2026-07-01 00:00 UTC, 02:00 in Berlin


@pytest.fixture
def watched(watching: Watch) -> Watched:
    return watching(RULE, replays={"month_usd": 10.0}, **tables(nightly=NIGHTLY))


def found(watched: Watched, now: int, settings: Settings | None = None, **said: Any) -> list[Finding]:
    settings = settings or watched.settings
    rule = Rule.model_validate({**RULE, **said})
    with watched.store.reading() as connection:
        return budget.look(Windows(connection, settings), settings, rule, now)


def test_it_fires_beyond_80_percent_of_what_is_spent_or_held(watched: Watched, now: int) -> None:
    ran(watched, "nightly", now - 2 * HOUR, spent=5 * USD)
    ran(watched, "nightly", now - HOUR, spent=2 * USD)
    ran(watched, "judge", now - HOUR, reserved=1 * USD)
    (at_limit,) = found(watched, now)
    assert (at_limit.outcome, at_limit.metric.value) == ("ok", 0.8)
    ran(watched, "judge", now - MINUTE, reserved=1)
    (beyond,) = found(watched, now)
    assert (beyond.outcome, beyond.scope.cascade, beyond.scope.route) == ("breached", "*", "")
    assert beyond.message == "Replays have spent or hold $8.00 of $10.00 this month, 80 %."
    assert [(row["replay"], round(row["usd"], 6), row["runs"]) for row in beyond.detail["about"]["by"]] == [
        ("nightly", 7.0, 2), ("judge", 1.0, 2),
    ]  # fmt: skip
    assert facts.severity(beyond, None, now) == "ticket"


def test_the_share_is_that_of_the_rule(watched: Watched, now: int) -> None:
    ran(watched, "nightly", now - HOUR, spent=6 * USD)
    assert [found(watched, now, above=above)[0].outcome for above in (0.5, 0.6, 0.9)] == [
        "breached",
        "ok",
        "ok",
    ]


def test_without_a_limit_in_the_settings_it_is_that_of_the_runs(watching_sqlite: Watch, now: int) -> None:
    watched = watching_sqlite(RULE, **tables(nightly=NIGHTLY))
    ran(watched, "nightly", now - HOUR, spent=41 * USD)
    (one,) = found(watched, now)
    assert (one.outcome, one.detail["about"]["month_usd"]) == ("breached", 50.0)


def test_a_month_begins_in_the_zone_of_the_settings(watching_sqlite: Watch) -> None:
    watched = watching_sqlite(RULE, replays={"month_usd": 10.0}, **tables(nightly=NIGHTLY))
    berlin = settings_with(
        watched.settings.database_url, RULE, timezone="Europe/Berlin", replays={"month_usd": 10.0},
        **tables(nightly=NIGHTLY),
    )  # fmt: skip
    ran(watched, "nightly", JULY - HOUR, spent=9 * USD)  # in June by UTC, in July in Berlin
    assert found(watched, JULY + HOUR)[0].outcome == "ok"
    assert found(watched, JULY + HOUR, berlin)[0].outcome == "breached"


def test_an_episode_is_about_all_cascades_and_ends_with_the_month(watched: Watched) -> None:
    end = JULY + 31 * DAY
    ran(watched, "nightly", end - DAY, spent=9 * USD)
    watched.minutes(end - HOUR, end - HOUR + 11 * MINUTE, 5 * MINUTE)
    one = watched.episode()
    assert (one.key, one.severity) == ((*KEY, "up"), "ticket")
    watched.minutes(end, end + 16 * MINUTE, 5 * MINUTE)
    assert watched.episode().state == "resolved"
    assert watched.states()[KEY].state == "ok"
    assert [kind for _, kind, _ in watched.said()] == ["firing", "resolved"]


@pytest.mark.parametrize(
    "said", [{}, {"replays": {"month_usd": 0.0}, **tables(nightly=NIGHTLY)}], ids=["no replay", "no money"]
)
def test_where_nothing_can_be_spent_there_is_nothing_to_say(
    watching_sqlite: Watch, now: int, said: dict[str, Any]
) -> None:
    watched = watching_sqlite(RULE, **said)
    ran(watched, "nightly", now - HOUR, spent=60 * USD)
    assert found(watched, now) == []


def test_history_is_on_another_page(watched: Watched, now: int) -> None:
    rule = Rule.model_validate(RULE)
    said = back_test(watched.store, watched.settings, rule, now - DAY, now).sentence
    assert said == "is judged from what replays spent, which is listed under Replays"
