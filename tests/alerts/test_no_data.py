"""Events that stay away: what is silence, what is a quiet time, and what is an end."""

from bisect import bisect_left
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.backtest import back_test
from alerts.finding import Finding
from alerts.kinds.no_data import judged, usual
from cascadewatch.settings import Rule
from tests.alerts.conftest import Watch
from tests.alerts.findings import SUPPORT
from tests.alerts.watched import DAY, HOUR, MINUTE, Watched

RULE = Rule(name="no-data", kind="no_data")
NO_DATA = {"name": "no-data", "kind": "no_data"}
WEEK = 7 * DAY
START = 1_795_219_200_000  # a midnight, UTC
ZULU, BERLIN = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin")


def evenly(per_hour: float) -> Callable[[int, int], int]:
    """Counts events that have come evenly since ever."""
    return lambda start, end: round(per_hour * (end - start) / HOUR)


def by_day(per_hour: float) -> Callable[[int, int], int]:
    """Counts events that come from 8 to 20 o'clock."""

    def counted(start: int, end: int) -> int:
        minutes = range(start - start % MINUTE, end, MINUTE)
        return round(sum(8 <= (at % DAY) // HOUR < 20 for at in minutes) * per_hour / 60)

    return counted


def after(silent: int, counted: Callable[[int, int], int], age: int = 40 * DAY, rule: Rule = RULE) -> Finding:
    """What a silence until START + 12 h means for a stream that is so old."""
    now = START + 12 * HOUR
    return judged(rule, SUPPORT, now - age, now - silent, now, counted, ZULU)


@pytest.mark.parametrize(
    ("per_hour", "silent", "outcome"),
    [
        (1000, 59 * MINUTE, "ok"),
        (1000, 61 * MINUTE, "breached"),
        (10, 119 * MINUTE, "ok"),
        (10, 130 * MINUTE, "breached"),
        (1, 19 * HOUR, "ok"),
        (1, 22 * HOUR, "breached"),
        (0.05, 6 * DAY, "ok"),
    ],
)
def test_twenty_spacings_and_at_least_an_hour_are_silence(per_hour: float, silent: int, outcome: str) -> None:
    assert after(silent, evenly(per_hour)).outcome == outcome


def test_a_night_without_events_is_no_silence_where_nights_are_quiet() -> None:
    now = START + 7 * HOUR
    night = judged(RULE, SUPPORT, now - 40 * DAY, now - 11 * HOUR, now, by_day(100), ZULU)
    assert night.outcome == "ok"
    late = START + 9 * HOUR
    morning = judged(RULE, SUPPORT, late - 40 * DAY, late - 13 * HOUR, late, by_day(100), ZULU)
    assert morning.outcome == "breached"


def test_the_same_time_of_the_last_weeks_counts_else_the_quietest_of_the_days_before() -> None:
    last, now = START, START + 2 * HOUR

    def counted(start: int, end: int) -> int:
        back = (last - start) // DAY
        return {7: 100, 14: 200, 21: 300, 28: 400}.get(back, 50 - back)

    assert usual(counted, last - 40 * DAY, last, now, ZULU) == 250
    assert usual(counted, last - 15 * DAY, last, now, ZULU) == 150
    assert usual(counted, last - 5 * DAY, last, now, ZULU) == 45
    assert usual(counted, last - HOUR, last, now, ZULU) is None


def millis(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def office_hours(first: datetime, days: int) -> list[int]:
    """Ten events in every quarter-hour from 9 to 18 o'clock, Monday to Friday, in Berlin."""
    every = (first + timedelta(days=day) for day in range(days))
    return [
        millis(day.replace(hour=hour, minute=minute))
        for day in every
        if day.weekday() < 5
        for hour in range(9, 18)
        for minute in (0, 15, 30, 45)
        for _ in range(10)
    ]


@pytest.mark.parametrize("changed", ["2026-03-29", "2026-10-25"])
def test_traffic_that_follows_the_clock_on_the_wall_is_usual_after_the_clocks_were_changed(
    changed: str,
) -> None:
    """For four weeks the days before the change lie an hour off in UTC."""
    change = datetime.fromisoformat(changed).replace(tzinfo=BERLIN)
    came = office_hours(change - timedelta(days=34), 34 + 15)

    def counted(start: int, end: int) -> int:
        return bisect_left(came, end) - bisect_left(came, start)

    def outcome(now: int, zone: ZoneInfo) -> str:
        last = came[bisect_left(came, now) - 1] + 15 * MINUTE
        return judged(RULE, SUPPORT, came[0], min(last, now), now, counted, zone).outcome

    looks = range(millis(change), millis(change + timedelta(days=14)), 15 * MINUTE)
    assert {outcome(now, BERLIN) for now in looks} == {"ok"}
    assert "breached" in {outcome(now, ZULU) for now in looks}


def test_in_the_first_week_the_days_before_are_counted_by_the_wall_too() -> None:
    """Nine to ten o'clock in Berlin, for four days, the clocks changed in the night to the last of them."""
    days = [datetime(2026, 10, day, 9, tzinfo=BERLIN) for day in (22, 23, 24, 25)]

    def counted(start: int, end: int) -> int:
        return sum(start <= millis(day) + minute * MINUTE < end for day in days for minute in range(60))

    last, now = millis(days[2]) + HOUR, millis(days[3]) - MINUTE
    assert usual(counted, millis(days[0]), last, now, BERLIN) == 0
    assert usual(counted, millis(days[0]), last, now, ZULU) == 59


def test_on_the_first_day_nothing_is_usual_yet() -> None:
    assert after(5 * HOUR, evenly(100), age=10 * HOUR).outcome == "ok"


def test_a_rule_may_say_how_long_is_too_long() -> None:
    rule = RULE.model_copy(update={"window": 10 * MINUTE})
    assert after(9 * MINUTE, evenly(1000), rule=rule).outcome == "ok"
    assert after(11 * MINUTE, evenly(1000), rule=rule).outcome == "breached"


def test_a_week_without_events_is_an_end() -> None:
    ended = after(WEEK + HOUR, evenly(1000))
    assert (ended.outcome, ended.detail["ended"]) == ("no_data", True)


def test_the_sentence_says_what_is_missing() -> None:
    assert after(3 * HOUR, evenly(100)).message == (
        "No events for 3 h; at this time of the week about 300 are usual."
    )


def steady(watched: Watched, start: int, end: int) -> None:
    """Twelve events an hour."""
    watched.send(start, end, 0.2, (end - start) // (5 * MINUTE))


def test_silence_pages_once_and_its_end_is_told(watching: Watch, now: int) -> None:
    watched = watching(NO_DATA)
    steady(watched, now - 9 * DAY, now)
    watched.minutes(now, now + 3 * HOUR, 5 * MINUTE)
    episode = watched.episode()
    assert (episode.kind, episode.severity, episode.direction) == ("no_data", "page", "")
    assert now - 5 * MINUTE < episode.since <= now
    assert episode.opened >= now + 100 * MINUTE  # twenty times five minutes
    back = now + 3 * HOUR
    watched.opened.now = back + HOUR
    steady(watched, back, back + HOUR)
    watched.minutes(back + 30 * MINUTE, back + 45 * MINUTE, 5 * MINUTE)
    assert watched.episode().state == "resolved"
    assert [kind for _, kind, _ in watched.said()] == ["firing", "resolved"]


def test_a_cascade_that_has_ended_is_repeated_for_a_week_then_closed_and_quiet(
    watching_sqlite: Watch, now: int
) -> None:
    watched = watching_sqlite(NO_DATA)
    steady(watched, now - 9 * DAY, now)
    watched.minutes(now, now + 8 * DAY, HOUR)
    assert watched.episode().state == "resolved"
    assert watched.transitions(watched.episode().id)[-1].reason == "it has ended"
    watched.minutes(now + 8 * DAY, now + 20 * DAY, 6 * HOUR)
    assert [kind for _, kind, _ in watched.said()] == ["firing", *["repeat"] * 6, "resolved"]
    assert watched.state("no-data") == "no_data"


def test_history_alone_never_pages(watching_sqlite: Watch, now: int) -> None:
    watched = watching_sqlite(NO_DATA)
    steady(watched, now - 30 * DAY, now - 20 * DAY)
    watched.minutes(now, now + HOUR, 5 * MINUTE)
    assert watched.episodes() == []


def test_the_past_is_walked_by_the_same_rule(watching_sqlite: Watch, now: int) -> None:
    watched = watching_sqlite(NO_DATA)
    steady(watched, now - 20 * DAY, now - 5 * DAY)
    steady(watched, now - 5 * DAY + 6 * HOUR, now)
    (rule,) = watched.settings.rule
    found = back_test(watched.store, watched.settings, rule, now - 10 * DAY, now)
    (past,) = found.episodes
    assert past.scope == SUPPORT
    assert now - 5 * DAY + 100 * MINUTE <= past.opened <= now - 5 * DAY + 3 * HOUR
    assert past.resolved is not None
    assert now - 5 * DAY + 6 * HOUR <= past.resolved <= now - 5 * DAY + 7 * HOUR


def test_the_time_of_the_week_is_that_of_the_settings(watching_sqlite: Watch, now: int) -> None:
    """One hour a day, from nine in Berlin, over the end of summer time on 25 October."""
    watched = watching_sqlite(NO_DATA, timezone="Europe/Berlin")
    nine = [datetime(2026, 10, day, 9, tzinfo=BERLIN) for day in range(10, 26)]
    for day in nine:
        watched.send(millis(day), millis(day) + HOUR, 0.2, 30)
    changed, (rule,) = millis(nine[-1]), watched.settings.rule
    watched.minutes(changed - 30 * MINUTE, changed, 5 * MINUTE)
    assert watched.episodes() == []
    assert watched.state("no-data") == "ok"
    assert not back_test(watched.store, watched.settings, rule, changed - 2 * DAY, changed + DAY).episodes
    in_utc = watched.settings.model_copy(update={"timezone": "UTC"})
    assert back_test(watched.store, in_utc, rule, changed - 2 * DAY, changed + DAY).episodes
