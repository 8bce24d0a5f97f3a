"""Databases opened by tests, on SQLite and on Postgres in turn."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import ENGINES, postgres_database
from tests.store.opened import Opened, settings_for

Open = Callable[..., Opened]
Fresh = Callable[..., AbstractContextManager[Opened]]


@pytest.fixture
def opening(store_url: str, now: int) -> Iterator[Open]:
    """Opens the one database of the test, as often as asked; keywords are settings."""
    made: list[Opened] = []

    def start(**said: Any) -> Opened:
        made.append(Opened(settings_for(store_url, **said), now))
        return made[-1]

    yield start
    for one in made:
        one.close()


@pytest.fixture
def opened(opening: Open) -> Opened:
    """The database of the test, opened without settings of its own."""
    return opening()


@pytest.fixture(params=ENGINES)
def fresh(request: pytest.FixtureRequest, tmp_path: Path, now: int) -> Fresh:
    """Opens a new database each time: for comparing two, and for drawn examples."""
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")
    else:
        server, template = (request.getfixturevalue(n) for n in ("postgres_url", "postgres_template"))

    @contextmanager
    def url() -> Iterator[str]:
        if request.param == "sqlite":
            path = tmp_path / f"{uuid4().hex}.db"
            shutil.copy(template, path)
            yield f"sqlite:///{path}"
        else:
            with postgres_database(server, template) as created:
                yield created

    @contextmanager
    def start(**said: Any) -> Iterator[Opened]:
        with url() as where:
            one = Opened(settings_for(where, **said), now)
            try:
                yield one
            finally:
                one.close()

    return start
