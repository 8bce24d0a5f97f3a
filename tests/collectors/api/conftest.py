"""A real server on a loopback port, over a real store."""

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from cascadewatch.cli.watching import Watch
from cascadewatch.pricing import PriceBook
from cascadewatch.settings import Ingest, Settings
from cascadewatch.store.engine import Store
from cascadewatch.store.writes import Writer
from collectors.api import create_app


@contextmanager
def listening(app: Any, **options: Any) -> Iterator[int]:
    """Serves the app from a thread, with options of uvicorn; gives the port."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        options.setdefault("timeout_graceful_shutdown", 5)
        config = uvicorn.Config(app, log_level="critical", lifespan="off", **options)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]})
        thread.start()
        while not server.started:
            time.sleep(0.005)
        try:
            yield sock.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


@dataclass
class Clock:
    """Stands still unless a test moves it."""

    now: int

    def __call__(self) -> int:
        return self.now


@dataclass
class Api:
    """A running server and how to reach it."""

    client: httpx.Client
    store: Store
    writer: Writer
    clock: Clock
    port: int

    def post(self, content: Any, path: str = "/v1/events", **headers: str) -> httpx.Response:
        named = {"Content-Type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
        if isinstance(content, bytes):
            return self.client.post(path, content=content, headers=named)
        return self.client.post(path, json=content, headers=named)

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.client.get(path, headers=headers)


Serve = Callable[..., Api]


@contextmanager
def serving(url: str, now: int) -> Iterator[Serve]:
    """Gives a function that starts servers; `ingest` are settings of that table, the rest goes to
    `create_app`."""
    with ExitStack() as stack:

        def start(ingest: dict[str, Any] | None = None, **options: Any) -> Api:
            tables: dict[str, Any] = {name: options.pop(name, {}) for name in ("model", "replay")}
            tables["ingest"] = Ingest(**(ingest or {}))
            settings = Settings(database_url=url, caller_ids="plain", **tables)
            clock = Clock(now)
            store = Store(url)
            stack.callback(store.close)
            writer = Writer(store, settings, PriceBook((), bundled=False), clock)
            stack.callback(writer.close)
            options.setdefault("require_keys", False)
            options.setdefault("watching", Watch(store, settings, clock))
            port = stack.enter_context(listening(create_app(store, writer, settings, clock, **options)))
            client = stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20))
            return Api(client, store, writer, clock, port)

        yield start


@pytest.fixture
def serve(sqlite_template: Path, tmp_path: Path, now: int) -> Iterator[Serve]:
    """Starts servers on SQLite, for what is no question of the database."""
    path = tmp_path / "cascadewatch.db"
    shutil.copy(sqlite_template, path)
    with serving(f"sqlite:///{path}", now) as start:
        yield start


@pytest.fixture
def api(serve: Serve) -> Api:
    """A server on SQLite, without keys."""
    return serve()


@pytest.fixture
def either(store_url: str, now: int) -> Iterator[Api]:
    """A server without keys, on SQLite and on Postgres in turn."""
    with serving(store_url, now) as start:
        yield start()


@pytest.fixture
def event() -> Callable[..., dict[str, Any]]:
    """Builds an event as a sender would."""

    def build(number: object = 0, **fields: Any) -> dict[str, Any]:
        return {
            "id": f"e-{number}",
            "time": "2026-11-21T11:59:00Z",
            "cascade": "support",
            "route": "faq",
            "attempts": [
                {
                    "tier": "small",
                    "usage": {"input": 512, "output": 128},
                    "cost_usd": 0.001,
                    "verdict": {"outcome": "reject", "mechanism": "schema"},
                },
                {"tier": "flagship", "usage": {"input": 512, "output": 140}, "cost_usd": 0.02},
            ],
            **fields,
        }

    return build
