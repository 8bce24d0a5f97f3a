"""From events to episodes, transitions and deliveries: what a rule with a limit does, minute by minute."""

import pytest

from alerts import evaluate
from cascadewatch.store import episodes, leases, silences
from tests.alerts.conftest import Watch
from tests.alerts.watched import DAY, HOOK, HOUR, MINUTE, TOO_MANY, Watched

PAST = 3 * HOUR


def broken(watched: Watched, now: int, rate: float = 0.9) -> None:
    """An hour in which most escalate, before which few did."""
    watched.send(now - PAST, now - HOUR, 0.1, 120)
    watched.send(now - HOUR, now, rate)


def test_a_breach_fires_once_and_is_told_once(watching: Watch, now: int) -> None:
    watched = watching(TOO_MANY)
    broken(watched, now)
    watched.minutes(now, now + 20 * MINUTE)
    episode = watched.episode()
    assert (episode.rule, episode.kind, episode.metric) == ("too-many", "threshold", "escalation_rate")
    assert (episode.cascade, episode.route, episode.direction) == ("support", "", "up")
    assert (episode.state, episode.severity) == ("firing", "ticket")
    assert (episode.since, episode.opened) == (now, now + 5 * MINUTE)
    assert watched.said() == [(episode.id, "firing", "team")]
    assert [(t.before, t.state, t.reason) for t in watched.transitions(episode.id)] == [
        ("ok", "firing", "breached at 2 looks")
    ]
    assert watched.state() == "firing"


def test_the_episode_says_what_it_rests_on(watching: Watch, now: int) -> None:
    watched = watching(TOO_MANY)
    broken(watched, now)
    watched.minutes(now, now + 6 * MINUTE)
    detail = watched.episode().detail
    assert detail["limit"] == 0.5
    assert detail["unit"] == "share"
    assert detail["estimate"]["value"] == pytest.approx(0.9, abs=0.03)
    assert detail["estimate"]["low"] > 0.5
    assert detail["estimate"]["since"] == now
    assert detail["peak"]["value"] >= detail["estimate"]["value"]
    assert detail["message"].startswith("Escalation rate is 9")


def test_it_ends_when_the_value_is_well_within_the_limit_at_three_looks(watching: Watch, now: int) -> None:
    watched = watching(TOO_MANY)
    broken(watched, now)
    watched.minutes(now, now + 10 * MINUTE, 5 * MINUTE)
    watched.send(now, now + 2 * HOUR, 0.1, 240)
    later = now + 2 * HOUR
    watched.run(later)
    assert watched.episode().state == "firing"
    watched.run(later + 5 * MINUTE)
    easing = watched.episode()
    assert (easing.state, easing.easing) == ("easing", later + 5 * MINUTE)
    watched.run(later + 10 * MINUTE)
    over = watched.episode()
    assert (over.state, over.resolved) == ("resolved", later + 10 * MINUTE)
    assert watched.said() == [(over.id, "firing", "team"), (over.id, "resolved", "team")]
    assert [t.state for t in watched.transitions(over.id)] == ["firing", "easing", "resolved"]
    assert watched.state() == "ok"


def test_a_moment_is_evaluated_once(watching: Watch, now: int) -> None:
    watched = watching(TOO_MANY)
    broken(watched, now)
    watched.run(now)
    assert watched.run(now) == evaluate.SEEN
    assert watched.run(now - MINUTE) != evaluate.SEEN  # nobody was there a minute before


def test_who_has_lost_the_lease_writes_nothing(watching: Watch, now: int) -> None:
    watched = watching(TOO_MANY)
    broken(watched, now)
    fence = leases.acquire(watched.store, "worker", "a", now, 15_000)
    assert fence is not None
    lease = leases.Lease("worker", "a", fence, now + 15_000)
    assert evaluate.run(watched.store, watched.settings, now + 20_000, lease) == evaluate.PASSED_ON
    assert watched.states() == {}
    assert evaluate.run(watched.store, watched.settings, now + 10_000, lease) != evaluate.PASSED_ON
    assert watched.state() == "pending"


def test_check_writes_nothing_and_a_first_breach_fires(watching: Watch, now: int) -> None:
    watched = watching(TOO_MANY)
    broken(watched, now)
    (checked,) = evaluate.check(watched.store, watched.settings, now)
    assert (checked.state, checked.fires) == ("firing", True)
    assert watched.states() == {}
    assert watched.episodes() == []
    (quiet,) = evaluate.check(watched.store, watched.settings, now - HOUR)
    assert (quiet.state, quiet.fires) == ("ok", False)


def test_a_rule_taken_away_ends_its_episode_and_is_forgotten(watching: Watch, now: int) -> None:
    watched = watching(TOO_MANY)
    broken(watched, now)
    watched.minutes(now, now + 10 * MINUTE, 5 * MINUTE)
    without = watched.settings.model_copy(update={"rule": ()})
    watched.run(now + 10 * MINUTE, without)
    episode = watched.episode()
    assert episode.state == "resolved"
    assert watched.transitions(episode.id)[-1].reason == "the rule is gone"
    assert watched.said()[-1] == (episode.id, "resolved", "team")
    assert watched.states() == {}


