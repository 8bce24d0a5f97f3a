"""Keys of a copy that takes the place of a database. What was revoked after the copy was made is valid in it:
it is revoked there too, where the replaced database still knows of it."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import update

from cascadewatch.store.addresses import read_only_uri
from cascadewatch.store.engine import Store
from cascadewatch.store.keys import all_keys
from cascadewatch.store.tables import keys as table

Known = Mapping[
    tuple[str, str], int | None
]  # (name, prefix): when it was revoked, epoch ms; None: it was not


class Keys(NamedTuple):
    """Names of keys: those that are not revoked, those `revoked` as the replaced database has them, and those
    not revoked that it does not know (`unknown`; None: there was none to compare with)."""

    unrevoked: tuple[str, ...]
    revoked: tuple[str, ...]
    unknown: tuple[str, ...] | None


def known_in(database: Path) -> Known | None:
    """The keys of a database that is to be replaced; None where there are none to be read: it may be gone,
    damaged, or of an old schema."""
    if not database.is_file():
        return None
    try:
        with closing(sqlite3.connect(read_only_uri(database), uri=True)) as connection:
            rows = connection.execute("SELECT name, prefix, revoked FROM keys").fetchall()
    except sqlite3.Error:
        return None
    return {(name, prefix): revoked for name, prefix, revoked in rows}


def settle(store: Store, replaced: Known | None) -> Keys:
    """Revokes in the copy what is revoked in the replaced database, at the same time as there."""
    known, revoked = replaced or {}, []
    with store.writing() as connection:
        for key in all_keys(connection):
            since = known.get((key.name, key.prefix))
            if key.revoked is None and since is not None:
                connection.execute(update(table).where(table.c.name == key.name).values(revoked=since))
                revoked.append(key.name)
        held = [key for key in all_keys(connection) if key.revoked is None]
    unknown = None
    if replaced is not None:
        unknown = tuple(key.name for key in held if (key.name, key.prefix) not in replaced)
    return Keys(tuple(key.name for key in held), tuple(revoked), unknown)
