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
    """A running server, where it takes events, and how many of them it holds: those kept as
    rows, and those its sums count."""

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
        yield Subject(
            server, "/v1/events", lambda: (database.number("SELECT count(*) FROM events"), _reported(server))
        )


def _reported(server: Server) -> int:
    """The events of the report, of the cascade and of its routes, which must add up to it."""
    rows = json.loads(server.get("/v1/metrics?since=2d")[1])["cascades"]
    whole = sum(row["events"] for row in rows if row["route"] is None)
    parts = sum(row["events"] for row in rows if row["route"] is not None)
    if whole != parts:
        raise AssertionError(f"the cascade counts {whole} events, its routes {parts}")
    return int(whole)


@contextmanager
def _reference(database: Database) -> Iterator[Subject]:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "--factory", "reference:app", "--port", str(port),
               "--log-level", "warning", "--no-access-log"]  # fmt: skip
    address = str(database.path) if database.path else database.conninfo
    with running(command, port, "/ready", {"BENCH_DATABASE": address}) as server:
        rows, sums = "SELECT count(*) FROM event", "SELECT coalesce(sum(n), 0) FROM event_minutes"
        yield Subject(server, "/events", lambda: (database.number(rows), database.number(sums)))
