"""The dead man's switch: it is called while alerting works, and the calls stop when it does not."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from alerts.heartbeat import Heartbeat, beats
from cascadewatch.settings import Secret, Settings
from cascadewatch.settings.alerting import Alerts
from cascadewatch.store import leases
from cascadewatch.store.engine import Store
from tests.alerts.http_receiver import Receiver, receiving, status

MINUTE = 60_000


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = Store(store_url)
    yield opened
    opened.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def heart(
    store: Store, receiver: Receiver, now: int, delivering: bool = True, private: bool = True, **more: Any
) -> Heartbeat:
    secret = Secret("env", "HEARTBEAT", {"HEARTBEAT": receiver.url("/ping/secret")})
    alerts = Alerts.model_construct(heartbeat_url=secret, heartbeat_allow_private=private)
    return Heartbeat(store, Settings(alerts=alerts), lambda: now, lambda _: delivering, **more)


def evaluated(store: Store, at: int, state: str = leases.DONE) -> None:
    leases.acquire(store, "worker", "a", at, 15_000)
    with store.reading() as connection:
        lease = leases.held(connection, "worker")
    assert lease is not None
    leases.claim(store, lease, "evaluate-rules", at - at % MINUTE, at)
    leases.finish(store, lease, "evaluate-rules", at - at % MINUTE, state, at, "said")


def test_while_rules_are_evaluated_and_messages_go_out_it_is_called(
    store: Store, receiver: Receiver, now: int
) -> None:
    evaluated(store, now)
    assert heart(store, receiver, now).beat(now + 4 * MINUTE) == "sent"
    assert [(one.method, one.path) for one in receiver.received] == [("GET", "/ping/secret")]


def test_five_minutes_after_the_last_evaluation_the_calls_stop(
    store: Store, receiver: Receiver, now: int
) -> None:
    evaluated(store, now)
    assert heart(store, receiver, now).beat(now + 5 * MINUTE + 1) == "rules not evaluated"
    assert receiver.received == []


def test_an_evaluation_that_failed_is_none(store: Store, receiver: Receiver, now: int) -> None:
    evaluated(store, now, leases.FAILED)
    assert heart(store, receiver, now).beat(now + MINUTE) == "rules not evaluated"


def test_one_that_ended_in_ten_years_is_none(store: Store, receiver: Receiver, now: int) -> None:
    evaluated(store, now + 3650 * 24 * 60 * MINUTE)
    assert heart(store, receiver, now).beat(now) == "rules not evaluated"


def test_while_delivery_stands_still_it_is_not_called(store: Store, receiver: Receiver, now: int) -> None:
    evaluated(store, now)
    assert heart(store, receiver, now, delivering=False).beat(now) == "delivery stands still"
    assert receiver.received == []


def test_an_answer_that_is_no_success_is_told(store: Store, receiver: Receiver, now: int) -> None:
    evaluated(store, now)
    receiver.answer = status(404)
    assert heart(store, receiver, now).beat(now) == "failed"


def test_in_the_own_network_it_is_called_only_where_the_settings_allow_it(
    store: Store, receiver: Receiver, now: int, caplog: pytest.LogCaptureFixture
) -> None:
    evaluated(store, now)
    assert heart(store, receiver, now, private=False).beat(now) == "failed"
    assert receiver.received == []
    reasons = [record.__dict__["fields"] for record in caplog.records]
    assert "or set heartbeat_allow_private = true if" in reasons[0]["reason"]
    assert heart(store, receiver, now).beat(now) == "sent"


def test_started_it_goes_on_until_it_is_stopped(store: Store, receiver: Receiver, now: int) -> None:
    evaluated(store, now)
    one = heart(store, receiver, now, every=0.02)
    one.start()
    deadline = time.monotonic() + 20
    while len(receiver.received) < 3:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    one.stop()
    time.sleep(0.2)
    calls = len(receiver.received)
    time.sleep(0.2)
    assert len(receiver.received) == calls


@pytest.mark.parametrize(
    ("evaluated", "delivering", "expected"),
    [
        (True, True, "sent"),
        (True, False, "delivery stands still"),
        (False, True, "rules not evaluated"),
        (False, False, "rules not evaluated"),
    ],
)
def test_what_does_not_work_is_named(evaluated: bool, delivering: bool, expected: str) -> None:
    assert beats(evaluated, delivering) == expected
