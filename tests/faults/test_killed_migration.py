"""kill -9 at each step of a migration: what was there can be read, and the next start finishes it."""

import os
import shutil
import signal
import sqlite3
from collections.abc import Callable, Generator
from contextlib import closing
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import event, inspect, make_url, text

from cascadewatch.pricing import PriceBook
from cascadewatch.store import migrate
from cascadewatch.store.engine import Store
from cascadewatch.store.receipt import Batch
from cascadewatch.store.writes import Writer
from tests.conftest import ENGINES, postgres_database
from tests.forking import CONTEXT
from tests.model.events import accepted, escalated
from tests.soaking import Record, note
from tests.store.opened import Opened, settings_for

OLDER = [f"{number:04}" for number in range(1, int(migrate.HEAD))]  # every schema that was ever released
BEFORE = [escalated("before-1"), accepted("before-2")]  # what is held when an upgrade begins

Databases = Generator[str, None, None]
Schema = Callable[[str | None], Databases]


def die_at(left: list[int], *_: object) -> None:
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)


def upgrade_and_die(url: str, now: int, step: int) -> None:
    """Upgrades, but is killed at the `step`-th statement or commit."""
    store, left = Store(url), [step]
    for name in ("before_cursor_execute", "commit"):
        event.listen(store.engine, name, partial(die_at, left))
    migrate.upgrade(store, settings_for(url), now)
    store.close()


def is_killed(url: str, now: int, step: int) -> bool:
    """False once it has fewer steps than that."""
    child = CONTEXT.Process(target=upgrade_and_die, args=(url, now, step))
    child.start()
    child.join(60)
    assert child.exitcode in (0, -signal.SIGKILL)
    return child.exitcode != 0


def make(url: str, revision: str, now: int) -> None:
    """A database with that schema and events: this program stores them in its own, which then goes back."""
    store = Store(url)
    with store.writing() as connection:
        migrate.run(connection, migrate.HEAD)
        migrate._first_rows(connection, now, minute_days=14)
    settings = settings_for(url)
    writer = Writer(store, settings, PriceBook(settings.price, bundled=False), lambda: now)
    assert writer.write([Batch("local", list(enumerate(BEFORE)), [], now)])[0].accepted == len(BEFORE)
    writer.close()
    with store.writing() as connection:
        migrate.run(connection, revision)
    store.close()


def is_readable(url: str, revision: str | None) -> None:
    """Whatever happened, the schema is the one before or the one after, whole."""
    store = Store(url)
    with store.reading() as connection:
        found = migrate.revision(connection)
        assert found in (revision, migrate.HEAD)
        if found is None:
            assert set(inspect(connection).get_table_names()) <= {"alembic_version"}
        elif revision is not None:
            mine = connection.execute(text("SELECT id FROM events ORDER BY id")).scalars().all()
            assert mine == [one.id for one in BEFORE]
    store.close()


def is_finished(url: str, now: int, revision: str | None) -> None:
    """The next start ends it, what was there is there once, and the database works."""
    store = Store(url)
    migrate.upgrade(store, settings_for(url), now)
    store.close()
    opened = Opened(settings_for(url), now)
    receipt = opened.send(*BEFORE, escalated("after"))
    held = 0 if revision is None else len(BEFORE)
    assert (receipt.accepted, receipt.duplicate) == (len(BEFORE) + 1 - held, held)
    assert opened.counts()["events"] == len(BEFORE) + 1
    assert opened.broken() == {}
    opened.close()


@pytest.fixture(params=ENGINES)
def with_schema(request: pytest.FixtureRequest, tmp_path: Path, now: int) -> Schema:
    """Gives databases of a schema, one after the other; it is made once and copied."""

    def sqlite(revision: str | None) -> Databases:
        made = tmp_path / "made.db"
        if revision is not None:
            make(f"sqlite:///{made}", revision, now)
        for number in count():
            copied = tmp_path / f"{number}.db"
            if revision is not None:
                shutil.copy(made, copied)
            yield f"sqlite:///{copied}"

    def postgres(revision: str | None) -> Databases:
        server = request.getfixturevalue("postgres_url")
        with postgres_database(server) as made:
            if revision is not None:
                make(made, revision, now)
            while True:
                with postgres_database(server, str(make_url(made).database)) as url:
                    yield url

    return sqlite if request.param == "sqlite" else postgres


def kill_every(databases: Databases, revision: str | None, now: int, stride: int) -> int:
    """Kills at the 1st step, at the next one `stride` further, … to the end; how often."""
    with closing(databases):
        for number, url in enumerate(databases):
            killed = is_killed(url, now, 1 + number * stride)
            is_readable(url, revision)
            is_finished(url, now, revision)
            if not killed:
                return number
    raise AssertionError("it never ends")


def test_the_making_of_a_database_is_killed(with_schema: Schema, now: int) -> None:
    assert kill_every(with_schema(None), None, now, stride=35) >= 1


@pytest.mark.parametrize("revision", OLDER[-1:])
def test_an_upgrade_is_killed(with_schema: Schema, now: int, revision: str) -> None:
    assert kill_every(with_schema(revision), revision, now, stride=12) >= 1


@pytest.mark.soak
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("revision", [None, *OLDER])
def test_each_step_from_every_schema_is_killed(
    with_schema: Schema, now: int, revision: str | None, record_property: Record
) -> None:
    kills = kill_every(with_schema(revision), revision, now, stride=1)
    note(record_property, {"kills": kills})
    assert kills >= 5


def test_a_backup_that_was_not_finished_does_not_look_like_one(tmp_path: Path, now: int) -> None:
    """Killed while it copies: there is no .bak, and the next start makes a whole one."""
    url = f"sqlite:///{tmp_path / 'cascadewatch.db'}"
    make(url, OLDER[-1], now)
    child = CONTEXT.Process(target=die_in_the_copy, args=(url, now))
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL
    assert list(tmp_path.glob("*.bak")) == []
    is_finished(url, now, OLDER[-1])
    (backup,) = tmp_path.glob("*.bak")
    assert backup.stat().st_mode & 0o077 == 0, "as private as the database"
    with closing(sqlite3.connect(backup)) as copy:
        assert copy.execute("SELECT version_num FROM alembic_version").fetchone() == (OLDER[-1],)


def die_in_the_copy(url: str, now: int) -> None:
    before = sqlite3.connect

    class Copy(sqlite3.Connection):
        def backup(self, *_: object, **__: object) -> None:
            os.kill(os.getpid(), signal.SIGKILL)

    sqlite3.connect = partial(before, factory=Copy)  # type: ignore[assignment]
    upgrade_and_die(url, now, 0)
