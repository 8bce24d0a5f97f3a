"""The JSON of webhooks: its fields, and the signature by which a receiver knows it is ours."""

import hashlib
import hmac
import json
import re
from dataclasses import fields, replace
from pathlib import Path
from time import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels import send
from alerts.channels.webhook import payload, signature
from alerts.message import Item, Message
from tests.alerts.channel_material import CANARIES, ITEM, LINK, MESSAGE, Make
from tests.alerts.http_receiver import receiving


@pytest.fixture
def make(tmp_path: Path) -> Make:
    return Make(tmp_path)


def test_the_whole_body(make: Make) -> None:
    item = replace(ITEM, route="faq", status="resolved", ended=1_795_262_400_000, facts=(("Peak", "41 %"),))
    with receiving() as receiver:
        send(make("webhook", receiver.port), replace(MESSAGE, items=(item,), more=2, lines=("a", "b")))
    assert json.loads(receiver.received[0].body) == {
        "version": 1,
        "id": "m-17-1",
        "kind": "alert",
        "subject": "support: escalation rose to about 36 %",
        "link": LINK,
        "lines": ["a", "b"],
        "items": [
            {
                "episode": 17,
                "status": "resolved",
                "severity": "page",
                "rule": "escalation-drift",
                "cascade": "support",
                "route": "faq",
                "title": "support: escalation rose to about 36 %",
                "facts": [{"label": "Peak", "text": "41 %"}],
                "link": LINK,
                "started": "2026-11-21T11:00:00.000Z",
                "ended": "2026-11-21T12:00:00.000Z",
                "zone": "UTC",
            }
        ],
        "more": 2,
    }


def test_no_field_of_a_message_is_left_out() -> None:
    found = payload(MESSAGE)
    assert set(found) == {"version"} | {field.name for field in fields(Message)}
    assert set(found["items"][0]) == {field.name for field in fields(Item)}


def test_headers(make: Make) -> None:
    with receiving() as receiver:
        send(make("webhook", receiver.port), MESSAGE)
    headers = receiver.received[0].headers
    assert headers["content-type"] == "application/json"
    assert headers["x-cascadewatch-delivery"] == "m-17-1"
    found = re.fullmatch("t=([0-9]+),v1=([0-9a-f]{64})", headers["x-cascadewatch-signature"])
    assert found is not None
    assert abs(int(found[1]) - time()) < 60
    signed = found[1].encode() + b"." + receiver.received[0].body
    expected = hmac.new(CANARIES["WEBHOOK_SECRET"].encode(), signed, hashlib.sha256).hexdigest()
    assert found[2] == expected


def test_an_address_need_not_be_a_secret(make: Make) -> None:
    with receiving() as receiver:
        send(make("webhook", receiver.port, url=receiver.url("/plain?a=b")), MESSAGE)
    assert receiver.received[0].path == "/plain?a=b"


@given(st.text(min_size=1), st.binary(), st.binary(), st.integers(0, 2**40), st.integers(0, 2**40))
def test_another_body_or_time_has_another_signature(
    secret: str, body: bytes, other: bytes, seconds: int, later: int
) -> None:
    secret = secret.encode("utf-8", "replace").decode()
    if (body, seconds) != (other, later):
        assert signature(secret, body, seconds) != signature(secret, other, later)
    assert signature(secret, body, seconds) == signature(secret, body, seconds)
