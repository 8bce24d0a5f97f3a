"""The outbox as rows: what is put in, who may take it, and what is left afterwards. On both databases."""

from collections.abc import Iterator

import pytest

from alerts.grouping import message_id
from cascadewatch.errors import BusyError
from cascadewatch.store import channel_states, episodes, leases, outbox
from cascadewatch.store.engine import Store
from cascadewatch.store.outbox import Delivery
from tests.alerts.delivering import DAY, HOUR, MINUTE, values


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = Store(store_url)
    yield opened
    opened.close()


def say(
    store: Store, now: int, *channels: str, episode: int = 1, kind: str = "firing", transition: int = 1
) -> None:
    with store.writing() as connection:
        outbox.enqueue(
            connection, episode=episode, transition=transition, kind=kind, channels=channels, now=now
        )


def rows(store: Store, episode: int = 1) -> list[Delivery]:
    with store.reading() as connection:
        return outbox.deliveries(connection, episode)


def take(store: Store, channel: str, owner: str, until: int) -> str:
    with store.writing() as connection:
        waiting = outbox.waiting(connection, channel)
        message = message_id(waiting)
        outbox.claim(connection, waiting, owner, message, until)
    return message


def test_what_is_put_in_waits_for_every_channel(store: Store, now: int) -> None:
    say(store, now, "team", "mail")
    assert [(row.channel, row.state, row.created, row.attempts) for row in rows(store)] == [
        ("team", "pending", now, 0), ("mail", "pending", now, 0)
    ]  # fmt: skip
    assert all(now < row.due <= now + 10_000 for row in rows(store))


def fail_after_saying(store: Store, now: int) -> None:
    with store.writing() as connection:
        outbox.enqueue(connection, episode=1, transition=1, kind="firing", channels=["team"], now=now)
        raise BusyError("the rest did not work")


def test_it_is_part_of_the_transaction_that_decided_it(store: Store, now: int) -> None:
    with pytest.raises(BusyError):
        fail_after_saying(store, now)
    assert rows(store) == []


def test_nobody_to_tell_is_no_row(store: Store, now: int) -> None:
    say(store, now)
    assert rows(store) == []


def test_the_end_goes_to_all_who_heard_of_the_beginning(store: Store, now: int) -> None:
    say(store, now, "team", "stand-in")
    say(store, now, "team", kind="resolved", transition=2)
    assert [row.channel for row in rows(store) if row.kind == "resolved"] == ["team", "stand-in"]


def test_an_update_goes_to_those_of_the_rule_alone(store: Store, now: int) -> None:
    say(store, now, "team", "stand-in")
    say(store, now, "team", kind="update", transition=2)
    assert [row.channel for row in rows(store) if row.kind == "update"] == ["team"]


def test_what_waits_is_known_with_what_it_is_about(store: Store, now: int) -> None:
    with store.writing() as connection:
        made = episodes.add(connection, values(now, "support", "faq", severity="ticket")).id
    say(store, now, "team", episode=made)
    say(store, now, "team", episode=0, kind="digest")
    with store.reading() as connection:
        found = outbox.waiting(connection, "team")
    assert [(w.cascade, w.severity, w.opened) for w in found] == [
        ("support", "ticket", now), (None, "ticket", 0)
    ]  # fmt: skip


class TestClaims:
    def test_one_owner_takes_a_row(self, store: Store, now: int) -> None:
        say(store, now, "team")
        with store.reading() as connection:
            seen = outbox.waiting(connection, "team")
        take(store, "team", "a", now + MINUTE)
        with pytest.raises(BusyError), store.writing() as connection:
            outbox.claim(connection, seen, "b", "other", now + MINUTE)
        assert [(row.owner, row.claimed) for row in rows(store)] == [("a", now + MINUTE)]

    def test_of_several_rows_all_are_taken_or_none(self, store: Store, now: int) -> None:
        say(store, now, "team")
        with store.reading() as connection:
            (first,) = outbox.waiting(connection, "team")
        take(store, "team", "a", now + MINUTE)
        say(store, now, "team", transition=2)
        with store.reading() as connection:
            second = outbox.waiting(connection, "team")[1]
        with pytest.raises(BusyError), store.writing() as connection:
            outbox.claim(connection, [second, first], "b", "other", now + MINUTE)
        assert [row.state for row in rows(store)] == ["sending", "pending"]

    def test_after_the_send_one_row_is_delivered_and_the_others_are_covered(
        self, store: Store, now: int
    ) -> None:
        say(store, now, "team")
        say(store, now, "team", kind="resolved", transition=2)
        message, last = take(store, "team", "a", now + MINUTE), rows(store)[-1].id
        with store.writing() as connection:
            assert outbox.told(connection, "a", message, [last], now + 5)
        assert [(row.state, row.delivered, row.message) for row in rows(store)] == [
            ("covered", now + 5, message), ("delivered", now + 5, message)
        ]  # fmt: skip

    def test_who_has_lost_his_claim_marks_nothing(self, store: Store, now: int) -> None:
        say(store, now, "team")
        message = take(store, "team", "a", now + MINUTE)
        assert take(store, "team", "b", now + 2 * MINUTE) == message
        with store.writing() as connection:
            assert not outbox.told(connection, "a", message, [rows(store)[0].id], now)
            assert not outbox.put_back(connection, "a", message, due=now, error="late", dead_before=now - DAY)
        assert [(row.state, row.owner) for row in rows(store)] == [("sending", "b")]

    def test_a_failure_puts_rows_back_and_gives_up_the_old(self, store: Store, now: int) -> None:
        say(store, now - DAY, "team")
        say(store, now, "team", kind="resolved", transition=2)
        message = take(store, "team", "a", now + MINUTE)
        with store.writing() as connection:
            outbox.put_back(connection, "a", message, due=now + 5_000, error="500", dead_before=now - DAY)
        assert [(row.state, row.attempts, row.error, row.owner) for row in rows(store)] == [
            ("dead", 1, "500", None), ("pending", 1, "500", None)
        ]  # fmt: skip
        with store.reading() as connection:
            assert [row.kind for row in outbox.dead(connection)] == ["firing"]


