"""The yardstick: what ingest costs when nothing is done beyond the least that could be honest.

HTTP, msgspec, one writer thread with group commit, duplicates refused, one row per event and one per
attempt, sums per minute of events and of attempts, all of it committed before the answer. It knows
no late labels, prices, facts, conflicts or order of tiers, and keeps half of the columns.

    BENCH_DATABASE=events.db uvicorn reference:app
"""

import asyncio
import os
import queue
import sqlite3
import threading
from concurrent.futures import Future
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TOGETHER = 4000  # events in one transaction
PART = 900  # ids looked up at once

EVENT = ("id", "time", "route", "caller", "session", "revision", "status", "last", "attempts", "escalated",
         "cost", "flagship_cost", "latency", "input", "output", "cascade", "tags")  # fmt: skip
ATTEMPT = ("event", "place", "tier", "model", "provider", "input", "output", "cost", "latency",
           "verifier", "score", "outcome")  # fmt: skip
EVENT_SUMS = ("n", "escalated", "cost", "flagship_cost", "latency", "input", "output")
ATTEMPT_SUMS = ("n", "accepted", "cost", "latency", "score", "input", "output")
MINUTES = ("minute", "route", "caller")
TIER_MINUTES = ("minute", "route", "place", "model")
WORDS = {"id", "route", "caller", "session", "revision", "status", "cascade", "tags", "event", "tier",
         "model", "provider", "verifier", "outcome"}  # fmt: skip
REALS = {"cost", "flagship_cost", "latency", "score"}
PRICES = {"small": (0.7e-6, 0.7e-6), "large": (0.15e-6, 0.6e-6), "flagship": (2.5e-6, 10e-6)}

Row = tuple[Any, ...]


class Usage(msgspec.Struct):
    input: int
    output: int
    cache_read: int = 0


class Verdict(msgspec.Struct):
    outcome: str
    verifier: str | None = None
    mechanism: str | None = None
    score: float | None = None
    threshold: float | None = None
    reason: str | None = None


class Attempt(msgspec.Struct):
    tier: str
    provider: str
    model: str
    usage: Usage
    latency_ms: float
    verdict: Verdict | None = None


class Event(msgspec.Struct):
    id: str
    time: datetime
    cascade: str
    route: str
    caller: str
    session: str
    revision: str
    latency_ms: float
    attempts: list[Attempt]
    tags: dict[str, str]


class Batch(NamedTuple):
    """The rows of one request."""

    events: list[Row]
    attempts: list[Row]


decode = msgspec.json.Decoder(list[Event]).decode
encode_tags = msgspec.json.Encoder().encode


def batch_of(body: bytes) -> Batch:
    """The rows a body stands for."""
    batch = Batch([], [])
    for e in decode(body):
        costs = [_cost(a.tier, a.usage) for a in e.attempts]
        last = e.attempts[-1]
        batch.events.append((
            e.id, int(e.time.timestamp() * 1000), e.route, e.caller, e.session, e.revision, "ok",
            len(e.attempts) - 1, len(e.attempts), int(len(e.attempts) > 1), sum(costs),
            _cost("flagship", last.usage), e.latency_ms, sum(a.usage.input for a in e.attempts),
            sum(a.usage.output for a in e.attempts), e.cascade, encode_tags(e.tags).decode(),
        ))  # fmt: skip
        for place, (a, cost) in enumerate(zip(e.attempts, costs, strict=True)):
            v = a.verdict
            said = (v.verifier, v.score, v.outcome) if v else (None, None, None)
            batch.attempts.append((e.id, place, a.tier, a.model, a.provider, a.usage.input, a.usage.output,
                                   cost, a.latency_ms, *said))  # fmt: skip
    return batch


def _cost(tier: str, usage: Usage) -> float:
    prompt, answer = PRICES[tier]
    return usage.input * prompt + usage.output * answer


def sums_of(events: list[Row], attempts: list[Row]) -> tuple[list[Row], list[Row]]:
    """Rows of the two rollups, each key once."""
    minutes: dict[Row, list[Any]] = {}
    tiers: dict[Row, list[Any]] = {}
    place_of: dict[str, Row] = {}
    for e in events:
        minute = e[1] // 60_000
        place_of[e[0]] = (minute, e[2])
        _add(minutes, (minute, e[2], e[3]), (1, e[9], e[10], e[11], e[12], e[13], e[14]))
    for a in attempts:
        values = (1, int(a[11] == "accept"), a[7], a[8], a[10] or 0.0, a[5], a[6])
        _add(tiers, (*place_of[a[0]], a[1], a[3]), values)
    return [(*k, *v) for k, v in minutes.items()], [(*k, *v) for k, v in tiers.items()]


def _add(sums: dict[Row, list[Any]], key: Row, values: Row) -> None:
    held = sums.get(key)
    if held is None:
        sums[key] = list(values)
        return
    for i, value in enumerate(values):
        held[i] += value


def table(name: str, columns: tuple[str, ...], key: int) -> str:
    """CREATE TABLE with the first `key` columns as its key."""
    kinds = (
        f"{c} {'TEXT' if c in WORDS else 'DOUBLE PRECISION' if c in REALS else 'BIGINT'}" for c in columns
    )
    return f"CREATE TABLE {name} ({', '.join(kinds)}, PRIMARY KEY ({', '.join(columns[:key])}))"


