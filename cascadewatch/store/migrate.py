"""Brings a database to the schema this program expects."""

import logging
import sqlite3
import time
from contextlib import closing
from importlib.resources import as_file, files

from sqlalchemy import Connection, inspect, text

from cascadewatch.errors import SchemaError
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


def prepare(store: Store, now: int, minute_days: int) -> None:
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
    upgrade(store, now, minute_days)


def upgrade(store: Store, now: int, minute_days: int, by: audit.Actor = audit.ITSELF) -> str | None:
    """Runs the migrations that are missing; returns the revision found before."""
    with store.writing() as connection:
        found = revision(connection)
        if found == HEAD:
            return found  # another process was faster
        if found is not None:
            _back_up(store, found)
        run(connection, HEAD)
        if found is None:
            _first_rows(connection, now, minute_days)
        else:
            before, after = {"schema": found}, {"schema": HEAD}
            audit.record(connection, by, "db.upgrade", "database", now, before=before, after=after)
    log.info("schema %s -> %s", found or "empty", HEAD)
    return found


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
