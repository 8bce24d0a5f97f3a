"""Services through Apprise: what they get, and what happens without Apprise."""

import json
import logging
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alerts.channels import send
from alerts.channels.error import ChannelError
from tests.alerts.channel_material import ITEM, LINK, MESSAGE, Make
from tests.alerts.http_receiver import receiving

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


@pytest.fixture
def make(tmp_path: Path) -> Make:
    return Make(tmp_path)


def received(make: Make, message: Any = MESSAGE) -> dict[str, Any]:
    with receiving() as receiver:
        send(make("apprise", receiver.port), message)
    found: dict[str, Any] = json.loads(receiver.received[0].body)
    return found


def test_title_and_text_are_those_of_a_mail(make: Make) -> None:
    found = received(make)
    assert found["title"] == "support: escalation rose to about 36 %"
    assert found["message"].startswith("What moved: About 36 % escalate (34–38, n 4,210)")
    assert found["message"].strip().endswith(f"Open in cascadewatch: {LINK}")


@pytest.mark.parametrize(
    ("status", "severity", "kind"),
    [
        ("firing", "page", "failure"), ("firing", "ticket", "warning"), ("resolved", "page", "success"),
        ("missed", "ticket", "success"),
    ],
)  # fmt: skip
def test_the_type_follows_state_and_severity(status: Any, severity: Any, kind: str, make: Make) -> None:
    item = replace(ITEM, status=status, severity=severity)
    assert received(make, replace(MESSAGE, items=(item,)))["type"] == kind


def test_a_digest_informs(make: Make) -> None:
    assert received(make, replace(MESSAGE, kind="digest", items=(), lines=("Saved.",)))["type"] == "info"


@pytest.mark.parametrize("text", [r"a\tb\nc \u0041", ":rocket:", "{{ app_id }}"])
def test_nothing_in_a_text_is_replaced(text: str, make: Make) -> None:
    assert text in received(make, replace(MESSAGE, lines=(text,)))["message"]


def test_an_address_no_service_has(make: Make) -> None:
    channel = make("apprise", 1, url=make.secret("there", "nonsense://canary-apprise-path"))
    with pytest.raises(ChannelError) as caught:
        send(channel, MESSAGE)
    assert caught.value.permanent
    assert str(caught.value) == "Apprise knows no service for the address of this channel."


def test_without_apprise_the_way_out_is_named(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(ChannelError) as caught:
        send(make("apprise", 1), MESSAGE)
    assert caught.value.permanent
    assert 'pip install "cascadewatch[notify]"' in str(caught.value)


def test_what_logs_whole_addresses_is_quiet_from_then_on(make: Make) -> None:
    received(make)
    assert not logging.getLogger("apprise").isEnabledFor(logging.ERROR)
    assert not logging.getLogger("urllib3.connectionpool").isEnabledFor(logging.INFO)
