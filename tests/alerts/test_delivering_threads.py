"""A thread for each channel: what one waits for keeps no other waiting, and all of them end when told to."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from alerts import outbox as delivering
from alerts.message import Message
from alerts.outbox import Deliverer
from cascadewatch.store import channel_states, episodes, leases, outbox
from cascadewatch.store.engine import Store
from tests.alerts.delivering import MINUTE, settings_with, values


@pytest.fixture
def store(sqlite_template: Path, tmp_path: Path) -> Iterator[Store]:
    shutil.copy(sqlite_template, tmp_path / "test.db")
    opened = Store(f"sqlite:///{tmp_path / 'test.db'}")
    yield opened
    opened.close()


def clock() -> int:
    return time.time_ns() // 1_000_000


def fire(store: Store, *channels: str, cascade: str = "support") -> int:
    """An episode that has waited long enough for others."""
    before = clock() - MINUTE
    with store.writing() as connection:
        made = episodes.add(connection, values(before, cascade)).id
        outbox.enqueue(connection, episode=made, transition=1, kind="firing", channels=channels, now=before)
    return made


class Channels:
    """Channels that take a message when they are let to."""

    def __init__(self) -> None:
        self.took: dict[str, list[float]] = {}
        self.hold: dict[str, threading.Event] = {}

    def send(self, channel: object, message: Message, *, timeout: float) -> None:
        name = str(channel.url).removeprefix("https://").partition(".")[0]  # type: ignore[attr-defined]
        if name in self.hold:
            self.hold[name].wait(timeout)
        self.took.setdefault(name, []).append(time.monotonic())


@pytest.fixture
def channels() -> Channels:
    return Channels()


@pytest.fixture
def deliverer(store: Store, channels: Channels) -> Iterator[Deliverer]:
    settings = settings_with(str(store.url), "sick", "healthy")
    one = Deliverer(store, settings, clock, "a", send=channels.send)
    yield one
    for event in channels.hold.values():
        event.set()
    one.stop()


def wait(until: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_sick_channel_keeps_no_other_waiting(
    store: Store, channels: Channels, deliverer: Deliverer
) -> None:
    channels.hold["sick"] = threading.Event()
    fire(store, "sick", "healthy")
    deliverer.start()
    wait(lambda: channels.took.get("healthy"))
    began = time.monotonic()
    fire(store, "healthy", cascade="other")
    wait(lambda: len(channels.took["healthy"]) == 2)
    assert channels.took["healthy"][1] - began < 3, "a second for the space between messages, one to look"
    assert "sick" not in channels.took


def test_what_is_under_way_is_finished_and_marked(
    store: Store, channels: Channels, deliverer: Deliverer
) -> None:
    channels.hold["sick"] = threading.Event()
    episode = fire(store, "sick")
    deliverer.start()
    wait(lambda: state_of(store, episode) == "sending")
    threading.Timer(0.3, channels.hold["sick"].set).start()
    deliverer.stop()
    assert state_of(store, episode) == "delivered"


def state_of(store: Store, episode: int) -> str:
    with store.reading() as connection:
        return outbox.deliveries(connection, episode)[0].state


def test_it_is_alive_while_all_threads_are(deliverer: Deliverer) -> None:
    deliverer.start()
    assert deliverer.alive(clock())
    assert not deliverer.alive(clock() + 10 * MINUTE), "nothing was heard of them for minutes"
    deliverer.stop()
    assert not deliverer.alive(clock())


def test_under_a_lease_that_passed_to_another_nothing_is_taken(store: Store, channels: Channels) -> None:
    now = clock()
    leases.acquire(store, "worker", "a", now - MINUTE, 15_000)
    leases.acquire(store, "worker", "b", now, 15_000)
    episode = fire(store, "healthy")
    settings = settings_with(str(store.url), "healthy")
    stale = leases.Lease("worker", "a", 1, 0)
    Deliverer(store, settings, clock, "a", lease=stale, send=channels.send).run_once("healthy", now)
    assert (channels.took, state_of(store, episode)) == ({}, "pending")
    held = leases.Lease("worker", "b", 2, 0)
    Deliverer(store, settings, clock, "b", lease=held, send=channels.send).run_once("healthy", now)
    assert state_of(store, episode) == "delivered"


def test_a_database_that_is_locked_while_a_send_is_noted_is_waited_for(
    store: Store, channels: Channels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "POLL_S", 0.05)
    episode, settings = fire(store, "healthy"), settings_with(str(store.url), "healthy")
    locked, free = threading.Event(), threading.Event()

    def hold_the_database() -> None:
        with store.writing():
            locked.set()
            free.wait(6)  # longer than a writer waits

    def send(*_: object, timeout: float) -> None:
        threading.Thread(target=hold_the_database).start()
        locked.wait()
        channels.took["healthy"] = [time.monotonic()]

    Deliverer(store, settings, clock, "a", send=send).run_once("healthy", clock())
    free.set()
    assert state_of(store, episode) == "delivered"
    with store.reading() as connection:
        assert channel_states.state(connection, "healthy").sent is not None
