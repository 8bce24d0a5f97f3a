"""The id of an installation, in `meta` since its schema was made: by it an installation knows its own backups
in a folder that it shares with others. Restored elsewhere, a database keeps it."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, select, update

from cascadewatch.errors import StoreError
from cascadewatch.store.addresses import read_only_uri
from cascadewatch.store.tables import meta

KEY = "installation"  # in `meta`; eight hex digits


def held(connection: Connection) -> str | None:
    """The id; None where the schema is older than ids are."""
    return connection.execute(select(meta.c.value).where(meta.c.key == KEY)).scalar()


def keep(connection: Connection, known: str) -> None:
    """Gives a database that was made before there were ids that of the one whose place it takes."""
    connection.execute(update(meta).where(meta.c.key == KEY).values(value=known))


def held_in(database: Path) -> str | None:
    """The id in a SQLite file; None where there is none to be read: it may be gone, damaged or older."""
    found = _first(database, "SELECT value FROM meta WHERE key = 'installation'")
    return None if found is None else str(found)


def is_other(backup: str | None, replaced: str | None) -> bool:
    """Whether a backup is known to be of another installation than the database it would replace."""
    return backup is not None and replaced is not None and backup != replaced


def insist_on_empty(source: Path, target: Path) -> None:
    """StoreError where a database that a backup of another installation would replace ever took an event."""
    if _first(target, "SELECT 1 FROM event_keys LIMIT 1") is not None:
        raise StoreError(
            f"{source} is a backup of another installation ({held_in(source)}) than {target} "
            f"({held_in(target)}), which holds events; name another file with --db, or move that one away "
            "first if the backup shall stand in its place"
        )


def _first(database: Path, query: str) -> object:
    if not database.is_file():
        return None
    try:
        with closing(sqlite3.connect(read_only_uri(database), uri=True)) as connection:
            row = connection.execute(query).fetchone()
    except sqlite3.Error:
        return None
    return None if row is None else row[0]
