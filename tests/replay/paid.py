"""Runs that cost money, in this process and in ones that are killed."""

import os
import time
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from cascadewatch.replay.running import Asked, run
from cascadewatch.settings import Settings, load
from cascadewatch.store.engine import Store
from cascadewatch.store.reports import Report
from tests.forking import CONTEXT
from tests.replay.conftest import write
from tests.replay.provider import PRICE, Provider

KEY = "CASCADEWATCH_TEST_MODEL_KEY"
SETTINGS = (
    PRICE
    + """
[model.small]
kind = "openai"
base_url = "{url}"
model = "small"
api_key = "env:{key}"
max_tokens = 20
timeout = "{timeout}"
concurrency = {concurrency}
allow_private = true
[replay.paid]
eval_set = "paid.jsonl"
target = "small"
grader = "exact"
{more}
"""
)


def cases(number: int) -> list[dict[str, Any]]:
    """Questions of 40 characters, each its own, all rightly answered by 42."""
    return [{"id": f"c{i}", "prompt": f"question {i:<31}", "reference": "42"} for i in range(number)]


def paid_settings(
    folder: Path, url: str, provider: Provider, number: int = 60, *,
    more: str = "budget_usd = 1.0", concurrency: int = 8, extra: str = "", timeout: str = "5s",
) -> Settings:  # fmt: skip
    """Settings of [replay.paid] on so many cases; the file and the set are left in the folder."""
    write(folder / "paid.jsonl", cases(number))
    text = SETTINGS.format(url=provider.url, key=KEY, more=more, concurrency=concurrency, timeout=timeout)
    file = folder / "cascadewatch.toml"
    file.write_text(f'database_url = "{url.replace("+psycopg", "")}"\n{text}{extra}')
    return settings_in(folder)


def settings_in(folder: Path) -> Settings:
    """What `paid_settings` left there."""
    return load(folder / "cascadewatch.toml", env=os.environ | {KEY: "sk-test"})


def clock() -> int:
    return time.time_ns() // 1_000_000


def play(store: Store, settings: Settings, name: str = "paid", **asked: Any) -> Report:
    """One run in this process."""
    return run(store, settings, name, Asked(**asked), clock)


def child(folder: Path) -> None:
    """Plays [replay.paid] to its end, unless it is killed."""
    settings = settings_in(folder)
    store = Store(settings.database_url)
    play(store, settings)
    store.close()


def start(folder: Path) -> BaseProcess:
    """A process that plays it."""
    started = CONTEXT.Process(target=child, args=(folder,))
    started.start()
    return started
