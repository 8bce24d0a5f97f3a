"""Databases opened by tests, on SQLite and on Postgres in turn."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import NullPool, create_engine, text

from cascadewatch.store import tables
from cascadewatch.store.migrate import HEAD
from tests.conftest import ENGINES, postgres_database
from tests.store.opened import Opened, settings_for

Databases = Callable[[], AbstractContextManager[str]]
Open = Callable[..., Opened]
Fresh = Callable[..., AbstractContextManager[Opened]]


@pytest.fixture(scope="session")
def postgres_databases(postgres_url: str, postgres_template: str) -> Iterator[Databases]:
    """Gives Postgres databases without rows. They are emptied and used again: to make one takes
    longer than most tests."""
    with ExitStack() as stack:
        free: list[tuple[str, list[Any]]] = []

        @contextmanager
        def take() -> Iterator[str]:
            if free:
                url, first_rows = free.pop()
                empty(url, first_rows)
            else:
                url = stack.enter_context(postgres_database(postgres_url, postgres_template))
                first_rows = read_meta(url)
            yield url
            free.append((url, first_rows))  # one that a test failed with is not used again

        yield take


def read_meta(url: str) -> list[Any]:
    with create_engine(url, poolclass=NullPool).connect() as connection:
        return list(connection.execute(tables.meta.select()))


def empty(url: str, first_rows: list[Any]) -> None:
    with create_engine(url, poolclass=NullPool).begin() as connection:
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                 "WHERE datname = current_database() AND pid <> pg_backend_pid()")
        )  # fmt: skip
        for table in tables.metadata.sorted_tables:
            connection.execute(table.delete())
        connection.execute(tables.meta.insert(), [dict(row._mapping) for row in first_rows])
        connection.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": HEAD})


@pytest.fixture(params=ENGINES)
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Databases:
    """Gives databases with the newest schema and no rows, all of one engine."""
    if request.param == "postgres":
        given: Databases = request.getfixturevalue("postgres_databases")
        return given
    template = request.getfixturevalue("sqlite_template")

    @contextmanager
    def take() -> Iterator[str]:
        path = tmp_path / f"{uuid4().hex}.db"
        shutil.copy(template, path)
        yield f"sqlite:///{path}"

    return take


@pytest.fixture
def opening(databases: Databases, now: int) -> Iterator[Open]:
    """Opens the one database of the test, as often as asked; keywords are settings."""
    with databases() as url, ExitStack() as stack:

        def start(**said: Any) -> Opened:
            one = Opened(settings_for(url, **said), now)
            stack.callback(one.close)
            return one

        yield start


@pytest.fixture
def opened(opening: Open) -> Opened:
    """The database of the test, opened without settings of its own."""
    return opening()


@pytest.fixture
def fresh(databases: Databases, now: int) -> Fresh:
    """Opens a new database each time: for comparing two, and for drawn examples."""

    @contextmanager
    def start(**said: Any) -> Iterator[Opened]:
        with databases() as url:
            one = Opened(settings_for(url, **said), now)
            try:
                yield one
            finally:
                one.close()

    return start
