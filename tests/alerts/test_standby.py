"""What another channel tells in place of one that fails, and when messages do not go out at all."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.channels.error import ChannelError
from cascadewatch.store import episodes, outbox
from tests.alerts.delivering import DAY, HOUR, MINUTE, Make, Outbox, always, fine, opened

GONE = ChannelError("hooks.example.com answered 404", permanent=True)
BROKEN = ChannelError("hooks.example.com answered 500")
BUSY = ChannelError("smtp.example.com answered 429", retry_after=600)


@pytest.fixture
def make(sqlite_template: Path, tmp_path: Path, now: int) -> Iterator[Make]:
    with opened(sqlite_template, tmp_path, now) as make:
        yield make


def news(box: Outbox, kind: str, channel: str = "team", episode: int = 0, transition: int = 2) -> None:
    with box.store.writing() as connection:
        outbox.enqueue(
            connection, episode=episode, transition=transition, kind=kind, channels=[channel], now=box.now
        )


def waits(box: Outbox, channel: str, kind: str) -> int:
    """How much of a kind was put in for a channel, delivered or not."""
    with box.store.reading() as connection:
        return sum(row.channel == channel for row in outbox.of_kind(connection, kind, 0, 2**40))


def off(make: Make, *others: str, **said: object) -> Outbox:
    """Channels of which `team` has refused for good."""
    box = make("team", *others, **said)
    box.behaviour["team"] = always(GONE)
    box.fire("team", cascade="first")
    box.run(MINUTE)
    assert box.state("team").is_off(box.now)
    return box


class TestInItsPlace:
    @pytest.mark.parametrize("kind", ["update", "flapping", "steady", "resolved"])
    def test_all_that_is_said_of_an_episode_is_told(self, make: Make, kind: str) -> None:
        box = off(make, "spare")
        episode = box.fire()
        news(box, kind, episode=episode)
        box.run(MINUTE)
        assert waits(box, "spare", kind) == 1
        assert [i.episode for i in box.messages("spare")[-1].items] == [episode]

    @pytest.mark.parametrize("kind", ["disk", "caps", "jobs"])
    def test_news_of_the_installation_are_told_each_time(self, make: Make, kind: str) -> None:
        box = off(make, "spare", alerts={"channels": ["team"]})
        for times in (1, 2):
            news(box, kind)
            box.run(MINUTE)
            assert waits(box, "spare", kind) == times
            box.now += HOUR

    def test_a_full_disk_is_for_pagers_too(self, make: Make) -> None:
        box = off(make, "pager", options={"pager": {"min_severity": "page"}})
        for kind in ("disk", "jobs"):
            news(box, kind)
        box.run(MINUTE)
        assert (waits(box, "pager", "disk"), waits(box, "pager", "jobs")) == (1, 0)

    def test_a_digest_can_wait(self, make: Make) -> None:
        box = off(make, "spare")
        news(box, "digest")
        box.run(MINUTE)
        assert waits(box, "spare", "digest") == 0

    def test_a_channel_that_the_settings_do_not_have_tells_nothing(self, make: Make) -> None:
        box = off(make, "spare")
        episode = box.fire("removed", "team", cascade="second")
        box.run(MINUTE)
        assert [i.episode for i in box.messages("spare")[-1].items] == [episode]

    def test_what_a_second_one_told_before_it_failed_too_is_enough(self, make: Make) -> None:
        box = off(make, "second", "third")
        box.behaviour["second"] = always(BROKEN)
        later = box.fire("second", cascade="later")
        box.run(HOUR)
        told = [item.episode for message in box.messages("third") for item in message.items]
        assert told == [later]


class TestWhetherMessagesGoOut:
    def test_with_the_only_channel_off_they_do_not_after_five_minutes(self, make: Make) -> None:
        box = off(make)
        assert box.deliverer.delivering(box.now)
        box.run(5 * MINUTE)
        assert not box.deliverer.delivering(box.now)
        box.behaviour["team"] = fine
        box.run(DAY + HOUR, longest=HOUR)
        assert box.untold() == 0
        assert box.deliverer.delivering(box.now)

    def test_nor_with_all_of_them_failing(self, make: Make) -> None:
        box = make("team", "mail")
        box.behaviour["team"] = box.behaviour["mail"] = always(BROKEN)
        box.fire("team", "mail")
        box.run(6 * MINUTE)
        assert not box.deliverer.delivering(box.now)

    def test_nor_where_the_one_that_works_takes_no_tickets(self, make: Make) -> None:
        box = off(make, "pager", options={"pager": {"min_severity": "page"}})
        box.fire("team", severity="ticket")
        box.run(6 * MINUTE)
        assert not box.deliverer.delivering(box.now)

    def test_while_another_tells_it_they_do(self, make: Make) -> None:
        box = off(make, "spare")
        box.run(HOUR)
        assert box.deliverer.delivering(box.now)

    def test_what_another_told_before_it_failed_too_does_not_count(self, make: Make) -> None:
        box = off(make, "mail")
        box.run(HOUR)
        box.behaviour["mail"] = always(BUSY)
        later = box.fire("mail", cascade="later")
        box.run(4 * MINUTE)
        assert box.deliverer.delivering(box.now), "the first was told, the other is four minutes old"
        box.run(2 * MINUTE)
        assert not box.deliverer.delivering(box.now)
        box.behaviour["mail"] = fine
        box.run(HOUR)
        assert [item.episode for item in box.messages("mail")[-1].items] == [later]
        assert box.deliverer.delivering(box.now)

    def test_nor_do_earlier_news_of_the_disk_speak_for_later_ones(self, make: Make) -> None:
        box = off(make, "mail")
        news(box, "disk")
        box.run(HOUR)
        assert waits(box, "mail", "disk") == 1
        box.behaviour["mail"] = always(BUSY)
        news(box, "disk", channel="mail")
        box.run(4 * MINUTE)
        assert box.deliverer.delivering(box.now)
        box.run(2 * MINUTE)
        assert not box.deliverer.delivering(box.now)

    def test_what_only_a_removed_channel_is_done_with_counts_as_waiting(self, make: Make) -> None:
        box = make("team")
        box.behaviour["team"] = always(GONE)
        box.fire("removed", "team")
        with box.store.writing() as connection:
            outbox.cover(connection, [r.delivery.id for r in outbox.strangers(connection, ["team"])], box.now)
        box.run(6 * MINUTE)
        assert not box.deliverer.delivering(box.now)

    def test_while_nothing_urgent_waits_they_do(self, make: Make) -> None:
        box = make("team")
        box.behaviour["team"] = always(GONE)
        news(box, "jobs")
        with box.store.writing() as connection:
            outbox.enqueue(connection, episode=0, transition=0, kind="notice", channels=["team"], now=box.now)
        box.run(HOUR)
        assert box.deliverer.delivering(box.now)

    def test_what_was_put_in_by_a_clock_hours_ahead_counts_as_waiting(self, make: Make) -> None:
        box = off(make)
        box.now -= 3 * HOUR
        with box.store.reading() as connection:
            assert episodes.episode(connection, 1) is not None
        assert not box.deliverer.delivering(box.now)