def test_what_waits_for_a_channel_that_was_removed_is_given_up_with_the_reason(
    store: Store, now: int
) -> None:
    say(store, now, "team", "gone")
    with store.writing() as connection:
        assert outbox.bury_strangers(connection, ["team", "mail"]) == 1
    assert [(row.channel, row.state, row.error) for row in rows(store)] == [
        ("team", "pending", None),
        ("gone", "dead", "the settings have no [channel.gone] any more"),
    ]


def test_a_copy_for_another_channel_is_made_once(store: Store, now: int) -> None:
    say(store, now, "team")
    for _ in range(2):
        with store.writing() as connection:
            outbox.copy(connection, rows(store)[0], "mail", now)
    assert [row.channel for row in rows(store)] == ["team", "mail"]


class TestChannels:
    def test_one_that_was_never_called_has_nothing_to_say(self, store: Store, now: int) -> None:
        with store.reading() as connection:
            assert channel_states.states(connection) == []
            assert channel_states.state(connection, "team").works(now)

    def test_the_first_failure_of_a_row_of_failures_is_kept(self, store: Store, now: int) -> None:
        with store.writing() as connection:
            channel_states.failed(connection, "team", now, "first", None)
            channel_states.failed(connection, "team", now + HOUR, "second", now + 2 * HOUR)
        with store.reading() as connection:
            (state,) = channel_states.states(connection)
        assert (state.failing, state.error, state.not_before) == (now, "second", now + 2 * HOUR)
        assert state.wait_until(now + HOUR) == now + 2 * HOUR
        assert state.wait_until(now + 2 * HOUR) is None

    def test_a_success_ends_whatever_was(self, store: Store, now: int) -> None:
        with store.writing() as connection:
            channel_states.refused(connection, "team", now, "404")
            channel_states.worked(connection, "team", now + 1)
            state = channel_states.state(connection, "team")
        assert state == channel_states.ChannelState("team", sent=now + 1)

    def test_what_is_known_of_removed_ones_is_dropped(self, store: Store, now: int) -> None:
        with store.writing() as connection:
            channel_states.worked(connection, "team", now)
            channel_states.refused(connection, "gone", now, "404")
            channel_states.forget(connection, ["team", "mail"])
            assert [state.channel for state in channel_states.states(connection)] == ["team"]

    def test_no_wait_is_longer_than_a_day(self, store: Store, now: int) -> None:
        with store.writing() as connection:
            channel_states.failed(connection, "team", now, "429", now + 365 * DAY)
            assert channel_states.state(connection, "team").wait_until(now) == now + DAY


class TestFence:
    def test_a_lease_is_ours_while_it_runs(self, store: Store, now: int) -> None:
        leases.acquire(store, "worker", "a", now, 15_000)
        lease = leases.Lease("worker", "a", 1, 0)
        with store.writing() as connection:
            assert leases.still(connection, lease, now + 14_999)
            assert not leases.still(connection, lease, now + 15_000)

    def test_and_not_once_another_has_taken_it(self, store: Store, now: int) -> None:
        leases.acquire(store, "worker", "a", now, 15_000)
        leases.acquire(store, "worker", "b", now + 15_000, 15_000)
        with store.writing() as connection:
            assert not leases.still(connection, leases.Lease("worker", "a", 1, 0), now + 1)
            assert leases.still(connection, leases.Lease("worker", "b", 2, 0), now + 15_001)
