"""Fifteen secrets go through everything that can fail: none is ever shown, logged or kept."""

import asyncio
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cascadewatch.cli import assembly, listening
from cascadewatch.errors import CascadewatchError
from cascadewatch.settings import load
from cascadewatch.store.reads.exports import EXPORTS
from tests.alerts.http_receiver import Receiver, receiving, status

if TYPE_CHECKING:
    import httpx

Run = Callable[..., Any]
SETTINGS = """
caller_key = "env:CALLER_KEY"
public_url = "https://watch.example.com"

[cascade.support]
tiers = ["small", "flagship"]

[dashboard]
login = "oidc"
api_url = "http://127.0.0.1:1"
api_key = "env:API_KEY"

[login]
users = ["*"]
metadata_url = "https://id.example.com/.well-known/openid-configuration"
client_id = "watch"
client_secret = "env:CLIENT_SECRET"
cookie_secret = "env:COOKIE_SECRET"

[model.small]
kind = "openai"
base_url = "{url}"
model = "gpt-4o-mini"
api_key = "env:OPENAI_KEY"
allow_private = true

[model.claude]
kind = "anthropic"
base_url = "{url}"
model = "claude-haiku-4-5"
api_key = "env:ANTHROPIC_KEY"
allow_private = true

[verifier.own]
kind = "http"
url = "{url}/verify"
api_key = "env:VERIFIER_KEY"
allow_private = true

[replay.one]
cascade = "support"
eval_set = "set.jsonl"
target = "small"
grader = "numeric"
budget_usd = 1.0

[replay.two]
cascade = "support"
eval_set = "set.jsonl"
target = "claude"
grader = "numeric"
budget_usd = 1.0

[channel.team]
kind = "slack"
webhook_url = "env:SLACK_URL"
allow_private = true

[channel.mail]
kind = "email"
host = "127.0.0.1"
port = 1
security = "none"
username = "monitor"
password = "env:SMTP_PASSWORD"
from = "monitor@example.com"
to = ["oncall@example.com"]
allow_private = true

[channel.hook]
kind = "webhook"
url = "env:HOOK_URL"
secret = "env:HOOK_SECRET"
allow_private = true

[channel.any]
kind = "apprise"
url = "env:APPRISE_URL"
allow_private = true

[alerts]
heartbeat_url = "env:HEARTBEAT_URL"
"""
KEYS = ("CALLER_KEY", "API_KEY", "CLIENT_SECRET", "COOKIE_SECRET", "OPENAI_KEY", "ANTHROPIC_KEY")
OTHERS = ("VERIFIER_KEY", "SMTP_PASSWORD", "HOOK_SECRET")
ADDRESSES = ("SLACK_URL", "HOOK_URL", "APPRISE_URL", "HEARTBEAT_URL")


def canary(name: str) -> str:
    return f"canary-{name.lower().replace('_', '-')}-5f0c2d7a9b31e846f0c2d7a9"


