"""The physical limit: the very rows our ingest stores, keys and indexes included, put in raw.

Building the rows is not timed and no rollup is kept: sqlite3's executemany, or COPY into a temporary
table and INSERT … SELECT, one transaction for every thousand events.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import groupby
from typing import Any, NamedTuple

import psycopg
from databases import Database, empty
from filling import fill, opened

from cascadewatch.store import tables

TOGETHER = 1000
TABLES = (tables.events, tables.attempts, tables.event_keys)
SEQ = {"events": 0, "attempts": 0, "event_keys": 2}  # the column that numbers the event
Rows = dict[str, list[tuple[Any, ...]]]


class Pace(NamedTuple):
    """What one measurement found."""

    events: int
    seconds: float


def prepared(count: int) -> list[Rows]:
    """The rows of `count` events, a thousand events in each part."""
    with empty(None) as database:
        with opened(database) as store:
            fill(database, store, count)
        with closing(sqlite3.connect(str(database.path))) as connection:
            parts = {t.name: dict(_parts(connection, t.name)) for t in TABLES}
    return [{name: parts[name][number] for name in parts} for number in parts["events"]]


def _parts(connection: sqlite3.Connection, name: str) -> Iterator[tuple[int, list[tuple[Any, ...]]]]:
    place = SEQ[name]
    rows = sorted(connection.execute(f"SELECT * FROM {name}"), key=lambda row: int(row[place]))
    for number, part in groupby(rows, key=lambda row: (int(row[place]) - 1) // TOGETHER):
        yield number, list(part)


def insert(parts: list[Rows], server: str | None) -> Pace:
    """Puts the rows into a new database; `server` is a Postgres, None means SQLite."""
    with empty(server) as database:
        with opened(database):
            pass  # makes the schema
        start = time.perf_counter()
        (_sqlite if server is None else _postgres)(database, parts)
        seconds = time.perf_counter() - start
        events = sum(len(rows["events"]) for rows in parts)
        assert database.number("SELECT count(*) FROM events") == events
    return Pace(events, seconds)


def _sqlite(database: Database, parts: list[Rows]) -> None:
    with closing(sqlite3.connect(str(database.path), isolation_level=None)) as connection:
        for pragma in ("synchronous=FULL", "cache_size=-65536", "wal_autocheckpoint=4000"):
            connection.execute(f"PRAGMA {pragma}")
        for rows in parts:
            connection.execute("BEGIN IMMEDIATE")
            for table in TABLES:
                marks = ", ".join("?" * len(table.c))
                connection.executemany(f"INSERT INTO {table.name} VALUES ({marks})", rows[table.name])
            connection.execute("COMMIT")


def _postgres(database: Database, parts: list[Rows]) -> None:
    with psycopg.connect(database.conninfo, autocommit=True) as connection:
        for table in TABLES:
            connection.execute(
                f"CREATE TEMP TABLE new_{table.name} (LIKE {table.name}) ON COMMIT DELETE ROWS"
            )
        for rows in parts:
            with connection.transaction(), connection.cursor() as cursor:
                for table in TABLES:
                    with cursor.copy(f"COPY new_{table.name} FROM STDIN") as copy:
                        for row in rows[table.name]:
                            copy.write_row(row)
                    cursor.execute(
                        f"INSERT INTO {table.name} SELECT * FROM new_{table.name} ON CONFLICT DO NOTHING"
                    )
