"""A database driver whose N-th call fails the way real ones do: locked, full, broken disk, connection lost.

The engines of a store are given connections of subclasses of the driver's own, so everything above them,
SQLAlchemy included, is the real thing.
"""

import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import psycopg
from sqlalchemy import Engine, event

from cascadewatch.store import postgres
from cascadewatch.store.engine import Store

LOST = "connection lost"
LOST_AFTER = "connection lost after the commit"
SQLITE = {
    "locked": "database is locked",
    "full": "database or disk is full",
    "I/O error": "disk I/O error",
}
POSTGRES: dict[str, Callable[[], Exception]] = {
    "locked": lambda: psycopg.errors.LockNotAvailable("canceling statement due to lock timeout"),
    "full": lambda: psycopg.errors.DiskFull('could not extend file "base/1/2": No space left on device'),
    "I/O error": lambda: psycopg.errors.IoError('could not read block 1 in file "base/1/2"'),
    LOST: lambda: psycopg.OperationalError("server closed the connection unexpectedly"),
    LOST_AFTER: lambda: psycopg.OperationalError("server closed the connection unexpectedly"),
}


@dataclass
class Plan:
    """Which call fails. `at` 0: none does. `fired` says whether the call was reached."""

    at: int = 0
    kind: str = "locked"
    calls: int = 0
    fired: bool = False
    mutex: threading.Lock = field(default_factory=threading.Lock)

    def arm(self, at: int, kind: str) -> None:
        """The `at`-th call from now on fails, once."""
        with self.mutex:
            self.at, self.kind, self.calls, self.fired = at, kind, 0, False

    def disarm(self) -> bool:
        """No call fails any more; whether one did."""
        with self.mutex:
            self.at = 0
            return self.fired

    def is_due(self, is_commit: bool = False) -> bool:
        """Counts a call; whether it is the one that fails. Only a commit can be lost after it was made."""
        with self.mutex:
            if self.at == 0 or self.fired:
                return False
            self.calls += 1
            if self.kind == LOST_AFTER and not is_commit:
                return False
            self.fired = self.calls >= self.at
            return self.fired


def _sqlite_classes(plan: Plan) -> type[sqlite3.Connection]:
    def fail() -> None:
        if plan.is_due():
            raise sqlite3.OperationalError(SQLITE[plan.kind])

    class Cursor(sqlite3.Cursor):
        def execute(self, *arguments: Any) -> Any:
            fail()
            return super().execute(*arguments)

        def executemany(self, *arguments: Any) -> Any:
            fail()
            return super().executemany(*arguments)

    class Connection(sqlite3.Connection):
        def cursor(self, *_: Any, **__: Any) -> Any:
            return super().cursor(Cursor)

        def commit(self) -> None:
            fail()
            super().commit()

    return Connection


def _postgres_classes(plan: Plan) -> type[psycopg.Connection[Any]]:
    def fail(connection: Any) -> None:
        if plan.is_due():
            if plan.kind == LOST:
                connection.close()
            raise POSTGRES[plan.kind]()

    class Cursor(psycopg.Cursor[Any]):
        def execute(self, *arguments: Any, **named: Any) -> Any:
            fail(self.connection)
            return super().execute(*arguments, **named)

        def executemany(self, *arguments: Any, **named: Any) -> Any:
            fail(self.connection)
            return super().executemany(*arguments, **named)

        def copy(self, *arguments: Any, **named: Any) -> Any:
            fail(self.connection)
            return super().copy(*arguments, **named)

    class Connection(psycopg.Connection[Any]):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            self.cursor_factory = Cursor

        def commit(self) -> None:
            if plan.kind == LOST_AFTER and plan.is_due(is_commit=True):
                super().commit()
                self.close()
                raise POSTGRES[LOST_AFTER]()
            fail(self)
            super().commit()

    return Connection


def kinds(store: Store) -> list[str]:
    """The faults that this store's driver has."""
    return [*SQLITE] if store.dialect == "sqlite" else [*POSTGRES]


def failing(store: Store, plan: Plan | None = None) -> Plan:
    """Gives both engines of a store a driver that fails as the plan says."""
    plan = plan or Plan()
    made: Callable[..., Any]
    if store.dialect == "sqlite":
        factory = _sqlite_classes(plan)

        def made(arguments: Any, named: Any) -> Any:
            return sqlite3.connect(*arguments, **named, factory=factory)
    else:
        connection = _postgres_classes(plan)

        def made(arguments: Any, named: Any) -> Any:
            return connection.connect(*arguments, **named)

    for engine in (store.engine, store.reader):
        _replace(engine, made)
        engine.connect().close()  # what fails later is a call, not the making of a connection
    return plan


def _replace(engine: Engine, made: Callable[[Any, Any], Any]) -> None:
    engine.dispose()
    if event.contains(engine, "do_connect", postgres.connected):
        event.remove(engine, "do_connect", postgres.connected)
    event.listen(engine, "do_connect", lambda _dialect, _record, arguments, named: made(arguments, named))
