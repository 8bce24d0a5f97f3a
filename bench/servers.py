"""The two servers that are compared, and how each tells what it holds."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from databases import Database
from processes import Server, cascadewatch, free_port, running

SETTINGS = Path(__file__).with_name("settings.toml")
KEY = {"BENCH_CALLER_KEY": "as long as it likes"}
Name = Literal["cascadewatch", "reference"]


@dataclass(frozen=True)
class Subject:
    """A running server, where it takes events, and how many of them it holds: those that can be
    asked for, and those its sums count."""

    server: Server
    path: str
    held: Callable[[], tuple[int, int]]


@contextmanager
def subject(name: Name, database: Database) -> Iterator[Subject]:
    """One of the two, started on an empty database."""
    start = _ours if name == "cascadewatch" else _reference
    with start(database) as found:
        yield found


@contextmanager
def _ours(database: Database) -> Iterator[Subject]:
    port = free_port()
    command = cascadewatch("serve", "--config", str(SETTINGS), "--db", database.url, "--port", str(port))
    with running(command, port, "/readyz", KEY) as server:
        yield Subject(server, "/v1/events", lambda: _reported(server))


def _reported(server: Server) -> tuple[int, int]:
    """Arrivals by the status, and the events of the report: of the cascade, if its routes add up to it."""
    status = json.loads(server.get("/v1/status")[1])
    rows = json.loads(server.get("/v1/metrics?since=2d")[1])["cascades"]
    whole = sum(row["events"] for row in rows if row["route"] is None)
    parts = sum(row["events"] for row in rows if row["route"] is not None)
    return status["events"], whole if whole == parts else -1


@contextmanager
def _reference(database: Database) -> Iterator[Subject]:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "--factory", "reference:app", "--port", str(port),
               "--log-level", "warning", "--no-access-log"]  # fmt: skip
    address = str(database.path) if database.path else database.conninfo
    with running(command, port, "/count", {"BENCH_DATABASE": address}) as server:
        yield Subject(server, "/events", lambda: _counted(server))


def _counted(server: Server) -> tuple[int, int]:
    found = json.loads(server.get("/count")[1])
    return found["rows"], found["summed"]
