"""A process keeps the secrets it works with, and no others."""

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from cascadewatch.cli.assembly import forget_secrets, missing_secrets
from cascadewatch.errors import ConfigError
from cascadewatch.settings import Settings, load
from cascadewatch.settings.secret import secrets_in
from tests.cli.conftest import ROOT

FILE = """
caller_key = "env:KEY_OF_CALLERS"

[dashboard]
api_url = "http://127.0.0.1:8765"
api_key = "env:KEY_OF_API"
login = "oidc"

[login]
users = ["*"]
metadata_url = "https://id.example.com/.well-known/openid-configuration"
client_id = "watch"
client_secret = "env:KEY_OF_CLIENT"
cookie_secret = "file:cookie.key"

[model.small]
kind = "openai"
base_url = "https://api.example.com/v1"
model = "small-1"
api_key = "env:KEY_OF_MODEL"

[model.big]
kind = "openai"
base_url = "https://api.example.com/v1"
model = "big-1"
api_key = "env:KEY_OF_API"

[channel.team]
kind = "slack"
webhook_url = "env:KEY_OF_SLACK"
"""
# The command itself; asked by a line on stdin it tells what its environment holds now.
LAUNCHER = """
import json, os, sys, threading

def tell():
    sys.stdin.readline()
    print(json.dumps(dict(os.environ)), flush=True)

threading.Thread(target=tell, daemon=True).start()
from cascadewatch.cli import main
main()
"""
ALL = {f"KEY_OF_{of}" for of in ("CALLERS", "API", "CLIENT", "MODEL", "SLACK")}


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in ALL:
        monkeypatch.setenv(name, "secret")
    file = tmp_path / "cascadewatch.toml"
    file.write_text(FILE)
    return load(file)


def kept() -> set[str]:
    return {name for name in ALL if name in os.environ}


def test_every_secret_of_the_settings_is_found(settings: Settings) -> None:
    assert {place for place, _ in secrets_in(settings)} == {
        "caller_key", "dashboard.api_key", "login.client_secret", "login.cookie_secret",
        "model.small.api_key", "model.big.api_key", "channel.team.webhook_url",
    }  # fmt: skip


def test_the_api_keeps_what_it_hashes_callers_with(settings: Settings) -> None:
    forget_secrets(settings, "caller_key")
    assert kept() == {"KEY_OF_CALLERS"}
    with pytest.raises(ConfigError, match="KEY_OF_MODEL is not set"):
        dict(secrets_in(settings))["model.small.api_key"].reveal()


def test_the_pages_keep_what_they_act_and_ask_with_even_if_a_model_shares_it(settings: Settings) -> None:
    forget_secrets(settings, "caller_key", "dashboard", "login")
    assert kept() == {"KEY_OF_CALLERS", "KEY_OF_API", "KEY_OF_CLIENT"}


def test_what_is_lacking_is_known_at_the_start(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KEY_OF_SLACK")
    monkeypatch.setenv("KEY_OF_CALLERS", " ")
    found = {place: said.partition("/")[0] for place, said in missing_secrets(settings)}
    assert found == {
        "caller_key": "Environment variable KEY_OF_CALLERS is empty; a secret was expected there.",
        "login.cookie_secret": "Secret file ",
        "channel.team.webhook_url": "Environment variable KEY_OF_SLACK is not set; set it, or name another "
        "place for the secret.",
    }


@pytest.mark.parametrize(
    ("command", "works_with"), [("serve", {"CALLERS"}), ("dashboard", {"CALLERS", "API", "CLIENT"})]
)
def test_a_process_that_strangers_talk_to_has_dropped_the_rest(
    tmp_path: Path, command: str, works_with: set[str]
) -> None:
    (tmp_path / "cascadewatch.toml").write_text(FILE)
    (tmp_path / "cookie.key").write_text("c" * 40)
    canaries = {name: f"canary-of-{name.lower()}-{'x' * 40}" for name in ALL}
    process = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, command, "--port", "0", "--log-format", "json"],
        cwd=tmp_path, env=os.environ | canaries | {"PYTHONPATH": str(ROOT)}, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None  # noqa: PT018
    try:
        started = next(said for line in process.stderr if (said := json.loads(line)).get("event") == "start")
        httpx.get(started["url"], timeout=60)  # any answer: it is at work
        process.stdin.write("\n")
        process.stdin.flush()
        now = json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()
    assert {name for name in ALL if name in now} == {f"KEY_OF_{of}" for of in works_with}
    told = json.dumps(now)
    assert {name for name in ALL if canaries[name] in told} == {f"KEY_OF_{of}" for of in works_with}
