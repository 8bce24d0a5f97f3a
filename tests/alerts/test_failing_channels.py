"""Channels that fail, on a clock of their own: how often they are called, and who else is told."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from alerts.channels.error import ChannelError
from tests.alerts.delivering import DAY, HOUR, MINUTE, SECOND, Make, always, opened, until

ON_AGAIN = "a sample that arrives turns it on again."
REMEDY = f"Correct [channel.team], then run `cascadewatch alerts test team`: {ON_AGAIN}"
BUSY = ChannelError("hooks.slack.com answered 429", retry_after=30)
BROKEN = ChannelError("hooks.slack.com answered 500")
CLOSED = ChannelError("hooks.slack.com answered 503", retry_after=3600)
GONE = ChannelError("hooks.slack.com answered 404: there is nothing at this address.", permanent=True)


@pytest.fixture
def make(sqlite_template: Path, tmp_path: Path, now: int) -> Iterator[Make]:
    with opened(sqlite_template, tmp_path, now) as make:
        yield make


def spaces(calls: list[int]) -> list[int]:
    return [after - before for before, after in pairwise(calls)]


class TestAskedToWait:
    def test_for_an_hour_of_429_the_channel_is_called_when_it_said(self, make: Make) -> None:
        box = make("team", "mail")
        box.behaviour["team"] = until(box.now + HOUR, BUSY)
        began, episode = box.now, box.fire("team")
        box.run(HOUR + MINUTE)
        assert min(spaces(box.calls_to("team"))) >= 30 * SECOND, "no call before its Retry-After ended"
        assert len(box.calls_to("team")) <= 130
        assert [at - began <= HOUR + MINUTE for at, name, _ in box.taken if name == "team"] == [True]
        assert 5 * MINUTE <= box.calls_to("mail")[0] - began <= 6 * MINUTE
        assert {(row.channel, row.state) for row in box.rows(episode)} == {
            ("team", "delivered"), ("mail", "delivered")
        }  # fmt: skip

    def test_a_wait_of_an_hour_is_kept_across_processes(self, make: Make) -> None:
        box = make("team")
        box.behaviour["team"] = until(box.now + 10 * MINUTE, ChannelError("answered 503", retry_after=3600))
        box.fire("team")
        box.run(MINUTE)
        box.deliverer = box.another("b")
        box.run(2 * HOUR)
        assert len(box.calls_to("team")) == 2
        assert spaces(box.calls_to("team"))[0] >= HOUR

    def test_new_alerts_do_not_break_the_wait(self, make: Make) -> None:
        box = make("team")
        box.behaviour["team"] = until(box.now + HOUR, ChannelError("answered 429", retry_after=600))
        for cascade in ("a", "b", "c"):
            box.fire("team", cascade=cascade)
            box.run(20 * SECOND)
        box.run(HOUR)
        assert min(spaces(box.calls_to("team"))[:5]) >= 600 * SECOND


@pytest.mark.parametrize(
    "error",
    [BROKEN, ChannelError("no answer within 30 s"), ChannelError("connection reset"), ChannelError("TLS")],
    ids=str,
)
class TestBrokenForAnHour:
    def test_it_is_called_25_times_an_hour_at_most_and_told_soon_after(
        self, make: Make, error: ChannelError
    ) -> None:
        box = make("team")
        began = box.now
        box.behaviour["team"] = until(began + HOUR, error)
        box.fire("team")
        box.run(HOUR + 5 * MINUTE)
        assert 10 <= len([at for at in box.calls_to("team") if at < began + HOUR]) <= 25
        assert spaces(box.calls_to("team"))[0] <= 5 * SECOND
        assert max(spaces(box.calls_to("team"))) <= 5 * MINUTE
        assert len(box.messages("team")) == 1

    def test_healthy_channels_do_not_wait_for_it(self, make: Make, error: ChannelError) -> None:
        box = make("team", "mail")
        box.behaviour["team"] = always(error)
        box.fire("team", "mail")
        box.run(10 * MINUTE)
        assert box.calls_to("mail") == box.calls_to("team")[:1]


def test_a_mistake_in_a_channel_is_a_failure_like_any_other(make: Make) -> None:
    box = make("team")
    box.behaviour["team"] = lambda at: None if at > began + MINUTE else [][at]
    began = box.now
    box.fire("team")
    box.run(5 * MINUTE)
    assert len(box.messages("team")) == 1
    assert len(box.calls_to("team")) > 1


class TestOneThatFiredAndEnded:
    def test_while_the_channel_was_down_one_message_says_both(self, make: Make) -> None:
        box = make("team")
        box.behaviour["team"] = until(box.now + 2 * HOUR, BROKEN)
        episode = box.fire("team")
        box.run(HOUR)
        box.end(episode, "team")
        box.run(2 * HOUR)
        (message,) = box.messages("team")
        assert [(item.episode, item.status) for item in message.items] == [(episode, "missed")]
        assert sorted(row.state for row in box.rows(episode)) == ["covered", "delivered"]
        assert {row.message for row in box.rows(episode)} == {message.id}


class TestRefusedForGood:
    def test_one_call_and_then_none_for_a_day(self, make: Make) -> None:
        box = make("team", "mail")
        box.behaviour["team"] = always(GONE)
        box.fire("team")
        box.run(DAY - MINUTE, longest=10 * MINUTE)
        assert len(box.calls_to("team")) == 1
        assert box.state("team").is_off(box.now)
        assert box.state("team").error == str(GONE)

    def test_another_channel_hears_of_it_and_of_what_was_to_be_said(self, make: Make) -> None:
        box = make("pager", "team", "mail")
        box.behaviour["team"] = always(GONE)
        episode = box.fire("team")
        box.run(MINUTE)
        notice, alert = sorted(box.messages("mail"), key=lambda message: message.kind, reverse=True)
        assert notice.subject == "Channel team: off"
        assert notice.lines == (
            "team refused a message: hooks.slack.com answered 404: there is nothing at this address.",
            "It is left alone for 24 hours. What it should have said comes here instead, except digests.",
            REMEDY,
        )
        assert [item.episode for item in alert.items] == [episode]
        assert box.messages("pager") == []

    def test_the_end_is_told_where_the_beginning_was(self, make: Make) -> None:
        box = make("team", "mail")
        box.behaviour["team"] = always(GONE)
        episode = box.fire("team")
        box.run(MINUTE)
        box.end(episode, "team")
        box.run(MINUTE)
        assert [[item.status for item in m.items] for m in box.messages("mail") if m.kind == "alert"] == [
            ["firing"], ["resolved"]
        ]  # fmt: skip

    def test_after_a_day_one_call_tries_again(self, make: Make) -> None:
        box = make("team")
        box.behaviour["team"] = until(box.now + HOUR, GONE)
        box.fire("team")
        box.run(25 * HOUR, longest=10 * MINUTE)
        assert len(box.calls_to("team")) == 2
        assert len(box.messages("team")) == 1
        assert box.state("team").works(box.now)

    def test_a_channel_for_pages_is_not_given_tickets(self, make: Make) -> None:
        box = make("team", "pager", options={"pager": {"min_severity": "page"}})
        box.behaviour["team"] = always(GONE)
        box.fire("team", severity="ticket")
        page = box.fire("team", cascade="other")
        box.run(MINUTE)
        told = [item.episode for message in box.messages("pager") for item in message.items]
        assert told == [page]


class TestSecondChannel:
    def test_who_hears_of_it_anyway_is_enough(self, make: Make) -> None:
        box = make("team", "mail", "third")
        box.behaviour["team"] = always(BROKEN)
        box.fire("team", "mail")
        box.run(HOUR)
        assert (len(box.messages("mail")), len(box.messages("third"))) == (1, 0)

    def test_it_is_told_once_however_long_the_first_fails(self, make: Make) -> None:
        box = make("team", "mail")
        box.behaviour["team"] = always(BROKEN)
        box.fire("team")
        box.run(5 * HOUR, longest=10 * MINUTE)
        assert len(box.messages("mail")) == 1

    def test_when_the_second_fails_too_the_third_is_told(self, make: Make) -> None:
        box = make("team", "mail", "third")
        box.behaviour["team"] = box.behaviour["mail"] = always(BROKEN)
        began = box.now
        box.fire("team")
        box.run(20 * MINUTE)
        assert len(box.messages("third")) == 1
        assert box.calls_to("third")[0] - began <= 12 * MINUTE


class TestEverythingDown:
    def test_after_a_day_everything_is_told_in_one_message_a_channel(self, make: Make) -> None:
        box = make("team", "mail")
        box.behaviour["team"] = box.behaviour["mail"] = until(box.now + DAY, CLOSED)
        told = []
        for hour in range(20):
            told.append(box.fire("team", "mail", cascade=f"cascade-{hour % 3}", route=str(hour)))
            box.run(HOUR, longest=HOUR)
        box.run(5 * HOUR, longest=HOUR)
        for channel in ("team", "mail"):
            (message,) = box.messages(channel)
            assert sorted(item.episode for item in message.items) == told
        assert box.dead() == []

    def test_after_three_days_it_is_given_up_and_counted(self, make: Make) -> None:
        box = make("team", "mail")
        box.behaviour["team"] = box.behaviour["mail"] = always(CLOSED)
        episode = box.fire("team")
        box.run(71 * HOUR, longest=HOUR)
        assert (box.dead(), box.untold()) == ([], 2)
        box.run(4 * HOUR, longest=HOUR)
        assert [(row.episode, row.channel, row.error) for row in box.dead()] == [
            (episode, "team", str(CLOSED)), (episode, "mail", str(CLOSED))
        ]  # fmt: skip
        assert box.untold() == 0

    def test_what_a_channel_that_is_off_was_to_say_is_given_up_too(self, make: Make) -> None:
        box = make("team")
        box.behaviour["team"] = always(GONE)
        box.fire("team")
        box.run(12 * HOUR, longest=HOUR)
        box.fire("team", cascade="other")
        box.run(73 * HOUR, longest=HOUR)
        assert len(box.calls_to("team")) <= 6
        assert [row.error for row in box.dead()] == [f"channel off: {GONE}"] * 2
