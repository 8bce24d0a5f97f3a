"""Channels that leave the settings and channels that come: nobody who should hear of an alert is left out."""

from collections.abc import Callable

import pytest

from alerts import disk_notices, handing_over, once
from alerts.channels.error import ChannelError
from cascadewatch.settings import Settings
from cascadewatch.store import outbox
from tests.alerts.conftest import Watch
from tests.alerts.delivering import MINUTE, Outbox, always
from tests.alerts.watched import HOOK, HOUR, TOO_MANY, Watched, settings_with

GONE = ChannelError("hooks.example.com answered 404", permanent=True)


class Installation:
    """Rules that are evaluated and messages that are sent, under settings that somebody changes."""

    def __init__(self, watched: Watched, now: int) -> None:
        self.watched, self.now, self.heard = watched, now, list[tuple[str, str]]()
        self.refuses: set[str] = set()
        self.name(*watched.settings.channel)

    def name(self, *channels: str, **said: object) -> None:
        """The settings name these channels, and the worker is started again."""
        url = self.watched.settings.database_url
        self.settings: Settings = settings_with(url, TOO_MANY, channel=dict.fromkeys(channels, HOOK), **said)
        self.settings = self.settings.model_copy(
            update={"channel": {name: one.model_copy() for name, one in self.settings.channel.items()}}
        )
        self.box = Outbox(self.watched.store, self.settings, self.now)
        self.box.behaviour = {name: always(GONE) for name in channels if name in self.refuses}

    def look(self, minutes: int = 5) -> None:
        """Evaluates, and lets messages go out."""
        self.watched.run(self.now, self.settings)
        self.box.now = self.now
        before = len(self.box.taken)
        self.box.run(minutes * MINUTE)
        for _, name, message in self.box.taken[before:]:
            self.heard += [(name, item.status) for item in message.items] or [(name, message.kind)]
        self.now += minutes * MINUTE

    def bury(self) -> str:
        return handing_over.run(self.watched.store, self.settings, self.now)


@pytest.fixture
def begun(watching_sqlite: Watch, now: int) -> Callable[..., Installation]:
    """Traffic that breaches the rule for an hour, and an installation with these channels."""

    def begin(*channels: str, refuses: tuple[str, ...] = ()) -> Installation:
        watched = watching_sqlite(TOO_MANY, channel=dict.fromkeys(channels, HOOK))
        watched.send(now - HOUR, now, 0.9)
        made = Installation(watched, now)
        made.refuses = {*refuses}
        made.name(*channels)
        return made

    return begin


def test_what_waited_for_a_renamed_channel_is_told_under_the_new_name_once(
    begun: Callable[..., Installation], caplog: pytest.LogCaptureFixture
) -> None:
    here = begun("team", refuses=("team",))
    here.look()
    here.look()
    assert here.heard == []
    here.name("ops")
    assert here.bury() == "1 deliveries passed on, 0 given up"
    here.look()
    here.look()
    assert here.heard == [("ops", "firing")]
    assert here.box.dead() == []
    (said,) = (one.__dict__["fields"] for one in caplog.records if one.message == "channel removed")
    assert said == {"channel": "team", "to": "ops", "deliveries": 1}


def test_the_next_look_tells_it_too_and_not_twice(begun: Callable[..., Installation]) -> None:
    here = begun("team", refuses=("team",))
    here.look()
    here.look()
    here.name("ops")
    here.look()
    assert here.heard == [("ops", "firing")]
    assert here.bury() == "0 deliveries passed on, 0 given up"
    here.look()
    assert here.heard == [("ops", "firing")]
    assert here.box.dead() == []


def test_one_that_goes_on_under_a_new_name_ends_there_and_nothing_is_given_up(
    begun: Callable[..., Installation], caplog: pytest.LogCaptureFixture
) -> None:
    here = begun("team")
    here.look()
    here.look()
    here.name("ops")
    here.look()
    here.watched.send(here.now, here.now + 2 * HOUR, 0.0, 600)
    here.now += 2 * HOUR
    for _ in range(3):
        here.look()
    assert here.heard == [("team", "firing"), ("ops", "firing"), ("ops", "resolved")]
    assert here.bury() == "0 deliveries passed on, 0 given up"
    rows = [(row.channel, row.kind, row.state) for row in here.box.rows(here.watched.episode().id)]
    assert ("team", "resolved", "covered") in rows
    assert here.box.dead() == []
    assert "channel removed" not in caplog.messages


def test_one_that_ended_meanwhile_is_told_as_missed(begun: Callable[..., Installation]) -> None:
    here = begun("team", refuses=("team",))
    here.look()
    here.look()
    (episode,) = here.watched.episodes()
    here.box.now = here.now
    here.box.end(episode.id, "team")
    here.name("ops")
    assert here.bury() == "2 deliveries passed on, 0 given up"
    here.box.run(MINUTE)
    assert [item.status for message in here.box.messages("ops") for item in message.items] == ["missed"]


def test_a_name_that_was_given_back_hears_of_it(begun: Callable[..., Installation]) -> None:
    here = begun("team", refuses=("team", "ops"))
    here.look()
    here.look()
    here.name("ops")
    here.bury()
    here.look()
    here.refuses.clear()
    here.name("team")
    here.bury()
    here.look()
    assert here.heard == [("team", "firing")]


def test_where_others_heard_of_it_what_waited_is_neither_told_again_nor_given_up(
    begun: Callable[..., Installation],
) -> None:
    here = begun("team", "mail", refuses=("team",))
    here.look()
    here.look()
    here.name("mail")
    assert here.bury() == "0 deliveries passed on, 0 given up"
    here.look()
    assert here.heard == [("mail", "firing"), ("mail", "notice")]
    assert [(row.channel, row.state, row.owner, row.error) for row in here.box.rows(1)] == [
        ("team", "covered", None, None), ("mail", "delivered", None, None)
    ]  # fmt: skip


def test_what_nobody_is_named_for_is_given_up_with_the_reason(
    begun: Callable[..., Installation], caplog: pytest.LogCaptureFixture
) -> None:
    here = begun("team", refuses=("team",))
    here.look()
    here.look()
    here.name()
    assert here.bury() == "0 deliveries passed on, 1 given up"
    (dead,) = here.box.dead()
    assert dead.error == "the settings have no [channel.team] any more"
    (said,) = (one.__dict__["fields"] for one in caplog.records if one.message == "channel removed")
    assert said == {"channel": "team", "to": "nobody", "deliveries": 1}


def test_a_channel_that_is_named_while_an_alert_goes_on_hears_of_it_alone(
    begun: Callable[..., Installation],
) -> None:
    here = begun("team")
    here.look()
    here.look()
    told = here.watched.episode().detail["told"]
    here.name("team", "ops")
    here.look()
    here.look()
    assert here.heard == [("team", "firing"), ("ops", "firing")]
    assert here.watched.episode().detail["told"] == told, "the next repeat comes when it would have"
    assert [one.reason for one in here.watched.transitions(here.watched.episode().id)][-1] == (
        "a channel has not heard of it"
    )


def test_news_of_the_disk_are_passed_on_to_who_is_named_for_pages_now(
    begun: Callable[..., Installation],
) -> None:
    here = begun("team")
    news = once.News(disk_notices.TOLD, "full", outbox.DISK, 2, ["team"])
    once.tell(here.watched.store, news, here.now, None)
    here.name("ops", "mail", alerts={"channels": ["ops"]})
    assert here.bury() == "1 deliveries passed on, 0 given up"
    assert [(row.channel, row.kind, row.state) for row in here.box.rows(0)] == [("ops", "disk", "pending")]
