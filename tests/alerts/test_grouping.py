"""Which alerts share a message, when it goes out, and what it is called."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from alerts.channels.alertmanager import payload
from alerts.channels.error import ChannelError
from tests.alerts.delivering import HOUR, MINUTE, SECOND, Make, Outbox, always, fine, opened, until


@pytest.fixture
def make(sqlite_template: Path, tmp_path: Path, now: int) -> Iterator[Make]:
    with opened(sqlite_template, tmp_path, now) as make:
        yield make


def told(box: Outbox, channel: str = "team") -> list[list[int]]:
    return [sorted(item.episode for item in message.items) for message in box.messages(channel)]


def test_an_alert_is_told_within_ten_seconds(make: Make) -> None:
    box = make("team")
    began = box.now
    box.fire("team")
    box.run(MINUTE)
    assert box.calls_to("team")[0] - began <= 10 * SECOND


def test_what_comes_soon_after_is_in_the_same_message(make: Make) -> None:
    box = make("team")
    first = box.fire("team", route="faq")
    box.run(5 * SECOND)
    second = box.fire("team", route="refunds")
    box.run(MINUTE)
    assert told(box) == [[first, second]]


def test_up_to_four_cascades_have_a_message_each(make: Make) -> None:
    box = make("team")
    episodes = [box.fire("team", cascade=name) for name in "abcd"]
    box.run(MINUTE)
    assert told(box) == [[episode] for episode in episodes]


def test_more_cascades_share_one(make: Make) -> None:
    box = make("team")
    episodes = [box.fire("team", cascade=name) for name in "abcde"]
    box.run(MINUTE)
    assert told(box) == [episodes]


@pytest.mark.parametrize("cascades", [1, 3, 50])
def test_of_a_storm_of_a_thousand_routes_five_messages_come_at_most(make: Make, cascades: int) -> None:
    box = make("team", "mail")
    box.fire_many(1_000, cascades, "team", "mail")
    box.run(5 * MINUTE)
    for channel in ("team", "mail"):
        messages = box.messages(channel)
        assert len(messages) <= 5
        assert sum(len(message.items) + message.more for message in messages) == 1_000
        assert max(len(message.items) for message in messages) == 20
    assert box.untold() == 0


def test_the_subject_of_a_storm_counts_what_has_no_place(make: Make) -> None:
    box = make("team")
    box.fire_many(30, 30, "team")
    box.run(MINUTE)
    (message,) = box.messages("team")
    assert (len(message.items), message.more) == (20, 10)
    assert message.subject == "30 cascades: cascade-0, cascade-1, cascade-2 and 27 more"


def test_alertmanager_is_told_of_every_episode_of_a_storm(make: Make) -> None:
    hook = {"kind": "alertmanager", "url": "https://am.example.com"}
    box = make("team", channel={"am": hook})
    box.fire_many(30, 30, "am")
    box.run(MINUTE)
    (message,) = box.messages("am")
    assert len({alert["labels"]["episode"] for alert in payload(message, box.now)}) == 30
    assert message.more == 0


def test_pages_stand_before_tickets_in_a_message(make: Make) -> None:
    box = make("team")
    box.fire_many(30, 1, "team", severity="ticket")
    page = box.fire("team", cascade="cascade-0", route="page")
    box.run(MINUTE)
    (message,) = box.messages("team")
    assert message.items[0].episode == page
    assert message.more == 11


def test_a_channel_takes_one_message_a_second(make: Make) -> None:
    box = make("team")
    for name in "abcd":
        box.fire("team", cascade=name)
    box.run(MINUTE)
    calls = box.calls_to("team")
    assert min(after - before for before, after in pairwise(calls)) >= SECOND


def test_one_cascade_that_cannot_be_told_does_not_keep_others_from_being_told(make: Make) -> None:
    box = make("team")

    def cannot_take_poison(_: int) -> ChannelError | None:
        told = {item.cascade for item in box.calls[-1][2].items}
        return ChannelError("answered 500") if "poison" in told else None

    box.behaviour["team"] = cannot_take_poison
    box.fire("team", cascade="poison")
    episodes = []
    for hour in range(3):
        box.run(HOUR, longest=10 * MINUTE)
        episodes.append(box.fire("team", cascade=f"good-{hour}"))
    box.run(MINUTE)
    assert told(box) == [[episode] for episode in episodes]


def test_words_that_cannot_be_put_together_are_replaced_by_plain_ones(make: Make) -> None:
    box = make("team")
    episode = box.fire("team", since=10**17)  # in a year that no calendar has
    box.run(MINUTE)
    (message,) = box.messages("team")
    assert message.subject == "support: escalation-drift is firing"
    assert [item.episode for item in message.items] == [episode]
    assert message.items[0].facts == (
        ("Note", "The words for this could not be put together; the page has all of it."),
    )


class TestIds:
    def test_a_message_that_failed_is_sent_again_under_the_same_id(self, make: Make) -> None:
        box = make("team")
        box.behaviour["team"] = until(box.now + 5 * MINUTE, ChannelError("answered 500"))
        box.fire("team")
        box.run(20 * MINUTE)
        assert len(box.calls_to("team")) > 3
        assert len({message.id for _, _, message in box.calls}) == 1

    def test_more_to_say_is_another_message(self, make: Make) -> None:
        box = make("team")
        box.behaviour["team"] = until(box.now + 5 * MINUTE, ChannelError("answered 500"))
        episode = box.fire("team")
        box.run(MINUTE)
        box.end(episode, "team")
        box.run(20 * MINUTE)
        assert box.calls[0][2].id != box.messages("team")[0].id

    def test_the_same_alert_has_another_on_another_channel(self, make: Make) -> None:
        box = make("team", "mail")
        box.fire("team", "mail")
        box.run(MINUTE)
        assert box.messages("team")[0].id != box.messages("mail")[0].id


class TestWhoDiedOrSlept:
    def test_a_message_left_half_sent_is_sent_again_under_its_id(self, make: Make) -> None:
        box = make("team")
        episode = box.fire("team")
        box.run(8 * SECOND)
        box.die_while_sending("team")
        box.fire("team", route="other")
        box.run(2 * MINUTE)
        assert told(box) == [[episode + 1], [episode]]
        assert box.messages("team")[1].id == box.calls[0][2].id

    def test_nobody_else_sends_what_is_being_sent(self, make: Make) -> None:
        box = make("team")
        box.fire("team")
        box.run(8 * SECOND)
        box.die_while_sending("team")
        box.run(50 * SECOND)
        assert len(box.calls) == 1

    @pytest.mark.parametrize("step", [-HOUR, -24 * HOUR, -87_600 * HOUR])
    def test_a_clock_set_back_neither_shortens_nor_lengthens_a_claim(self, make: Make, step: int) -> None:
        box = make("team")
        box.fire("team")
        box.run(8 * SECOND)
        box.die_while_sending("team")
        box.now += step
        box.run(50 * SECOND)
        assert len(box.calls) == 1
        box.run(20 * SECOND)
        assert len(box.taken) == 1

    def test_who_slept_between_claim_and_call_sends_nothing(self, make: Make) -> None:
        box = make("team")
        box.fire("team")
        box.run(8 * SECOND)
        box.sleep_before_sending("team", 2 * MINUTE)
        assert box.calls == []
        box.run(MINUTE)
        assert len(box.taken) == 1

    def test_a_wait_written_by_a_clock_ten_years_ahead_does_not_last_ten_years(self, make: Make) -> None:
        box = make("team")
        box.now += 87_600 * HOUR
        box.behaviour["team"] = always(ChannelError("answered 429", retry_after=60))
        episode = box.fire("team")
        box.run(20 * SECOND)
        box.now -= 87_600 * HOUR
        box.behaviour["team"] = fine
        box.run(10 * MINUTE)
        assert told(box) == [[episode]]
