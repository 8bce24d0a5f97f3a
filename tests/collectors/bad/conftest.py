"""One app for all cases of a file, on SQLite; `both` also on Postgres, where the database matters."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collectors.bad.asked import Asked, asking
from tests.conftest import ENGINES, postgres_database


@pytest.fixture(scope="module")
def asked(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, now: int) -> Iterator[Asked]:
    path = tmp_path_factory.mktemp("bad") / "cascadewatch.db"
    shutil.copy(sqlite_template, path)
    with asking(f"sqlite:///{path}", now) as one:
        yield one


@pytest.fixture(scope="module", params=ENGINES)
def both(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, now: int
) -> Iterator[Asked]:
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("bad") / "cascadewatch.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        with asking(f"sqlite:///{path}", now) as one:
            yield one
        return
    template = request.getfixturevalue("postgres_template")
    with (
        postgres_database(request.getfixturevalue("postgres_url"), template) as url,
        asking(url, now) as one,
    ):
        yield one