TABLES = (
    table("event", EVENT, 1), table("attempt", ATTEMPT, 2),
    table("event_minutes", (*MINUTES, *EVENT_SUMS), 3),
    table("attempt_minutes", (*TIER_MINUTES, *ATTEMPT_SUMS), 4),
    "CREATE INDEX event_time ON event (time)", "CREATE INDEX event_route ON event (route, time)",
)  # fmt: skip


def insert(name: str, columns: int, mark: str) -> str:
    """INSERT of one row."""
    return f"INSERT INTO {name} VALUES ({', '.join([mark] * columns)})"


def upsert(name: str, key: tuple[str, ...], sums: tuple[str, ...], mark: str) -> str:
    """INSERT that adds to the sums already held."""
    added = ", ".join(f"{s} = {name}.{s} + excluded.{s}" for s in sums)
    return f"{insert(name, len(key) + len(sums), mark)} ON CONFLICT ({', '.join(key)}) DO UPDATE SET {added}"


class Sqlite:
    """Rows in one SQLite file."""

    def __init__(self, path: str) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "cache_size=-65536",
            "wal_autocheckpoint=4000",
        ):
            self.connection.execute(f"PRAGMA {pragma}")
        for statement in TABLES:
            self.connection.execute(statement)

    def store(self, batch: Batch) -> None:
        """One transaction."""
        run = self.connection
        run.execute("BEGIN IMMEDIATE")
        try:
            held = self._held([e[0] for e in batch.events])
            events = [e for e in batch.events if e[0] not in held]
            attempts = [a for a in batch.attempts if a[0] not in held]
            run.executemany(insert("event", len(EVENT), "?"), events)
            run.executemany(insert("attempt", len(ATTEMPT), "?"), attempts)
            minutes, tiers = sums_of(events, attempts)
            run.executemany(upsert("event_minutes", MINUTES, EVENT_SUMS, "?"), minutes)
            run.executemany(upsert("attempt_minutes", TIER_MINUTES, ATTEMPT_SUMS, "?"), tiers)
            run.execute("COMMIT")
        except BaseException:
            run.execute("ROLLBACK")
            raise

    def _held(self, ids: list[str]) -> set[str]:
        found: set[str] = set()
        for start in range(0, len(ids), PART):
            part = ids[start : start + PART]
            marks = ",".join("?" * len(part))
            found.update(
                row[0] for row in self.connection.execute(f"SELECT id FROM event WHERE id IN ({marks})", part)
            )
        return found


class Postgres:
    """Rows in Postgres."""

    def __init__(self, conninfo: str) -> None:
        import psycopg

        self.connection = psycopg.connect(conninfo, autocommit=True)
        for statement in TABLES:
            self.connection.execute(statement)
        self.connection.execute("CREATE TEMP TABLE new_event (LIKE event) ON COMMIT DELETE ROWS")

    def store(self, batch: Batch) -> None:
        """One transaction."""
        with self.connection.transaction(), self.connection.cursor() as cursor:
            self._copy(cursor, "new_event", batch.events)
            cursor.execute("INSERT INTO event SELECT * FROM new_event ON CONFLICT DO NOTHING RETURNING id")
            new = {row[0] for row in cursor}
            events = [e for e in batch.events if e[0] in new]
            attempts = [a for a in batch.attempts if a[0] in new]
            self._copy(cursor, "attempt", attempts)
            minutes, tiers = sums_of(events, attempts)
            cursor.executemany(upsert("event_minutes", MINUTES, EVENT_SUMS, "%s"), minutes)
            cursor.executemany(upsert("attempt_minutes", TIER_MINUTES, ATTEMPT_SUMS, "%s"), tiers)

    def _copy(self, cursor: Any, name: str, rows: list[Row]) -> None:
        with cursor.copy(f"COPY {name} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)


class Writer(threading.Thread):
    """Commits together what arrived together."""

    def __init__(self, database: Sqlite | Postgres) -> None:
        super().__init__(daemon=True)
        self.database = database
        self.waiting: queue.SimpleQueue[tuple[Batch, Future[None]]] = queue.SimpleQueue()

    def run(self) -> None:
        """Until the process ends."""
        while True:
            jobs = [self.waiting.get()]
            while sum(len(b.events) for b, _ in jobs) < TOGETHER and not self.waiting.empty():
                jobs.append(self.waiting.get())
            whole = Batch([e for b, _ in jobs for e in b.events], [a for b, _ in jobs for a in b.attempts])
            try:
                self.database.store(whole)
            except Exception as error:  # noqa: BLE001 - each sender is told
                for _, done in jobs:
                    done.set_exception(error)
                continue
            for _, done in jobs:
                done.set_result(None)


def create(address: str) -> Starlette:
    """The app over an empty database: a Postgres URL or the path of a file."""
    database = Postgres(address) if address.startswith("postgresql://") else Sqlite(address)
    writer = Writer(database)
    writer.start()

    async def take(request: Request) -> Response:
        batch, done = batch_of(await request.body()), Future[None]()
        writer.waiting.put((batch, done))
        await asyncio.wrap_future(done)
        return JSONResponse({"accepted": len(batch.events)})

    async def ready(_: Request) -> Response:
        return JSONResponse({})

    return Starlette(routes=[Route("/events", take, methods=["POST"]), Route("/ready", ready)])


def app() -> Starlette:
    """For uvicorn --factory."""
    return create(os.environ["BENCH_DATABASE"])
