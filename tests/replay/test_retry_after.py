"""A model's endpoint that asks for rest in an odd way: the call fails under its name, and the run goes on."""

import pytest

from cascadewatch.replay import calling
from cascadewatch.replay.answer import CallError
from cascadewatch.replay.calling import Endpoint
from tests.alerts.http_receiver import receiving, status


@pytest.mark.parametrize(
    "asked", ["Mon, 01 Jan 99999999999999999999 00:00:00 GMT", "Sat, 99 Nov 2026 11:00:00 GMT", "9" * 5_000]
)
def test_a_date_that_cannot_be_is_no_crash(asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, "TRIES", 1)
    with receiving(status(429, Retry_After=asked)) as receiver:
        endpoint = Endpoint(f"http://127.0.0.1:{receiver.port}/", allow_private=True)
        with pytest.raises(CallError) as failed:
            endpoint.post({})
    assert (failed.value.name, failed.value.sent, failed.value.retry_after) == ("rate_limited", False, None)