CANARIES = [canary(name) for name in (*KEYS, *OTHERS, *ADDRESSES, "DATABASE", "INGEST")]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Refuses everything, and repeats every secret it may have been sent."""
    with receiving(status(401, json.dumps({"error": {"message": " ".join(CANARIES)}}).encode())) as running:
        yield running


@pytest.fixture
def everything(
    run: Run,
    receiver: Receiver,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> Callable[..., None]:
    """`everything(command, …)` runs one, and looks for secrets in all it said."""
    for name in (*KEYS, *OTHERS):
        monkeypatch.setenv(name, canary(name))
    for name in ADDRESSES:
        scheme = "json" if name == "APPRISE_URL" else "http"
        monkeypatch.setenv(name, receiver.url(f"/{canary(name)}", scheme))
    url = receiver.url("").rstrip("/")
    (tmp_path / "cascadewatch.toml").write_text(SETTINGS.replace("{url}", url), encoding="utf-8")
    cases = [{"id": str(n), "prompt": "6 × 7", "reference": "42"} for n in range(3)]
    (tmp_path / "set.jsonl").write_text("\n".join(map(json.dumps, cases)), encoding="utf-8")
    caplog.set_level(logging.DEBUG)

    def call(*arguments: str) -> None:
        result = run(*arguments)
        assert found_in(result.out + result.err) == [], arguments
        assert "Traceback" not in result.err, arguments

    return call


def found_in(text: str) -> list[str]:
    return [secret for secret in CANARIES if secret in text]


@pytest.mark.filterwarnings("ignore:.imghdr. is deprecated")  # of a library that Apprise imports
def test_no_secret_gets_out_of_what_fails(
    everything: Callable[..., None], receiver: Receiver, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for channel in ("team", "mail", "hook", "any"):
        everything("alerts", "test", channel)
    everything("alerts", "test", "--json")
    for name in ("one", "two"):
        everything("replay", name)
        everything("replay", name, "--json")
    everything("verifier", "own")
    everything("check")
    everything("rules", "list", "--json")
    everything("report", "--json")
    everything("keys", "list")
    everything("keys", "create", "local", "--scope", "ingest")
    everything("callers", "find", "somebody")
    database = f"postgresql://me:{canary('DATABASE')}@127.0.0.1:1/name"
    for command in (("report",), ("check",), ("keys", "list"), ("db", "upgrade"), ("ingest", "set.jsonl")):
        everything(*command, "--db", database)
    everything("report", "--db", f"postgresql://me:{canary('DATABASE')}@[::1/name")
    for what in EXPORTS:
        everything("export", "--what", what, "--output", str(tmp_path / f"{what}.csv"))
    everything("audit", "--json")
    everything("backup")
    everything("verify")
    assert receiver.connections > 4, "they were used"
    answers = asked(SEEN, None)
    assert {answer.status_code for answer in answers} == {200}
    assert found_in("".join(answer.text for answer in answers)) == []
    assert found_in(caplog.text) == []
    for file in tmp_path.rglob("*"):
        if file.is_file():
            held = file.read_bytes()
            assert [secret for secret in CANARIES if secret.encode() in held] == [], file.name


def test_no_secret_is_in_the_words_of_settings_or_of_a_refused_start(
    everything: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load()
    assert found_in(repr(settings) + str(settings)) == []
    monkeypatch.setenv("COOKIE_SECRET", "canary-short")
    with listening.reserve("127.0.0.1", 0) as sock, pytest.raises(CascadewatchError) as refused:
        assembly.pages_app(settings, sock)
    assert "cookie_secret" in str(refused.value)
    assert "canary-short" not in str(refused.value)


SEEN = (
    *(
        "/v1/status",
        "/v1/episodes",
        "/v1/silences",
        "/v1/replays",
        "/v1/reports/1",
        "/v1/baselines",
        "/v1/rules",
    ),
    *("/v1/audit", "/v1/metrics?since=7d", "/metrics", "/readyz", "/openapi.json", "/docs"),
)


def asked(paths: Sequence[str], key: str | None) -> list["httpx.Response"]:
    """The answers of the API of these settings; no key: to one that is asked for none."""
    import httpx

    from cascadewatch.cli.opening import opened, writing

    with opened(None, None) as (settings, store), writing(settings, store) as writer:
        app = assembly.api_app(settings, store, writer, require_keys=key is not None)
        bearer = {} if key is None else {"Authorization": f"Bearer {key}"}

        async def ask() -> list[httpx.Response]:
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                return [await client.get(path, headers=bearer) for path in paths]

        return asyncio.run(ask())


def test_a_key_that_is_not_known_is_not_repeated(
    everything: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    paths = ("/v1/status", "/v1/episodes", "/metrics", "/v1/nothing")
    answers = asked(paths, f"cw_00000000_{canary('INGEST')}")
    assert {answer.status_code for answer in answers} == {401, 404}
    assert found_in("".join(answer.text for answer in answers) + caplog.text) == []
