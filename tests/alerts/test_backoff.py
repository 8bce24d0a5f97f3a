"""How long a message waits before it is tried again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import backoff

HOUR = 3_600_000
MESSAGES = st.text("0123456789abcdef", min_size=20, max_size=20)


@given(MESSAGES)
def test_an_hour_holds_25_calls_at_the_most(message: str) -> None:
    at, calls = 0, 0
    while at < HOUR:
        calls += 1
        at += backoff.wait(calls, message)
    assert calls <= 25


@given(MESSAGES, st.integers(1, 10_000))
def test_it_grows_from_five_seconds_to_five_minutes(message: str, attempts: int) -> None:
    cap = min(300_000, 5_000 * 2 ** min(attempts - 1, 20))
    assert 2 * cap / 3 <= backoff.wait(attempts, message) <= cap


def test_messages_that_failed_together_come_back_apart() -> None:
    assert len({backoff.wait(7, str(message)) for message in range(100)}) > 90


@given(MESSAGES, st.integers(1, 100))
def test_the_same_message_always_waits_as_long(message: str, attempts: int) -> None:
    assert backoff.wait(attempts, message) == backoff.wait(attempts, message)


@pytest.mark.parametrize(
    ("attempts", "retry_after", "expected"),
    [
        (1, 0, 5_000),  # "at once" still means a moment
        (9, 1, 30_000),
        (1, 30, 30_000),
        (9, 30, 30_000),
        (1, 3600, HOUR),
    ],
)
def test_who_says_when_to_come_back_is_called_then(attempts: int, retry_after: int, expected: int) -> None:
    assert backoff.asked(attempts, retry_after) == expected


def test_three_days_are_the_limit() -> None:
    assert backoff.too_old(100 * HOUR) == 28 * HOUR
