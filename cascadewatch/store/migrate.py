"""Brings a database to the schema this program expects."""

import logging
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from importlib.resources import as_file, files

from sqlalchemy import Connection, inspect, text

from cascadewatch.errors import SchemaError
from cascadewatch.settings import Settings
from cascadewatch.store import audit, dialect, tables
from cascadewatch.store.addresses import read_only_uri
from cascadewatch.store.engine import Store

log = logging.getLogger("cascadewatch.store")

HEAD = "0006"  # the newest revision in migrations/versions; a test compares


def revision(connection: Connection) -> str | None:
    """The schema's revision; None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


Progress = Callable[[int, int], None]  # how many events were added up anew, of how many


def nobody(_done: int, _of: int) -> None:
    """Progress nobody looks at."""


def prepare(store: Store, settings: Settings, now: int) -> None:
    """Creates the schema in an empty database, or sees that it is the right one.

    An older schema: SQLite is backed up and upgraded, Postgres refuses and names `db upgrade`.
    Raises SchemaError for that, and for a schema newer than this program.
    """
    with store.reading() as connection:
        found = revision(connection)
    if found == HEAD:
        return
    if found is not None and found > HEAD:
        raise SchemaError(
            f"the database has schema {found}, newer than this program's {HEAD}; "
            "use the newer cascadewatch, or restore the backup made before its upgrade"
        )
    if found is not None and store.dialect != "sqlite":
        raise SchemaError(
            f"the database has schema {found}, this program needs {HEAD}; "
            "take a backup, then run: cascadewatch db upgrade"
        )
    upgrade(store, settings, now)


def upgrade(
    store: Store, settings: Settings, now: int, by: audit.Actor = audit.ITSELF, progress: Progress = nobody
) -> str | None:
    """Makes the schema, or brings it and the sums to this program, all of it or nothing; returns the revision
    found before."""
    with store.writing() as connection:
        found = revision(connection)
        if found == HEAD:
            return found  # another process was faster
        if found is not None:
            log.info("schema %s -> %s: the sums of the events held are made anew", found, HEAD)
            _back_up(store, found)
        bring_forward(connection, settings, progress)
        if found is None:
            _first_rows(connection, now, settings.retention.minute_days)
        else:
            before, after = {"schema": found}, {"schema": HEAD}
            audit.record(connection, by, "db.upgrade", "database", now, before=before, after=after)
    log.info("schema %s -> %s", found or "empty", HEAD)
    return found


def bring_forward(connection: Connection, settings: Settings, progress: Progress = nobody) -> None:
    """Runs the migrations that are missing, and then adds up anew the events that an older program added up:
    it may have counted otherwise than `verify` does now. They keep the names that they are counted under."""
    from cascadewatch.store import rollup  # only where there is something to do
    from cascadewatch.store.state import State

    found = revision(connection)
    if found != HEAD:
        run(connection, HEAD)
        if found is not None:
            rollup.rebuild(connection, State(connection, settings), progress, names_anew=False)


def run(connection: Connection, target: str) -> None:
    """Runs Alembic up or down to `target` on an open connection."""
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    with as_file(files("migrations")) as folder:
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.attributes["connection"] = connection
        current = revision(connection) or "base"
        down = target == "base" or (current != "base" and target < current)
        try:
            (command.downgrade if down else command.upgrade)(config, target)
        except CommandError as error:
            raise SchemaError(f"cannot migrate from {current} to {target}: {error}") from error


def _first_rows(connection: Connection, now: int, minute_days: int) -> None:
    day = 86_400_000
    dialect.insert(
        connection,
        tables.meta,
        [("generation", "1"), ("minute_horizon", str(now - now % day - minute_days * day))],
    )


def _back_up(store: Store, found: str) -> None:
    """A copy of a SQLite file beside it, before its schema changes. It has its name once it is whole."""
    if store.path is None:
        return
    target = store.path.with_name(f"{store.path.name}.{found}.{time.strftime('%Y%m%d-%H%M%S')}.bak")
    part = store.path.with_name(f"{store.path.name}.bak.part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    address = read_only_uri(store.path)
    with closing(sqlite3.connect(address, uri=True)) as source, closing(sqlite3.connect(part)) as copy:
        source.backup(copy)
    part.replace(target)
    log.info("backed up %s to %s before the upgrade", store.path, target)