def test_a_rule_that_now_asks_something_else_starts_anew(watching: Watch, now: int) -> None:
    watched = watching(TOO_MANY)
    broken(watched, now)
    watched.minutes(now, now + 10 * MINUTE, 5 * MINUTE)
    (rule,) = watched.settings.rule
    other = rule.model_copy(update={"above": None, "below": 0.95})
    changed = watched.settings.model_copy(update={"rule": (other,)})
    watched.run(now + 15 * MINUTE, changed)
    watched.run(now + 20 * MINUTE, changed)
    first, *rest = watched.episodes()
    assert (first.state, watched.transitions(first.id)[-1].reason) == ("resolved", "the rule was changed")
    assert [episode.direction for episode in rest if episode.is_open] == ["down"] * len(rest)


def test_without_a_channel_it_is_kept_and_told_once_there_is_one(watching: Watch, now: int) -> None:
    watched = watching(TOO_MANY, channel={})
    broken(watched, now)
    watched.minutes(now, now + 10 * MINUTE, 5 * MINUTE)
    assert watched.episode().state == "firing"
    assert watched.said() == []
    with_one = watched.settings.model_copy(
        update={"channel": type(watched.settings).model_validate({"channel": {"team": HOOK}}).channel}
    )
    watched.run(now + 10 * MINUTE, with_one)
    assert [kind for _, kind, _ in watched.said()] == ["firing"]


def test_channels_hear_what_is_severe_enough_for_them(watching: Watch, now: int) -> None:
    channels = {"team": HOOK, "pager": {**HOOK, "min_severity": "page"}, "other": HOOK}
    ticket = {**TOO_MANY, "name": "ticket", "channels": ["team", "pager"]}
    page = {**TOO_MANY, "name": "page", "severity": "page"}
    watched = watching(page, ticket, channel=channels)
    broken(watched, now)
    watched.minutes(now, now + 10 * MINUTE, 5 * MINUTE)
    rules = {episode.id: episode.rule for episode in watched.episodes()}
    said = {(rules[number], channel) for number, _, channel in watched.said()}
    assert said == {("page", "team"), ("page", "pager"), ("page", "other")}  # the ticket is joined to it


def test_a_lasting_breach_is_repeated_after_a_day_unless_it_is_known(watching: Watch, now: int) -> None:
    watched = watching({**TOO_MANY, "window": "3d"})
    watched.send(now - HOUR, now, 0.9)
    for hour in range(27):
        watched.run(now + hour * HOUR)
    assert [kind for _, kind, _ in watched.said()] == ["firing", "repeat"]
    with watched.store.writing() as connection:
        episodes.acknowledge(connection, watched.episode().id, "mia", now + 27 * HOUR)
    for hour in range(28, 60):
        watched.run(now + hour * HOUR)
    assert [kind for _, kind, _ in watched.said()] == ["firing", "repeat"]
    assert watched.episode().acknowledged_by == "mia"


def silence(watched: Watched, start: int, end: int, **about: str) -> None:
    said = {"rule": None, "cascade": None, "route": None, **about}
    with watched.store.writing() as connection:
        silences.create(connection, **said, starts=start, ends=end, author="mia", comment=None, now=start)


def test_a_silence_keeps_the_episode_and_is_made_up_for_at_its_end(watching: Watch, now: int) -> None:
    watched = watching(TOO_MANY)
    watched.send(now - HOUR, now + 2 * HOUR, 0.9, 240)
    silence(watched, now, now + HOUR, cascade="support")
    watched.minutes(now + 30 * MINUTE, now + HOUR, 5 * MINUTE)
    assert watched.episode().state == "firing"
    assert watched.said() == []
    watched.run(now + HOUR)
    assert [kind for _, kind, _ in watched.said()] == ["firing"]
    assert watched.transitions(watched.episode().id)[-1].reason == "nobody heard of it yet"


def test_what_ends_within_its_silence_is_never_told(watching: Watch, now: int) -> None:
    watched = watching(TOO_MANY)
    broken(watched, now)
    silence(watched, now, now + DAY, rule="too-many")
    watched.minutes(now, now + 10 * MINUTE, 5 * MINUTE)
    watched.send(now, now + 2 * HOUR, 0.1, 240)
    watched.minutes(now + 2 * HOUR, now + 3 * HOUR, 5 * MINUTE)
    assert watched.episode().state == "resolved"
    assert watched.said() == []


def test_the_end_of_what_was_told_is_told_within_a_silence_too(watching_sqlite: Watch, now: int) -> None:
    watched = watching_sqlite(TOO_MANY)
    broken(watched, now)
    watched.minutes(now, now + 10 * MINUTE, 5 * MINUTE)
    silence(watched, now + 10 * MINUTE, now + DAY, rule="too-many")
    watched.send(now, now + 2 * HOUR, 0.1, 240)
    watched.minutes(now + 2 * HOUR, now + 3 * HOUR, 5 * MINUTE)
    assert watched.episode().state == "resolved"
    assert [kind for _, kind, _ in watched.said()] == ["firing", "resolved"]


def test_a_route_has_an_episode_of_its_own_where_a_rule_names_it(watching: Watch, now: int) -> None:
    watched = watching({**TOO_MANY, "cascade": "support", "route": "faq"})
    watched.send(now - HOUR, now, 0.9, route="faq")
    watched.send(now - HOUR, now, 0.1, 600, route="chat")
    watched.minutes(now, now + 10 * MINUTE, 5 * MINUTE)
    assert (watched.episode().cascade, watched.episode().route) == ("support", "faq")
    assert list(watched.states()) == [("too-many", "support", "faq")]


def test_a_cascade_never_seen_says_nothing(watching: Watch, now: int) -> None:
    watched = watching({**TOO_MANY, "cascade": "billing"})
    watched.send(now - HOUR, now, 0.9)
    watched.run(now)
    assert watched.states() == {}
