"""Each setting that names an address, left at its defaults: none leads into this machine or its network."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from alerts.heartbeat import Heartbeat
from cascadewatch.cli.opening import opened
from cascadewatch.replay import calling
from cascadewatch.settings.alerting import CHANNELS
from tests.alerts.http_receiver import Receiver, receiving
from tests.alerts.test_heartbeat import evaluated

Run = Callable[..., Any]
SETTINGS = """
[cascade.support]
tiers = ["small", "flagship"]

[model.small]
kind = "openai"
base_url = "{url}"
model = "gpt-4o-mini"
api_key = "env:KEY"

[model.claude]
kind = "anthropic"
base_url = "{url}"
model = "claude-haiku-4-5"
api_key = "env:KEY"

[verifier.own]
kind = "http"
url = "{url}/verify"

[verifier.asked]
kind = "judge"
model = "small"
prompt_file = "judge.md"
threshold = 0.5

[replay.small]
cascade = "support"
eval_set = "set.jsonl"
target = "small"
grader = "numeric"
budget_usd = 1.0

[replay.claude]
cascade = "support"
eval_set = "set.jsonl"
target = "claude"
grader = "numeric"
budget_usd = 1.0

[replay.own]
cascade = "support"
eval_set = "set.jsonl"
answers = "cheap"
verifier = "own"
grader = "numeric"

[replay.asked]
cascade = "support"
eval_set = "set.jsonl"
answers = "cheap"
verifier = "asked"
grader = "numeric"
budget_usd = 1.0

[channel.slack]
kind = "slack"
webhook_url = "env:ADDRESS"

[channel.webhook]
kind = "webhook"
url = "env:ADDRESS"
secret = "env:KEY"

[channel.alertmanager]
kind = "alertmanager"
url = "{url}"

[channel.email]
kind = "email"
host = "{host}"
port = {port}
from = "monitor@example.com"
to = ["oncall@example.com"]

[alerts]
heartbeat_url = "env:ADDRESS"
"""


@pytest.fixture
def canary() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def test_every_kind_of_channel_is_here() -> None:
    """But Apprise, which makes calls of its own: docs/channels.md."""
    assert {kind for kind in CHANNELS if f"[channel.{kind}]" in SETTINGS} == set(CHANNELS) - {"apprise"}


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "localhost", "::ffff:127.0.0.1"])
def test_nobody_here_is_called(
    run: Run, canary: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, now: int
) -> None:
    url = f"https://{f'[{host}]' if ':' in host else host}:{canary.port}"
    monkeypatch.setattr(calling, "FIRST_WAIT", 0.01)  # a name may lead elsewhere tomorrow: it is tried again
    monkeypatch.setenv("KEY", "key")
    monkeypatch.setenv("ADDRESS", f"{url}/hook")
    words = SETTINGS.replace("{url}", url).replace("{host}", host).replace("{port}", str(canary.port))
    (tmp_path / "cascadewatch.toml").write_text(words)
    (tmp_path / "judge.md").write_text("Is $answer right for $prompt?")
    case = {"id": "1", "prompt": "6 × 7", "reference": "42", "answers": {"cheap": {"text": "42"}}}
    (tmp_path / "set.jsonl").write_text(json.dumps(case))
    for channel in ("slack", "webhook", "alertmanager", "email"):
        refused = run("alerts", "test", channel)
        assert "private network" in refused.out + refused.err, (channel, refused)
    for command in (("replay", "small"), ("replay", "claude"), ("verifier", "own"), ("verifier", "asked")):
        said = run(*command)
        assert "1 blocked" in said.out or "1 connection" in said.out, (command, said)
    with opened(None, None) as (settings, store):
        evaluated(store, now)
        assert Heartbeat(store, settings, lambda: now, lambda _: True).beat(now) == "failed"
    assert canary.connections == 0
