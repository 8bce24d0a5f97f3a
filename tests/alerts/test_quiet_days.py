"""Sixty days on which nothing happens: the traffic of the demo without its incidents brings digests alone.

The budget of the drift rules is one false alarm in 90 days, 0.67 in 60: some stretches as long as this one
have to hold a chance alarm, and about one in three does. The seed is one of the silent ones, so that
the test is broken by what makes rules speak more often, and not by chance. Nights and weekends are in it.
"""

import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from alerts import changes, digest
from alerts.backtest import back_test
from alerts.message import Message
from alerts.rules import rules_of
from cascadewatch.demo import settings_toml
from cascadewatch.demo.build import quiet
from cascadewatch.demo.scenario import CASCADES
from cascadewatch.model import Event
from cascadewatch.moments import epoch_ms
from cascadewatch.settings import Settings
from tests.alerts.delivering import Outbox
from tests.alerts.watched import DAY, HOUR, MINUTE, Watched, settings_with

END = epoch_ms(datetime(2026, 11, 21, 11, 7, 3, tzinfo=UTC))
DAYS, EVENTS, SEED = 60, 48_000, 1
START = END - DAYS * DAY
LIVE = START + 28 * DAY  # before, the rules walk through history: so far back they look
STEP = 11 * HOUR  # comes round to every hour of the day; drift looks every five minutes all the same
ZONE = "Europe/Berlin"
MORNINGS = DAYS - 28 + 1  # the one before the first look is told of too


class Lived(NamedTuple):
    """What came of it: the database, and the messages that were sent."""

    watched: Watched
    sent: list[Message]


@pytest.fixture(scope="module")
def lived(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    path = tmp_path_factory.mktemp("quiet") / "quiet.db"
    path.write_bytes(sqlite_template.read_bytes())
    watched = Watched(settings(f"sqlite:///{path}"), START)
    box = Outbox(watched.store, watched.settings, START)
    coming = quiet(END, ZONE, SEED, DAYS, EVENTS).events
    waiting: list[Event] = []
    for now in [*range(START + DAY, LIVE, DAY), *range(LIVE, END, STEP), END]:
        for event in coming:
            waiting.append(event)
            if event.millis >= now:
                break
        arrived = [event for event in waiting if event.millis < now]
        waiting = waiting[len(arrived) :]
        watched.opened.send(*arrived, received=now)
        if now >= LIVE:
            step(watched, box, now)
    yield Lived(watched, box.messages("team"))
    watched.close()


def settings(url: str) -> Settings:
    """The demo's cascades and prices under the default rules, with a channel and a digest a day."""
    said = tomllib.loads(settings_toml())
    alerts = {"defaults": True, "digest": "daily"}
    return settings_with(url, timezone=ZONE, cascade=said["cascade"], price=said["price"], alerts=alerts)


def step(watched: Watched, box: Outbox, now: int) -> None:
    """What a worker does."""
    changes.run(watched.store, watched.settings, now)
    watched.run(now)
    digest.run(watched.store, watched.settings, now, None)
    box.now = now
    box.run(MINUTE)


def test_every_delivery_is_a_digest_one_a_day(lived: Lived) -> None:
    kinds = Counter((episode, kind) for episode, kind, _ in lived.watched.said())
    assert kinds == {(0, "digest"): MORNINGS}


def test_every_message_says_that_nothing_happened(lived: Lived) -> None:
    assert len(lived.sent) == MORNINGS
    assert {message.kind for message in lived.sent} == {"digest"}
    assert [m.subject for m in lived.sent if not m.subject.endswith("no alerts")] == []


def test_nothing_stands_on_the_page_either(lived: Lived) -> None:
    assert lived.watched.episodes() == []


def test_no_night_is_so_silent_that_events_seem_to_have_stopped(lived: Lived) -> None:
    """Between the looks too: every quarter-hour is gone through."""
    watched = lived.watched
    rule = next(rule for rule in rules_of(watched.settings) if rule.kind == "no_data")
    assert back_test(watched.store, watched.settings, rule, START + 8 * DAY, END).episodes == ()


def test_all_of_it_was_watched(lived: Lived) -> None:
    """Silence proves nothing of rules that had nothing to compare with."""
    states = lived.watched.states()
    drifts = {key: state for key, state in states.items() if key[0] == "escalation-drift"}
    assert {state.state for state in drifts.values()} == {"ok"}
    for cascade in CASCADES:
        routes = {route for _, name, route in drifts if name == cascade.name}
        assert routes > {""}, "the cascade as a whole, and routes"
        assert routes & {route.name for route in cascade.routes}
